"""`--warm-start`: a search begins where the last blessed model was, which is looked up once, before
the run, and written into its settings. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

from components.results.pushed_runs import pushed_runs
from components.results.summary import Summary
from modules import families
from modules.contract.hyperparameters import BadHyperparameter
from modules.util.plain import to_json
from pipeline.settings import BadSetting, Settings, to_plain

# They say where things are, what is told, and which of several seeds it is: none of it is what a
# model was asked to be, and `begin` is what is looked for.
_PASSED_OVER = ("begin", "output", "data_dir", "metadata_store", "checks")


class WarmStart(NamedTuple):
    """The settings with what the search begins with, and a line that says where it is from."""

    settings: Settings
    line: str = ""


def warm(settings: Settings) -> WarmStart:
    """Looks up what a search begins with, if that is asked for.

    The run that this very command makes, or has made, is passed over. So the same command finds the
    same values again, and all that depends on them in the cache.

    Args:
        settings: of the run, which know their data.

    Raises:
        BadSetting: there is no search.
    """
    if not settings.warm_start:
        return WarmStart(settings)
    if settings.tuner == "none":
        raise BadSetting(
            "warm_start (--warm-start) begins a search, and tuner is none: choose a search, or "
            "give --hyperparameters a run's summary.json"
        )
    if settings.begin:
        return WarmStart(settings, "warm start: from the values of begin in these settings")
    for summary in pushed_runs(settings.output, settings.family):
        if _asked(summary.settings) == _asked(to_plain(settings)):
            continue
        if found := _values(settings, summary):
            line = f"warm start: the search begins with the hyperparameters of run {summary.run}"
            return WarmStart(dataclasses.replace(settings, begin=found), line)
    return WarmStart(
        settings,
        "warm start: no model was blessed here that was not trained by these same settings; the "
        "search begins with the defaults",
    )


def _asked(plain: Mapping[str, Any]) -> dict[str, Any]:
    asked = to_json({name: v for name, v in plain.items() if name not in _PASSED_OVER})
    asked.get("training", {}).pop("repeat", None)
    return dict(asked)


def _values(settings: Settings, summary: Summary) -> dict[str, Any]:
    """Those of a model's hyperparameters that still can be, and are not set."""
    used = summary.training.hyperparameters if summary.training else {}
    found: dict[str, Any] = {}
    for one in families.load(settings.family).hyperparameters:
        if one.name in used and one.name not in settings.hyperparameters:
            try:
                found[one.name] = one.read(used[one.name])
            except BadHyperparameter:
                continue  # of an older version of the family
    return found
