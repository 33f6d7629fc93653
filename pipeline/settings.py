"""What a run is asked to do: plain values, checked, with nothing heavy imported.

Each is declared once, by a field that says what it means and what it may be; options, files, the
table of docs/settings.md and what is written down of a run follow from that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from components.results.checks.muted import Checks
from modules import families
from modules.contract import fields
from modules.contract.artifact import SERVING
from modules.contract.evaluation import EvaluationSpec
from modules.contract.profile import (
    PROFILE_NAMES,
    Data,
    Judging,
    Training,
    Tuning,
    setting,
)
from modules.contract.values import Kind, unknown
from modules.data import dataset as datasets
from modules.data.dataset import Dataset
from modules.training import searches
from pipeline import gates_file, reading
from pipeline.layers import DATASET, BadSetting, Layer, complaint, flat
from pipeline.metadata import address

__all__ = ["BadSetting", "Layer", "Settings", "make_settings"]

ROOT = Path(__file__).resolve().parent.parent
FAMILIES = families.names()
SEARCHES = (*searches.SEARCHES, "none")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """One run, whole. Everything that it writes is under `output`; both paths are absolute.

    Attributes:
        dataset: what the data say of themselves; None until they have been looked at.
        given: the names of what a person set, be it to what it would have been anyway.
        relative: the metadata store names files from the output folder on, wherever it lies.
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
    warm_start: bool = setting(
        "begin the search with the values of the last model that was blessed, by other settings",
        Kind(bool),
        default=False,
    )
    baseline: bool = setting(
        "compare the model with the last blessed one", Kind(bool), default=True
    )
    folds: int = setting(
        "folds of a cross-validation of the tuned configuration, over train and eval; 0 is none",
        Kind(int, least=2, most=20, zero=True),
    )
    data: Data
    tuning: Tuning
    training: Training
    judge: Judging
    checks: Checks
    gates: Mapping[str, float] = setting(
        "the bound of a gate", Kind(float, least=0, most=1_000_000)
    )
    hyperparameters: Mapping[str, Any] = setting(
        "a hyperparameter, which is then not searched for", Kind(object)
    )
    begin: Mapping[str, Any] = setting(
        "a hyperparameter that the search begins with, instead of its default", Kind(object)
    )
    dataset: Dataset | None = None
    given: frozenset[str] = dataclasses.field(default=frozenset(), compare=False)
    relative: bool = dataclasses.field(default=False, compare=False)

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
    def evaluation(self) -> EvaluationSpec:
        """How the family's models are judged, on whatever data."""
        return families.load(self.family).evaluation

    @property
    def gated(self) -> bool:
        """Whether gates were brought for this data, family and profile, by whatever way."""
        return self.evaluation.brought(self.gates)

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

    def address(self, folder: Path) -> str:
        """How the metadata store names a folder in the output folder.

        From there on, where the store lies in it too: both can be moved or copied then. A store
        elsewhere may know of other output folders.
        """
        moves = self.relative or Path(self.metadata).is_relative_to(self.output)
        return str(folder.relative_to(self.output) if moves else folder)

    @property
    def serving(self) -> Path:
        return self.output / SERVING / self.family

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
_GATES = "gates."
# Which hyperparameters exist is the family's own knowledge; it is asked later.
_ANY = ("hyperparameters.", "begin.")


def make_settings(*layers: Layer, data_from: Path | None = None, **values: Any) -> Settings:
    """Fills in what is not given: with defaults, with the values of the profile that is chosen, and
    with the gates that lie beside the data.

    Args:
        layers: lowest first.
        data_from: where the data are to be found here; None for where the settings say.
        values: the highest layer, such as `model="vae", training={"epochs": 3}`.

    Raises:
        BadSetting: for a name that is not known or a value that does not fit, in any layer.
    """
    layers = (*layers, Layer(values))
    chosen = {name: _chosen(layers, name) for name in ("model", "profile", "data_dir")}
    run = chosen["model"], chosen["profile"]
    beside = gates_file.beside(data_from or chosen["data_dir"], *run)
    asked = (gates_file.choose(layer, *run) if layer.gates else layer for layer in layers)
    return _filled(beside, *asked)


def _chosen(layers: Iterable[Layer], name: str) -> Any:
    """The value of a setting that others depend on; a file of gates has none."""
    found = _read(name, DECLARED[name].default)
    for layer in layers:
        if name in layer.values and not layer.gates:
            found = _read(name, layer.values[name], layer.source)
    return found


def _filled(*layers: Layer) -> Settings:
    given = [(flat(layer.values, _TABLES), layer.source) for layer in layers]
    described = [(found.pop(DATASET), source) for found, source in given if DATASET in found]
    typed = {name for found, _ in given for name in found}  # their defaults need not be possible
    filled = {
        value.name: None if value.name in typed else _read(value.name, value.default)
        for value in DECLARED.values()
        if value.default is not dataclasses.MISSING
    }
    family, profile = _chosen(layers, "model"), _chosen(layers, "profile")
    spec = families.load(family).evaluation
    filled |= profile_values(family, profile)
    filled |= {f"{_GATES}{name}": allowed for name, allowed in spec.allowed.items()}
    gates = [f"{_GATES}{name}" for name in spec.bound_names]
    known = [name for name in filled if not name.startswith((*_ANY, _GATES))] + gates
    for found, source in given:
        for name, value in found.items():
            if name not in known and not (name.startswith(_ANY) and name not in _ANY):
                former = gates_file.answer_former(name, spec)
                words = former or unknown("setting", name, [*known, f"{_ANY[0]}NAME"])
                raise complaint(words, source)
            filled[name] = _read(name, value, source, spec)
    # However they came: what is written down of the same gates is the same.
    ordered = {name: filled.pop(name) for name in gates if name in filled}
    return dataclasses.replace(
        fields.build(Settings, filled | ordered),
        dataset=reading.dataset(*described[-1]) if described else None,
        given=frozenset(typed),
    )


def profile_values(family: str, profile: str) -> dict[str, Any]:
    """The values of a profile, by dotted name."""
    return flat(dataclasses.asdict(families.load(family).profiles[profile]), _TABLES)


def to_plain(settings: Settings) -> dict[str, Any]:
    """Writes settings down as TOML and JSON know them, whole; the family is its `model` there."""
    plain = fields.plain(settings)
    return plain | ({DATASET: datasets.to_plain(settings.dataset)} if settings.dataset else {})


def from_plain(plain: Any) -> Settings:
    """Reads what `to_plain` gave.

    Raises:
        BadSetting: they are of another version of the project.
    """
    try:
        if not isinstance(plain, Mapping):
            raise BadSetting(f"{type(plain).__name__} instead of a table")
        settings = _filled(Layer(plain))  # whole: what lies beside the data adds nothing
        if lacking := flat(to_plain(settings), _TABLES).keys() - flat(plain, _TABLES).keys():
            raise BadSetting(f"they lack {', '.join(sorted(lacking))}")
    except BadSetting as error:
        raise BadSetting(
            f"these settings were written by another version of the project: {error}"
        ) from None
    return settings


def _read(name: str, value: Any, source: str = "", evaluation: EvaluationSpec | None = None) -> Any:
    kind = (DECLARED.get(name) or DECLARED[name.partition(".")[0]]).kind
    if evaluation and name.startswith(_GATES):
        kind = evaluation.kind_of(name.removeprefix(_GATES))
    return reading.value(name, value, kind, source)
