"""What the tests of the submit client share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kfp.kfp_server import KfpServer, clean, compiled, serve


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[KfpServer]:
    """A server that speaks KFP's API, and an environment that knows of no other."""
    clean(monkeypatch, tmp_path)
    with serve() as started:
        yield started


@pytest.fixture
def in_its_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The folder of a compiled pipeline is the current one."""
    compiled(tmp_path)
    monkeypatch.chdir(tmp_path)
