#!/usr/bin/env bash
# Makes requirements.lock anew from pyproject.toml: every package of both stacks, with hashes.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. scripts/lib.sh

choose_python
find_uv
say "Resolving pyproject.toml."
# uv.lock names the addresses that packages were found at, so only what is exported is kept.
"$uv" lock --quiet "$@"
"$uv" export --quiet --format requirements-txt --no-emit-project --no-header -o requirements.lock.new
if grep -nE '[a-z]+://' requirements.lock.new >&2; then
  rm requirements.lock.new
  die "requirements.lock would name an address (above): depend on that package by its name alone."
fi
mv requirements.lock.new requirements.lock
say "requirements.lock holds $(grep -c '^[a-z0-9]' requirements.lock) packages."
