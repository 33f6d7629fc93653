#!/usr/bin/env bash
# Runs the tests of both environments at once: TFX's by several workers, kfp's beside them.
#
#   scripts/test.sh ARGUMENTS...   what pytest takes; tests/kfp and below are for kfp's environment
#
# What TFX's tests say is shown as it comes, what kfp's say when both have ended. The last line is
# pytest's own: of the one that failed, if only one did, else of TFX's.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

options=() tfx_paths=() kfp_paths=()
for argument in "$@"; do
  case $argument in
    tests/kfp | tests/kfp/*) kfp_paths+=("$argument") ;;
    tests/*) tfx_paths+=("$argument") ;;
    *) options+=("$argument") ;;
  esac
done
[ -t 1 ] && options+=(--color=yes)
workers=$(nproc)
[ "$workers" -le 4 ] || workers=4

said=$(mktemp -d)
# Several processes use the same GPU, where there is one.
export TF_FORCE_GPU_ALLOW_GROWTH=${TF_FORCE_GPU_ALLOW_GROWTH:-true}

# Each in a process group of its own: it is not deaf to Ctrl-C, and ends with all that it started.
set -m
tfx='' kfp=''
trap 'rm -rf "$said"' EXIT
trap 'for job in $(jobs -p); do kill -INT "-$job"; done 2>/dev/null; wait; exit 130' INT TERM HUP

: >"$said/tfx" # what follows it may be quicker than what writes it
if [ ${#tfx_paths[@]} -gt 0 ] || [ ${#kfp_paths[@]} -eq 0 ]; then
  .venv/bin/python -m pytest -n "$workers" --dist loadfile --no-loadscope-reorder \
    "${options[@]}" "${tfx_paths[@]}" >"$said/tfx" 2>&1 </dev/null &
  tfx=$!
  tail -n +1 -f --pid "$tfx" "$said/tfx" &
fi
if [ ${#kfp_paths[@]} -gt 0 ] || [ ${#tfx_paths[@]} -eq 0 ]; then
  .venv-kubeflow/bin/python -m pytest "${options[@]}" "${kfp_paths[@]:-tests/kfp}" \
    >"$said/kfp" 2>&1 </dev/null &
  kfp=$!
fi

tfx_code=5 kfp_code=5 # pytest's own, for none of its tests was asked for
[ -z "$tfx" ] || { wait "$tfx"; tfx_code=$?; }
[ -z "$kfp" ] || { wait "$kfp"; kfp_code=$?; }
wait
failed() { [ "$1" != 0 ] && [ "$1" != 5 ]; }

if [ -n "$kfp" ]; then
  printf '\n.venv-kubeflow\n'
  cat "$said/kfp"
  if failed "$tfx_code" || { [ "$tfx_code" = 0 ] && ! failed "$kfp_code"; }; then
    printf '\n.venv\n'
    sed -n '/short test summary info/,$p' "$said/tfx" | grep . || tail -n 1 "$said/tfx"
  fi
fi
for code in "$tfx_code" "$kfp_code"; do
  ! failed "$code" || exit "$code"
done
[ "$tfx_code" = 0 ] || [ "$kfp_code" = 0 ] || exit 5
