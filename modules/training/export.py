"""Exports a trained model as a SavedModel that a server can load."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from modules.contract.family import Signature
from modules.data.dataset import Dataset
from modules.networks import asked
from modules.util.files import remove

CLASS_NAMES = "class_names"


def export(trackable: Any, directory: str | Path, signatures: Mapping[str, Signature]) -> None:
    """Writes a SavedModel under its name only when it is complete.

    Args:
        trackable: what holds the variables of the signatures, a keras.Model or a tf.Module.
        directory: of the SavedModel to be; an empty or old one is replaced.
        signatures: name to how the model can be called.
    """
    directory = Path(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    part = directory.with_name(f".{directory.name}.{os.getpid()}.part")
    remove(part)
    # model.export() and tf.saved_model.save() each fail one of the two readers, the evaluator
    # and a session loader; an archive that tracks the model passes both.
    archive = keras.export.ExportArchive()
    archive.track(trackable)
    for name, signature in signatures.items():
        archive.add_endpoint(name, signature.function, input_signature=signature.inputs)
    archive.write_out(str(part), verbose=False)
    remove(directory)
    os.replace(part, directory)


def class_names(dataset: Dataset) -> dict[str, Signature]:
    """A signature that tells a client what a model's classes are called.

    Args:
        dataset: what the model was trained on.

    Returns:
        "class_names", from classes, int64 (N,) from 0, to their names, string (N,).
    """
    import tensorflow as tf

    names = tf.constant(dataset.names)

    def name_classes(classes: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"names": tf.gather(names, classes)}

    return {CLASS_NAMES: asked.by_classes(name_classes, dataset.classes)}
