#!/usr/bin/env bash
# Makes the locks anew from what pyproject.toml and kubeflow/deploy/pyproject.toml name, with hashes:
#   requirements.lock                      every package of both stacks
#   kubeflow/deploy/requirements-gpu.lock  what the GPU image has besides
#   kubeflow/deploy/requirements.lock      the environment that compiles and submits
# and kubeflow/deploy/not-in-image.txt, the packages of requirements.lock that only development needs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. scripts/lib.sh

choose_python
find_uv

# uv.lock names the addresses that packages were found at, so only what is exported is kept.
export_lock() {
  local lock=$1
  shift
  "$uv" export --quiet --frozen --format requirements-txt --no-emit-project --no-header -o "$lock.new" "$@"
  if grep -nE '[a-z]+://' "$lock.new" >&2; then
    rm "$lock.new"
    die "$lock would name an address (above): depend on that package by its name alone."
  fi
  mv "$lock.new" "$lock"
  say "$lock holds $(grep -c '^[a-z0-9]' "$lock") packages."
}

say "Resolving pyproject.toml."
"$uv" lock --quiet "$@"
export_lock requirements.lock
export_lock kubeflow/deploy/requirements-gpu.lock --only-group gpu
names() { sed -n 's/^\([a-z0-9._-]*\)==.*/\1/p' | LC_ALL=C sort -u; }
needed=$("$uv" export --quiet --frozen --format requirements-txt --no-emit-project --no-hashes --no-dev)
LC_ALL=C comm -23 <(names <requirements.lock) <(names <<<"$needed") >kubeflow/deploy/not-in-image.txt
say "Resolving kubeflow/deploy/pyproject.toml."
"$uv" lock --quiet --project kubeflow/deploy "$@"
export_lock kubeflow/deploy/requirements.lock --project kubeflow/deploy
