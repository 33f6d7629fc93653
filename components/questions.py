"""What the serving check asks of an exported model, and with what."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from components import ask_model
from modules.contract.family import Output
from modules.data import features
from modules.training.export import CLASS_NAMES

BACKWARDS = f"{ask_model.AGAIN}backwards"


@dataclasses.dataclass(frozen=True)
class Served:
    """What a model has to answer.

    Attributes:
        signatures: that it must have.
        names: of the classes, which it must know, in their order.
        same: groups of outputs that say the same, as its family declares them.
        figure: of the evaluation, that says how many Examples it reads rightly, as a part of 1;
            empty for what does not classify.
        prediction: the output of serving_default that says what an Example shows, a row of
            probabilities; empty as above.
    """

    signatures: tuple[str, ...]
    names: tuple[str, ...]
    same: tuple[tuple[Output, ...], ...] = ()
    figure: str = ""
    prediction: str = ""


class CannotAsk(Exception):
    """A signature, or the whole model, cannot be asked; the words say why."""

    def __init__(self, signature: str, words: str) -> None:
        super().__init__(f"{signature} {words}")
        self.signature, self.words = signature, words


def some_of(records: Iterable[bytes], count: int) -> list[bytes]:
    """Draws so many of the records, or takes all if there are fewer; always the same ones.

    Those that come first need not be like the others: data can be sorted by class.
    """
    draw, kept = np.random.default_rng(1), []
    for place, record in enumerate(records):  # Vitter 1985, algorithm R
        if place < count:
            kept.append(record)
        elif (slot := int(draw.integers(place + 1))) < count:
            kept[slot] = record
    return kept


def make_requests(
    signatures: Mapping[str, object], serialized: Sequence[bytes], classes: int
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
        count = classes if name == CLASS_NAMES else len(serialized)
        for key, spec in _inputs(function).items():
            if spec.dtype not in makers:
                raise CannotAsk(
                    name, f"its input {key} is {spec.dtype.name}, which is not supported"
                )
            array = makers[spec.dtype](count, tuple(spec.shape[1:]))
            requests.setdefault(name, {})[key] = array
    return requests


def more_questions(
    signatures: Mapping[str, object], requests: ask_model.Tensors, served: Served
) -> ask_model.Tensors:
    """Makes the questions whose answers are known when the first are: see `components.answers`.

    Args:
        signatures: as above.
        requests: the first questions, a signature each.
        served: what the model has to answer.

    Returns:
        Each question again, with its examples in the opposite order, and each signature that is to
        be asked about what another one answers.
    """
    more = {
        f"{name}{BACKWARDS}": {key: array[::-1] for key, array in inputs.items()}
        for name, inputs in requests.items()
    }
    for output in (one for group in served.same for one in group):
        while output.of is not None:
            [key] = _inputs(signatures[output.signature])
            about = np.array(f"{question_of(output.of)}/{output.of.name}")
            more = {question_of(output): {key: about}, **more}  # before what it is asked about
            output = output.of
    return more


def question_of(output: Output) -> str:
    """The question that an output is part of the answer to."""
    if output.of is None:
        return output.signature
    about = question_of(output.of).replace(ask_model.AGAIN, ".")
    return f"{output.signature}{ask_model.AGAIN}{about}.{output.of.name}"


def _inputs(function: Any) -> dict[str, Any]:
    _, inputs = function.structured_input_signature
    return dict(inputs)


def _image(serialized: bytes) -> np.ndarray:
    feature = tf.train.Example.FromString(serialized).features.feature[features.IMAGE]
    pixels = np.frombuffer(feature.bytes_list.value[0], np.uint8)
    side = math.isqrt(pixels.size)
    return pixels.reshape(side, side)


def label_of(serialized: bytes) -> int:
    """The class of an Example, a number from 0."""
    feature = tf.train.Example.FromString(serialized).features.feature[features.LABEL]
    return int(feature.int64_list.value[0])
