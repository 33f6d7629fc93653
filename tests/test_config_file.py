"""Settings as TOML: read, refused, and written so that the same run comes out."""

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from modules.contract.profile import PROFILE_NAMES
from pipeline.config_file import read_config, read_hyperparameters, write_plain, write_toml
from pipeline.settings import (
    FAMILIES,
    BadSetting,
    Layer,
    Settings,
    from_plain,
    make_settings,
    to_plain,
)

WEIRD = 'a folder\'s "own" [1] {2} # = \\ ü 数字 %s\ttab\nline'


def again(settings: Settings, file: Path) -> Settings:
    write_toml(settings, file)
    return make_settings(read_config(str(file)))


@pytest.mark.parametrize(
    ("family", "profile"), itertools.product(FAMILIES, PROFILE_NAMES), ids="-".join
)
def test_written_and_read_again_settings_are_equal(
    family: str, profile: str, tmp_path: Path
) -> None:
    settings = make_settings(model=family, profile=profile)
    assert again(settings, tmp_path / "settings.toml") == settings
    assert os.listdir(tmp_path) == ["settings.toml"]


@pytest.mark.parametrize(
    "values",
    [
        {"data_dir": f"/{WEIRD}", "output": f"/x/{WEIRD} ".replace("[1]", "1")},
        {"metadata_store": f"/{WEIRD}"},
        {"metadata_store": "grpc://[fd00::1]:80", "tuner": "none", "seed": 2**32 - 1},
        {"hyperparameters": {"rate": 1e-05, "big": 1e300, "one": 1.0, "int": 1, "yes": True}},
        {"hyperparameters": {"word": WEIRD, "number": "3", "a.b": 2**70, WEIRD: "none"}},
        {"gates": {"accuracy": 1e-300, "auc": 0}, "data": {"train_images": "all"}},
        {"tuning": {"images": None}, "training": {"epochs": 100_000}},
    ],
)
def test_so_are_those_with_unusual_values(values: dict[str, Any], tmp_path: Path) -> None:
    settings = make_settings(**values)
    read = again(settings, tmp_path / "settings.toml")
    assert read == settings
    types = [[type(v) for v in s.hyperparameters.values()] for s in (read, settings)]
    assert types[0] == types[1]


def test_all_three_plain_forms_are_one(tmp_path: Path) -> None:
    plain = to_plain(make_settings(model="gan", hyperparameters={"r1": 0.5}))
    write_plain(plain, tmp_path / "a.toml")
    assert read_config(str(tmp_path / "a.toml")).values == plain
    assert json.loads(json.dumps(plain)) == plain
    assert from_plain(plain) == from_plain(read_config(str(tmp_path / "a.toml")).values)


def test_a_written_file_says_how_to_repeat_the_run(tmp_path: Path) -> None:
    file = tmp_path / "it's here" / "settings.toml"
    write_toml(make_settings(), file)
    quoted = str(file).replace("'", "'\"'\"'")
    assert f"#     local_runner.py --config '{quoted}'\n" in file.read_text()
    write_toml(make_settings(), tmp_path / "two\nlines.toml")
    assert "--config FILE\n" in (tmp_path / "two\nlines.toml").read_text()


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("old")
    with pytest.raises(TypeError):
        write_plain({"model": object()}, file)
    assert file.read_text() == "old" and os.listdir(tmp_path) == ["settings.toml"]


def test_tables_and_dotted_names_are_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("[training]\nepochs = 3\n[gates]\n[hyperparameters]\nstem = 'conv'\n")
    one = make_settings(read_config(str(file)))
    file.write_text("training.epochs = '3'\n'hyperparameters.stem' = 'conv'\n")
    assert make_settings(read_config(str(file))) == one
    assert one == make_settings(training={"epochs": 3}, hyperparameters={"stem": "conv"})


def test_relative_paths_are_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.toml").write_text("output = 'here'\nmetadata_store = 'm.sqlite'\n")
    monkeypatch.chdir(tmp_path)
    settings = make_settings(read_config("deep/a.toml"))
    assert settings.output == tmp_path / "here"
    assert settings.metadata_store == str(tmp_path / "m.sqlite")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_config("~/deep/a.toml").values["output"] == "here"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("model = vae", "not valid TOML: .*line 1, column"),
        ("model = 'vae'\n[gates\n", "not valid TOML: .*line 2, column"),
        ("seed = 1\nseed = 2\n", "not valid TOML: .*line 2"),
        (b"model = '\xff'", "is not UTF-8 text"),
        (f"a = {'[' * 100_000}", "is nested too deeply"),
        ("model = 'forest'", "{file}: unknown model 'forest'; choose"),
        ("[training]\nepoch = 3", "{file}: unknown setting 'training.epoch'"),
        ("[training]\nepochs = 0", "{file}: training.epochs must be a whole number from 1"),
        ("[training]\nepochs = 2024-01-01", "{file}: training.epochs .*not 2024-01-01"),
        ("[hyperparameters]\nx = 2024-01-01", "{file}: hyperparameters.x .*not 2024-01-01"),
        ("[colours]", "{file}: unknown setting 'colours'"),
        ("training = 3", "{file}: unknown setting 'training'"),
        ("[gates]\nnelbo = 3", "{file}: unknown setting 'gates.nelbo'"),
        ("output = ''", "{file}: output must be a path, not ''"),
        ('data_dir = "a\\u0000"', "{file}: data_dir must be a path"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_name(
    content: str | bytes, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(BadSetting, match=words.format(file=file)) as refused:
        make_settings(read_config(str(file)))
    assert "a.toml" in str(refused.value) and "\n" not in str(refused.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="^cannot read nonesuch.toml: No such file"):
        read_config("nonesuch.toml")
    with pytest.raises(BadSetting, match=f"^cannot read {tmp_path}: Is a directory"):
        read_config(str(tmp_path))


def test_a_layer_keeps_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("seed = 3")
    file = str(tmp_path / "a.toml")
    assert read_config(file) == Layer({"seed": 3}, source=file)


@pytest.mark.parametrize("came", ["trained", "searched"])
def test_the_hyperparameters_of_a_run_are_those_that_it_used_searched_or_not(
    came: str, tmp_path: Path
) -> None:
    used = {"learning_rate": 5e-3, "layers": 1}
    training = {"history": {}, "hyperparameters": used} if came == "trained" else None
    tuning = {"best": {**used} if came == "searched" else {"layers": 2}, "trials": []}
    told = {"verdict": {}, "training": training, "tuning": tuning, "settings": {}}
    summary = tmp_path / "summary.json"
    summary.write_text(json.dumps(told))
    assert make_settings(read_hyperparameters(str(summary))).hyperparameters == used
    settings = tmp_path / "settings.toml"  # of the same run, which had none set
    write_toml(make_settings(), settings)
    with pytest.raises(BadSetting, match=f"no hyperparameters in .*; {summary} has those"):
        read_hyperparameters(str(settings))
