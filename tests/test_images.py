"""From Examples to tensors and batches."""

import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from modules.data.augment import random_affine
from modules.data.epochs import EpochSeed
from modules.data.images import batch_stream, load_split, parse_images, parse_placed_images
from tests import examples

STATM = Path("/proc/self/statm")


@pytest.fixture(scope="module")
def digits(mnist_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    return examples.cut(mnist_dir, 0, 300)


def test_a_split_is_read_as_it_was(tmp_path: Path, digits) -> None:
    images, labels = digits
    examples.write(tmp_path / "a.gz", images, labels)
    read_images, read_labels = load_split([str(tmp_path / "*.gz")], 28)
    assert read_images.dtype == np.uint8 and read_labels.dtype == np.int64
    assert (read_images == images).all() and (read_labels == labels).all()


def test_the_order_is_that_of_the_images_not_of_the_files(tmp_path: Path, digits) -> None:
    images, labels = digits
    examples.write(tmp_path / "a.gz", images[200:], labels[200:], first=200)
    examples.write(tmp_path / "b.gz", images[:200], labels[:200], first=0)
    read_images, read_labels = load_split([str(tmp_path / "*.gz")], 28)
    assert (read_images == images).all() and (read_labels == labels).all()


@pytest.mark.parametrize("side", [8, 13, 64])
def test_images_of_any_side_are_read_as_they_were(tmp_path: Path, side: int) -> None:
    draw = np.random.default_rng(side)
    images = draw.integers(0, 256, (5000, side, side), np.uint8)
    labels, mixed = draw.integers(0, 100, 5000), draw.permutation(5000)
    with tf.io.TFRecordWriter(str(tmp_path / "a.gz"), options="GZIP") as writer:
        for place in mixed:
            example = examples.records(images[place : place + 1], labels[place : place + 1])[0]
            placed = tf.train.Example.FromString(example)
            placed.features.feature["index"].int64_list.value[:] = [place]
            writer.write(placed.SerializeToString())
    read_images, read_labels = load_split(str(tmp_path / "*.gz"), side)
    np.testing.assert_array_equal(read_images, images)
    np.testing.assert_array_equal(read_labels, labels)


def test_a_limit_takes_the_first_records(tmp_path: Path, digits) -> None:
    images, labels = digits
    examples.write(tmp_path / "a.gz", images, labels)
    read_images, read_labels = load_split([str(tmp_path / "*.gz")], 28, limit=70)
    assert (read_images == images[:70]).all() and (read_labels == labels[:70]).all()


def test_images_of_another_side_are_an_error_not_other_images(digits) -> None:
    # 4 times as many pixels could be read as 4 images.
    records = tf.constant(examples.records(*(part[:8] for part in digits)))
    for parse in (parse_images, parse_placed_images):
        with pytest.raises(tf.errors.InvalidArgumentError, match="784 bytes, 196 were expected"):
            parse(records, 14)
    assert parse_images(records[:0], 28).shape == (0, 28, 28)


def test_a_stream_uses_a_split_where_it_is(tmp_path: Path, digits) -> None:
    examples.write(tmp_path / "a.gz", *digits)
    images, labels = load_split(str(tmp_path / "a.gz"), 28)
    stream = batch_stream(images, labels, 300)
    images[7] = 99
    [(batch, _)] = stream.as_numpy_iterator()
    assert (batch[7] == 99).all()


def test_streams_of_other_arrays_are_alike(digits) -> None:
    images, labels = digits
    room = np.empty(images.size + 1, np.uint8)  # one of the two is at an odd address
    frozen, turned = images.copy(), np.asfortranarray(images)
    frozen.flags.writeable = False
    for other in (frozen, turned, room[:-1].reshape(images.shape), room[1:].reshape(images.shape)):
        if other.flags.writeable:
            other[:] = images
        batches = zip(*(batch_stream(x, labels, 64, seed=1) for x in (images, other)), strict=True)
        for (first, _), (second, _) in batches:
            np.testing.assert_array_equal(first, second)


@pytest.mark.skipif(not STATM.exists(), reason="nothing says how much memory there is")
def test_the_start_of_a_stream_copies_no_images() -> None:
    images = np.zeros((200_000, 28, 28), np.uint8)
    stream = batch_stream(images, np.zeros(200_000, np.int64), 64, seed=1)
    before = resident()
    iterator = iter(stream)
    next(iterator)
    assert resident() - before < images.nbytes / 2


def resident() -> int:
    """Bytes of memory that this process has."""
    pages = int(STATM.read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_no_files_and_no_examples_are_errors(tmp_path: Path, digits) -> None:
    with pytest.raises(FileNotFoundError, match="nonesuch"):
        load_split([str(tmp_path / "nonesuch-*")], 28)
    empty = examples.write(tmp_path / "empty.gz", digits[0][:0], digits[1][:0])
    with pytest.raises(ValueError, match="no examples"):
        load_split([empty], 28)


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


def test_the_order_of_an_epoch_follows_from_its_number(digits) -> None:
    def epochs(seed: EpochSeed, *numbers: int) -> list[list[int]]:
        stream, found = batch_stream(*digits, 50, seed=seed, change=draws), []
        for number in numbers:
            seed.epoch.assign(number)
            next(iter(stream))  # however often it is begun
            found.append([int(drawn) for some, _ in stream.as_numpy_iterator() for drawn in some])
        return found

    def draws(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        shown = tf.cast(tf.reduce_sum(tf.cast(images, tf.int64), axis=(1, 2)), tf.int64)
        return shown + tf.bitwise.bitwise_and(seed[0], 2**40 - 1)

    whole = epochs(EpochSeed(3), 0, 1, 2)
    assert epochs(EpochSeed(3, done=1), 1, 2) == whole[1:] and whole[1] != whole[2]
    assert epochs(EpochSeed(4), 0, 1) != whole[:2] != whole[1:]
    assert int(EpochSeed(3, done=2)) == 5 and EpochSeed(3, done=2).seed == 3


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


@pytest.mark.parametrize("side", [8, 13, 28, 64])
def test_affine_without_amounts_changes_nothing(side: int) -> None:
    images = np.random.default_rng(1).integers(0, 256, (8, side, side), np.uint8)
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
