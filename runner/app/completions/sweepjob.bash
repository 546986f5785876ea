# Bash completion of sweepjob. Needs no helper package. Words come from folder names in the state
# folder, which are matched here and never given to `compgen -W`: that would expand them.

_sweepjob_verbs='submit resume status list show trials best logs stream cancel pause unpause update
retry explain replay plan simulate validate download export delete doctor journal version ask-tell
whatif'

# _sweepjob_options VERB
_sweepjob_options() {
  local common='--state --config -o --output --help'
  case $1 in
    submit) echo "$common --name --seed --backend --set --step --strict --require-metric --detach" ;;
    resume) echo "$common --detach" ;;
    update) echo "$common --set" ;;
    plan) echo "$common --name --seed --backend --set --step --strict --commands" ;;
    simulate)
      echo "$common --objective --objective-timeout --workers --startup-delay --fail-rate" \
        "--preempt-rate --checkpoints --seed --name --keep --set --step --strict"
      ;;
    validate) echo "$common --set --step --strict --schema-only" ;;
    logs) echo "$common --follow -f --attempt" ;;
    download) echo "$common --to --trial --output-name --all" ;;
    export) echo "$common --format --metrics" ;;
    whatif) echo "$common --policy --grid --svg --curves --goal --top" ;;
    delete) echo "$common --yes --force" ;;
    doctor) echo "$common --repair --truncate" ;;
    ask-tell) echo "$common --seed --set --step --strict" ;;
    *) echo "$common" ;;
  esac
}

# _sweepjob_add PREFIX WORD...: offers the words that begin with PREFIX.
_sweepjob_add() {
  local prefix=$1 word
  shift
  for word in "$@"; do
    [[ $word == "$prefix"* ]] && COMPREPLY+=("$word")
  done
}

# _sweepjob_add_files PREFIX [-d]
_sweepjob_add_files() {
  compopt -o filenames 2>/dev/null
  local path
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "${2:--f}" -- "$1")
}

# _sweepjob_add_entries PREFIX FOLDER: the names in a folder.
_sweepjob_add_entries() {
  local entry
  for entry in "$2"/*; do
    if [[ -e $entry || -L $entry ]]; then _sweepjob_add "$1" "${entry##*/}"; fi
  done
}

_sweepjob() {
  local current=${COMP_WORDS[COMP_CWORD]} word option='' verb='' i
  local state=${SWEEPJOB_STATE:-${XDG_STATE_HOME:-$HOME/.local/state}/sweepjob}
  local arguments=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $option ]]; then
      if [[ $option == --state ]]; then state=${word/#\~/$HOME}; fi
      option=''
      continue
    fi
    case $word in
      --state | --config | -o | --output | --name | --seed | --backend | --set | --step | --to | --format | \
        --commands | --attempt | --trial | --output-name | --policy | --grid | --svg | --curves | \
        --goal | --top | --objective | --objective-timeout | --workers | --startup-delay | \
        --fail-rate | --preempt-rate | --keep)
        option=$word
        ;;
      -*) ;;
      *) if [[ -z $verb ]]; then verb=$word; else arguments+=("$word"); fi ;;
    esac
  done

  case $option in
    --state | --to) _sweepjob_add_files "$current" -d && return ;;
    --config | --policy | --svg | --curves) _sweepjob_add_files "$current" && return ;;
    --goal) _sweepjob_add "$current" minimize maximize && return ;;
    -o | --output) _sweepjob_add "$current" json text && return ;;
    --format) _sweepjob_add "$current" csv jsonl && return ;;
    --backend) _sweepjob_add "$current" local && return ;;
    --objective) _sweepjob_add "$current" builtin:curves && return ;;
    ?*) return ;;
  esac
  if [[ $current == -* ]]; then
    # shellcheck disable=SC2046  # our own words
    _sweepjob_add "$current" $(_sweepjob_options "$verb")
    return
  fi
  case $verb:${#arguments[@]} in
    :*)
      # shellcheck disable=SC2086
      _sweepjob_add "$current" $_sweepjob_verbs
      ;;
    submit:0 | plan:0 | simulate:0 | ask-tell:0 | validate:*) _sweepjob_add_files "$current" ;;
    journal:0) _sweepjob_add "$current" dump ;;
    journal:1) _sweepjob_add_entries "$current" "$state/names" ;;
    version:* | list:* | submit:* | plan:* | simulate:* | ask-tell:* | journal:*) ;;
    *:0) _sweepjob_add_entries "$current" "$state/names" ;;
    logs:1 | cancel:1 | retry:1 | explain:1 | download:1)
      if [[ $verb == download ]]; then _sweepjob_add "$current" best; fi
      _sweepjob_add_entries "$current" "$state/names/${arguments[0]}/trials"
      ;;
  esac
}

complete -F _sweepjob sweepjob
