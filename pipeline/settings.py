"""What a run is asked to do: plain values, checked, with nothing heavy imported.

pipeline/profiles.py has the values; `--set name=value` changes one of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from modules import families
from modules.contract.profile import PROFILE_NAMES, Data, Training, Tuning
from modules.training import searches

SEARCHES = (*searches.SEARCHES, "none")


class BadSetting(ValueError):
    """A setting that does not exist or cannot have that value; the message says which can."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """One run, whole. Everything that it writes is under `output`."""

    model: str
    tuner: str
    profile: str
    data_dir: Path
    output: Path
    data: Data
    tuning: Tuning
    training: Training
    gates: Mapping[str, float]
    hyperparameters: Mapping[str, Any]
    seed: int = 1
    metadata_store: str = ""  # an address; empty is a file of the output folder

    @property
    def pipeline_name(self) -> str:
        return f"triptych-{self.model}"

    @property
    def artifacts(self) -> Path:
        return self.output / "artifacts" / self.model

    @property
    def metadata(self) -> str:
        """The address of the metadata store."""
        return self.metadata_store or str(self.output / "metadata.sqlite")

    @property
    def serving(self) -> Path:
        return self.output / "serving" / self.model

    @property
    def state(self) -> Path:
        """Where searches and trainings in progress keep what a killed run resumes from."""
        return self.output / "state" / self.model

    @property
    def summary(self) -> Path:
        return self.output / self.model / "summary.json"

    def as_dict(self) -> dict[str, Any]:
        """The settings as plain JSON values."""
        plain = dataclasses.asdict(self)
        return plain | {"data_dir": str(self.data_dir), "output": str(self.output)}


def from_dict(plain: Mapping[str, Any]) -> Settings:
    """Makes settings of what `as_dict` gave.

    Raises:
        BadSetting: they are of another version of the project.
    """
    parts = {"data": Data, "tuning": Tuning, "training": Training}
    try:
        made = {name: kind(**plain[name]) for name, kind in parts.items()}
        paths = {name: Path(plain[name]) for name in ("data_dir", "output")}
        return Settings(**{**plain, **made, **paths})
    except (KeyError, TypeError) as error:
        raise BadSetting(f"these settings are of another version of the project: {error}") from None


def make_settings(
    *,
    model: str,
    tuner: str,
    profile: str,
    data_dir: Path,
    output: Path,
    overrides: Sequence[str] = (),
    metadata_store: str = "",
) -> Settings:
    """Fills a profile in and applies `name=value` overrides.

    Args:
        model: a family, one of FAMILIES.
        tuner: one of SEARCHES.
        profile: one of PROFILE_NAMES.
        data_dir: the folder with the IDX files.
        output: the folder for everything that the run writes.
        overrides: such as `training.epochs=3`, `gates.accuracy=0.9`, `seed=7`.
        metadata_store: see pipeline.metadata.store; empty for a file of the output folder.

    Raises:
        BadSetting: for a name that is not known or a value that does not fit.
    """
    for kind, name, known in (
        ("model", model, families.names()),
        ("tuner", tuner, SEARCHES),
        ("profile", profile, PROFILE_NAMES),
    ):
        if name not in known:
            raise BadSetting(f"there is no {kind} '{name}'; there is {', '.join(known)}")
    chosen = families.load(model).profiles[profile]
    settings = Settings(
        model=model,
        tuner=tuner,
        profile=profile,
        data_dir=Path(data_dir).expanduser().absolute(),
        output=Path(output).expanduser().absolute(),
        metadata_store=metadata_store,
        **{field.name: getattr(chosen, field.name) for field in dataclasses.fields(chosen)},
    )
    for override in overrides:
        settings = _override(settings, override)
    return settings


def _override(settings: Settings, override: str) -> Settings:
    name, equals, text = override.partition("=")
    name, text = name.strip(), text.strip()
    if not equals or not name or not text:
        raise BadSetting(f"--set takes name=value, not '{override}'")
    if name == "seed":
        return dataclasses.replace(settings, seed=_integer(name, text, least=0))
    group, _, key = name.partition(".")
    if group == "hyperparameters" and key:
        # Which ones exist is the family's own knowledge; it is asked before any work starts.
        return _replace_key(settings, group, key, _plain(text))
    if group == "gates" and key in settings.gates:
        return _replace_key(settings, group, key, _number(name, text))
    part = getattr(settings, group, None) if group in ("data", "tuning", "training") else None
    if part is None or key not in {field.name for field in dataclasses.fields(part)}:
        raise BadSetting(f"there is no setting '{name}'; there is {', '.join(_names(settings))}")
    optional = getattr(type(part), "__annotations__", {}).get(key, "").endswith("None")
    if optional and text.lower() in ("none", "all"):
        value = None
    else:
        value = _integer(name, text, least=2 if name == "tuning.factor" else 1)
    return _replace(settings, group, dataclasses.replace(part, **{key: value}))


def _replace_key(settings: Settings, group: str, key: str, value: Any) -> Settings:
    return _replace(settings, group, {**getattr(settings, group), key: value})


def _replace(settings: Settings, group: str, value: Any) -> Settings:
    changes: dict[str, Any] = {group: value}
    return dataclasses.replace(settings, **changes)


def _names(settings: Settings) -> list[str]:
    parts = {group: getattr(settings, group) for group in ("data", "tuning", "training")}
    names = [f"{g}.{f.name}" for g, part in parts.items() for f in dataclasses.fields(part)]
    return [*names, *(f"gates.{name}" for name in settings.gates), "hyperparameters.NAME", "seed"]


def _integer(name: str, text: str, least: int) -> int:
    try:
        value = int(text.replace("_", ""))
    except ValueError:
        value = least - 1
    if value < least:
        raise BadSetting(f"{name} is a whole number of {least} or more, not '{text}'")
    return value


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.0 <= value < float("inf"):
        raise BadSetting(f"{name} is a number of 0 or more, not '{text}'")
    return value


def _plain(text: str) -> Any:
    """Reads a hyperparameter's value: a whole number, a number, true, false, or text."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            pass
    return {"true": True, "false": False}.get(text.lower(), text)
