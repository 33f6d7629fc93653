"""From Examples to tensors and batches."""

from pathlib import Path

import numpy as np
import pytest

from modules.data.augment import random_affine
from modules.data.images import batch_stream, load_split
from tests import examples


@pytest.fixture(scope="module")
def digits(mnist_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    return examples.cut(mnist_dir, 0, 300)


def test_a_split_is_read_as_it_was(tmp_path: Path, digits) -> None:
    images, labels = digits
    examples.write(tmp_path / "a.gz", images, labels)
    read_images, read_labels = load_split([str(tmp_path / "*.gz")])
    assert read_images.dtype == np.uint8 and read_labels.dtype == np.int64
    assert (read_images == images).all() and (read_labels == labels).all()


def test_the_order_is_that_of_the_images_not_of_the_files(tmp_path: Path, digits) -> None:
    images, labels = digits
    examples.write(tmp_path / "a.gz", images[200:], labels[200:], first=200)
    examples.write(tmp_path / "b.gz", images[:200], labels[:200], first=0)
    read_images, read_labels = load_split([str(tmp_path / "*.gz")])
    assert (read_images == images).all() and (read_labels == labels).all()


def test_no_files_and_no_examples_are_errors(tmp_path: Path, digits) -> None:
    with pytest.raises(FileNotFoundError, match="nonesuch"):
        load_split([str(tmp_path / "nonesuch-*")])
    empty = examples.write(tmp_path / "empty.gz", digits[0][:0], digits[1][:0])
    with pytest.raises(ValueError, match="no examples"):
        load_split([empty])


def test_an_epoch_is_shuffled_and_the_next_one_differently(digits) -> None:
    images, labels = digits
    stream = batch_stream(images, labels, 50, seed=3)
    first, second = (np.concatenate([y for _, y in stream.as_numpy_iterator()]) for _ in range(2))
    again = np.concatenate(
        [y for _, y in batch_stream(images, labels, 50, seed=3).as_numpy_iterator()]
    )
    assert sorted(first) == sorted(second) == sorted(labels)
    assert (first != second).any() and (first != labels).any()
    assert (first == again).all()


def test_images_and_labels_stay_together(digits) -> None:
    images, labels = digits
    known = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    for batch, chosen in batch_stream(images, labels, 64, seed=1).as_numpy_iterator():
        assert [known[image.tobytes()] for image in batch] == chosen.tolist()


def test_what_does_not_fill_a_batch_is_left_out_of_an_epoch(digits) -> None:
    images, labels = digits
    stream = batch_stream(images, labels, 64, seed=1)
    shapes = [batch.shape for batch, _ in stream.as_numpy_iterator()]
    assert shapes == [(64, 28, 28)] * (len(images) // 64) and len(images) % 64
    assert len(shapes) == int(stream.cardinality())


def test_no_iterator_waits_for_a_tuner(digits) -> None:
    for seed in (None, 1):
        assert batch_stream(*digits, 64, seed=seed).options().autotune.enabled is False


def test_without_a_seed_every_example_comes_in_order(digits) -> None:
    images, labels = digits
    batches = list(batch_stream(images, labels, 64).as_numpy_iterator())
    assert (np.concatenate([y for _, y in batches]) == labels).all()
    assert (np.concatenate([x for x, _ in batches]) == images).all()


def test_affine_without_amounts_changes_nothing(digits) -> None:
    images = digits[0][:8]
    assert (random_affine(images, np.array([1, 2]), shift=0.0).numpy() == images).all()


def test_shifts_move_ink_by_no_more_than_they_may(digits) -> None:
    dot = np.zeros((64, 28, 28), np.uint8)
    dot[:, 14, 14] = 255
    moved = random_affine(dot, np.array([1, 2]), shift=2.0).numpy().astype(float)
    places = np.arange(28)
    rows = (moved.sum(axis=2) * places).sum(axis=1) / moved.sum(axis=(1, 2))
    assert np.abs(rows - 14).max() <= 2.6 and rows.std() > 0.5
    same = random_affine(dot, np.array([1, 2]), shift=2.0).numpy()
    assert (same == moved).all()
