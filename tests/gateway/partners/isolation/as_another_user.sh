#!/bin/sh
# as_another_user.sh PREFIX CLOSED FOLDER PYTHON ARGS…: pytest as `nobody`, in a mount namespace of its own, where the
# folder CLOSED (that of root, say; empty where there is none) holds nothing but the interpreter of PREFIX.
set -e
umask 022
prefix=$1 closed=$2 folder=$3 python=$4
shift 4
if [ -n "$closed" ]; then
  mkdir -p "$folder/base"
  mount --bind "$prefix" "$folder/base"
  mount -t tmpfs -o mode=755 none "$closed"
  mkdir -p "$prefix"
  mount --bind "$folder/base" "$prefix"
fi
HOME="$folder" exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
  "$python" -m pytest -q -x -p no:cacheprovider --no-header --basetemp "$folder/tests" "$@"
