"""Fixtures that several test files share."""

import functools
import gc
import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from modules.util import environment
from tests import runs, smoke

environment.collect_seldom()

# What kfp's environment runs, and TFX's cannot.
collect_ignore = [] if importlib.util.find_spec("kfp_server_api") else ["kfp"]

PROJECT = Path(__file__).resolve().parent.parent
# What takes longest starts first, so that all workers end at about the same time.
LONGEST = (
    "test_end_to_end",
    "test_end_to_end_generators",
    "test_crash",
    "test_docs_families",
    "test_end_to_end_letters",
    "test_comparison",
    "test_evaluator",
    "test_families",
    "test_cluster_metadata",
    "test_end_to_end_refused",
    "test_sabotage",
    "test_gan",
    "test_training",
    "test_tuning",
    "test_page_in_browser",
    "test_prune_runs",
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


def pytest_collection_finish() -> None:
    """Keeps the garbage collector, which Keras calls often, away from what has been imported."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Keeps it away from what a file has left behind, too.

    TensorFlow never forgets what it has traced, some hundred thousand objects a file, and Keras
    has all of them looked at whenever a training starts.
    """
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the project."""
    return PROJECT


@pytest.fixture(scope="module")
def eager() -> Iterator[None]:
    """Runs a module's networks without tracing them first, which few steps are not worth."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The folder of the canonical MNIST files."""
    return PROJECT / "data" / "mnist"


@pytest.fixture(scope="session")
def make_dataset(mnist_dir: Path) -> MakeDataset:
    """Draws images of each canonical split, as a run does, with MNIST's gates beside them.

    ``suffix`` is ".gz" or "".
    """

    from components.readers import idx, idx_names  # not in every environment
    from modules.data.draw import draw

    @functools.cache
    def whole(split: str) -> tuple[Any, Any]:
        pair = idx.find_dataset(mnist_dir)[split]
        return idx.read_images(pair.images, 0, pair.count), idx.read_labels(pair.labels)

    def make(folder: Path, train: int = 200, test: int = 100, suffix: str = ".gz") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for split, count in (("train", train), ("test", test)):
            stems = idx_names.SPLITS[split]
            chosen = draw(whole(split)[1], count)
            for stem, array in zip(stems, whole(split), strict=True):
                idx.write_idx(folder / (stem + suffix), array[chosen])
        if (gates := mnist_dir / "gates.toml").is_file():
            shutil.copy(gates, folder)
        return folder

    return make


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], runs.Run]:
    """Gives a smoke run by its name in tests/smoke.py, made once a session.

    A session has several processes: the workers of pytest-xdist have a folder above theirs.
    """
    base = tmp_path_factory.getbasetemp()
    session = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return lambda name: smoke.shared(name, session / "smoke-runs")


@pytest.fixture(scope="session")
def judged_examples(tmp_path_factory: pytest.TempPathFactory, make_dataset: MakeDataset) -> Any:
    """An Examples artifact whose split `test` is JUDGED of MNIST's test images."""
    from tests.examples import generate

    work = tmp_path_factory.mktemp("judged")
    return generate(make_dataset(work / "idx", train=40, test=JUDGED), work / "examples")
