"""The plain features that describe an image."""

from pathlib import Path

import numpy as np
import pytest

from components.readers import idx
from modules.data import features


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
    classes = features.stroke_class(images)
    shares = {name: float((classes == name).mean()) for name in features.STROKES}
    assert all(share > 0.15 for share in shares.values()), shares
    widths = features.stroke_width(images)
    assert widths[classes == "thin"].max() < widths[classes == "bold"].min()


def test_an_image_without_ink_is_thin() -> None:
    blank = np.zeros((1, 28, 28), np.uint8)
    assert features.stroke_width(blank)[0] == 0 and features.stroke_class(blank)[0] == "thin"
