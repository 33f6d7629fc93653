"""What runs have found, made up, and the folders that hold it."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from components.gates import Failure, Record, write_record
from components.results.facts import (
    EVALUATION_FILE,
    SEARCH_FILE,
    Evaluation,
    Outputs,
    Training,
    Trial,
    Tuning,
)
from components.results.summary import Node, Summary, Verdict
from modules.util.files import write_json
from modules.util.plain import to_json

FAILURE = Failure("Evaluator", "accuracy", "label=8", 0.5, "at least", 0.8, 120)
EVALUATION = Evaluation(
    overall={"accuracy": 0.95, "recall": None, "latent_kl": [1.0, 0.5], "example_count": 99.0},
    slices={"label=8": {"accuracy": 0.5, "example_count": 12.0}},
    by_class={"auc": [0.9, None]},
    curves=[[[0.0, 1.0, 1.0, None]], []],
    confusion=[[50, 1], [2, 46]],
    classes=["0", "8"],
    notes={"judge": "0123"},
    headline=["accuracy"],
    gated=["accuracy", "recall"],
)
TUNING = Tuning(
    "val_accuracy",
    {"layers": 2, "stem": "conv"},
    (Trial("0003", 0.91, {"layers": 2, "stem": "conv"}, 4), Trial("0001", None, {"layers": 1})),
)
TRAINING = Training(
    history={"loss": [3.0, None, 1.0], "val_loss": [2.0, 1.5, 1.0], "rate": [1.0, 1.0, 1.0]},
    hyperparameters={"layers": 2, "stem": "conv"},
    epochs=3,
    seed=1,
    parameters=1234,
    train_images=54,
    eval_images=6,
    seconds=12.5,
)
SUMMARY = Summary(
    verdict=Verdict("pushed", 0, "/serving/1"),
    run="a-run",
    pushed="/serving/1",
    nodes=(Node("Trainer", "done", 12.3, "val_loss 1.0000"), Node("Pusher", "cached", 0.1, "")),
    gates=(Record("DataGate", True), Record("Evaluator", False, (FAILURE,))),
    seconds=12.4,
    settings={"model": "transformer", "profile": "smoke"},
    seed=1,
    source="abcd",
    versions={"python": "3.11"},
    tuning=TUNING,
    training=TRAINING,
    evaluation=EVALUATION,
)


def artifact(folder: Path, **properties: int | str) -> Any:
    """An artifact as the metadata store gives it; its folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {
        name: SimpleNamespace(
            int_value=value if isinstance(value, int) else 0,
            string_value=value if isinstance(value, str) else "",
        )
        for name, value in properties.items()
    }
    return SimpleNamespace(uri=str(folder), custom_properties=values)


def write_tuning(folder: Path) -> Outputs:
    """Writes TUNING as our Tuner does."""
    best, trials = artifact(folder / "best"), artifact(folder / "results")
    write_json(Path(trials.uri, SEARCH_FILE), to_json(TUNING))
    return {"best_hyperparameters": [best], "tuner_results": [trials]}


def write_training(folder: Path, training: Training = TRAINING) -> Outputs:
    """Writes what the Trainer does, NaN for what is undefined and a value that nobody reads."""
    run = artifact(folder / "model_run")
    plain = {name: value for name, value in to_json(training).items() if name != "folder"}
    text = json.dumps({**plain, "more": 1}).replace("null", "NaN")
    Path(run.uri, "history.json").write_text(text)
    return {"model": [artifact(folder / "model")], "model_run": [run]}


def write_evaluation(
    folder: Path, evaluation: Evaluation = EVALUATION, *failures: Failure
) -> Outputs:
    """Writes what the Evaluator does beside TFMA's files."""
    found = artifact(folder / "evaluation")
    write_json(Path(found.uri, EVALUATION_FILE), to_json(evaluation))
    write_record(found.uri, "Evaluator", failures)
    return {"evaluation": [found]}
