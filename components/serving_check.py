"""Asks the exported model what a server would ask it, before it may be pushed.

An Evaluator's pass does not show that a model can be served: it loads models its own way.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import io_utils, path_utils

from components import ask_model
from components.gates import MUST, OVERALL, Failure, write_record
from modules.data import features
from modules.training.export import CLASS_NAMES

SERVING_CHECK = "ServingCheck"  # the node that says no
IMAGES = 64  # how many test images it asks about
TOLERANCE = 1e-4  # between the two loaders' answers; they fuse operations differently
TIMEOUT = 300  # seconds for a fresh process to import TensorFlow, load and answer

_ROOT = Path(__file__).resolve().parent.parent


class CannotAsk(Exception):
    """A signature takes what no request can be made of."""

    def __init__(self, signature: str, words: str) -> None:
        super().__init__(f"{signature} {words}")
        self.signature, self.words = signature, words


def compare(wanted: ask_model.Tensors, got: ask_model.Tensors) -> list[Failure]:
    """Says in what two sets of answers differ.

    Args:
        wanted: signature -> output -> array, from this process.
        got: the same from the server's.

    Returns:
        A failure a difference; none when they agree.
    """
    return [
        _failure(signature, words, len(array))
        for signature, outputs in wanted.items()
        for name, array in outputs.items()
        if (words := _difference(name, array, got.get(signature, {}).get(name)))
    ]


def _difference(name: str, wanted: np.ndarray, got: np.ndarray | None) -> str:
    if got is None:
        return f"it does not answer with '{name}'"
    if got.shape != wanted.shape:
        return f"its {name} is {got.shape}, not {wanted.shape}"
    if wanted.dtype == object:  # byte strings
        return "" if (got == wanted).all() else f"its {name} is not the same"
    if not np.isfinite(got).all():
        return f"its {name} is not finite"
    gap = float(np.abs(got - wanted).max(initial=0.0))
    return f"its {name} is off by {gap:.2g}" if gap > TOLERANCE else ""


def _failure(signature: str, words: str, examples: int) -> Failure:
    said = f"cannot be served: {words}"
    return Failure(SERVING_CHECK, signature, OVERALL, None, MUST, None, examples, said)


def make_requests(
    signatures: dict[str, object], serialized: list[bytes], classes: int
) -> ask_model.Tensors:
    """Makes a request for each signature, mostly from real Examples.

    Args:
        signatures: of the model, as tf.saved_model.load gives them.
        serialized: tf.Examples.
        classes: how many the data have.

    Returns:
        signature -> input name -> array: the Examples where it takes strings, their images where
        it takes uint8, 0, 1, 2 ... where it takes int64 (seeds; classes, of which each is asked
        once), and standard normal numbers where it takes float32 (latents).

    Raises:
        CannotAsk: for a signature that takes something else.
    """
    images = np.stack([_image(item) for item in serialized])
    draw = np.random.default_rng(1)
    makers: dict[Any, Callable[[int, tuple[int, ...]], np.ndarray]] = {
        tf.string: lambda *_: np.array(serialized, object),
        tf.uint8: lambda *_: images,
        tf.int64: lambda count, _: np.arange(count),
        tf.float32: lambda count, shape: draw.standard_normal((count, *shape), np.float32),
    }
    requests: ask_model.Tensors = {}
    for name, function in signatures.items():
        _, inputs = function.structured_input_signature  # type: ignore[attr-defined]
        count = classes if name == CLASS_NAMES else len(serialized)
        for key, spec in inputs.items():
            if spec.dtype not in makers:
                raise CannotAsk(
                    name, f"its input {key} is {spec.dtype.name}, which is not supported"
                )
            array = makers[spec.dtype](count, tuple(spec.shape[1:]))
            requests.setdefault(name, {})[key] = array
    return requests


def _environment() -> dict[str, str]:
    """This process's, in which the child finds the project whatever Python was told."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    more = filter(None, (str(_ROOT), kept.get("PYTHONPATH", "")))
    return {**kept, "PYTHONPATH": os.pathsep.join(more)}


def _image(serialized: bytes) -> np.ndarray:
    feature = tf.train.Example.FromString(serialized).features.feature[features.IMAGE]
    pixels = np.frombuffer(feature.bytes_list.value[0], np.uint8)
    side = math.isqrt(pixels.size)
    return pixels.reshape(side, side)


def check(
    model_dir: str, serialized: list[bytes], expected: list[str], names: list[str]
) -> list[Failure]:
    """Asks a model in this process and in a fresh one, and compares.

    Args:
        model_dir: the folder of saved_model.pb.
        serialized: real tf.Examples to ask about.
        expected: the signatures that the model must have.
        names: of the classes, which the model must know.

    Returns:
        What is wrong, a failure a problem; none for a model that can be served.

    Raises:
        RuntimeError: the fresh process failed for a reason that is not the model's.
        subprocess.TimeoutExpired: it took too long, which may be the machine's doing.
    """
    model = tf.saved_model.load(model_dir)
    count = len(serialized)
    missing = [name for name in expected if name not in model.signatures]
    if missing:
        return [_failure(name, "the model has no such signature", count) for name in missing]
    try:
        asked = {name: model.signatures[name] for name in expected}
        requests = make_requests(asked, serialized, len(names))
    except CannotAsk as error:
        return [_failure(error.signature, error.words, count)]
    wanted = {
        name: {
            key: tensor.numpy()
            for key, tensor in model.signatures[name](
                **{k: tf.constant(list(v) if v.dtype == object else v) for k, v in inputs.items()}
            ).items()
        }
        for name, inputs in requests.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        questions, answered = Path(folder, "requests.npz"), Path(folder, "answers.npz")
        np.savez(questions, **ask_model.pack(requests))
        command = [
            sys.executable,
            "-m",
            "components.ask_model",
            os.path.abspath(model_dir),
            questions,
            answered,
        ]
        done = subprocess.run(
            [str(part) for part in command],
            cwd=_ROOT,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1][:300]
        if done.returncode == ask_model.CANNOT:
            words = f"a fresh process could not serve it: {last}"
            return [_failure("the model", words, count)]
        if done.returncode:
            raise RuntimeError(
                f"the process that asks the model ended with {done.returncode}, which says nothing "
                f"about the model: {last}"
            )
        with np.load(answered, allow_pickle=False) as flat:
            answers = ask_model.unpack(dict(flat))
    said = answers.get(CLASS_NAMES, {}).get("names", np.array([], object))
    if CLASS_NAMES in expected and [name.decode() for name in said] != names:
        return [_failure(CLASS_NAMES, "its names are not those of the data", count)]
    return compare(wanted, answers)


@component
def ServingCheck(
    model: InputArtifact[standard_artifacts.Model],
    examples: InputArtifact[standard_artifacts.Examples],
    blessing: OutputArtifact[standard_artifacts.InfraBlessing],
    signatures: Parameter[str],
    names: Parameter[str],
    source: Parameter[str],
) -> None:
    """Blesses a model that a server could serve.

    Args:
        model: the exported model.
        examples: with a split `test` to ask about.
        blessing: what the Pusher obeys; its record says why not, its `asked` how many images.
        signatures: those that the model must have, with commas between.
        names: of the classes, a JSON list.
        source: a hash of the code, so that its change is noticed.
    """
    pattern = io_utils.all_files_pattern(artifact_utils.get_split_uri([examples], "test"))
    records = tf.data.TFRecordDataset(tf.io.gfile.glob(pattern), compression_type="GZIP")
    serialized = list(records.take(IMAGES).as_numpy_iterator())
    folder = path_utils.serving_model_path(model.uri)
    problems = check(folder, serialized, signatures.split(","), json.loads(names))
    blessing.set_int_custom_property("blessed", int(not problems))  # what TFX's Pusher reads
    write_record(blessing.uri, SERVING_CHECK, problems)
    blessing.set_int_custom_property("asked", len(serialized))
    # The file says it to people, as TFX's InfraValidator does.
    Path(blessing.uri, "INFRA_NOT_BLESSED" if problems else "INFRA_BLESSED").touch()
