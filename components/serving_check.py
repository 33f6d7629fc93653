"""Asks the exported model what a server would ask it, before it may be pushed.

An Evaluator's pass does not show that a model can be served: it loads models its own way.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components import ask_model
from components.answers import (
    SERVING_CHECK,
    compare,
    failure,
    other_names,
    too_few_right,
    unlike,
    unsteady,
)
from components.example_files import read_records
from components.gates import Failure, read_record, write_record
from components.questions import CannotAsk, Served, make_requests, more_questions, some_of
from components.results.facts import read_evaluation
from modules.util.plain import from_json

IMAGES = 64  # how many test images it asks about
TIMEOUT = 300  # seconds for a fresh process to import TensorFlow, load and answer

_ROOT = Path(__file__).resolve().parent.parent


def _environment() -> dict[str, str]:
    """This process's, in which the child finds the project whatever Python was told."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    more = filter(None, (str(_ROOT), kept.get("PYTHONPATH", "")))
    return {**kept, "PYTHONPATH": os.pathsep.join(more)}


def check(
    model_dir: str, serialized: Sequence[bytes], served: Served, accuracy: float | None = None
) -> list[Failure]:
    """Asks a model in this process and in a fresh one, and compares.

    Args:
        model_dir: the folder of saved_model.pb.
        serialized: real tf.Examples to ask about.
        served: what the model has to answer.
        accuracy: of a classifier, what the Evaluator found, from 0 to 1; None when it found none.

    Returns:
        What is wrong, a failure a problem; none for a model that can be served.

    Raises:
        RuntimeError: the fresh process failed for a reason that is not the model's.
        subprocess.TimeoutExpired: it took too long, which may be the machine's doing.
    """
    model = tf.saved_model.load(model_dir)
    count = len(serialized)
    missing = [name for name in served.signatures if name not in model.signatures]
    if missing:
        return [failure(name, "the model has no such signature", count) for name in missing]
    asked = {name: model.signatures[name] for name in served.signatures}
    try:
        requests = make_requests(asked, serialized, len(served.names))
        wanted = {name: _ask_here(name, asked[name], of) for name, of in requests.items()}
        more = more_questions(asked, requests, served)
        answers = _ask_in_a_fresh_process(model_dir, {**requests, **more})
    except CannotAsk as error:
        return [failure(error.signature, error.words, count)]
    return [
        *other_names(answers, served, count),
        *compare(wanted, answers),
        *unsteady(answers, requests),
        *unlike(answers, served),
        *too_few_right(answers, serialized, served, accuracy),
    ]


def _ask_here(name: str, signature: Any, inputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
    given = {
        key: tf.constant(list(array) if array.dtype == object else array)
        for key, array in inputs.items()
    }
    try:
        return {key: tensor.numpy() for key, tensor in signature(**given).items()}
    except tf.errors.ResourceExhaustedError:
        raise  # which says nothing about the model
    except (tf.errors.OpError, ValueError, TypeError) as error:
        last = (str(error).strip().splitlines() or ["it said nothing"])[-1][:300]
        raise CannotAsk(name, f"it fails on real examples: {last}") from error


def _ask_in_a_fresh_process(model_dir: str, requests: ask_model.Tensors) -> ask_model.Tensors:
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
            raise CannotAsk("the model", f"a fresh process could not serve it: {last}")
        if done.returncode:
            raise RuntimeError(
                f"the process that asks the model ended with {done.returncode}, which says nothing "
                f"about the model: {last}"
            )
        with np.load(answered, allow_pickle=False) as flat:
            return ask_model.unpack(dict(flat))


@component
def ServingCheck(
    model: InputArtifact[standard_artifacts.Model],
    examples: InputArtifact[standard_artifacts.Examples],
    evaluation: InputArtifact[standard_artifacts.ModelEvaluation],
    blessing: OutputArtifact[standard_artifacts.InfraBlessing],
    served: Parameter[str],
    source: Parameter[str],
    folds_judged: InputArtifact[standard_artifacts.ModelEvaluation] = None,
) -> None:
    """Blesses a model that a server could serve, and whose folds are good enough where there are.

    The Pusher takes one such blessing. Why folds are not is in their gate's own record, and not in
    the one here.

    Args:
        model: the exported model.
        examples: with a split `test` to ask about.
        evaluation: what the Evaluator measured on it.
        blessing: what the Pusher obeys; its record says why not, its `asked` how many images.
        served: what the model has to answer, a components.questions.Served as JSON.
        source: a hash of the code, so that its change is noticed.
        folds_judged: beside which FoldsGate recorded what it says; none without folds.
    """
    serialized = some_of(read_records(examples, "test"), IMAGES)
    folder = path_utils.serving_model_path(model.uri)
    wanted = from_json(Served, json.loads(served))
    measured = read_evaluation({"evaluation": [evaluation]}).overall
    problems = check(folder, serialized, wanted, measured.get(wanted.figure))
    folds_pass = folds_judged is None or read_record(folds_judged.uri).passed
    blessed = not problems and folds_pass
    blessing.set_int_custom_property("blessed", int(blessed))  # what TFX's Pusher reads
    write_record(blessing.uri, SERVING_CHECK, problems)
    blessing.set_int_custom_property("asked", len(serialized))
    # The file says it to people, as TFX's InfraValidator does.
    Path(blessing.uri, "INFRA_BLESSED" if blessed else "INFRA_NOT_BLESSED").touch()
