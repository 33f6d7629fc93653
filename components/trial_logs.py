"""The trials of a search as TensorBoard's HParams shows them: values, epochs, and the score."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import tensorflow as tf
from tensorboard.plugins.hparams import api_pb2, summary, summary_v2

from components.results.facts import Trial, Tuning

EPOCHS = "epochs"  # beside the hyperparameters: how long a trial was trained


def write_trials(folder: Path, found: Tuning) -> None:
    """Writes a session for each trial, in a folder named after it.

    Args:
        folder: for all of them.
        found: the search; the score of a trial is a scalar with the name of its objective, at the
            trial's last epoch. A trial without a score is shown as one that failed.
    """
    for trial in found.trials:
        last = max(0, (trial.epochs or 1) - 1)
        writer = tf.summary.create_file_writer(str(folder / trial.trial))
        with writer.as_default():
            for message in _session(trial):
                tf.summary.experimental.write_raw_pb(message, step=0)
            if trial.score is not None:
                tf.summary.scalar(found.objective, trial.score, step=last)
        writer.close()


def _session(trial: Trial) -> Iterable[bytes]:
    values = dict(trial.values) | ({EPOCHS: trial.epochs} if trial.epochs is not None else {})
    start = summary_v2.hparams_pb(values, trial_id=trial.trial)
    failed = trial.score is None
    end = summary.session_end_pb(api_pb2.STATUS_FAILURE if failed else api_pb2.STATUS_SUCCESS)
    return start.SerializeToString(), end.SerializeToString()
