"""Asks an exported model the way a server does: a process of its own, the session loader.

`python -m components.ask_model MODEL REQUESTS ANSWERS` is run by the serving check. Requests and
answers are .npz files with an array for each `question/tensor`; nothing in them is pickled.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import numpy as np

from modules.util import environment
from modules.util.folders import working_in

CANNOT = 4  # the exit code that says that the model itself cannot be asked

# A question is the name of a signature or, where one is asked several, that, AGAIN and any word.
AGAIN = "@"
Tensors = dict[str, dict[str, np.ndarray]]  # question -> tensor name -> array
Ask = Callable[[str, Mapping[str, np.ndarray]], dict[str, np.ndarray]]


def pack(tensors: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, Any]:
    """Flattens requests for np.savez.

    Byte strings become a uint8 array and their lengths, since NumPy's own would lose trailing
    zeros.

    Args:
        tensors: question -> tensor name -> array; byte strings as a 1-D object array.
    """
    flat: dict[str, Any] = {}
    for question, named in tensors.items():
        for name, array in named.items():
            key = f"{question}/{name}"
            if array.dtype == object:
                flat[f"{key}#lengths"] = np.array([len(item) for item in array], np.int64)
                flat[f"{key}#bytes"] = np.frombuffer(b"".join(array), np.uint8)
            else:
                flat[key] = array
    return flat


def unpack(flat: Mapping[str, np.ndarray]) -> Tensors:
    """Undoes `pack`."""
    tensors: Tensors = {}
    for key, array in flat.items():
        if key.endswith("#bytes"):
            continue
        name = key.removesuffix("#lengths")
        if name != key:
            ends = np.cumsum(array)
            joined = flat[f"{name}#bytes"].tobytes()
            items = [joined[end - length : end] for end, length in zip(ends, array, strict=True)]
            array = np.array(items, object)
        question, _, tensor = name.partition("/")
        tensors.setdefault(question, {})[tensor] = array
    return tensors


@contextmanager
def loaded(model_dir: str) -> Iterator[Ask]:
    """Loads a SavedModel into a session, for as long as it is asked.

    Args:
        model_dir: the folder of saved_model.pb.

    Returns:
        From a signature and its inputs to its outputs; it raises a KeyError for a signature or an
        input that the model lacks.
    """
    import tensorflow as tf

    with closing(tf.compat.v1.Session(graph=tf.Graph())) as session:
        with session.graph.as_default():
            meta_graph = tf.compat.v1.saved_model.load(session, ["serve"], model_dir)

        def ask_one(name: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
            signature = meta_graph.signature_def[name]
            if not signature.inputs:
                raise KeyError(f"the model has no signature '{name}'")
            feed = {signature.inputs[key].name: array for key, array in inputs.items()}
            fetch = {key: info.name for key, info in signature.outputs.items()}
            answer: dict[str, np.ndarray] = session.run(fetch, feed)
            return answer

        yield ask_one


def ask(model_dir: str, requests: Tensors) -> Tensors:
    """Loads a SavedModel into a session and asks it.

    Args:
        model_dir: the folder of saved_model.pb.
        requests: question -> input name -> array; or a text without dimensions, `question/output`:
            what has been answered before is the input.

    Returns:
        question -> output name -> array.

    Raises:
        KeyError: when the model lacks a signature, an input or that output.
    """
    answers: Tensors = {}
    with loaded(model_dir) as ask_one:
        for question, inputs in requests.items():
            given = {key: _given(array, answers) for key, array in inputs.items()}
            answers[question] = ask_one(question.partition(AGAIN)[0], given)
    return answers


def _given(array: np.ndarray, answers: Tensors) -> np.ndarray:
    if array.dtype.kind != "U":
        return array
    question, _, output = str(array).partition("/")
    return answers[question][output]


def main(model_dir: str, requests_file: str, answers_file: str) -> int:
    """Reads requests, asks, writes the answers.

    Returns:
        The exit code: 0, or CANNOT, with the reason on standard error, when it is the model that
        cannot be loaded or asked. Whatever else goes wrong says nothing about the model.
    """
    import tensorflow as tf

    with np.load(requests_file, allow_pickle=False) as flat:
        requests = unpack(dict(flat))
    try:
        with working_in(model_dir):  # TensorFlow would take a path with [ in it for a pattern
            answers = ask(os.curdir, requests)
    except (KeyError, ValueError, TypeError, RuntimeError, OSError, tf.errors.OpError) as error:
        if isinstance(error, tf.errors.ResourceExhaustedError):
            raise
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return CANNOT
    np.savez(answers_file, **pack(answers))
    return 0


if __name__ == "__main__":
    environment.collect_seldom()
    sys.exit(main(*sys.argv[1:]))
