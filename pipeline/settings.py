"""What a run is asked to do: plain values, checked, with nothing heavy imported.

Each is declared once, by a field that says what it means and what it may be; options, files, the
table of docs/settings.md and what is written down of a run follow from that.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modules import families
from modules.contract import fields
from modules.contract.profile import PROFILE_NAMES, Data, Profile, Training, Tuning, setting
from modules.contract.values import BadValue, Kind, read, unknown
from modules.data import dataset as datasets
from modules.data.dataset import BadKind, Dataset
from modules.training import searches
from pipeline.metadata import address

ROOT = Path(__file__).resolve().parent.parent
FAMILIES = families.names()
SEARCHES = (*searches.SEARCHES, "none")


def profiles_of(family: str) -> Mapping[str, Profile]:
    """The profiles of a family, by their names."""
    return families.load(family).profiles


class BadSetting(BadValue):
    """A setting that does not exist or cannot have that value; the message says which can."""


@dataclasses.dataclass(frozen=True)
class Layer:
    """Some settings, from one source; those of a higher layer win.

    Attributes:
        values: by dotted name such as `training.epochs`, or in tables; as text or typed.
        source: where they stand, to begin a complaint with, such as a file's name; may be empty.
    """

    values: Mapping[str, Any]
    source: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """One run, whole. Everything that it writes is under `output`; both paths are absolute.

    Attributes:
        dataset: what the data say of themselves; None until they have been looked at.
        given: the names of what a person set, be it to what it would have been anyway.
    """

    family: str = setting(
        "the family of models", Kind(str, words=FAMILIES), name="model", default="transformer"
    )
    tuner: str = setting(
        "how to search for hyperparameters", Kind(str, words=SEARCHES), default="hyperband"
    )
    profile: str = setting(
        "the size of the run; it gives a value to all that is not set",
        Kind(str, words=PROFILE_NAMES),
        default="default",
    )
    data_dir: Path = setting(
        "the folder with the four IDX files", Kind(Path), default=ROOT / "data" / "mnist"
    )
    output: Path = setting(
        "the folder for everything that a run writes", Kind(Path), default=Path("output")
    )
    metadata_store: str | None = setting(
        f"the metadata store: {address.FORMS}; none stands for a file in the output folder",
        Kind(str, absent="none"),
        default=None,
    )
    seed: int = setting(
        "the seed of all random numbers", Kind(int, least=0, most=2**32 - 1), default=1
    )
    data: Data
    tuning: Tuning
    training: Training
    gates: Mapping[str, float] = setting(
        "the bound of a gate", Kind(float, least=0, most=1_000_000)
    )
    hyperparameters: Mapping[str, Any] = setting(
        "a hyperparameter, which is then not searched for", Kind(object)
    )
    dataset: Dataset | None = None
    given: frozenset[str] = dataclasses.field(default=frozenset(), compare=False)

    @property
    def known_dataset(self) -> Dataset:
        """What the data say of themselves.

        Raises:
            LookupError: nobody has looked at them.
        """
        if self.dataset is None:
            raise LookupError(f"nobody has looked at the data in {self.data_dir}")
        return self.dataset

    @property
    def pipeline_name(self) -> str:
        return f"triptych-{self.family}"

    @property
    def artifacts(self) -> Path:
        return self.output / "artifacts" / self.family

    @property
    def metadata(self) -> str:
        """The address of the metadata store."""
        return self.metadata_store or str(self.output / "metadata.sqlite")

    @property
    def serving(self) -> Path:
        return self.output / "serving" / self.family

    @property
    def state(self) -> Path:
        """Where searches and trainings in progress keep what a killed run resumes from."""
        return self.output / "state" / self.family

    @property
    def summary(self) -> Path:
        """Of the run that was begun last."""
        return self.output / self.family / "summary.json"


DECLARED = {value.name: value for value in fields.declared(Settings)}
_TABLES = fields.tables(Settings)
_DATASET = "dataset"  # written down with the settings, and no setting: nobody types it
_ANY = "hyperparameters."  # which ones exist is the family's own knowledge; it is asked later


def make_settings(*layers: Layer, **values: Any) -> Settings:
    """Fills in what is not given: with defaults, and with the values of the profile that is chosen.

    Args:
        layers: lowest first.
        values: the highest layer, such as `model="vae", training={"epochs": 3}`.

    Raises:
        BadSetting: for a name that is not known or a value that does not fit, in any layer.
    """
    given = [(_flat(layer.values), layer.source) for layer in (*layers, Layer(values))]
    described = [(found.pop(_DATASET), source) for found, source in given if _DATASET in found]
    filled = {
        value.name: _read(value.name, value.default)
        for value in DECLARED.values()
        if value.default is not dataclasses.MISSING
    }
    for name in ("model", "profile"):
        for found, source in given:
            if name in found:
                filled[name] = _read(name, found[name], source)
    filled |= profile_values(filled["model"], filled["profile"])
    known = [name for name in filled if not name.startswith(_ANY)]
    for found, source in given:
        for name, value in found.items():
            if name not in known and not (name.startswith(_ANY) and name != _ANY):
                raise _complaint(unknown("setting", name, [*known, f"{_ANY}NAME"]), source)
            filled[name] = _read(name, value, source)
    return dataclasses.replace(
        fields.build(Settings, filled),
        dataset=_described(*described[-1]) if described else None,
        given=frozenset(name for found, _ in given for name in found),
    )


def profile_values(family: str, profile: str) -> dict[str, Any]:
    """The values of a profile, by dotted name."""
    return _flat(dataclasses.asdict(profiles_of(family)[profile]))


def to_plain(settings: Settings) -> dict[str, Any]:
    """Writes settings down as TOML and JSON know them, whole; the family is its `model` there."""
    plain = fields.plain(settings)
    return plain | ({_DATASET: datasets.to_plain(settings.dataset)} if settings.dataset else {})


def from_plain(plain: Any) -> Settings:
    """Reads what `to_plain` gave.

    Raises:
        BadSetting: they are of another version of the project.
    """
    try:
        if not isinstance(plain, Mapping):
            raise BadSetting(f"{type(plain).__name__} instead of a table")
        settings = make_settings(Layer(plain))
        if lacking := _flat(to_plain(settings)).keys() - _flat(plain).keys():
            raise BadSetting(f"they lack {', '.join(sorted(lacking))}")
    except BadSetting as error:
        raise BadSetting(
            f"these settings were written by another version of the project: {error}"
        ) from None
    return settings


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values of all tables by dotted name; a table of settings may be empty."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if prefix + name == _DATASET:
            found[_DATASET] = value
        elif isinstance(value, Mapping) and (value or prefix + name in _TABLES):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _read(name: str, value: Any, source: str = "") -> Any:
    declared = DECLARED.get(name) or DECLARED[name.partition(".")[0]]
    try:
        found = read(name, value, declared.kind)
        if name == "metadata_store" and found is not None:
            return str(address.parse(found))
    except BadValue as error:
        raise _complaint(str(error), source) from None
    return Path(os.path.expanduser(found)).absolute() if isinstance(found, Path) else found


def _described(plain: Any, source: str) -> Dataset | None:
    if plain is None or isinstance(plain, Dataset):
        return plain
    try:
        if not isinstance(plain, Mapping):
            raise BadKind(f"a dataset is described by a table, not by {plain!r}")
        return datasets.from_plain(plain)
    except BadKind as error:
        raise _complaint(str(error), source) from None


def _complaint(message: str, source: str) -> BadSetting:
    return BadSetting(f"{source}: {message}" if source else message)
