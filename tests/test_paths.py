"""Paths that a person gives: as they stand, as file:// addresses, and what else there is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modules.contract.paths import BadPath, absolute, local_path
from modules.contract.values import BadValue
from pipeline.layers import BadSetting
from pipeline.metadata.address import parse
from pipeline.options import read_options
from pipeline.settings import make_settings
from tests.runs import COMMAND, PROJECT, PYTHON

REMOTE = ("gs://bucket/x", "s3://bucket/x", "HDFS://host:9000/x", "https://host/x", "gs:/bucket/x")
ELSEWHERE = (*REMOTE, "file://host/data/x", "file://data/x")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("/data/x", "/data/x"),
        ("data/a b", "data/a b"),
        ("/data/100%25 [1]*?{x}#~", "/data/100%25 [1]*?{x}#~"),  # no address, so no escapes
        ("file:///data/x", "/data/x"),
        ("FILE://LocalHost/data/x", "/data/x"),
        ("file:/data/x", "/data/x"),
        ("file:///data/a%20b%5B1%5D%3F%25", "/data/a b[1]?%"),
        ("file:///data/a b?c#d", "/data/a b?c#d"),
        ("file:///data/%C3%A9", "/data/é"),
        ("./gs:/x", "gs:/x"),
        ("/data/gs://x", "/data/gs:/x"),
        ("a:b", "a:b"),
    ],
)
def test_a_path_is_read_as_it_is_meant(given: str, path: str) -> None:
    assert local_path(given) == Path(path)


@pytest.mark.parametrize("given", [*ELSEWHERE, "", " ", "a\0", "file:///a%00", "file:///%ff"])
def test_what_is_no_path_here_is_refused(given: str) -> None:
    with pytest.raises(BadPath) as refused:
        local_path(given)
    assert repr(given) in str(refused.value)


@pytest.mark.parametrize("name", ["output", "data_dir", "metadata_store"])
@pytest.mark.parametrize("given", ELSEWHERE)
def test_every_setting_refuses_other_places(name: str, given: str) -> None:
    with pytest.raises(BadValue) as refused:
        make_settings(**{name: given})
    assert given in str(refused.value) and "\n" not in str(refused.value)


def test_every_setting_takes_a_file_address(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    given = f"file://localhost{tmp_path}/a%20b"
    settings = make_settings(output=given, data_dir=given, metadata_store=f"{given}/store")
    assert settings.output == settings.data_dir == folder
    assert settings.metadata_store == str(folder / "store")


@pytest.mark.parametrize("option", ["config", "gates", "hyperparameters"])
def test_every_file_of_settings_may_be_an_address(option: str, tmp_path: Path) -> None:
    from local_runner import parse as parse_options

    lines = {"config": "seed = 7", "gates": "[transformer.default]\naccuracy = 0.5"}
    file = tmp_path / "a b.toml"
    file.write_text(lines.get(option, "dropout = 0.25"))
    read_options(parse_options([f"--{option}", f"file://{tmp_path}/a%20b.toml"]))
    for elsewhere in ELSEWHERE:
        with pytest.raises(BadSetting, match="cannot read"):
            read_options(parse_options([f"--{option}", elsewhere]))


@pytest.mark.parametrize("store", ["gs://bucket/x", "file://host/x", "file:///%00"])
def test_a_store_elsewhere_is_refused(store: str) -> None:
    with pytest.raises(BadValue, match="metadata store"):
        parse(store)


@pytest.mark.parametrize("given", ["gs://bucket/x", "file://host/x", ""])
@pytest.mark.parametrize(
    "command",
    [
        [*COMMAND, "--output"],
        [*COMMAND, "--config"],
        [PYTHON, "-m", "components.readers.from_images", "SOURCE"],
        [PYTHON, "-m", "components.results"],
    ],
    ids=lambda command: command[-2].rpartition("/")[2],
)
def test_every_command_says_so_before_any_work(
    command: list[str], given: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [*command, given],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr and given in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_relative_path_is_that_of_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = make_settings(output="out", data_dir="./data", metadata_store="store.sqlite")
    monkeypatch.chdir("/")
    assert settings.output == tmp_path / "out" and settings.data_dir == tmp_path / "data"
    assert settings.metadata_store == str(tmp_path / "store.sqlite")


def test_a_current_folder_that_is_gone_is_no_matter_for_whole_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert make_settings(output=tmp_path / "out").output == tmp_path / "out"
    assert absolute(Path("/x")) == Path("/x")
    for given in ({}, {"output": "out"}, {"output": tmp_path, "metadata_store": "store"}):
        with pytest.raises(BadValue, match="current folder"):
            make_settings(**given)


def test_reading_paths_imports_nothing_heavy() -> None:
    code = "import sys, modules.contract.paths; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
