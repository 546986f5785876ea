# Fish completion of sweepjob.

function __sweepjob_state
    set -l words (commandline -opc)
    if set -l at (contains -i -- --state $words); and set -q words[(math $at + 1)]
        echo $words[(math $at + 1)]
    else if set -q SWEEPJOB_STATE
        echo $SWEEPJOB_STATE
    else if set -q XDG_STATE_HOME
        echo $XDG_STATE_HOME/sweepjob
    else
        echo $HOME/.local/state/sweepjob
    end
end

# The words that are neither options nor their values: the verb, the sweep, the trial.
function __sweepjob_arguments
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word --state --config -o --output --name --seed --backend --set --step --to --format \
                --commands --attempt --trial --output-name --policy --grid --svg --curves --goal --top \
                --objective --objective-timeout --workers --startup-delay --fail-rate --preempt-rate --keep
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

# __sweepjob_at COUNT VERB...: COUNT words so far, the first of them one of the verbs.
function __sweepjob_at
    set -l arguments (__sweepjob_arguments)
    test (count $arguments) = $argv[1]; or return 1
    test $argv[1] = 0; or contains -- $arguments[1] $argv[2..-1]
end

function __sweepjob_verb
    set -l arguments (__sweepjob_arguments)
    contains -- "$arguments[1]" $argv
end

function __sweepjob_sweeps
    __sweepjob_entries (__sweepjob_state)/names
end

function __sweepjob_trials
    set -l arguments (__sweepjob_arguments)
    __sweepjob_entries (__sweepjob_state)/names/$arguments[2]/trials
end

function __sweepjob_entries
    for entry in $argv[1]/*
        string replace -r '.*/' '' -- $entry
    end
end

complete -c sweepjob -f
for line in 'submit run a job file' 'resume go on with a sweep after a crash' \
        'status one line a sweep' 'list all sweeps of the state folder' \
        'show everything about a sweep' 'trials the table of trials' 'best the best trial' \
        'logs what a trial printed' 'stream what all trials print, merged' \
        'cancel end a sweep or a trial' 'pause start no more trials' \
        'unpause start trials again' 'update change limits' 'retry start a trial again' \
        'explain why a trial was cut, why one is pending' 'plan what would run' \
        'replay derive all decisions of a journal again' 'simulate run a job in virtual time' \
        'validate check job files' 'download copy outputs' 'export the results as a table' \
        'delete remove a sweep' 'doctor check and repair the state folder' \
        'journal print the journal' 'version print the version' \
        'ask-tell sampler and policy over JSON lines' \
        'whatif what another policy would have cut'
    set -l parts (string split -m 1 ' ' -- $line)
    complete -c sweepjob -n '__sweepjob_at 0' -a $parts[1] -d $parts[2]
end

set -l of_sweeps resume status show trials best logs stream cancel pause unpause update retry explain \
    replay download export delete doctor whatif
complete -c sweepjob -n "__sweepjob_at 1 $of_sweeps" -a '(__sweepjob_sweeps)'
complete -c sweepjob -n '__sweepjob_at 2 journal' -a '(__sweepjob_sweeps)'
complete -c sweepjob -n '__sweepjob_at 2 logs cancel retry explain download' -a '(__sweepjob_trials)'
complete -c sweepjob -n '__sweepjob_at 1 journal' -a dump
complete -c sweepjob -n '__sweepjob_at 1 submit plan simulate ask-tell; or __sweepjob_verb validate' -F

complete -c sweepjob -l state -r -a '(__fish_complete_directories)' -d 'the state folder'
complete -c sweepjob -l config -r -F -d 'computes, environments, data'
complete -c sweepjob -s o -l output -x -a 'json text' -d 'output format'
complete -c sweepjob -l help -d help
complete -c sweepjob -n '__sweepjob_verb submit plan simulate' -l name -x -d 'name of the sweep'
complete -c sweepjob -n '__sweepjob_verb submit plan simulate ask-tell' -l seed -x -d seed
complete -c sweepjob -n '__sweepjob_verb submit plan' -l backend -x -a local -d 'where trials run'
complete -c sweepjob -n '__sweepjob_verb submit plan simulate validate ask-tell update' -l set -x -d 'key=value'
complete -c sweepjob -n '__sweepjob_verb submit plan simulate validate ask-tell' -l step -x -d 'a pipeline step'
complete -c sweepjob -n '__sweepjob_verb submit plan simulate validate ask-tell' -l strict -d "Azure's strictness"
complete -c sweepjob -n '__sweepjob_verb submit' -l require-metric -d 'no primary metric is a failure'
complete -c sweepjob -n '__sweepjob_verb submit resume' -l detach -d 'return at once'
complete -c sweepjob -n '__sweepjob_verb validate' -l schema-only -d 'the text alone'
complete -c sweepjob -n '__sweepjob_verb simulate' -l objective -r -a builtin:curves -d 'what trials report'
complete -c sweepjob -n '__sweepjob_verb simulate' -l objective-timeout -x -d 'seconds for one answer'
complete -c sweepjob -n '__sweepjob_verb simulate' -l workers -x -d 'trials at once'
complete -c sweepjob -n '__sweepjob_verb simulate' -l startup-delay -x -d 'seconds from launch to start'
complete -c sweepjob -n '__sweepjob_verb simulate' -l fail-rate -x -d 'share of trials'
complete -c sweepjob -n '__sweepjob_verb simulate' -l preempt-rate -x -d 'share of attempts'
complete -c sweepjob -n '__sweepjob_verb simulate' -l checkpoints -d 'go on after a preemption'
complete -c sweepjob -n '__sweepjob_verb simulate' -l keep -x -d 'keep it as'
complete -c sweepjob -n '__sweepjob_verb logs' -s f -l follow -d 'wait for more'
complete -c sweepjob -n '__sweepjob_verb download' -l to -r -a '(__fish_complete_directories)' -d folder
complete -c sweepjob -n '__sweepjob_verb export' -l format -x -a 'csv jsonl' -d format
complete -c sweepjob -n '__sweepjob_verb export' -l metrics -d 'one row a metric value'
complete -c sweepjob -n '__sweepjob_verb plan' -l commands -x -d 'how many to show'
complete -c sweepjob -n '__sweepjob_verb logs' -l attempt -x -d 'which attempt'
complete -c sweepjob -n '__sweepjob_verb download' -l trial -x -d 'number or best'
complete -c sweepjob -n '__sweepjob_verb download' -l output-name -x -d 'one declared output'
complete -c sweepjob -n '__sweepjob_verb download' -l all -d 'logs, metrics and checkpoints too'
complete -c sweepjob -n '__sweepjob_verb whatif' -l policy -r -F -d 'YAML, or a file of it'
complete -c sweepjob -n '__sweepjob_verb whatif' -l grid -x -d 'key=from:to:count'
complete -c sweepjob -n '__sweepjob_verb whatif' -l svg -r -F -d 'write the plots'
complete -c sweepjob -n '__sweepjob_verb whatif' -l curves -r -F -d 'a CSV table in place of a sweep'
complete -c sweepjob -n '__sweepjob_verb whatif' -l goal -x -a 'minimize maximize' -d 'of the table'
complete -c sweepjob -n '__sweepjob_verb whatif' -l top -x -d 'how many are the best few'
complete -c sweepjob -n '__sweepjob_verb delete' -l yes -d 'do not ask'
complete -c sweepjob -n '__sweepjob_verb delete' -l force -d 'even when trials seem to run'
complete -c sweepjob -n '__sweepjob_verb doctor' -l repair -d 'repair what is safe'
complete -c sweepjob -n '__sweepjob_verb doctor' -l truncate -d 'give up damaged records'
