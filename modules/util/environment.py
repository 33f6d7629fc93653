"""What the libraries read from the environment when they are imported, set for them.

A process sets it for itself and for its children, so that a run is the same run whatever else the
person at the keyboard has told Python or Keras.
"""

from __future__ import annotations

import gc
import itertools
import os
import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

KERAS_HOME = Path(__file__).resolve().parent / "keras_home"
"""With a keras.json of Keras's own defaults, which the project's networks are written for."""

# These end a training early, or choose what Keras's layers are made of.
_UNWANTED = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED")
_FLAGS = re.compile(r"-[bBdEhiIOPqRsSuvVx]+")  # options of Python that take no value
_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")
_NEW_OBJECTS = 50_000


def configure(log_level: str) -> None:
    """To be called before TensorFlow or Keras is imported, and before any work.

    Where Python leaves out docstrings (PYTHONOPTIMIZE=2, -OO), which TensorFlow has to have, the
    process begins anew with them.

    Args:
        log_level: TensorFlow's, unless the environment names one: "1" leaves out what is only for
            information, "2" warnings too, "3" errors too.
    """
    if sys.flags.optimize > 1:
        _begin_with_docstrings()
    _let_warnings_be_warnings()
    collect_seldom()
    for name in _UNWANTED:
        os.environ.pop(name, None)
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["KERAS_HOME"] = str(KERAS_HOME)
    os.environ["TF_USE_LEGACY_KERAS"] = "0"
    # oneDNN's products are the faster ones, but TensorFlow takes them only where there is AVX-512.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", log_level)


def collect_seldom() -> None:
    """Lets Python look for garbage after more new objects than it does by itself.

    The libraries are more than half a million objects, none of which is garbage. While they are
    imported, Python looks through them so often that it takes a fifth of the time.
    """
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])


def with_docstrings(command: Sequence[str]) -> list[str]:
    """The words after a Python interpreter's name, without the options that leave out docstrings.

    Args:
        command: such as ["-OO", "-W", "error", "-m", "module", "-O"]; what follows the module, the
            script or -c is not Python's.
    """
    kept: list[str] = []
    words = iter(command)
    for word in words:
        if word in _WITH_VALUE:
            kept += [word, *itertools.islice(words, 1)]
        elif _FLAGS.fullmatch(word):
            kept += [] if word.strip("O") == "-" else [word.replace("O", "")]
        elif word.startswith(("-W", "-X", "--check-hash-based-pycs=")):
            kept.append(word)
        else:
            return [*kept, word, *words]
    return kept


def _begin_with_docstrings() -> None:
    os.environ.pop("PYTHONOPTIMIZE", None)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *with_docstrings(sys.orig_argv[1:])])


def _let_warnings_be_warnings() -> None:
    """Takes back that warnings are errors: those of libraries are nobody's fault here."""
    told = os.environ.get("PYTHONWARNINGS", "")
    kept = [option for option in told.split(",") if not _is_error(option)]
    if told and kept != told.split(","):
        os.environ["PYTHONWARNINGS"] = ",".join(kept)
    if any(map(_is_error, sys.warnoptions)):
        sys.warnoptions[:] = [option for option in sys.warnoptions if not _is_error(option)]
        warnings.simplefilter("default")


def _is_error(option: str) -> bool:
    """Whether an option of PYTHONWARNINGS or -W makes errors; each may be cut short, as "e"."""
    action = option.partition(":")[0].strip()
    return bool(action) and "error".startswith(action)
