"""What two runs were made of: in what their data, code, settings and libraries differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from components.results.report import Change
from components.results.summary import Summary
from modules.util.plain import flat

DATA, CODE, SETTING, LIBRARY = "data", "code", "setting", "library"

_DATASET = "dataset"
_HYPERPARAMETERS = "hyperparameters"
PASSED_OVER = (_DATASET, "data_dir", "output", "metadata_store", "checks")
"""Settings that shape nothing of what a run finds: where it reads and writes, what its page leaves
out; of the data, their hash tells more."""
_HASHED = 12  # digits that tell two hashes apart


def differences(one: Summary, other: Summary) -> tuple[Change, ...]:
    """Lists what two runs were made of that is not the same.

    Hyperparameters are those that were used, set by hand or found, where both runs have trained.
    What one of the runs did not come to write down is passed over.

    Args:
        one: the earlier one; `before` is of it.
        other: the later one; `after` is of it.

    Returns:
        Data first, then code, settings and libraries.
    """
    return (*_data(one, other), *_code(one, other), *_settings(one, other), *_libraries(one, other))


def _data(one: Summary, other: Summary) -> Iterator[Change]:
    before, after = (dict(_readable(run.settings.get(_DATASET, {}))) for run in (one, other))
    if before and after:
        yield from _between(DATA, before, after)


def _readable(dataset: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in dataset.items():
        if name == "hash":
            yield "images and labels", str(value)[:_HASHED]
        else:
            yield name.replace("_", " "), text(value)


def _code(one: Summary, other: Summary) -> Iterator[Change]:
    same_family = one.settings.get("model") == other.settings.get("model")
    if one.source and other.source and same_family:  # another family has other code anyway
        before, after = ({"source": run.source[:_HASHED]} for run in (one, other))
        yield from _between(CODE, before, after)


def _settings(one: Summary, other: Summary) -> Iterator[Change]:
    if not (one.settings and other.settings):
        return
    before, after = (
        {name: value for name, value in run.settings.items() if name not in PASSED_OVER}
        for run in (one, other)
    )
    if one.training and other.training:
        before[_HYPERPARAMETERS] = one.training.hyperparameters
        after[_HYPERPARAMETERS] = other.training.hyperparameters
    texts = [{name: text(value) for name, value in flat(run)} for run in (before, after)]
    yield from _between(SETTING, *texts)


def _libraries(one: Summary, other: Summary) -> Iterator[Change]:
    if one.versions and other.versions:
        yield from _between(LIBRARY, one.versions, other.versions)


def _between(kind: str, one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*one, *other)):
        before, after = one.get(name, ""), other.get(name, "")
        if before != after:
            yield Change(kind, name, before, after)


def text(value: Any) -> str:
    """A setting's value as people write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(text, value))
    # 3 and 3.0 are one number, whichever way it was read.
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)
