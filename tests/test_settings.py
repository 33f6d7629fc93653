"""Settings: profiles, overrides and what is refused."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pipeline.profiles import FAMILIES, PROFILE_NAMES, PROFILES

from modules import families
from modules.training import hyperparameters
from pipeline.settings import BadSetting, Settings, from_dict, make_settings


def make(*overrides: str, **changes: str) -> Settings:
    chosen = {"model": "transformer", "tuner": "hyperband", "profile": "default"} | changes
    return make_settings(
        **chosen, data_dir=Path("data"), output=Path("output"), overrides=overrides
    )


def test_every_family_has_every_profile() -> None:
    for family, profiles in PROFILES.items():
        assert tuple(profiles) == PROFILE_NAMES, family


@pytest.mark.parametrize("profile", PROFILE_NAMES)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_profile_has_a_value_for_each_gate_of_its_family_and_for_no_other(
    family: str, profile: str
) -> None:
    gates = families.load(family).evaluation.gates
    named = {gate.bound for gate in gates} | {gate.change for gate in gates if gate.change}
    assert set(PROFILES[family][profile].gates) == named


@pytest.mark.parametrize("family", FAMILIES)
def test_gates_are_on_figures_that_the_family_has_where_they_mean_something(family: str) -> None:
    evaluation = families.load(family).evaluation
    measured = {*evaluation.figures, *(name for _, name in evaluation.standard)}
    assert {gate.figure for gate in evaluation.gates} <= measured
    assert not {gate.figure for gate in evaluation.gates if gate.by} & {*evaluation.overall}
    assert {*evaluation.headline} <= measured and {*evaluation.overall} <= {*evaluation.figures}


@pytest.mark.parametrize("family", FAMILIES)
def test_hyperparameters_of_profiles_exist(family: str) -> None:
    for profile in PROFILES[family].values():
        overrides = profile.hyperparameters
        assert hyperparameters.check_overrides(family, overrides) == dict(overrides)


def test_paths_are_absolute_and_below_output() -> None:
    settings = make()
    assert settings.output.is_absolute()
    for path in (settings.artifacts, Path(settings.metadata), settings.serving, settings.summary):
        assert settings.output in path.parents


@pytest.mark.parametrize(
    ("override", "read", "value"),
    [
        ("training.epochs=3", lambda s: s.training.epochs, 3),
        ("tuning.images=none", lambda s: s.tuning.images, None),
        ("data.train_images=6_000", lambda s: s.data.train_images, 6000),
        ("gates.accuracy=0.5", lambda s: s.gates["accuracy"], 0.5),
        ("seed=9", lambda s: s.seed, 9),
        ("hyperparameters.depth=2", lambda s: s.hyperparameters.get("depth"), 2),
        ("hyperparameters.rate=1e-3", lambda s: s.hyperparameters.get("rate"), 0.001),
        ("hyperparameters.stem=conv", lambda s: s.hyperparameters.get("stem"), "conv"),
    ],
)
def test_override(override: str, read, value: object) -> None:
    assert read(make(override)) == value
    assert read(make()) != value


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("training.epochs", "name=value"),
        ("training.epochs=", "name=value"),
        ("training.epoch=3", "there is no setting 'training.epoch'; there is data.train_images"),
        ("training.epochs=0", "training.epochs is a whole number of 1 or more, not '0'"),
        ("training.epochs=many", "whole number"),
        ("training.epochs=none", "whole number"),
        ("tuning.factor=1", "2 or more"),
        ("gates.accuracy=nan", "gates.accuracy is a number"),
        ("gates.nothing=1", "there is no setting"),
        ("hyperparameters.=1", "there is no setting"),
        ("seed=-1", "seed is a whole number of 0 or more"),
        ("output=x", "there is no setting"),
    ],
)
def test_bad_override_is_refused(override: str, words: str) -> None:
    with pytest.raises(BadSetting, match=words.replace(".", r"\.")):
        make(override)


@pytest.mark.parametrize("kind", ["model", "tuner", "profile"])
def test_unknown_choice_is_refused(kind: str) -> None:
    with pytest.raises(BadSetting, match=f"there is no {kind} 'nonesuch'"):
        make(**{kind: "nonesuch"})


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        make().seed = 3  # type: ignore[misc]


@pytest.mark.parametrize("profile", PROFILE_NAMES)
@pytest.mark.parametrize("family", FAMILIES)
def test_settings_survive_being_written_down(family: str, profile: str) -> None:
    settings = dataclasses.replace(
        make("seed=4", "hyperparameters.stem=conv", model=family, profile=profile),
        metadata_store="grpc://somewhere:8080",
    )
    assert from_dict(json.loads(json.dumps(settings.as_dict()))) == settings


def without(group: str, key: str = "") -> dict[str, Any]:
    plain = make().as_dict()
    del (plain[group] if key else plain)[key or group]
    return plain


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        (without("training"), "training"),
        (without("model"), "model"),
        (without("data_dir"), "data_dir"),
        (without("tuning", "factor"), "factor"),
        (make().as_dict() | {"colour": "blue"}, "colour"),
        (make().as_dict() | {"training": {"epochs": 1, "colour": "blue"}}, "colour"),
        (make().as_dict() | {"data": None}, ""),
        (make().as_dict() | {"output": None}, ""),
        ([], ""),
    ],
)
def test_settings_of_another_version_are_refused(plain: Any, words: str) -> None:
    with pytest.raises(BadSetting, match=f"of another version of the project: .*{words}"):
        from_dict(plain)


def test_nothing_heavy_is_imported(project: Path) -> None:
    heavy = "{'tensorflow', 'keras', 'tfx', 'apache_beam'}"
    code = f"import sys, local_runner; local_runner.parse([]); print({heavy} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "set()"
