"""Importing this tells Keras all classes of this project, so that it can load what was saved.

Keras takes from a `.keras` file the names of its classes, not their code: those that are not its
own have to be known before `keras.models.load_model` is called.
"""

from __future__ import annotations

import importlib
from pathlib import Path

for _path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    if _path.stem != Path(__file__).stem:
        importlib.import_module(f"{__package__}.{_path.stem}")
