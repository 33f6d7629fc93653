# What a machine must have before .venv can be made. Sourced; each refusal is one sentence.

readonly NEEDED_GB=4

check_system() {
  [ "$(uname -s)" = Linux ] ||
    die "This project runs on Linux, and this is $(uname -s): use a Linux machine or container."
}

at_least() { [ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

pinned() { sed -n "s/^$1==\([^ ]*\) ; python_full_version $2 .*/\1/p" requirements.lock; }

# TFX's compiled companions decide: from Python 3.12 on their wheels need glibc 2.39.
check_python() {
  local side glibc why
  local what="Python $py_version ($py_executable)"
  case $py_version in
    3.10 | 3.11) side="< '3.12'" glibc=2.17 why="the newest that installs below Python 3.12" ;;
    3.12 | 3.13) side=">= '3.12'" glibc=2.39 why="which need Python 3.12 or 3.13 and glibc 2.39" ;;
    *)
      die "$what is not supported: install Python 3.10, 3.11, 3.12 or 3.13 (apt install python3.11" \
        "python3.11-dev python3.11-venv, or dnf install python3.11-devel) and name it with PYTHON=..."
      ;;
  esac
  [ "$py_implementation" = CPython ] ||
    die "$py_executable is $py_implementation, and TFX runs on CPython only: name one with PYTHON=..."
  [ "$py_machine" = x86_64 ] ||
    die "$what runs on $py_machine, and TFX publishes wheels for x86-64 only: use such a machine."
  [ "$py_glibc" != none ] ||
    die "$what does not run on glibc, which TFX's wheels need: use a distribution that has it" \
      "(Debian, Ubuntu, Fedora ...)."
  at_least "$py_glibc" "$glibc" ||
    die "$what needs glibc $glibc for TFX, and this machine has $py_glibc: install Python 3.10 or 3.11" \
      "(apt install python3.11 python3.11-dev python3.11-venv, or dnf install python3.11-devel) and name" \
      "it with PYTHON=..."
  say "$what, glibc $py_glibc: TFX $(pinned tfx "$side") and TensorFlow $(pinned tensorflow "$side"), $why."
}

# One dependency, pyfarmhash, is published as C++ source only.
check_compiler() {
  local candidate compiler=""
  for candidate in ${CXX:-$py_cxx g++ c++ clang++}; do
    "$candidate" -x c++ -fsyntax-only - <<<'#include <string>' 2>/dev/null &&
      compiler=$candidate && break
  done
  [ -n "$compiler" ] ||
    die "No C++ compiler works here (tried ${CXX:-g++, c++ and clang++}): apt install g++, or" \
      "dnf install gcc-c++."
  [ -e "$py_include/Python.h" ] ||
    die "The C headers of Python $py_version are missing ($py_include/Python.h): apt install" \
      "python$py_version-dev, or dnf install python3-devel."
  # A build takes the compilers that Python itself was built with, which may not be here.
  [ "$compiler" = "$py_cxx" ] || export CXX="$compiler"
  command -v "${CC:-$py_cc}" >/dev/null || export CC="$compiler"
}

check_disk() {
  local free_kb
  free_kb=$(df -Pk . | awk 'NR == 2 { print $4 }')
  [ -d .venv ] || [ "$free_kb" -ge $((NEEDED_GB * 1024 * 1024)) ] ||
    die "$root has $((free_kb / 1024 / 1024)) GB of free disk and the environment needs $NEEDED_GB:" \
      "make room, or clone to a larger disk."
}
