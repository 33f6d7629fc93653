"""What docs/python.md shows works, block by block, on runs that the session has made."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import api
from pipeline.api import child, running
from tests import runs, tour
from tests.conftest import PROJECT

PAGE = (PROJECT / "docs" / "python.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_blocks_work_in_their_order(
    smoke_run: Callable[[str], runs.Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tour.merged(smoke_run, tmp_path / "output")
    (tmp_path / "data").symlink_to(PROJECT / "data")
    work_through(tmp_path, monkeypatch, capsys)


def work_through(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Executes the blocks in a folder with `output` and `data`; runs end at once."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(child, "follow", lambda *_: child.Ended(0, "", False))
    monkeypatch.setattr(running, "_found", lambda settings, _: api.results(model=settings.family))
    names: dict[str, Any] = {}
    for block in BLOCKS:
        exec(block, names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("Results(transformer, ") and printed[-1] == "7 2 1 0 4"
    assert names["same"].folder == names["found"].folder
    assert names["drawn"].shape == (16, 28, 28)
    assert (folder / "attention.png").is_file()


def test_the_page_names_every_error_and_every_part_of_the_results() -> None:
    errors = {name for name in api.__all__ if name[0].isupper()} - {"Results"}
    assert {name for name in errors if f"`{name}`" not in PAGE} == set()
    parts = [name for name in vars(api.Results) if not name.startswith("_")]
    lacking = [name for name in parts if not re.search(rf"\.{name}\b", PAGE)]
    assert set(lacking) <= {"model", "classes"}
