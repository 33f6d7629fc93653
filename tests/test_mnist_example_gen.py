"""MnistExampleGen, through its own executor."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.mnist_example_gen import SPLITS, split_of, to_examples
from components.readers import idx
from modules.data import features
from tests.examples import generate

TRAIN, TEST = 400, 120


def read(examples: Any, split: str) -> list[Any]:
    files = tf.io.gfile.glob(f"{examples.uri}/Split-{split}/*.gz")
    records = tf.data.TFRecordDataset(files, compression_type="GZIP")
    return [
        tf.train.Example.FromString(record).features.feature
        for record in records.as_numpy_iterator()
    ]


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


def test_every_image_arrives_as_it_was(examples: Any, data: Path) -> None:
    pairs = idx.find_dataset(data)
    images = idx.read_images(pairs["train"].images, 0, TRAIN)
    labels = idx.read_labels(pairs["train"].labels, 0, TRAIN)
    seen = set()
    for feature in read(examples, "train") + read(examples, "eval"):
        [index] = feature[features.INDEX].int64_list.value
        seen.add(index)
        assert feature[features.IMAGE].bytes_list.value[0] == images[index].tobytes()
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


def test_limits_are_kept(data: Path, tmp_path: Path) -> None:
    examples = generate(data, tmp_path, train_images=50, test_images=20)
    assert len(read(examples, "train")) + len(read(examples, "eval")) == 50
    assert len(read(examples, "test")) == 20


def test_a_lost_record_is_noticed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lossy(part: tuple[str, str, int, int]) -> Any:
        images, labels, start, stop = part
        yield from list(
            to_examples(
                idx.read_images(images, start, stop), idx.read_labels(labels, start, stop), start
            )
        )[1:]

    monkeypatch.setattr("components.mnist_example_gen._read_range", lossy)
    with pytest.raises(RuntimeError, match="images went into ExampleGen"):
        generate(data, tmp_path)
