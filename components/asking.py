"""An exported model, to be asked by whoever has its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from modules.contract.view import Ask


def load(folder: str | Path) -> Ask:
    """Loads an exported model, to be asked by the names of its signatures.

    Raises:
        OSError: there is none in the folder.
    """
    model = tf.saved_model.load(str(folder))

    def ask(signature: str, **inputs: np.ndarray) -> Mapping[str, np.ndarray]:
        given = {name: tf.constant(value) for name, value in inputs.items()}
        return {name: found.numpy() for name, found in model.signatures[signature](**given).items()}

    return ask
