"""What the tests of the submit client share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import runs
from tests.kfp import warm_python
from tests.kfp.kfp_server import KfpServer, clean, compiled, serve


@pytest.fixture(scope="session")
def tfx_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Stands for the interpreter of TFX's environment, and has imported TFX already."""
    folder = tmp_path_factory.mktemp("warm")
    with warm_python.interpreter(Path(runs.PYTHON), folder) as python:
        yield python


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
