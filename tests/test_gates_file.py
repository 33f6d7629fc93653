"""Gates that belong to data: which file says what of which run, and which of several wins."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from modules import families
from modules.contract.profile import PROFILE_NAMES
from pipeline.settings import FAMILIES, ROOT, BadSetting, Settings, from_plain, to_plain
from tests.test_options import settings_of, value_of

SMOKE = ("--profile", "smoke")
ALL = {
    "accuracy": 0.5,
    "class_accuracy": 0.25,
    "stroke_accuracy": 0.25,
    "class_precision": 0.25,
    "class_auc": 0.5,
    "cross_entropy": 2.0,
    "auc": 0.5,
}


def write(file: Path, *lines: str) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n")
    return str(file)


def on(data: Path, *arguments: str) -> Settings:
    data.mkdir(exist_ok=True)
    return settings_of("--data-dir", str(data), *SMOKE, *arguments)


def table(bounds: dict[str, float]) -> list[str]:
    return ["[transformer.smoke]", *(f"{name} = {bound}" for name, bound in bounds.items())]


@pytest.mark.parametrize("profile", PROFILE_NAMES)
@pytest.mark.parametrize("family", FAMILIES)
def test_mnist_brings_every_gate(family: str, profile: str) -> None:
    settings = settings_of("--model", family, "--profile", profile)
    assert settings.gated and settings.judge.accuracy == 0.95
    wanted = families.load(family).evaluation.gate_names
    assert tuple(settings.gates) == (*wanted, *(["folds"] if settings.folds else []))
    copied = from_plain(json.loads(json.dumps(to_plain(settings))))
    assert copied == settings


def test_data_without_a_file_bring_no_gates_but_those_of_change(tmp_path: Path) -> None:
    settings = on(tmp_path / "data")
    assert settings.gates == {"accuracy_drop": 0.01} and settings.judge.accuracy == 0.8
    assert not settings.gated
    again = from_plain(to_plain(settings))
    assert again == settings and not again.gated


def test_what_lies_beside_the_data_is_not_added_to_settings_that_are_whole(tmp_path: Path) -> None:
    settings = on(tmp_path / "data")
    write(tmp_path / "data" / "gates.toml", *table(ALL))
    assert from_plain(to_plain(settings)) == settings
    assert on(tmp_path / "data").gates == {**ALL, "accuracy_drop": 0.01}


def test_an_entry_of_another_profile_is_no_gates(tmp_path: Path) -> None:
    write(tmp_path / "gates.toml", *table(ALL))
    assert on(tmp_path).gated
    for other in (("--profile", "full"), ("--model", "vae")):
        assert not settings_of("--data-dir", str(tmp_path), *SMOKE, *other).gated


def test_the_gates_are_those_of_the_copy_of_the_data_that_is_here(tmp_path: Path) -> None:
    from pipeline.settings import make_settings

    write(tmp_path / "gates.toml", *table(ALL))
    asked: dict[str, Any] = {"data_dir": "/in/a/pod", "profile": "smoke"}
    assert make_settings(**asked, data_from=tmp_path).gated
    assert not make_settings(**asked).gated


@pytest.mark.parametrize("lacking", [None, *ALL])
def test_all_gates_set_by_hand_are_brought_and_some_are_not(
    lacking: str | None, tmp_path: Path
) -> None:
    chosen = {name: bound for name, bound in ALL.items() if name != lacking}
    settings = on(tmp_path, *(f"--set=gates.{name}={bound}" for name, bound in chosen.items()))
    assert settings.gated is (lacking is None)


def test_gates_may_come_from_several_places(tmp_path: Path) -> None:
    rest = {name: bound for name, bound in ALL.items() if name != "auc"}
    write(tmp_path / "gates.toml", *table(rest))
    assert not on(tmp_path).gated and on(tmp_path, "--set", "gates.auc=0.9").gated


# What there is by itself, and what each place above says, the lowest first.
PLACES = ("", "beside", "config", "gates", "hyperparameters", "set")
SORTS: dict[str, dict[str, float | None]] = {
    "gates.accuracy": {"": None, "beside": 0.1, "config": 0.2, "gates": 0.3, "set": 0.4},
    "gates.accuracy_drop": {"": 0.01, "beside": 0.1, "config": 0.2, "gates": 0.3, "set": 0.4},
    "judge.accuracy": {"": 0.8, "beside": 0.1, "config": 0.2, "gates": 0.3, "set": 0.4},
    "hyperparameters.units": {"": None, "config": 2, "hyperparameters": 3, "set": 4},
}
PAIRS = [
    (name, lower, higher)
    for name, said in SORTS.items()
    for lower, higher in itertools.combinations([p for p in PLACES if p in said], 2)
]


def arguments_for(name: str, place: str, folder: Path) -> list[str]:
    group, _, short = name.partition(".")
    value = SORTS[name][place]
    gates = [f"[{'judge' if group == 'judge' else 'transformer.smoke'}]", f"{short} = {value}"]
    if place == "beside":
        write(folder / "gates.toml", *gates)
    if place in ("gates", "hyperparameters"):
        lines = ["[transformer.smoke]", *gates] if group == "judge" else gates
        file = write(folder / f"{place}-given.toml", *(lines if place == "gates" else gates[1:]))
        return [f"--{place}", file]
    if place == "config":
        return ["--config", write(folder / "config.toml", f"{name} = {value}")]
    return ["--set", f"{name}={value}"] if place == "set" else []


@pytest.mark.parametrize(("name", "lower", "higher"), PAIRS)
def test_of_two_places_the_higher_wins(name: str, lower: str, higher: str, tmp_path: Path) -> None:
    first, second = (arguments_for(name, place, tmp_path) for place in (lower, higher))
    for arguments in ((*first, *second), (*second, *first)):
        assert value_of(on(tmp_path, *arguments), name) == SORTS[name][higher]


def test_an_option_wins_over_a_file_of_gates_in_the_config(tmp_path: Path) -> None:
    config = write(tmp_path / "config.toml", 'profile = "full"', "gates.accuracy = 0.1")
    gates = write(tmp_path / "given.toml", *table(ALL))
    assert on(tmp_path / "data", "--config", config, "--gates", gates).gates["accuracy"] == 0.5


def test_of_several_files_the_later_wins(tmp_path: Path) -> None:
    files = [write(tmp_path / n, *table({"auc": float(n)})) for n in ("0.7", "0.6")]
    given = [word for file in files for word in ("--gates", file)]
    assert on(tmp_path / "data", *given).gates["auc"] == 0.6


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["[tree.smoke]"], "unknown model 'tree'; choose transformer, forest, gan, vae or judge"),
        (["[transformer.big]"], "unknown profile 'big'; choose smoke, default or full"),
        (["[transformer.smoke]", "acuracy = 1"], "unknown gate 'acuracy' (did you mean accuracy?)"),
        (["[vae.full]", "auc = 1"], "unknown gate 'auc'; choose nelbo"),
        (
            ["[transformer.smoke]", "digit_accuracy = 0.9"],
            "gates.digit_accuracy is called gates.class_accuracy now",
        ),
        (["[gan.full]", "digit_recall = 0.9"], "gates.digit_recall is called gates.class_recall"),
        (["[transformer.smoke]", "auc = 93"], "gates.auc must be a number from 0 to 1, not 93"),
        (["[transformer.smoke]", 'auc = "high"'], "gates.auc must be a number from 0 to 1, not"),
        (["[judge]", "auc = 0.9"], "unknown setting 'judge.auc'; choose judge.accuracy"),
        (["[judge]", "accuracy = 95"], "judge.accuracy must be a number from 0 to 1, not 95"),
        (["transformer = 3"], "transformer has to be a table of gates, not 3"),
        (["[transformer]", "smoke = 3"], "transformer.smoke has to be a table of gates, not 3"),
        (["auc: 3"], "is not valid TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_name(
    lines: list[str], words: str, tmp_path: Path
) -> None:
    given = write(tmp_path / "given.toml", *lines)
    beside = write(tmp_path / "data" / "gates.toml", *lines)
    for file, data, arguments in (
        (given, "none", ["--gates", given]),
        (beside, "data", []),
    ):
        with pytest.raises(BadSetting) as refused:
            on(tmp_path / data, *arguments)
        assert str(refused.value).startswith(file) and words in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("lines", [["[transformer.full]", "auc = 0.9"], ["[judge]"], [""]])
def test_a_given_file_has_to_say_something_of_the_run(lines: list[str], tmp_path: Path) -> None:
    file = write(tmp_path / "given.toml", *lines)
    with pytest.raises(BadSetting, match=r"given.toml: there is no table \[transformer.smoke\]"):
        on(tmp_path, "--gates", file)


def test_a_given_file_has_to_be_there(tmp_path: Path) -> None:
    for option in ("--gates", "--hyperparameters"):
        with pytest.raises(BadSetting, match="cannot read .*nowhere.toml: No such file"):
            on(tmp_path, option, str(tmp_path / "nowhere.toml"))


def test_hyperparameters_are_taken_from_what_a_run_has_left(tmp_path: Path) -> None:
    settings = to_plain(settings_of("--set", "hyperparameters.layers=1"))
    summary = {
        "verdict": {},
        "settings": settings,
        "tuning": {"best": {"layers": 3}},
        "training": {"hyperparameters": {"layers": 2, "stem": "patch"}, "epochs": 3},
    }
    from pipeline.config_file import write_plain

    write_plain(settings, tmp_path / "settings.toml")
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    values = write(tmp_path / "values.toml", "layers = 4", 'stem = "conv"')
    for file, wanted in (
        (str(tmp_path / "settings.toml"), {"layers": 1, "stem": "conv"}),
        (str(tmp_path / "summary.json"), {"layers": 2, "stem": "patch"}),
        (values, {"layers": 4, "stem": "conv"}),
    ):
        assert on(tmp_path / "data", "--hyperparameters", file).hyperparameters == wanted


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("summary.json", '{"verdict": {}, "training": null}', "there are no hyperparameters in"),
        ("summary.json", "[1]", "holds no table of values"),
        ("summary.json", "{", "is not valid JSON"),
        ("a.toml", "[hyperparameters]", "there are no hyperparameters in"),
        ("a.toml", "layers = ", "is not valid TOML"),
    ],
)
def test_a_file_without_hyperparameters_is_refused(
    name: str, text: str, words: str, tmp_path: Path
) -> None:
    file = write(tmp_path / name, text)
    with pytest.raises(BadSetting) as refused:
        on(tmp_path, "--hyperparameters", file)
    assert words in str(refused.value) and file in str(refused.value)


def test_the_projects_file_is_read_wherever_the_run_starts(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings_of().data_dir == ROOT / "data" / "mnist" and settings_of().gated
