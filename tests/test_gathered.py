"""What a metric gathers: in order, whole, and on disk where there is a folder for it."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from components.gathered import _BATCH, Gathered, on_disk

EXAMPLES = 3 * _BATCH + 100
LABELS = np.arange(EXAMPLES) % 7
FACTS = {"features": np.random.default_rng(1).random((EXAMPLES, 5)), "place": np.arange(EXAMPLES)}


@pytest.fixture(params=["in memory", "on disk"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    if request.param == "in memory":
        yield tmp_path
        return
    with on_disk(str(tmp_path)):
        yield tmp_path


def gather(start: int, stop: int) -> Gathered:
    found = Gathered()
    for row in range(start, stop):
        found.add(LABELS[row], {name: fact[row : row + 1] for name, fact in FACTS.items()})
    return found


def moved(one: Gathered) -> Gathered:
    """As Beam takes it from stage to stage."""
    one.compact()
    copy: Gathered = pickle.loads(pickle.dumps(one))
    return copy


def same(found: Gathered) -> bool:
    labels, facts = found.whole()
    np.testing.assert_array_equal(labels, LABELS)
    for name, fact in FACTS.items():
        np.testing.assert_array_equal(facts[name], fact)
        assert facts[name].dtype == fact.dtype
    return facts.keys() == FACTS.keys()


def test_what_comes_out_is_what_went_in(folder: Path) -> None:
    found = gather(0, EXAMPLES)
    assert same(found) and same(found)  # asking changes nothing


@pytest.mark.parametrize("cut", [0, 1, 70, _BATCH, 2 * _BATCH + 50, EXAMPLES])
def test_parts_come_together_in_order(folder: Path, cut: int) -> None:
    merged = Gathered()
    merged.merge([moved(gather(0, cut)), Gathered(), moved(gather(cut, EXAMPLES))])
    assert same(moved(merged))


def test_many_small_parts_become_files_too(tmp_path: Path) -> None:
    with on_disk(str(tmp_path)):
        merged = Gathered()
        merged.merge([gather(row, min(row + 64, EXAMPLES)) for row in range(0, EXAMPLES, 64)])
        assert any(tmp_path.iterdir()) and same(merged)


def test_little_of_it_travels(tmp_path: Path) -> None:
    in_memory = len(pickle.dumps(gather(0, EXAMPLES)))
    with on_disk(str(tmp_path)):
        travels = moved(gather(0, EXAMPLES))
    assert len(pickle.dumps(travels)) < in_memory / 20
    assert len(list(tmp_path.iterdir())) == 3 and same(travels)


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with on_disk(str(tmp_path)):
        pass
    gather(0, EXAMPLES)
    assert not list(tmp_path.iterdir())


def test_nothing_was_gathered() -> None:
    labels, facts = Gathered().whole()
    assert labels.shape == (0,) and facts == {}
