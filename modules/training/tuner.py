"""Searches the hyperparameters of any family: the entry point of TFX's Tuner."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modules import families
from modules.data.images import list_files
from modules.training import hyperparameters, unfinished
from modules.training.oracles import make_oracle
from modules.training.search import Search, SearchData
from modules.util.files import digest, digest_files

if TYPE_CHECKING:
    from tfx.components.trainer.fn_args_utils import FnArgs
    from tfx.components.tuner.component import TunerFnResult

_SETTINGS = ("search", "max_epochs", "factor", "max_trials", "images", "seed")


def tuner_fn(fn_args: FnArgs) -> TunerFnResult:
    """Makes the search that TFX's Tuner runs.

    Each finished trial is kept (see unfinished) under a name made of all that shapes the search:
    a search that was killed repeats none of them, and one that was finished runs none at all.

    Args:
        fn_args: train_files and eval_files are patterns of TFRecord files; working_dir takes
            what Keras Tuner writes. custom_config: "family", "search" (hyperband, random,
            bayesian or grid), "max_epochs" of a trial, "factor" (hyperband), "max_trials" (the
            others), "seed", and optionally "images" (how many training images to search with;
            None for all), "hyperparameters" (values that are fixed) and "source" (a name for
            the code).

    Returns:
        The search, and no further arguments to it but silence.

    Raises:
        OverrideError: a hyperparameter that is to be fixed is unknown or does not fit.
        ValueError: an unknown search.
    """
    from tfx.components.tuner.component import TunerFnResult

    config = dict(fn_args.custom_config)
    family = config["family"]
    settings = {name: config.get(name) for name in _SETTINGS}
    space = hyperparameters.space_to_search(family, config.get("hyperparameters") or {})
    oracle = make_oracle(settings, space, families.load(family).OBJECTIVE)
    data = SearchData(fn_args.train_files, fn_args.eval_files, config.get("images"), config["seed"])
    scratch = Path(fn_args.working_dir or tempfile.mkdtemp(prefix="search-"))
    name = digest([family, space.get_config(), settings, config.get("source"), _data(fn_args)])
    search = Search(
        oracle,
        family,
        settings,
        data,
        journal=unfinished.folder("tuner", scratch) / f"tuning-{family}-{name}",
        scratch=str(scratch),
    )
    return TunerFnResult(tuner=search, fit_kwargs={"verbose": 0})


def _data(fn_args: Any) -> Mapping[str, str]:
    return {
        "train": digest_files(list_files(fn_args.train_files)),
        "eval": digest_files(list_files(fn_args.eval_files)),
    }
