"""Trains one model of any family: the entry point of TFX's Trainer."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import keras_tuner

from modules import families
from modules.data.images import list_files, load_split
from modules.training import hyperparameters, progress, unfinished
from modules.training.callbacks import (
    Backup,
    Pictures,
    ReportSteps,
    StopOnCollapse,
    StopOnNotFiniteLoss,
)
from modules.training.export import export
from modules.util.files import digest, digest_files, write_json

if TYPE_CHECKING:
    import numpy as np
    from tfx.components.trainer.fn_args_utils import FnArgs

    Split = tuple[np.ndarray, np.ndarray]  # images, uint8 (N, 28, 28), and labels, int64 (N,)


def run_fn(fn_args: FnArgs) -> None:
    """Trains a model and exports it.

    A run that was killed goes on after its last whole epoch: the state of training is kept (see
    unfinished) under a name made of all that shapes the result, until the export is written.

    Args:
        fn_args: train_files and eval_files are patterns of TFRecord files; hyperparameters is
            the config of a search's best ones, or None; the SavedModel goes to
            serving_model_dir; TensorBoard's logs, history.json and pictures to model_run_dir.
            custom_config: "family", "epochs", "seed", and optionally "hyperparameters" (values
            set by hand) and "source" (a name for the code).

    Raises:
        OverrideError: a hyperparameter set by hand is unknown or does not fit.
        TrainingStopped: the loss became NaN or infinite, or the model collapsed.
    """
    started = time.monotonic()
    config = dict(fn_args.custom_config)
    family, epochs, seed = config["family"], int(config["epochs"]), int(config["seed"])
    hp = hyperparameters.resolve(
        family, fn_args.hyperparameters, config.get("hyperparameters") or {}
    )
    run_dir = Path(fn_args.model_run_dir)
    name = digest([family, hp.values, epochs, seed, config.get("source"), _data(fn_args)])
    backup = Backup(unfinished.folder("trainer", run_dir) / f"training-{family}-{name}")
    train, held_out = load_split(fn_args.train_files), load_split(fn_args.eval_files)

    model = fit(family, hp, train, held_out, epochs, seed, backup, run_dir)

    signatures = families.load(family).signatures(model, train[0], seed)
    export(model, fn_args.serving_model_dir, signatures)
    facts = {
        "history": backup.past,
        "hyperparameters": hp.values,
        "epochs": epochs,
        "seed": seed,
        "parameters": model.count_params(),
        "train_images": len(train[0]),
        "eval_images": len(held_out[0]),
        "seconds": round(time.monotonic() - started, 1),
    }
    write_json(run_dir / "history.json", facts)
    shutil.rmtree(backup.directory, ignore_errors=True)


def fit(
    family: str,
    hp: keras_tuner.HyperParameters,
    train: Split,
    held_out: Split,
    epochs: int,
    seed: int,
    backup: Backup,
    log_dir: Path,
) -> keras.Model:
    """Trains a model from its backup, if there is one, to the last epoch.

    Args:
        family: the family's name.
        hp: all its hyperparameters.
        train: what to learn from.
        held_out: what to judge each epoch by.
        epochs: in all, those of the backup included.
        seed: for weights, order and changes of images.
        backup: where the state of training is kept; afterwards its `past` is the history.
        log_dir: for TensorBoard and pictures.

    Raises:
        TrainingStopped: the loss became NaN or infinite, or the model collapsed.
    """
    chosen = families.load(family)
    keras.utils.set_random_seed(seed)
    steps = int(chosen.batches(*train, hp, training=True, seed=seed).cardinality())
    model = chosen.build(hp, total_steps=steps * epochs, seed=seed)
    done = backup.restore(model)
    model.fit(
        # A resumed run must not see the order of the first epochs again.
        chosen.batches(*train, hp, training=True, seed=seed + done),
        validation_data=chosen.batches(*held_out, hp, training=False, seed=seed),
        initial_epoch=done,
        epochs=epochs,
        verbose=0,
        callbacks=[
            StopOnNotFiniteLoss(),
            StopOnCollapse(chosen.collapsed, epochs, backup.past),
            ReportSteps(_teller(chosen.OBJECTIVE.name, steps, epochs), steps),
            keras.callbacks.TensorBoard(str(log_dir), write_graph=False),
            Pictures(lambda: chosen.pictures(model, held_out[0]), log_dir / "pictures", epochs),
            backup,
        ],
    )
    return model


def _teller(objective: str, steps: int, epochs: int) -> Callable[[float, Mapping[str, Any]], None]:
    """Reports how far training is, with the objective of the last whole epoch."""
    latest = ""

    def tell(epochs_done: float, logs: Mapping[str, Any]) -> None:
        nonlocal latest
        if objective in logs:
            latest = progress.name_figure(objective, logs[objective])
        figure = latest or (progress.name_figure("loss", logs["loss"]) if "loss" in logs else "")
        detail = f"epoch {max(1, math.ceil(epochs_done))}/{epochs}"
        done = round(epochs_done * steps)
        progress.report(progress.Progress("training", done, steps * epochs, figure, detail))

    return tell


def _data(fn_args: FnArgs) -> list[str]:
    return [
        digest_files(list_files(patterns)) for patterns in (fn_args.train_files, fn_args.eval_files)
    ]
