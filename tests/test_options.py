"""Options, --set and --config: that each is read, and which of them wins."""

import argparse
import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.options import add_options, given, read_options, retyped
from pipeline.settings import DECLARED, ROOT, BadSetting, Layer, Settings, make_settings, to_plain

# What the profile gives by default, and what a file, an option and --set say.
SORTS: dict[str, tuple[Any, ...]] = {
    "model": ("transformer", '"vae"', "gan", "transformer"),
    "profile": ("default", '"smoke"', "full", "smoke"),
    "tuner": ("hyperband", '"random"', "grid", "none"),
    "output": (str(Path("output").absolute()), '"/a"', "/b", "/c"),
    "metadata_store": ("none", '"grpc://a:1"', "/b.sqlite", "mysql://c:1/d"),
    "seed": (1, "2", "3", "0"),
    "data.train_images": ("all", "10", None, "30"),
    "tuning.images": (12_000, '"all"', None, "40"),
    "training.epochs": (12, "1", None, "2"),
    "gates.accuracy": (0.99, "0.5", None, "0"),
    "hyperparameters.dropout": (None, "0.25", None, "1e-3"),
    "hyperparameters.stem": (None, '"conv"', None, "1"),
    "hyperparameters.norm": (None, "true", None, "False"),
}
PROFILE, FILE, OPTION, SET = range(4)
CASES = [
    (name, lower, higher)
    for name, (lower, higher) in itertools.product(SORTS, itertools.combinations(range(4), 2))
    if SORTS[name][OPTION] or OPTION not in (lower, higher)
]


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(arguments)


def settings_of(*arguments: str) -> Settings:
    return read_options(parse(*arguments))


def value_of(settings: Settings, name: str) -> Any:
    found: Any = to_plain(settings)
    for part in name.split("."):
        found = found.get(part)
    return found


def arguments_for(name: str, source: int, folder: Path) -> list[str]:
    value = SORTS[name][source]
    if source == FILE:
        (folder / "a.toml").write_text(f"{name} = {value}\n")
        return ["--config", str(folder / "a.toml")]
    if source == OPTION:
        return [f"--{name.replace('_', '-')}", value]
    return ["--set", f"{name}={value}"] if source == SET else []


def meant(name: str, source: int) -> Any:
    text = SORTS[name][source].strip('"')
    typed = {"true": True, "False": False, "all": "all"}
    try:
        return typed[text] if text in typed else float(text)
    except ValueError:
        return text


@pytest.mark.parametrize(("name", "lower", "higher"), CASES)
def test_the_higher_source_wins_wherever_it_stands(
    name: str, lower: int, higher: int, tmp_path: Path
) -> None:
    first, second = (arguments_for(name, source, tmp_path) for source in (lower, higher))
    for arguments in ((*first, *second), (*second, *first)):
        assert value_of(settings_of(*arguments), name) == meant(name, higher)
    if lower != PROFILE:
        assert value_of(settings_of(*first), name) == meant(name, lower)


def test_what_is_not_given_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('model = "vae"\nprofile = "smoke"\ntuner = "none"\ndata_dir = "/d"\nseed = 5\n')
    settings = settings_of("--config", str(file))
    assert settings == make_settings(
        model="vae", profile="smoke", tuner="none", data_dir="/d", seed=5
    )
    assert settings_of() == make_settings()
    assert given(parse()) == (Layer({}), Layer({}))


def test_defaults() -> None:
    settings = settings_of()
    names = (settings.family, settings.tuner, settings.profile)
    assert names == ("transformer", "hyperband", "default")
    assert settings.data_dir == ROOT / "data" / "mnist"
    assert settings.output == Path("output").absolute() and settings.metadata_store is None


def test_of_several_the_later_wins(tmp_path: Path) -> None:
    for name, epochs in (("a", 3), ("b", 4)):
        (tmp_path / name).write_text(f"training.epochs = {epochs}\n")
    files = ["--config", str(tmp_path / "a"), "--config", str(tmp_path / "b")]
    assert settings_of(*files).training.epochs == 4
    assert settings_of("--set", "seed=1", "--set", "seed=2").seed == 2


def test_a_hyperparameter_gets_the_type_that_its_text_looks_like() -> None:
    texts = {"a": "1", "b": "1e-05", "c": "TRUE", "d": "gelu", "e": "1_000", "f": " 2 ", "g": "a=b"}
    settings = settings_of(
        *(f"--set=hyperparameters.{name}={text}" for name, text in texts.items())
    )
    found = list(settings.hyperparameters.values())
    assert found == [1, 1e-05, True, "gelu", 1000, 2, "a=b"]
    assert list(map(type, found)) == [int, float, bool, str, int, int, str]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "training.epochs"], "--set takes NAME=VALUE, not 'training.epochs'"),
        (["--set", "training.epochs="], "--set takes NAME=VALUE"),
        (["--set", "=3"], "--set takes NAME=VALUE"),
        (["--set", "hyperparameters.rate=inf"], "a number, true, false or text, not inf"),
        (["--output", ""], "output must be a path, not ''"),
        (["--metadata-store", ""], "metadata_store must be text, or none, not ''"),
        (["--seed", "one"], "seed must be a whole number from 0 to 4,294,967,295, not 'one'"),
        (["--model", "forest"], "unknown model 'forest'; choose transformer, gan or vae"),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], words: str) -> None:
    with pytest.raises(BadSetting) as refused:
        settings_of(*arguments)
    assert words in str(refused.value)


def test_what_is_on_is_switched_off_without_a_value(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("baseline = false\n")
    assert settings_of().baseline
    for arguments in (["--no-baseline"], ["--set", "baseline=false"], ["--config", str(file)]):
        assert not settings_of(*arguments).baseline
    assert settings_of("--no-baseline", "--set", "baseline=true").baseline
    typed = parse("--seed", "2", "--no-baseline")
    assert retyped(typed) == ["--seed", "2", "--no-baseline"]
    assert settings_of(*retyped(typed)) == settings_of("--seed", "2", "--no-baseline")


def test_help_has_every_option_with_its_meaning_and_default() -> None:
    parser = argparse.ArgumentParser(prog="x")
    add_options(parser, {"data_dir": "/app/100%"})
    shown = re.sub(r"\s+", " ", parser.format_help())
    for value in DECLARED.values():
        assert bool(value.option) == (value.name.count(".") == 0 and not value.mapping) or (
            value.option in ("tuner-budget", "tuner-minutes")
        )
        if value.option:
            if value.kind.type is bool:
                on, off = f"--{value.option} {value.means}", f"--no-{value.option} do not "
                assert (f"{off}{value.means}" if value.default else on) in shown
                continue
            assert f"--{value.option} " in shown
            assert f"{value.means} (default: " in shown
    assert "(default: /app/100%)" in shown and "(default: output)" in shown
    assert "{smoke,default,full}" in shown and str(ROOT) not in shown


def test_a_setting_of_a_table_may_have_an_option() -> None:
    found = settings_of("--tuner-budget", "500_000", "--tuner-minutes=2.5", "--warm-start")
    assert (found.tuning.budget, found.tuning.minutes, found.warm_start) == (500_000, 2.5, True)
    assert {"tuning.budget", "tuning.minutes", "warm_start"} <= found.given
    for option, value in (("--tuner-budget", "0"), ("--tuner-minutes", "-1")):
        with pytest.raises(BadSetting, match=f"tuning.{option.rpartition('-')[2]} must be "):
            settings_of(f"{option}={value}")
    parser = argparse.ArgumentParser()
    add_options(parser)
    typed = parser.parse_args(["--tuner-budget", "9", "--warm-start", "--set", "begin.layers=1"])
    words = ["--warm-start", "--tuner-budget", "9", "--set", "begin.layers=1"]
    assert retyped(typed) == words
    assert settings_of(*words).begin == {"layers": 1}
