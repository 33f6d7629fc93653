"""Trains one model of any family: the entry point of TFX's Trainer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modules import families
from modules.contract import check
from modules.contract.artifact import KERAS
from modules.contract.family import Trained, TrainingRun, TrainingStopped
from modules.contract.hyperparameters import fitting, resolve
from modules.data.dataset import from_plain, to_plain
from modules.data.images import list_files, load_split
from modules.data.splits import Splits
from modules.training import keras_file, progress, unfinished
from modules.training.export import class_names, export
from modules.training.judge import judge_given
from modules.training.rehearsal import rehearse
from modules.training.tasks import TrainingTask, from_config
from modules.util.files import digest, digest_files, write_json

if TYPE_CHECKING:
    from tfx.components.trainer.fn_args_utils import FnArgs

_UNITS = 100  # progress is told in hundredths of an epoch


def run_fn(fn_args: FnArgs) -> None:
    """Trains a model and exports it.

    A run that was killed goes on after its last whole epoch: the state of training is kept (see
    unfinished) under a name made of all that shapes the result, until the export is written.

    Args:
        fn_args: train_files and eval_files are patterns of TFRecord files; hyperparameters is
            the config of a search's best ones, or None; the SavedModel goes to
            serving_model_dir; TensorBoard's logs, history.json and pictures to model_run_dir;
            custom_config is a TrainingTask's. What Keras can load goes beside the SavedModel.

    Raises:
        BadHyperparameter: one that was set by hand is unknown or does not fit.
        TrainingStopped: the loss became NaN or infinite, or the model collapsed. There is no model
            then, but its history.
        BrokenFamily: what the training gave is not what the contract asks for.
    """
    started = time.monotonic()
    task = from_config(TrainingTask, fn_args.custom_config)
    dataset = from_plain(task.dataset)
    family = families.load(task.family)(dataset, judge_given(fn_args))
    found = (fn_args.hyperparameters or {}).get("values")
    chosen = resolve(family.hyperparameters, found, task.hyperparameters)
    run_dir = Path(fn_args.model_run_dir)
    read = [digest_files(list_files(f)) for f in (fn_args.train_files, fn_args.eval_files)]
    data = [to_plain(dataset), family.judge.fingerprint if family.judge else ""]
    name = digest([task.family, data, chosen, task.epochs, task.seed, task.source, read])
    backup = unfinished.folder("trainer", run_dir) / f"training-{task.family}-{name}"
    splits = Splits(
        load_split(fn_args.train_files, dataset.side), load_split(fn_args.eval_files, dataset.side)
    )
    values = fitting(chosen, len(splits.train.images))

    if not backup.exists():
        rehearse(task.family, task.source, family, values, splits, list_files(fn_args.eval_files))
    run = TrainingRun(
        epochs=task.epochs,
        seed=task.seed,
        backup=backup,
        log_dir=run_dir,
        tell=_teller(family.objective.name, task.epochs),
    )
    facts: dict[str, Any] = {
        "hyperparameters": values,
        "epochs": task.epochs,
        "seed": task.seed,
        "train_images": len(splits.train.images),
        "eval_images": len(splits.held_out.images),
    }

    def leave(went: Trained | TrainingStopped, parameters: int = 0) -> None:
        """Writes down how training went; nothing of it is unfinished then."""
        found = {
            "history": went.history,
            "epoch_seconds": [*map(float, went.epoch_seconds)],
            "parameters": parameters,
        }
        seconds = round(time.monotonic() - started, 1)
        write_json(run_dir / "history.json", {**facts, **found, "seconds": seconds})
        unfinished.finished(backup)

    try:
        trained = family.train(values, splits, run)
    except TrainingStopped as stopped:
        leave(stopped)
        raise
    signatures = trained.signatures(splits.train.images, task.seed)
    check.refuse(check.broken_clauses_of_trained(family, trained, signatures), task.family)
    named = {**signatures, **class_names(dataset)}
    if trained.keras is not None:
        # Before the export, which is what makes a model of the artifact.
        keras_file.save(trained.keras, Path(fn_args.serving_model_dir).parent / KERAS)
    export(trained.trackable, fn_args.serving_model_dir, named)
    leave(trained, trained.size)


def _teller(objective: str, epochs: int) -> Callable[[float, Mapping[str, Any]], None]:
    """Reports how far training is, with the objective of the last whole epoch."""
    latest = ""

    def tell(epochs_done: float, logs: Mapping[str, Any]) -> None:
        nonlocal latest
        if objective in logs:
            latest = progress.name_figure(objective, logs[objective])
        figure = latest or (progress.name_figure("loss", logs["loss"]) if "loss" in logs else "")
        detail = f"epoch {max(1, math.ceil(epochs_done))}/{epochs}"
        done = round(_UNITS * epochs_done)
        progress.report(progress.Progress("training", done, _UNITS * epochs, figure, detail))

    return tell
