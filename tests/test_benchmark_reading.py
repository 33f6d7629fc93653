"""The benchmark of reading: its larger dataset, and its table."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from components.readers import idx
from components.readers.survey import read_dataset
from pipeline.settings import from_plain
from scripts import benchmark_reading
from scripts.benchmark_reading import Cost, multiply, run_one, table
from tests.conftest import MakeDataset


def measured_here(command: list[str], **given: Any) -> SimpleNamespace:
    """Does what the process of one node does."""
    cost = run_one(from_plain(json.loads(given["input"])), command[-1])
    return SimpleNamespace(stdout=json.dumps(cost))


def test_a_dataset_is_multiplied(make_dataset: MakeDataset, tmp_path: Path) -> None:
    small = make_dataset(tmp_path / "small", train=60, test=40)
    multiply(small, tmp_path / "large", 10)
    dataset = read_dataset(tmp_path / "large")
    assert (dataset.train_count, dataset.test_count) == (600, 400)
    pair = idx.find_dataset(tmp_path / "large")["train"]
    assert pair.images.suffix == ".gz"
    images, labels = idx.read_images(pair.images, 0, 600), idx.read_labels(pair.labels)
    assert len(np.unique(images.reshape(600, -1), axis=0)) == 600
    first = idx.find_dataset(small)["train"]
    np.testing.assert_array_equal(labels, np.tile(idx.read_labels(first.labels), 10))
    np.testing.assert_array_equal(images[4 * 60 : 5 * 60], idx.read_images(first.images, 0, 60))


def test_the_table_has_both_sizes_and_their_ratios() -> None:
    small = {"Reads": Cost(2.0, 1.6, 800), "Waits": Cost(0.1, 0.0, 700)}
    large = {"Reads": Cost(15.0, 14.4, 1000), "Waits": Cost(0.2, 0.0, 700)}
    lines = table(small, large, 10).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split() == ["1", "x", "10", "x", "time", "CPU", "memory"]
    wanted = "Reads 2.0 s 1.6 s 800 MB 15.0 s 14.4 s 1,000 MB 7.50 9.00 1.25"
    assert lines[1].split() == wanted.split()
    assert lines[2].split() == "Waits 0.1 s 0.0 s 700 MB 0.2 s 0.0 s 700 MB - - 1.00".split()


@pytest.mark.parametrize("here", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_each_node_is_measured_at_both_sizes(
    here: bool,
    make_dataset: MakeDataset,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(benchmark_reading, "DATA_NODES", ("CuratedSchema",))
    if here:  # instead of in a process for each node, which would have to import TFX
        replaced = SimpleNamespace(run=measured_here, PIPE=None)
        monkeypatch.setattr(benchmark_reading, "subprocess", replaced)
    data = make_dataset(tmp_path, train=1500, test=400)
    assert benchmark_reading.main(["--data-dir", str(data), "--times", "2"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said[-2:]] == ["1", "CuratedSchema"]
    assert 0.5 < float(said[-1].split()[-1]) < 2.0  # of memory, most of which is the libraries'
    assert "2 times: CuratedSchema" in "\n".join(said)
