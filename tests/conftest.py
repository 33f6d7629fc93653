"""Fixtures that several test files share."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests import runs, smoke

# What kfp's environment runs, and TFX's cannot.
collect_ignore = [] if importlib.util.find_spec("kfp_server_api") else ["kfp"]

PROJECT = Path(__file__).resolve().parent.parent
# What takes longest starts first, so that all workers end at about the same time.
LONGEST = (
    "test_end_to_end",
    "test_end_to_end_generators",
    "test_end_to_end_refused",
    "test_cluster_metadata",
    "test_evaluator",
    "test_tuning",
    "test_docs_families",
    "test_families",
    "test_gan",
    "test_training",
)
JUDGED = 600  # test images, enough of each digit to tell a model that forgets one


class MakeDataset(Protocol):
    """Writes a small four-file IDX dataset into a folder, and returns the folder."""

    def __call__(
        self, folder: Path, train: int = ..., test: int = ..., suffix: str = ...
    ) -> Path: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files of LONGEST first; within a file the order stays."""

    def place(item: pytest.Item) -> int:
        return LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST)

    items.sort(key=place)


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the project."""
    return PROJECT


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The folder of the canonical MNIST files."""
    return PROJECT / "data" / "mnist"


@pytest.fixture(scope="session")
def make_dataset(mnist_dir: Path) -> MakeDataset:
    """Cuts the first examples of each canonical split; ``suffix`` is ".gz" or ""."""

    from components.readers import idx  # not in every environment

    def make(folder: Path, train: int = 200, test: int = 100, suffix: str = ".gz") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        pairs = idx.find_dataset(mnist_dir)
        for split, count in (("train", train), ("test", test)):
            images, labels = idx.SPLITS[split]
            pair = pairs[split]
            idx.write_idx(folder / (images + suffix), idx.read_images(pair.images, 0, count))
            idx.write_idx(folder / (labels + suffix), idx.read_labels(pair.labels, 0, count))
        return folder

    return make


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], runs.Run]:
    """Gives a smoke run by its name in tests/smoke.py, made once a session.

    A session has several processes: the workers of pytest-xdist have a folder above theirs, and
    where both environments are tested, TRIPTYCH_SMOKE_RUNS names one.
    """
    base = tmp_path_factory.getbasetemp()
    session = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = Path(os.environ.get("TRIPTYCH_SMOKE_RUNS") or session / "smoke-runs")
    return lambda name: smoke.shared(name, folder)


@pytest.fixture(scope="session")
def judged_examples(tmp_path_factory: pytest.TempPathFactory, make_dataset: MakeDataset) -> Any:
    """An Examples artifact whose split `test` is MNIST's first JUDGED test images."""
    from tests.examples import generate

    work = tmp_path_factory.mktemp("judged")
    return generate(make_dataset(work / "idx", train=40, test=JUDGED), work / "examples")
