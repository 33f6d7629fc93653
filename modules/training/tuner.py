"""Searches the hyperparameters of any family: the entry point of TFX's Tuner."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from modules import families
from modules.contract.hyperparameters import read_all
from modules.data.dataset import from_plain
from modules.data.images import list_files
from modules.training import unfinished
from modules.training.judge import judge_given
from modules.training.oracles import make_oracle, space_to_search
from modules.training.search import Search
from modules.training.search_data import SearchData
from modules.training.searches import allowed, cost
from modules.training.tasks import SearchTask, from_config
from modules.util.files import digest, digest_files

if TYPE_CHECKING:
    from keras_tuner import Oracle
    from tfx.components.trainer.fn_args_utils import FnArgs
    from tfx.components.tuner.component import TunerFnResult


def tuner_fn(fn_args: FnArgs) -> TunerFnResult:
    """Makes the search that TFX's Tuner runs.

    Each finished trial is kept (see journal), whatever search it belonged to: one that was killed
    repeats none of them, and one with a larger budget goes on where another ended.

    Args:
        fn_args: train_files and eval_files are patterns of TFRecord files; working_dir takes
            what Keras Tuner writes; custom_config is a SearchTask's.

    Returns:
        The search, and no further arguments to it but silence.

    Raises:
        BadHyperparameter: one that is to be fixed is unknown or does not fit.
        ValueError: an unknown search.
    """
    from tfx.components.tuner.component import TunerFnResult

    task = from_config(SearchTask, fn_args.custom_config)
    dataset = from_plain(task.dataset)
    family = families.load(task.family)(dataset, judge_given(fn_args))
    fixed = read_all(family.hyperparameters, task.hyperparameters)
    data = SearchData(fn_args.train_files, fn_args.eval_files, dataset.side, task.images, task.seed)
    if task.budget is None:
        budget = allowed(task, family.resource, data.count)
        task = dataclasses.replace(task, budget=budget)
    begin = read_all(family.hyperparameters, task.begin)
    space = space_to_search(family.hyperparameters, fixed, lambda: data.count, begin)

    def oracle() -> Oracle:
        return make_oracle(
            task,
            space.copy(),
            family.objective,
            lambda start, until: cost(task, family.resource, data.count, start, until),
        )

    scratch = Path(fn_args.working_dir or tempfile.mkdtemp(prefix="search-"))
    read = [digest_files(list_files(f)) for f in (fn_args.train_files, fn_args.eval_files)]
    judged = family.judge.fingerprint if family.judge else ""
    shapes = [task.dataset, task.max_epochs, task.images, task.seed, task.source]
    name = digest([shapes, read, judged])
    search = Search(
        oracle(),
        family,
        task,
        data,
        journal=unfinished.kept("tuner", scratch) / f"tuning-{task.family}-{name}",
        scratch=str(scratch),
        again=oracle,
    )
    return TunerFnResult(tuner=search, fit_kwargs={"verbose": 0})
