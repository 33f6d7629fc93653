"""One call that runs the pipeline to its end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modules.contract.values import BadValue
from pipeline.api import child, screen
from pipeline.api.command_line import Files, settings_of, words
from pipeline.api.errors import (
    BadInput,
    Failed,
    Killed,
    NotThere,
    Refused,
    Stopped,
    TriptychError,
)
from pipeline.api.found import Results
from pipeline.api.reading import read
from pipeline.exit_codes import ExitCode
from pipeline.run_folder import LATEST, UNFINISHED
from pipeline.settings import Settings

_ERRORS: Mapping[int, type[TriptychError]] = {
    ExitCode.FAILED: Failed,
    ExitCode.BAD_INPUT: BadInput,
    ExitCode.REFUSED: Refused,
    ExitCode.HANGUP: Stopped,
    ExitCode.INTERRUPTED: Stopped,
    ExitCode.TERMINATED: Stopped,
    ExitCode.KILLED: Killed,
}


def run(
    model: str | None = None,
    profile: str | None = None,
    *,
    tuner: str | None = None,
    tuner_budget: int | None = None,
    tuner_minutes: float | None = None,
    warm_start: bool | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    output: str | os.PathLike[str] | None = None,
    metadata_store: str | os.PathLike[str] | None = None,
    seed: int | None = None,
    baseline: bool | None = None,
    folds: int | None = None,
    config: Files | None = None,
    gates: Files | None = None,
    hyperparameters: Mapping[str, Any] | Files | None = None,
    set: Mapping[str, Any] | None = None,
    no_cache: bool = False,
    rerun_from: str | None = None,
    no_lock: bool = False,
    seeds: int | None = None,
    verbose: bool = False,
) -> Results:
    """Runs the pipeline, in a process of its own, and shows how far it is.

    Each argument is the option of local_runner.py of that name, and None leaves it out. What has
    not changed since an earlier run in the same folder comes from its cache.

    Args:
        model: the family: transformer, vae, gan or forest.
        profile: smoke, default or full.
        tuner: hyperband, bohb, random, bayesian, grid or none.
        tuner_budget: training images x epochs that all trials of a search take together.
        tuner_minutes: after which a search begins no trial.
        warm_start: whether the search begins with the last blessed model's hyperparameters.
        data_dir: the folder with the four IDX files.
        output: the folder for everything that the run writes.
        metadata_store: a file, grpc://HOST:PORT or mysql://HOST:PORT/DATABASE.
        seed: of all random numbers.
        baseline: whether to compare the model with the last blessed one.
        folds: of a cross-validation of the tuned configuration; 0 for none.
        config: a file of settings, or several.
        gates: a file of bounds, or several.
        hyperparameters: which are not searched for: their values, or a file of them, or several.
        set: any setting by its dotted name, such as {"training.epochs": 3}, or in tables.
        no_cache: run every node.
        rerun_from: run this node anew, and all that depend on it.
        no_lock: go on where the file system has no locks.
        seeds: how many trainings of one setting; the median one goes on to be pushed.
        verbose: show the libraries' messages, too.

    Returns:
        What the run found; its model was pushed.

    Raises:
        BadInput: a setting or the data cannot be used.
        Refused: the model is not good enough, or could not be trained.
        Failed: the run broke.
        Stopped: by Ctrl-C or a signal.
        Killed: by a signal that leaves no time.
    """
    given = dict(locals())  # the arguments alone: nothing else is there yet
    try:
        options = words(given)
        settings = settings_of(options)
    except BadValue as error:
        raise BadInput(str(error)) from None
    before = _latest(settings)
    ended = child.follow(options, screen.teller(), screen.is_terminal(), screen.variables())
    found = _found(settings, before)
    if ended.code == ExitCode.PUSHED and found is not None and not ended.interrupted:
        return found
    raise _error(ended, found)


def _latest(settings: Settings) -> Path:
    return (settings.output / settings.family / LATEST).resolve()


def _found(settings: Settings, before: Path) -> Results | None:
    """What the run left; None when it did not begin."""
    folder = _latest(settings)
    if folder == before or not folder.is_dir():
        return None
    try:
        return read(folder, settings.output)
    except NotThere:
        return None


def _error(ended: child.Ended, found: Results | None) -> TriptychError:
    if ended.interrupted and ended.code != ExitCode.KILLED:
        kind: type[TriptychError] = Stopped
    else:
        kind = _ERRORS.get(ended.code, Failed)
    return kind(_sentence(kind, ended, found), found)


def _sentence(kind: type[TriptychError], ended: child.Ended, found: Results | None) -> str:
    if kind is Killed:
        return "killed; the same call resumes it"
    if found is not None and found.verdict.exit_code == ExitCode.PUSHED:
        return f"stopped when the run had ended, {found.verdict}"
    if found is not None and found.verdict.outcome != UNFINISHED:
        said = found.verdict.reason or found.verdict.outcome
        return f"{said}; see {found.log}" if kind is Failed else said
    if kind is Stopped:
        return "stopped; the same call resumes it"
    # What local_runner.py complained of, without its name and its usage.
    said = ended.last.rpartition("local_runner.py: ")[2].removeprefix("error: ")
    return said or f"the run ended with code {ended.code}"
