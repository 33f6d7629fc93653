"""The frozen digit reader: its shapes, its eyes, and that it is a constant."""

import re
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics

from components.readers import idx
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
    judge_weights.weights.cache_clear()
    yield path
    judge_weights.weights.cache_clear()


def as_floats(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / 255.0


def test_what_is_read_has_64_features_of_0_or_more_and_ten_logits(images: np.ndarray) -> None:
    reading = judge.read_all(images)
    assert reading.features.shape == (40, judge_weights.FEATURES) and reading.logits.shape == (
        40,
        10,
    )
    assert reading.features.dtype == reading.logits.dtype == np.float32
    assert reading.features.min() == 0.0 and reading.features.max() > 0.0


def test_the_stored_weights_have_the_shapes_of_the_network() -> None:
    with np.load(judge_weights.WEIGHTS, allow_pickle=False) as stored:
        found = [stored[f"w{place}"].shape for place in range(len(stored.files))]
    assert found == judge_weights.shapes()


def test_the_network_is_the_one_that_keras_builds_of_the_same_weights(images: np.ndarray) -> None:
    random = np.random.default_rng(0)
    weights = [
        random.normal(0.0, 0.1, shape).astype(np.float32) for shape in judge_weights.shapes()
    ]
    layers = [keras.Input((28, 28, 1))]
    for filters, stride in judge.CONVOLUTIONS:
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
        judge.read(as_floats(images)), judge.read_all(images), strict=True
    ):
        np.testing.assert_allclose(in_parts, at_once, rtol=1e-4, atol=1e-4)


def test_bytes_and_floats_are_read_alike(images: np.ndarray) -> None:
    of_bytes = judge.read_all(images)
    for floats in (as_floats(images), images / 255.0):
        np.testing.assert_allclose(judge.read_all(floats).logits, of_bytes.logits, atol=1e-3)


def test_in_a_graph_the_judge_is_made_of_constants(images: np.ndarray) -> None:
    spec = tf.TensorSpec((None, 28, 28), tf.float32)
    graph = tf.function(judge.read).get_concrete_function(spec)
    assert not graph.variables
    found = graph(tf.constant(as_floats(images)))
    np.testing.assert_allclose(found.logits, judge.read(as_floats(images)).logits, atol=1e-3)


def test_the_judge_knows_the_test_digits(mnist_dir: Path) -> None:
    pair = idx.find_dataset(mnist_dir)["test"]
    logits = judge.read_all(idx.read_images(pair.images, 0, pair.count)).logits
    labels = idx.read_labels(pair.labels, 0, pair.count)
    assert metrics.accuracy_score(labels, logits.argmax(axis=1)) >= 0.993


def test_a_weights_file_of_wrong_shapes_is_refused(other_weights: Path) -> None:
    wrong = [np.zeros(shape, np.float32) for shape in judge_weights.shapes()]
    wrong[-1] = np.zeros(11, np.float32)
    np.savez(other_weights, **{f"w{place}": weight for place, weight in enumerate(wrong)})
    sentence = f"{other_weights} does not hold the judge's weights; restore it"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        judge.read(np.zeros((1, 28, 28), np.float32))


def test_a_weights_file_that_lacks_a_layer_is_refused(other_weights: Path) -> None:
    found = [np.zeros(shape, np.float32) for shape in judge_weights.shapes()[:-2]]
    np.savez(other_weights, **{f"w{place}": weight for place, weight in enumerate(found)})
    with pytest.raises(ValueError, match="does not hold the judge's weights"):
        judge.read(np.zeros((1, 28, 28), np.float32))


def test_the_fingerprint_is_a_hash_of_the_weights_file(other_weights: Path) -> None:
    other_weights.write_bytes(b"these")
    first = judge_weights.fingerprint()
    assert re.fullmatch("[0-9a-f]{16}", first) and judge_weights.fingerprint() == first
    other_weights.write_bytes(b"those")
    assert judge_weights.fingerprint() != first
