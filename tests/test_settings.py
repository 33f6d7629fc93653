"""Settings: profiles, layers, and what is refused."""

import dataclasses
import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modules.contract.profile import PROFILE_NAMES
from modules.contract.values import read
from pipeline.settings import (
    DECLARED,
    FAMILIES,
    BadSetting,
    Layer,
    Settings,
    make_settings,
    profile_values,
    to_plain,
)


def make(*layers: Layer, **values: Any) -> Settings:
    return make_settings(*layers, **{"output": "output"} | values)


def test_paths_are_absolute_and_below_output() -> None:
    settings = make()
    assert settings.output.is_absolute()
    for path in (settings.artifacts, Path(settings.metadata), settings.serving, settings.summary):
        assert settings.output in path.parents


def value_of(settings: Settings, name: str) -> Any:
    found: Any = to_plain(settings)
    for part in name.split("."):
        found = found.get(part)
    return found


# Of each sort of setting, one: what the profile gives, and what three layers above it say.
SORTS = {
    "model": ("transformer", "vae", "gan", "transformer"),
    "profile": ("default", "smoke", "full", "smoke"),
    "tuner": ("hyperband", "random", "grid", "none"),
    "output": (str(Path("output").absolute()), "/a", "/b", "/c"),
    "metadata_store": ("none", "/a.sqlite", "grpc://b:1", "mysql://c:1/d"),
    "seed": (1, 2, 3, 0),
    "data.train_images": ("all", 10, 20, 30),
    "tuning.images": (12_000, "all", 20, 30),
    "training.epochs": (12, 1, 2, 3),
    "gates.accuracy": (0.99, 0.5, 0.25, 0.0),
    "hyperparameters.layers": (None, 1, 2.5, "many"),
}
LOWER_HIGHER = list(itertools.combinations(range(4), 2))


@pytest.mark.parametrize(("lower", "higher"), LOWER_HIGHER)
@pytest.mark.parametrize("name", SORTS)
def test_of_two_layers_the_higher_wins(name: str, lower: int, higher: int) -> None:
    said = {level: Layer({name: SORTS[name][level]} if level else {}) for level in (lower, higher)}
    settings = make_settings(said[lower], said[higher])
    assert value_of(settings, name) == SORTS[name][higher]
    assert make_settings(said[lower], Layer({})) == make_settings(said[lower])


def test_the_family_and_the_profile_are_chosen_before_their_values_are_filled_in() -> None:
    low = Layer({"training.epochs": 7, "model": "gan"})
    settings = make(low, Layer({"gates.kl": 1}), Layer({"profile": "smoke"}), model="vae")
    assert (settings.family, settings.training.epochs) == ("vae", 7)
    assert settings.gates == {**make(model="vae", profile="smoke").gates, "kl": 1.0}


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("training.epochs", " 3 ", 3),
        ("training.epochs", 3.0, 3),
        ("tuning.images", "ALL", None),
        ("data.train_images", "6_000", 6000),
        ("gates.accuracy", "0.5", 0.5),
        ("gates.accuracy", 1, 1.0),
        ("seed", str(2**32 - 1), 2**32 - 1),
        ("metadata_store", "None", None),
        ("metadata_store", "m.sqlite", str(Path("m.sqlite").absolute())),
        ("output", " a b ", Path(" a b ").absolute()),
        ("output", "~/a", Path.home() / "a"),
        ("hyperparameters.depth", 2, 2),
        ("hyperparameters.norm", False, False),
        ("hyperparameters.stem", "conv", "conv"),
    ],
)
def test_values_get_their_types(name: str, given: Any, read: Any) -> None:
    first, _, second = name.partition(".")
    found: Any = getattr(make(Layer({}), **{first: {second: given} if second else given}), first)
    if second:
        found = found[second] if isinstance(found, dict) else getattr(found, second)
    assert found == read and type(found) is type(read)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "training.epochs",
            "0",
            "training.epochs must be a whole number from 1 to 100,000, not '0'",
        ),
        (
            "training.epochs",
            100_001,
            "training.epochs must be a whole number from 1 to 100,000, not 10",
        ),
        ("training.epochs", "many", "whole number"),
        ("training.epochs", 2.5, "whole number from 1 to 100,000, not 2.5"),
        ("training.epochs", True, "not true"),
        (
            "training.epochs",
            "all",
            "training.epochs must be a whole number from 1 to 100,000, not 'all'",
        ),
        ("training.epochs", "9" * 5000, "not '9999"),
        ("data.train_images", "none", "from 1 to 10,000,000, or all, not 'none'"),
        ("data.train_images", [1], "or all, not [1]"),
        ("tuning.factor", "1", "tuning.factor must be a whole number from 2 to 1,000, not '1'"),
        ("gates.accuracy", "nan", "gates.accuracy must be a number from 0 to 1, not 'nan'"),
        ("gates.accuracy", -1, "from 0 to 1, not -1"),
        ("gates.accuracy", 93, "gates.accuracy must be a number from 0 to 1, not 93"),
        ("gates.accuracy_drop", "1.5", "gates.accuracy_drop must be a number from 0 to 1, not"),
        ("gates.class_precision", 1.01, "from 0 to 1, not 1.01"),
        ("gates.cross_entropy", 1e9, "from 0 to 1,000,000, not 1000000000.0"),
        ("gates.digit_accuracy", 0.9, "gates.digit_accuracy is called gates.class_accuracy now"),
        ("gates.digit_nelbo", 90, "unknown setting 'gates.digit_nelbo'"),  # another family's
        ("judge.accuracy", 95, "judge.accuracy must be a number from 0 to 1, not 95"),
        ("seed", -1, "seed must be a whole number from 0 to 4,294,967,295, not -1"),
        ("seed", 2**32, "not 4294967296"),
        ("output", "", "output must be a path, not ''"),
        ("output", " ", "output must be a path, not ' '"),
        ("output", "a\0b", "output must be a path, not 'a\\x00b'"),
        (
            "output",
            "/a [1]/b",
            "output: Beam, which writes to it, would take /a [1]/b for a pattern",
        ),
        ("output", "what?", "what? for a pattern; leave out * ? [ ]"),
        ("data_dir", "\udce9", "data_dir must be a path, not '\\udce9'"),
        ("data_dir", 3, "data_dir must be a path, not 3"),
        (
            "hyperparameters.rate",
            float("nan"),
            "rate must be a number, true, false or text, not nan",
        ),
        ("hyperparameters.rate", [1], "a number, true, false or text, not [1]"),
        ("hyperparameters.stem", "", "a number, true, false or text, not ''"),
        (
            "metadata_store",
            "http://a:1",
            "'http://a:1' is not a metadata store address; use a file",
        ),
        ("model", "nonesuch", "unknown model 'nonesuch'; choose transformer, forest, gan or vae"),
        ("model", "transfomer", "unknown model 'transfomer' (did you mean transformer?); choose"),
        ("model", 3, "unknown model 3; choose transformer, forest, gan or vae"),
        ("profile", "big", "unknown profile 'big'; choose smoke, default or full"),
        (
            "tuner",
            "guess",
            "unknown tuner 'guess'; choose hyperband, bohb, random, bayesian, grid or none",
        ),
        (
            "checks.muted",
            "TRI304 TRI306x",
            "unknown checks.muted 'TRI306x' (did you mean TRI306?); choose TRI001, TRI002",
        ),
        ("training.epoch", 3, "unknown setting 'training.epoch' (did you mean training.epochs?); "),
        (
            "data-dir",
            "a",
            "unknown setting 'data-dir' (did you mean data_dir?); choose model, tuner",
        ),
        (
            "gates.nothing",
            1,
            "unknown setting 'gates.nothing'; choose model, tuner, profile, data_d",
        ),
        ("gates.nothing", 1, "gates.accuracy_drop, gates.folds or hyperparameters.NAME"),
        ("hyperparameters.", 1, "unknown setting 'hyperparameters.'"),
        ("family", "vae", "unknown setting 'family'"),
        ("gates", 3, "unknown setting 'gates'"),
        ("colours", {}, "unknown setting 'colours'"),
        ("training.epochs.more", 3, "unknown setting 'training.epochs.more'"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_with_its_source(
    name: str, value: Any, words: str
) -> None:
    with pytest.raises(BadSetting) as refused:
        make(Layer({name: value}))
    assert words in str(refused.value) and "\n" not in str(refused.value)
    with pytest.raises(BadSetting) as from_a_file:
        make(Layer({name: value}, source="a.toml"))
    assert str(from_a_file.value) == f"a.toml: {refused.value}"


def test_a_wrong_value_is_refused_in_any_layer() -> None:
    with pytest.raises(BadSetting, match="training.epochs must be"):
        make(Layer({"training.epochs": 0}), training={"epochs": 3})


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(BadSetting, match="leave the user out") as refused:
        make(metadata_store="mysql://ann:hush@host:3306/db")
    assert "hush" not in str(refused.value)


def test_tables_may_be_empty() -> None:
    assert make(training={}, hyperparameters={}) == make()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        make().seed = 3  # type: ignore[misc]


def test_what_a_profile_says_is_within_the_bounds() -> None:
    for family, profile in itertools.product(FAMILIES, PROFILE_NAMES):
        for name, value in profile_values(family, profile).items():
            kind = (DECLARED.get(name) or DECLARED[name.partition(".")[0]]).kind
            assert read(name, value, kind) == value, (family, profile)


def test_every_number_has_two_bounds() -> None:
    for value in DECLARED.values():
        if value.kind.type in (int, float):
            assert value.kind.least is not None and value.kind.most is not None, value.name


def test_nothing_heavy_is_imported(project: Path) -> None:
    heavy = "{'tensorflow', 'keras', 'tfx', 'apache_beam', 'sklearn', 'pandas', 'ml_metadata'}"
    code = f"import sys, local_runner; local_runner.parse([]); print({heavy} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "set()"
