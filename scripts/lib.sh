# shellcheck shell=bash
# What the scripts of this folder share. Sourced, never run. After sourcing: the working directory is
# the repository's root, whatever the caller's was, and any failure ends the script.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Debian 12 packages. ccache and lld only make building quicker, but are small.
# shellcheck disable=SC2034  # used by those who source this
build_packages=(g++ cmake ninja-build pkg-config ccache lld libboost1.81-dev libyaml-cpp-dev
  nlohmann-json3-dev libfmt-dev libspdlog-dev libcli11-dev libxxhash-dev libre2-dev
  libeigen3-dev liblbfgspp-dev)
example_packages=(python3)
# shellcheck disable=SC2034
test_packages=("${example_packages[@]}" libgtest-dev libgmock-dev libbenchmark-dev)

say() { printf '== %s\n' "$*"; }

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

is_installed() {
  dpkg-query --show --showformat '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# Never removes a package of the user's: Debian's Boost versions exclude each other.
apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
    --no-remove -o DPkg::Lock::Timeout=300 "$@"
}

# install_missing PACKAGE...: only those that are missing; asks for no rights when none is.
install_missing() {
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: the needs are those of these packages: $*"
    return
  fi
  local package missing=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    fail "not root and no sudo. As root: apt-get install --no-install-recommends ${missing[*]}"
  fi
  mkdir -p build
  if ! apt_install "${missing[@]}" >build/packages.log 2>&1; then
    # An installation that was cut short, or package lists that are absent or old.
    as_root dpkg --configure -a >>build/packages.log 2>&1 || true
    if ! as_root apt-get update >>build/packages.log 2>&1 ||
      ! apt_install "${missing[@]}" >>build/packages.log 2>&1; then
      tail -n 15 build/packages.log >&2
      fail "could not install packages; everything apt said: $PWD/build/packages.log"
    fi
  fi
}

# at_least WANTED FOUND
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

check_tools() {
  local version
  version=$(cmake --version | sed -n '1s/[^0-9]*//p')
  at_least 3.25 "$version" || fail "CMake 3.25 or later is needed; $(command -v cmake) is $version"
  version=$("${CXX:-c++}" -dumpfullversion -dumpversion)
  # Clang calls itself 4.2.1 here or names its own version; only GCC has a floor.
  if "${CXX:-c++}" --version | grep -q 'Free Software Foundation'; then
    at_least 12 "$version" || fail "g++ 12 or later is needed; ${CXX:-c++} is $version"
  fi
}

# As many compilers as cores, but one per 1.5 GiB of free memory: coroutines are hungry to compile.
job_count() {
  local cores gib_and_half
  cores=$(nproc)
  gib_and_half=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
  if [ "$gib_and_half" -lt 1 ]; then gib_and_half=1; fi
  if [ "$gib_and_half" -lt "$cores" ]; then cores=$gib_and_half; fi
  echo "$cores"
}

# quietly LOG COMMAND...: the output goes to LOG; its end is shown if the command fails.
quietly() {
  local log=$1
  shift
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    printf '%s: failed: %s (all of it: %s)\n' "${0##*/}" "$*" "$PWD/$log" >&2
    return 1
  fi
}

# build_preset PRESET [TARGET...]: configures and builds; leaves a log beside what it built.
build_preset() {
  local preset=$1 folder=build/$1 home
  shift
  # A folder configured elsewhere (a copied or moved checkout) can only be configured anew.
  if [ -f "$folder/CMakeCache.txt" ]; then
    home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt")
    [ "$home" = "$PWD" ] || rm -rf "$folder"
  fi
  mkdir -p "$folder"
  say "building $preset in $folder"
  # A failed first configuration may leave a cache that keeps failing: once more, from nothing.
  if ! cmake --preset "$preset" >"$folder/configure.log" 2>&1; then
    rm -rf "$folder/CMakeCache.txt" "$folder/CMakeFiles"
    quietly "$folder/configure.log" cmake --preset "$preset" || return 1
  fi
  local command=(cmake --build "$folder" --parallel "$(job_count)")
  if [ $# -gt 0 ]; then command+=(--target "$@"); fi
  if [ -t 1 ]; then
    "${command[@]}"
  else
    quietly "$folder/build.log" "${command[@]}"
  fi
}
