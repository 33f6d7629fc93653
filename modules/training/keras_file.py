"""A trained Keras model as a file that `keras.models.load_model` opens."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from modules.util.files import write_bytes
from modules.util.memory import Memory

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
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        try:
            save(model, path)
            loaded = keras.models.load_model(path)
        except OSError:
            raise  # the disk's doing
        except Exception as error:  # whatever it raises, it would raise in the end
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            return f"it cannot be saved and loaded ({reason}); {_SAY}"
    for ours, theirs in zip(_answers(model, images), _answers(loaded, images), strict=True):
        if not np.allclose(ours, theirs, rtol=1e-4, atol=1e-5):
            return "once saved and loaded, it answers otherwise"
    return ""


def _answers(model: Any, images: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(one) for one in keras.tree.flatten(model(images, training=False))]
