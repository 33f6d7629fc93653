"""A trained Keras model as a file that `keras.models.load_model` opens."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from modules.util.files import write_bytes
from modules.util.memory import Memory

_BOLD = re.compile(r"\x1b\[\d+m")
_SAY = (
    "its classes have to be in modules/networks, known to Keras "
    "(keras.saving.register_keras_serializable) and give their arguments by get_config"
)


def save(model: keras.Model, path: str | Path) -> None:
    """Writes a model, its optimizer's state included, all or nothing; makes the folder.

    Args:
        model: a built one.
        path: ends in .keras.

    Raises:
        OSError: the file cannot be written.
    """
    path = Path(path)
    memory = Memory(path.name)
    model.save(memory)
    write_bytes(path, memory.getbuffer())


def problem(model: keras.Model, images: np.ndarray) -> str:
    """Says why a model could not be had back from its file; empty if it could.

    Args:
        model: a built one.
        images: uint8, (N, S, S); the loaded one has to answer as this one does.

    Raises:
        OSError: there is no room for temporary files.
    """
    try:
        wanted = _answers(model, images)
    except Exception as error:  # whatever it raises, people would see it
        return f"called with images, uint8 (N, S, S), it fails ({_reason(error)})"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        try:
            save(model, path)
            found = _answers(keras.models.load_model(path), images)
        except OSError:
            raise  # the disk's doing
        except Exception as error:
            return f"it cannot be saved and loaded ({_reason(error)}); {_SAY}"
    for ours, theirs in zip(wanted, found, strict=True):
        # One that diverged is for the real training to tell.
        if not np.allclose(ours, theirs, rtol=1e-4, atol=1e-5, equal_nan=True):
            return "once saved and loaded, it answers otherwise"
    return ""


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in _BOLD.sub("", str(error)).splitlines() if line.strip()]
    return " ".join(lines[:2]) or type(error).__name__  # the first is Keras's: where it was


def _answers(model: Any, images: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(one) for one in keras.tree.flatten(model(images, training=False))]
