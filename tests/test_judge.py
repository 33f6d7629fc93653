"""The frozen reader: its shapes, its eyes, how it is kept, and that it is a constant."""

import re
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics

from components.readers import idx
from modules.data.splits import split_of
from modules.metrics import judge, judge_weights
from tests import examples


@pytest.fixture(scope="module")
def images(mnist_dir: Path) -> np.ndarray:
    return examples.cut(mnist_dir, 0, 40)[0]


@pytest.fixture
def other_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that stands for the judge's weights; a test has to write it."""
    path = tmp_path / "other.npz"
    monkeypatch.setattr(judge_weights, "WEIGHTS", path)
    judge.shipped.cache_clear()
    yield path
    judge.shipped.cache_clear()


def other(side: int = 28, classes: int = 10, accuracy: float = 0.9) -> judge.Judge:
    """A judge that has learnt nothing."""
    random = np.random.default_rng(side)
    weights = tuple(
        random.normal(0.0, 0.1, shape).astype(np.float32)
        for shape in judge_weights.shapes(side, classes)
    )
    return judge.Judge(side, classes, accuracy, judge_weights.fingerprint_of(weights), weights)


def as_floats(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / 255.0


def test_what_is_read_has_64_features_of_0_or_more_and_ten_logits(images: np.ndarray) -> None:
    reading = judge.shipped().read_all(images)
    assert reading.features.shape == (40, judge_weights.FEATURES) and reading.logits.shape == (
        40,
        10,
    )
    assert reading.features.dtype == reading.logits.dtype == np.float32
    assert reading.features.min() == 0.0 and reading.features.max() > 0.0


def test_the_stored_weights_have_the_shapes_of_the_network() -> None:
    with np.load(judge_weights.WEIGHTS, allow_pickle=False) as stored:
        found = [stored[f"w{place}"].shape for place in range(len(stored.files))]
    assert found == judge_weights.shapes(28, 10)


def test_the_network_is_the_one_that_keras_builds_of_the_same_weights(images: np.ndarray) -> None:
    random = np.random.default_rng(0)
    weights = [
        random.normal(0.0, 0.1, shape).astype(np.float32) for shape in judge_weights.shapes(28, 10)
    ]
    layers = [keras.Input((28, 28, 1))]
    for filters, stride in judge_weights.convolutions(28):
        layers.append(keras.layers.Conv2D(filters, 3, stride, "same", activation="relu"))
    layers += [keras.layers.Flatten(), keras.layers.Dense(judge_weights.FEATURES, "relu")]
    features = keras.Sequential(layers)
    features.set_weights(weights[:-2])
    expected = features(as_floats(images)[..., None]).numpy()
    reading = judge.read_with(weights, as_floats(images))
    np.testing.assert_allclose(reading.features, expected, rtol=1e-4, atol=1e-4)
    logits = expected @ weights[-2] + weights[-1]
    np.testing.assert_allclose(reading.logits, logits, rtol=1e-4, atol=1e-4)


def test_reading_all_is_reading_whatever_the_batches(
    images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "_BATCH", 17)
    for at_once, in_parts in zip(
        judge.shipped().read(as_floats(images)), judge.shipped().read_all(images), strict=True
    ):
        np.testing.assert_allclose(in_parts, at_once, rtol=1e-4, atol=1e-4)


def test_bytes_and_floats_are_read_alike(images: np.ndarray) -> None:
    of_bytes = judge.shipped().read_all(images)
    for floats in (as_floats(images), images / 255.0):
        np.testing.assert_allclose(
            judge.shipped().read_all(floats).logits, of_bytes.logits, atol=1e-3
        )


def test_in_a_graph_the_judge_is_made_of_constants(images: np.ndarray) -> None:
    spec = tf.TensorSpec((None, 28, 28), tf.float32)
    graph = tf.function(judge.shipped().read).get_concrete_function(spec)
    assert not graph.variables
    found = graph(tf.constant(as_floats(images)))
    np.testing.assert_allclose(
        found.logits, judge.shipped().read(as_floats(images)).logits, atol=1e-3
    )


def test_the_judge_knows_the_test_digits(mnist_dir: Path) -> None:
    pair = idx.find_dataset(mnist_dir)["test"]
    logits = judge.shipped().read_all(idx.read_images(pair.images, 0, pair.count)).logits
    labels = idx.read_labels(pair.labels, 0, pair.count)
    assert metrics.accuracy_score(labels, logits.argmax(axis=1)) >= 0.993


def test_a_weights_file_of_wrong_shapes_is_refused(other_weights: Path) -> None:
    wrong = [np.zeros(shape, np.float32) for shape in judge_weights.shapes(28, 10)]
    wrong[-1] = np.zeros(11, np.float32)
    np.savez(other_weights, **{f"w{place}": weight for place, weight in enumerate(wrong)})
    sentence = f"{other_weights} does not hold the judge's weights; restore it"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        judge.shipped().read(np.zeros((1, 28, 28), np.float32))


def test_a_weights_file_that_lacks_a_layer_is_refused(other_weights: Path) -> None:
    found = [np.zeros(shape, np.float32) for shape in judge_weights.shapes(28, 10)[:-2]]
    np.savez(other_weights, **{f"w{place}": weight for place, weight in enumerate(found)})
    with pytest.raises(ValueError, match="does not hold the judge's weights"):
        judge.shipped().read(np.zeros((1, 28, 28), np.float32))


def test_the_fingerprint_of_the_shipped_one_is_a_hash_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    path.write_bytes(b"these")
    first = judge_weights.fingerprint_of_file(path)
    assert re.fullmatch("[0-9a-f]{16}", first) and judge_weights.fingerprint_of_file(path) == first
    path.write_bytes(b"those")
    assert judge_weights.fingerprint_of_file(path) != first
    assert judge.shipped().fingerprint == "c3ec60e2ac1af292"


def test_the_fingerprint_of_others_tells_values_and_shapes_apart() -> None:
    weights = other().weights
    mark = judge_weights.fingerprint_of(weights)
    assert re.fullmatch("[0-9a-f]{16}", mark) and judge_weights.fingerprint_of(weights) == mark
    flat = [weights[0].reshape(-1), *weights[1:]]
    moved = [weights[0] + np.float32(1e-6), *weights[1:]]
    assert len({mark, judge_weights.fingerprint_of(flat), judge_weights.fingerprint_of(moved)}) == 3


@pytest.mark.parametrize("side", [8, 13, 28, 32, 40, 41, 64])
def test_images_of_any_side_are_read(side: int) -> None:
    found = other(side, classes=26)
    images = np.random.default_rng(1).integers(0, 256, (3, side, side), np.uint8)
    reading = found.read_all(images)
    assert reading.features.shape == (3, 64) and reading.logits.shape == (3, 26)
    np.testing.assert_allclose(np.linalg.norm(reading.features, axis=1), 8.0, rtol=1e-4)


def test_the_shipped_accuracy_is_that_on_the_eval_split(mnist_dir: Path) -> None:
    images, labels = examples.cut(mnist_dir, 0, 60_000)
    kept = np.array([split_of(image.tobytes()) == "eval" for image in images])
    found = judge.shipped().accuracy_on(images[kept], labels[kept])
    assert found == pytest.approx(judge.shipped().accuracy, abs=1e-4)


def test_a_saved_judge_is_loaded_as_it_was(tmp_path: Path) -> None:
    saved = other(side=13, classes=3, accuracy=0.75)
    saved.save(tmp_path / "judge")
    loaded = judge.load(tmp_path / "judge")
    for name in ("side", "classes", "accuracy", "fingerprint"):
        assert getattr(loaded, name) == getattr(saved, name)
    for before, after in zip(saved.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(before, after)
    assert {path.name for path in (tmp_path / "judge").iterdir()} == {"judge.json", "judge.npz"}


@pytest.mark.parametrize("lacks", ["judge.json", "judge.npz"])
def test_half_a_judge_is_none(tmp_path: Path, lacks: str) -> None:
    other().save(tmp_path)
    (tmp_path / lacks).unlink()
    with pytest.raises(ValueError, match=f"{lacks} does not"):
        judge.load(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"side": 28}'])
def test_a_description_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    other().save(tmp_path)
    (tmp_path / "judge.json").write_text(text)
    with pytest.raises(ValueError, match=r"judge\.json does not describe a judge"):
        judge.load(tmp_path)


def test_a_kill_between_its_two_files_leaves_no_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other().save(tmp_path)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(judge, "write_json", killed)
    with pytest.raises(KeyboardInterrupt):
        other(accuracy=0.5).save(tmp_path)
    with pytest.raises(ValueError, match="does not describe a judge"):
        judge.load(tmp_path)
