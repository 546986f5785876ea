# shellcheck shell=bash
# Debian's Python with Optuna, numpy and scipy, for the scripts that compare with them. Sourced
# after lib.sh. The packages are unpacked and not installed: Debian's scipy needs a Boost that excludes
# libboost1.81-dev, which we build with.

# Debian's own Python: another one in front of it on the PATH would not take Debian's packages.
python=/usr/bin/python3
peers=build/peers

# unpack_peers PACKAGE...: these beside python3-optuna and python3-scipy, with what they need.
unpack_peers() {
  local wanted=(python3-optuna python3-scipy "$@") package missing=no
  for package in "${wanted[@]}"; do
    grep -qsx "$package" "$peers/complete" || missing=yes
  done
  if [ $missing = no ]; then return; fi
  say "unpacking ${wanted[*]} and what they need into $peers"
  rm -rf "$peers"
  mkdir -p "$peers/debs" "$peers/root"
  list_peers "${wanted[@]}" >"$peers/wanted"
  if ! grep -qx python3-optuna "$peers/wanted"; then
    quietly build/peers.log as_root apt-get update
    list_peers "${wanted[@]}" >"$peers/wanted"
  fi
  if ! (cd "$peers/debs" && quietly ../../peers.log xargs -a ../wanted apt-get download); then
    quietly build/peers.log as_root apt-get update
    (cd "$peers/debs" && quietly ../../peers.log xargs -a ../wanted apt-get download)
  fi
  local deb
  for deb in "$peers"/debs/*.deb; do dpkg -x "$deb" "$peers/root"; done
  rm -rf "$peers/debs"
  printf '%s\n' "${wanted[@]}" >"$peers/complete"
}

# What they depend on that is Python or mathematics; names that are virtual only drop out.
list_peers() {
  apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances "$@" |
    grep -E '^(python3-|lib(blas|lapack|openblas|gfortran|lbfgsb|quadmath))' |
    grep -v -- '-dev$' | LC_ALL=C sort -u |
    LC_ALL=C comm -12 - <(apt-cache pkgnames | LC_ALL=C sort)
}

# newer=FOLDER[:FOLDER...] stands before Debian's packages: checkouts of newer versions.
with_peers() {
  local libraries
  libraries=$(echo "$PWD/$peers"/root/usr/lib/*-linux-gnu)
  LD_LIBRARY_PATH=$libraries/openblas-serial:$libraries OMP_NUM_THREADS=1 \
    PYTHONPATH=${newer:+$newer:}$PWD/$peers/root/usr/lib/python3/dist-packages \
    PYTHONDONTWRITEBYTECODE=1 "$python" "$@"
}

check_peers() {
  with_peers -c 'import numpy, optuna, scipy' ||
    fail "$peers is not usable: remove it and try again"
}
