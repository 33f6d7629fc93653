"""Figures of given-back ink against scikit-learn on the same pixels."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics

from modules.metrics.ink import ink_figures, ink_histogram


@pytest.fixture(scope="module")
def pixels() -> tuple[np.ndarray, np.ndarray]:
    """Images, uint8, and what is made of them, float32 from 0 to 1: (30, 28, 28) each."""
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (30, 28, 28), np.uint8)
    images[random.uniform(size=images.shape) < 0.6] = 0
    made = images / 255.0 + random.normal(0.0, 0.35, images.shape)
    return images, np.clip(made, 0.0, 1.0).astype(np.float32)


def test_figures_are_scikit_learns_on_greys_of_a_file(
    pixels: tuple[np.ndarray, np.ndarray],
) -> None:
    images, made = pixels
    ink, grey = images.ravel() >= 128, np.round(np.float32(255.0) * made).ravel()
    found = ink_figures(ink_histogram(images, made).numpy().sum(axis=0))
    assert found == pytest.approx(
        {
            "ink_precision": metrics.precision_score(ink, grey >= 128),
            "ink_recall": metrics.recall_score(ink, grey >= 128),
            "ink_auc": metrics.roc_auc_score(ink, grey),
        }
    )
    assert all(0.5 < value < 1.0 for value in found.values())


def test_each_images_histogram_counts_its_own_pixels(
    pixels: tuple[np.ndarray, np.ndarray],
) -> None:
    images, made = pixels
    raw, floats = tf.TensorSpec((None, 28, 28), tf.uint8), tf.TensorSpec((None, 28, 28))
    histograms = tf.function(ink_histogram, input_signature=[raw, floats])(images, made).numpy()
    assert histograms.shape == (30, 2, 256)
    for image, given_back, histogram in zip(images, made, histograms, strict=True):
        grey = np.round(np.float32(255.0) * given_back).astype(int)
        for kind, chosen in enumerate((image < 128, image >= 128)):
            np.testing.assert_array_equal(histogram[kind], np.bincount(grey[chosen], minlength=256))


def test_what_is_given_back_whole_is_perfect(pixels: tuple[np.ndarray, np.ndarray]) -> None:
    images, _ = pixels
    histogram = ink_histogram(images, images.astype(np.float32) / 255.0).numpy().sum(axis=0)
    assert set(ink_figures(histogram).values()) == {1.0}


def test_half_black_is_the_least_ink_on_both_sides() -> None:
    images = np.tile(np.array([127, 128], np.uint8), (1, 28, 14))
    histogram = ink_histogram(images, images.astype(np.float32) / 255.0).numpy()[0]
    assert (histogram[0, 127], histogram[1, 128], histogram.sum()) == (392, 392, 784)
    assert ink_figures(histogram)["ink_precision"] == ink_figures(histogram)["ink_recall"] == 1.0


def test_what_has_no_case_is_nan() -> None:
    white = np.zeros((1, 28, 28), np.uint8)
    figures = ink_figures(ink_histogram(white, white.astype(np.float32)).numpy()[0])
    assert all(np.isnan(value) for value in figures.values())
    black = np.full_like(white, 255)
    figures = ink_figures(ink_histogram(black, white.astype(np.float32)).numpy()[0])
    assert np.isnan(figures["ink_precision"]) and np.isnan(figures["ink_auc"])
    assert figures["ink_recall"] == 0.0
