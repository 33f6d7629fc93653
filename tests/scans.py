"""Pictures as people have them, made of MNIST's images."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from tests.examples import cut


def pen(image: np.ndarray, height: int) -> np.ndarray:
    """The digit of an image, uint8 (28, 28), as drawn so high: from 0 to 1, with sharp edges."""
    rows, columns = np.nonzero(image)
    digit = np.pad(image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1], 2)
    scale = height / digit.shape[0]
    large = Image.fromarray(digit).resize((round(digit.shape[1] * scale), height))
    soft = np.asarray(large.filter(ImageFilter.GaussianBlur(0.4 * scale)), float) / 255
    return np.clip((soft - 0.35) / 0.3, 0.0, 1.0)


def on_paper(ink: np.ndarray, height: int, width: int, paper: float = 1.0) -> np.ndarray:
    """Ink, off the middle of a sheet: uint8 (height, width), dark on light."""
    sheet = np.zeros((height, width))
    top, left = (height - ink.shape[0]) // 3, (width - ink.shape[1]) // 3
    sheet[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return np.round(255 * paper * (1 - sheet)).astype(np.uint8)


def scanned(image: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """A scan of 100 x 80 pixels: grey paper in uneven light, noise, JPEG's traces, edges, dirt."""
    ink = on_paper(pen(image, 60), 100, 80) / 255.0
    down, right = np.mgrid[-1:1:100j, -1:1:80j]
    paper = 185 + 30 * down - 25 * right + 10 * down * right
    values = paper * ink + 50 * (1 - ink) + chance.normal(0, 6, ink.shape)
    values[1:3], values[:, -2:] = 60, 40
    values[chance.integers(5, 95, 12), chance.integers(5, 75, 12)] = 30
    file = io.BytesIO()
    Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=60)
    return np.asarray(Image.open(file))


def digits(mnist_dir: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Some of MNIST's training images, and their labels."""
    return cut(mnist_dir, 2000, 2000 + count)
