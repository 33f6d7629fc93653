"""Searches the hyperparameters of any family: the entry point of TFX's Tuner."""

from __future__ import annotations

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
from modules.training.search import Search, SearchData
from modules.training.tasks import SearchTask, from_config, to_config
from modules.util.files import digest, digest_files

if TYPE_CHECKING:
    from tfx.components.trainer.fn_args_utils import FnArgs
    from tfx.components.tuner.component import TunerFnResult


def tuner_fn(fn_args: FnArgs) -> TunerFnResult:
    """Makes the search that TFX's Tuner runs.

    Each finished trial is kept (see unfinished) under a name made of all that shapes the search:
    a search that was killed repeats none of them, and one that was finished runs none at all.

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
    space = space_to_search(family.hyperparameters, fixed, lambda: data.count)
    oracle = make_oracle(task, space, family.objective)
    scratch = Path(fn_args.working_dir or tempfile.mkdtemp(prefix="search-"))
    read = [digest_files(list_files(f)) for f in (fn_args.train_files, fn_args.eval_files)]
    judged = family.judge.fingerprint if family.judge else ""
    name = digest([to_config(task), space.get_config(), read, judged])
    search = Search(
        oracle,
        family,
        task,
        data,
        journal=unfinished.folder("tuner", scratch) / f"tuning-{task.family}-{name}",
        scratch=str(scratch),
    )
    return TunerFnResult(tuner=search, fit_kwargs={"verbose": 0})
