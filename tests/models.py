"""Small exported models for the components that judge and serve them."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components import ask_model
from modules.contract.family import Signature
from modules.data.images import parse_images
from modules.training.export import export
from tests.runs import PROJECT

Change = Callable[[tf.Tensor], tf.Tensor]
Ask = Callable[..., dict[str, Any]]  # the outputs of a signature, by its name and its inputs


def asker(model: keras.Model, signatures: Mapping[str, Signature], folder: Path) -> Ask:
    """Exports a model to a folder, and asks its signatures in sessions, as a server does."""
    export(model, folder / "model", signatures)

    def ask(name: str, **inputs: Any) -> dict[str, Any]:
        return ask_model.ask(str(folder / "model"), {name: inputs})[name]

    return ask


def ask_in_a_fresh_process(
    model: str | Path, folder: Path, requests: ask_model.Tensors, timeout: float = 300.0
) -> ask_model.Tensors:
    """Asks signatures of an exported model.

    Args:
        model: the folder of the SavedModel.
        folder: for the files of question and answer.
        requests: inputs by name, by signature.
        timeout: seconds.

    Returns:
        Outputs by name, by signature.
    """
    asked, answered = folder / "asked.npz", folder / "answered.npz"
    np.savez(asked, **ask_model.pack(requests))
    subprocess.run(
        [sys.executable, "-m", "components.ask_model", model, asked, answered],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        timeout=timeout,
    )
    with np.load(answered, allow_pickle=False) as flat:
        return ask_model.unpack(dict(flat))


def export_prototype_classifier(
    folder: Path,
    images: Any,
    labels: Any,
    change: Change = lambda p: p,
    raw: bool = True,
    change_raw: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] = lambda p, _: p,
) -> None:
    """Exports a classifier by the nearest mean image, good for some 80 % of MNIST.

    Args:
        folder: of a Model artifact; the SavedModel goes to its Format-Serving.
        images: uint8, (N, 28, 28), to take the means of.
        labels: (N,).
        change: from the probabilities to what the model says instead; sabotage.
        raw: also give it the signature for raw images.
        change_raw: from the probabilities and the images to what that one says instead.
    """
    means = tf.stack([images[labels == digit].mean(axis=0) for digit in range(10)])
    means = tf.Variable(tf.reshape(tf.cast(means, tf.float32) / 255.0, (10, 784)))

    def probabilities(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        flat = tf.reshape(tf.cast(pixels, tf.float32) / 255.0, (-1, 1, 784))
        distance = tf.reduce_sum(tf.square(flat - means), axis=-1)
        return {"probabilities": change(tf.nn.softmax(-0.3 * distance))}

    archive = keras.export.ExportArchive()
    holder = tf.Module()
    holder.means = means
    archive.track(holder)
    archive.add_endpoint(
        "serving_default",
        lambda examples: probabilities(parse_images(examples, 28)),
        input_signature=[tf.TensorSpec((None,), tf.string, name="examples")],
    )
    if raw:
        archive.add_endpoint(
            "serving_images",
            lambda images: {
                "probabilities": change_raw(probabilities(images)["probabilities"], images)
            },
            input_signature=[tf.TensorSpec((None, 28, 28), tf.uint8, name="images")],
        )
    archive.write_out(str(folder / "Format-Serving"), verbose=False)
