"""MnistExampleGen, through its own executor."""

import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import artifact_utils

from components import example_files
from components.example_files import to_examples
from components.mnist_example_gen import SPLITS, MnistExampleGen
from components.readers import idx
from components.readers.reader import BadDataset
from components.readers.survey import read_dataset
from modules.data import features
from modules.data.dataset import TESTED, from_plain
from modules.data.draw import draw
from modules.data.splits import split_of
from tests import pictured
from tests.datasets import MNIST
from tests.examples import generate

TRAIN, TEST = 400, 120


def read(examples: Any, split: str) -> list[Any]:
    files = tf.io.gfile.glob(f"{examples.uri}/Split-{split}/*.gz")
    records = tf.data.TFRecordDataset(files, compression_type="GZIP")
    return [
        tf.train.Example.FromString(record).features.feature
        for record in records.as_numpy_iterator()
    ]


def images_of(found: list[Any], side: int) -> np.ndarray:
    """The images of Examples, in the order of their places, which are 0 to N - 1."""
    by_place = {feature[features.INDEX].int64_list.value[0]: feature for feature in found}
    assert sorted(by_place) == list(range(len(found)))
    raw = [by_place[n][features.IMAGE].bytes_list.value[0] for n in range(len(found))]
    return np.frombuffer(b"".join(raw), np.uint8).reshape(-1, side, side)


def labels_of(found: list[Any]) -> list[int]:
    """The labels of Examples, in the order of their places."""
    found = sorted(found, key=lambda feature: feature[features.INDEX].int64_list.value[0])
    return [feature[features.LABEL].int64_list.value[0] for feature in found]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, make_dataset) -> Path:
    return make_dataset(tmp_path_factory.mktemp("idx"), train=TRAIN, test=TEST)


@pytest.fixture(scope="module")
def examples(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return generate(data, tmp_path_factory.mktemp("examples"))


def test_as_many_come_out_as_go_in(examples: Any) -> None:
    counts = {split: len(read(examples, split)) for split in SPLITS}
    assert counts["train"] + counts["eval"] == TRAIN
    assert counts["test"] == TEST
    assert counts["eval"] > 0
    assert counts == {s: examples.get_int_custom_property(f"{s}_count") for s in SPLITS}


def test_the_examples_say_what_they_are_of(examples: Any, data: Path) -> None:
    assert artifact_utils.decode_split_names(examples.split_names) == list(SPLITS)
    told = from_plain(json.loads(examples.get_string_custom_property("dataset")))
    assert told == read_dataset(data)


def test_every_image_arrives_as_it_was(examples: Any, data: Path) -> None:
    pairs = idx.find_dataset(data)
    images = idx.read_images(pairs["train"].images, 0, TRAIN)
    labels = idx.read_labels(pairs["train"].labels, 0, TRAIN)
    seen = set()
    for split in ("train", "eval"):
        for feature in read(examples, split):
            [index] = feature[features.INDEX].int64_list.value
            seen.add(index)
            raw = feature[features.IMAGE].bytes_list.value[0]
            assert raw == images[index].tobytes() and split_of(raw) == split
            assert feature[features.LABEL].int64_list.value[0] == labels[index]
            assert feature[features.MEAN_INK].float_list.value[0] == pytest.approx(
                images[index].mean() / 255, rel=1e-6
            )
            assert feature[features.STROKE].bytes_list.value[0].decode() in features.STROKES
    assert seen == set(range(TRAIN))


def test_splits_are_disjoint_by_image(examples: Any) -> None:
    images = [
        {feature[features.IMAGE].bytes_list.value[0] for feature in read(examples, split)}
        for split in SPLITS
    ]
    assert not images[0] & images[1] and not images[0] & images[2] and not images[1] & images[2]


def test_split_of_an_image_is_fixed_and_one_in_ten_is_eval(mnist_dir: Path) -> None:
    images = idx.read_images(idx.find_dataset(mnist_dir)["train"].images, 0, 5000)
    splits = [split_of(image.tobytes()) for image in images]
    assert splits[:10] == [split_of(image.tobytes()) for image in images[:10]]
    assert 0.08 < np.mean([split == "eval" for split in splits]) < 0.12


def test_what_is_taken_is_drawn_over_the_whole_file(tmp_path: Path) -> None:
    labels = pictured.by_class(range(1, 6), 60)
    data = pictured.write(tmp_path / "sorted", labels, labels, transposed=True)
    examples = generate(data, tmp_path / "out", transposed=True, train_images=100, test_images=20)
    chosen = {0: draw(np.array(labels), 100), 1: draw(np.array(labels), 20, least=TESTED)}
    taken = {0: read(examples, "train") + read(examples, "eval"), 1: read(examples, "test")}
    for seed, places in chosen.items():
        upright = pictured.pictures(labels, 9, seed)
        np.testing.assert_array_equal(images_of(taken[seed], 9), upright[places])
        assert labels_of(taken[seed]) == [labels[place] - 1 for place in places]
    assert np.bincount(labels_of(taken[0])).tolist() == [20] * 5
    assert np.bincount(labels_of(taken[1])).tolist() == [30] * 5


@pytest.mark.parametrize("at_once", [7, 400])
def test_the_ranges_do_not_show(
    data: Path, tmp_path: Path, examples: Any, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.mnist_example_gen._RANGE", at_once)
    made = generate(data, tmp_path)
    for split in SPLITS:
        files = tf.io.gfile.glob(f"{made.uri}/Split-{split}/*.gz")
        assert len(files) == -(-(TEST if split == "test" else TRAIN) // at_once)
        wanted, found = (sorted(str(one) for one in read(it, split)) for it in (examples, made))
        assert found == wanted


def test_a_lost_record_is_noticed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lossy(*part: Any) -> Iterator[tuple[bytes, bytes]]:
        yield from list(to_examples(*part))[1:]

    monkeypatch.setattr(example_files, "to_examples", lossy)
    with pytest.raises(RuntimeError, match="images went into ExampleGen"):
        generate(data, tmp_path)


def test_other_data_than_the_pipelines_are_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match=f"{data} holds other data \\(hash .*{MNIST.hash[:12]}"):
        generate(data, tmp_path, dataset=MNIST)


def test_the_cache_key_follows_the_content(make_dataset, tmp_path: Path) -> None:
    def key() -> dict[str, Any]:
        dataset = read_dataset(tmp_path)
        component = MnistExampleGen(dataset, False, "tests", 100, None)
        return dict(component.exec_properties)

    make_dataset(tmp_path)
    first = key()
    assert first["train_images"] == 100 and first.get("test_images") is None
    for file in tmp_path.iterdir():
        os.utime(file, (1, 1))
    assert key() == first
    make_dataset(tmp_path, suffix="")
    for file in tmp_path.glob("*.gz"):
        file.unlink()
    assert key() == first
    pair = idx.find_dataset(tmp_path)["test"]
    images = idx.read_images(pair.images, 0, pair.count).copy()
    images[5, 14, 14] ^= 255
    idx.write_idx(pair.images, images)
    assert key() != first
    assert dataclasses.replace(from_plain(json.loads(key()["dataset"])), hash="") == (
        dataclasses.replace(from_plain(json.loads(first["dataset"])), hash="")
    )


def test_a_folder_may_have_any_name(data: Path, tmp_path: Path) -> None:
    odd = tmp_path / "a [b] *c? {d}"
    odd.symlink_to(data)
    made = generate(odd, tmp_path / "out")
    assert made.get_int_custom_property("test_count") == TEST
