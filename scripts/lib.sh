# What the scripts beside this one share. Sourced, with $root set to the project's folder.

say() { printf '%s\n' "$*"; }
die() { printf 'set-up: %s\n' "$*" >&2; exit 1; }

# Settings of the caller's own environments and tools that would divert the ones made here.
# Mirrors, certificates and caches are left as they are.
unset VIRTUAL_ENV CONDA_PREFIX PYTHONHOME PYTHONPATH UV_PYTHON UV_SYSTEM_PYTHON UV_TARGET \
  UV_PREFIX PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_PYTHON PIP_REQUIRE_VIRTUALENV PIP_DRY_RUN
export UV_PYTHON_DOWNLOADS=never
[ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}"

# Sets py_version, py_executable, py_glibc ... from the facts that probe.py prints.
choose_python() {
  local wanted facts name value
  for wanted in "${PYTHON:-python3}" ${PYTHON:-/usr/bin/python3}; do
    facts=$("$wanted" -E -s "$root/scripts/probe.py" 2>/dev/null) && [ -n "$facts" ] && break
  done
  [ -n "$facts" ] ||
    die "${PYTHON:-python3} does not run: install Python (apt install python3 python3-dev" \
      "python3-venv, or dnf install python3 python3-devel), or name one with PYTHON=..."
  while IFS='=' read -r name value; do printf -v "py_$name" '%s' "$value"; done <<<"$facts"
}

# Runs a command with its output in a file; when it fails, says why and ends.
logged() {
  local log=$1 doing=$2
  shift 2
  "$@" >"$log" 2>&1 </dev/null && return
  if grep -qiE 'dns error|error sending request|failed to fetch|connecterror|connection (refused|reset)|NewConnectionError|ConnectTimeout|ProxyError|network is unreachable|from versions: none' "$log"; then
    die "The package index cannot be reached: check the network or its proxy, or name a mirror in" \
      "UV_DEFAULT_INDEX and PIP_INDEX_URL (the details are in ${log#"$root"/})."
  fi
  tail -n 15 "$log" >&2
  die "$doing failed; the lines above, from ${log#"$root"/}, say why."
}

# Debian keeps this module, without which no virtual environment gets its pip, in a package of its own.
check_ensurepip() {
  [ "$py_ensurepip" = yes ] ||
    die "Python $py_version cannot make virtual environments: apt install python$py_version-venv," \
      "or put uv on the PATH."
}

# Sets uv to a uv that runs: the one on PATH, else one in the project's own .uv, fetched if need be.
find_uv() {
  uv=$(command -v uv) && "$uv" --version >/dev/null 2>&1 && return
  local pinned
  pinned=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' "$root/scripts/uv-requirements.txt")
  uv=$root/.uv/bin/uv
  [[ "$("$uv" --version 2>/dev/null)" == "uv $pinned"* ]] && return
  check_ensurepip
  say "Fetching uv $pinned into .uv, because there is none on the PATH."
  rm -rf "$root/.uv"
  mkdir "$root/.uv"
  logged "$root/.uv/venv.log" "Making .uv" "$py_executable" -E -s -m venv "$root/.uv"
  logged "$root/.uv/pip.log" "Fetching uv" "$root/.uv/bin/python" -E -s -m pip install --retries 1 \
    --no-deps --only-binary :all: --require-hashes -r "$root/scripts/uv-requirements.txt"
}
