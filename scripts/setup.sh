#!/usr/bin/env bash
# Makes .venv, the environment of the project, from requirements.lock; does nothing when it is
# there and whole.
#
#   scripts/setup.sh            makes it
#   scripts/setup.sh --check    only says whether this machine can, and which stack it would take
#   scripts/setup.sh kubeflow   makes .venv-kubeflow from kubeflow/deploy/requirements.lock in the same way
#
# PYTHON names the interpreter to build on. Without it python3 is taken, unless there is a whole
# environment already: that one is kept, whichever python3 it was made with.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. scripts/lib.sh
. scripts/checks.sh

name=.venv lock=requirements.lock
[ "${1:-}" != kubeflow ] || name=.venv-kubeflow lock=kubeflow/deploy/requirements.lock
venv=$root/$name
stamp=$venv/.made-from
lock_hash() { sha256sum "$lock" | cut -d ' ' -f 1; }

# The stamp is the last thing that is written: it stands for an environment that is whole.
is_whole() {
  local hash version executable
  read -r hash version executable 2>/dev/null <"$stamp" || return 1
  [ "$hash" = "$(lock_hash)" ] || return 1
  [ "$("$venv/bin/python" -E -s -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$version" ] ||
    return 1
  [ -z "${PYTHON:-}" ] || { choose_python && [ "$version $executable" = "$py_version $py_executable" ]; }
}

# Shows on a terminal that work goes on, until it is stopped or the set-up is gone.
show_time() {
  exec 9<&-
  while [ -t 1 ] && sleep 10 && [ -e "/proc/$$/exe" ]; do say "  ... $SECONDS s"; done
}

# Of two set-ups at once the second waits, and then finds the work done.
exec 9<"$root"
if command -v flock >/dev/null && ! flock -n 9; then
  say "Waiting for another set-up of this folder to end."
  flock 9
fi

if [ "${1:-}" != --check ] && is_whole; then exit 0; fi

check_system
choose_python
if [ $name = .venv ]; then
  check_python
  check_compiler
  check_disk
fi
command -v uv >/dev/null || check_ensurepip
[ "${1:-}" != --check ] || exit 0
find_uv

size="some 0.8 GB to download, the first time, and 3.5 GB on disk"
[ $name = .venv ] || size="some 20 MB to download, the first time, and 150 MB on disk"
say "Making $name: $size."
rm -rf "$venv"
mkdir -p "$root/build"
log=$root/build/setup$([ $name = .venv ] || echo -kubeflow).log
show_time &
ticker=$!
trap 'kill "$ticker" 2>/dev/null || true' EXIT
logged "$log" "Making $name" "$uv" venv --no-project --python "$py_executable" "$venv"
UV_COMPILE_BYTECODE=1 logged "$log" "Installing $lock" \
  "$uv" pip sync --require-hashes --python "$venv/bin/python" "$lock"
say "$(lock_hash) $py_version $py_executable" >"$stamp.new"
mv "$stamp.new" "$stamp"
say "The environment is ready."
