"""Prints what set-up needs to know about the interpreter that runs it, one ``name=value`` a line.

Any Python from 2.7 on can run it, so that one that is too old is refused by name.
"""

import os
import platform
import sys
import sysconfig


def _libc():
    try:
        name = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):
        name = ""
    return name.split()[-1] if name.startswith("glibc") else "none"


def _has_ensurepip():
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        return False
    return True


def _compiler(variable):
    """The compiler that this Python was built with, without its options."""
    return ((sysconfig.get_config_var(variable) or "").split() or [""])[0]


_FACTS = (
    ("version", "%d.%d" % sys.version_info[:2]),  # noqa: UP031
    # Inside a virtual environment this is the interpreter that the environment was made from.
    ("executable", os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)),
    ("implementation", platform.python_implementation()),
    ("machine", platform.machine() if sys.maxsize > 2**32 else "32-bit"),
    ("glibc", _libc()),
    ("include", sysconfig.get_paths()["include"]),
    ("cc", _compiler("CC")),
    ("cxx", _compiler("CXX")),
    ("ensurepip", "yes" if _has_ensurepip() else "no"),
)

sys.stdout.write("".join("%s=%s\n" % fact for fact in _FACTS))  # noqa: UP031
