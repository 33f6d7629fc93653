"""Files of gates: the bounds of a dataset, by family and profile, and what its judge has to read.

    [transformer.smoke]
    accuracy = 0.93

    [judge]
    accuracy = 0.95

One lies beside the data; others are given by `--gates`, such as the one that a run without gates
proposes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modules import families
from modules.contract.evaluation import EvaluationSpec
from modules.contract.fields import declared
from modules.contract.profile import PROFILE_NAMES, Judging
from modules.contract.values import BadValue, read, unknown
from pipeline.layers import Layer, complaint, read_file

FILE = "gates.toml"
JUDGE = "judge"
_HEADER = "# The gates of a run. --gates takes this file, and the folder of the data.\n"
_GATES = "gates."
_FORMER, _NOW = "digit_", "class_"


def beside(folder: Path, family: str, profile: str) -> Layer:
    """Reads the gates that lie beside data; a file or an entry that is not there is no gates.

    Raises:
        BadSetting: see `choose`.
    """
    file = folder / FILE
    return _chosen(read_gates(str(file)), family, profile) if file.exists() else Layer({})


def read_gates(file: str) -> Layer:
    """Reads a file of gates, for whichever run.

    Raises:
        BadSetting: it cannot be read, or is no TOML.
    """
    return Layer(read_file(file), source=file, gates=True)


def choose(layer: Layer, family: str, profile: str) -> Layer:
    """Checks a whole file of gates, and takes what is meant for a run.

    Args:
        layer: what `read_gates` gave.
        family: of the run.
        profile: of the run.

    Raises:
        BadSetting: there is an unknown table or gate, a bound that cannot be, or nothing for this
            family and profile; names the file.
    """
    chosen = _chosen(layer, family, profile)
    if profile not in layer.values.get(family, {}):
        words = f"there is no table [{family}.{profile}], and so no gates for this run"
        raise complaint(words, layer.source)
    return chosen


def to_toml(gates: Mapping[str, float], family: str, profile: str) -> str:
    """Writes gates as a file that `choose` reads."""
    lines = (f"{name} = {bound!r}" for name, bound in gates.items())
    return "\n".join([_HEADER, f"[{family}.{profile}]", *lines, ""])


def answer_former(setting: str, spec: EvaluationSpec) -> str:
    """Answers the name that a gate once had with today's; empty for any other setting."""
    name = setting.removeprefix(f"{_GATES}{_FORMER}")
    if name == setting or (today := f"{_NOW}{name}") not in spec.gate_names:
        return ""
    return f"{setting} is called {_GATES}{today} now"


def _chosen(layer: Layer, family: str, profile: str) -> Layer:
    found: dict[str, float] = {}
    try:
        for table, content in layer.values.items():
            if table == JUDGE:
                found |= _judge(_table(table, content))
                continue
            if table not in families.names():
                raise BadValue(unknown("model", table, [*families.names(), JUDGE]))
            spec = families.load(table).evaluation
            for name, bounds in _table(table, content).items():
                if name not in PROFILE_NAMES:
                    raise BadValue(unknown("profile", name, PROFILE_NAMES))
                here = _bounds(_table(f"{table}.{name}", bounds), spec)
                if (table, name) == (family, profile):
                    found |= here
    except BadValue as error:
        raise complaint(str(error), layer.source) from None
    return Layer(found, layer.source)


def _bounds(table: Mapping[str, Any], spec: EvaluationSpec) -> dict[str, float]:
    found = {}
    for name, value in table.items():
        setting = f"{_GATES}{name}"
        if former := answer_former(setting, spec):
            raise BadValue(former)
        if name not in spec.bound_names:
            raise BadValue(unknown("gate", name, spec.bound_names))
        found[setting] = read(setting, value, spec.kind_of(name))
    return found


def _judge(table: Mapping[str, Any]) -> dict[str, float]:
    kinds = {f"{JUDGE}.{one.name}": one.kind for one in declared(Judging)}
    found = {f"{JUDGE}.{name}": value for name, value in table.items()}
    for setting in found:
        if setting not in kinds:
            raise BadValue(unknown("setting", setting, tuple(kinds)))
    return {setting: read(setting, value, kinds[setting]) for setting, value in found.items()}


def _table(name: str, found: Any) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise BadValue(f"{name} has to be a table of gates, not {found!r}")
    return found
