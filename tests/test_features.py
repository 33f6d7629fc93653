"""The plain features that describe an image."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from components.readers import idx
from modules.data import features
from tests.datasets import MNIST


@pytest.fixture(scope="module")
def images(mnist_dir: Path) -> np.ndarray:
    return idx.read_images(idx.find_dataset(mnist_dir)["train"].images, 0, 5000)


def test_mean_ink_is_a_part_of_full_ink(images: np.ndarray) -> None:
    ink = features.mean_ink(images)
    assert ink.dtype == np.float32
    np.testing.assert_allclose(ink, images.reshape(len(images), -1).mean(axis=1) / 255, rtol=1e-6)
    assert features.mean_ink(np.full((1, 28, 28), 255, np.uint8))[0] == 1.0


@pytest.mark.parametrize("width", [2, 3, 5])
def test_stroke_width_measures_a_stroke(width: int) -> None:
    bar = np.zeros((1, 28, 28), np.uint8)
    bar[0, 2:26, 10 : 10 + width] = 255
    # 24 long: area 24 w, outline 2 (24 + w), but for the corners.
    assert features.stroke_width(bar)[0] == pytest.approx(24 * width / (24 + width), rel=0.03)


def test_each_stroke_class_has_its_share_of_mnist(images: np.ndarray) -> None:
    classes = features.stroke_class(images, MNIST.strokes)
    shares = {name: float((classes == name).mean()) for name in features.STROKES}
    assert all(share > 0.15 for share in shares.values()), shares
    widths = features.stroke_width(images)
    assert widths[classes == "thin"].max() < widths[classes == "bold"].min()


def test_an_image_without_ink_is_thin() -> None:
    blank = np.zeros((1, 28, 28), np.uint8)
    assert (
        features.stroke_width(blank)[0] == 0
        and features.stroke_class(blank, MNIST.strokes)[0] == "thin"
    )


def test_stroke_classes_follow_the_data(images: np.ndarray) -> None:
    coarse = dataclasses.replace(MNIST, strokes=(1.0, 2.5))
    derived = features.derived(coarse)[features.STROKE]
    found, widths = derived.of(images), features.stroke_width(images)
    np.testing.assert_array_equal(found == "thin", widths < 1.0)
    np.testing.assert_array_equal(found == "bold", widths >= 2.5)
    assert set(found) <= set(derived.values)
    assert derived.words == "width of stroke in pixels: thin below 1, bold from 2.5"


@pytest.mark.parametrize("side", [8, 64])
def test_strokes_of_other_sizes_are_measured(side: int) -> None:
    bars = np.zeros((5000, side, side), np.uint8)
    bars[:, 1:-1, 3:5] = 255
    long = side - 2
    widths = features.stroke_width(bars)
    assert widths.shape == (5000,) and np.ptp(widths) < 1e-6
    assert widths[0] == pytest.approx(long * 2 / (long + 2), rel=0.05)
    assert features.stroke_width(bars[:0]).shape == (0,)
