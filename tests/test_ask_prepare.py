"""Pictures of one's own are brought to what a dataset's images are made like."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from components.ask.paper import see
from components.ask.prepare import prepare
from components.readers.from_images.found import BadImages
from components.readers.preparation import PREPARATION
from components.readers.reader import BadDataset
from components.readers.survey import read_dataset
from modules.data.dataset import from_plain, to_plain
from modules.data.features import stroke_width
from modules.data.framing import BY_BOX, BY_MASS, WHOLE, lies, made, preparation_of
from tests import pictured, scans
from tests.conftest import MakeDataset
from tests.datasets import LETTERS, MNIST

CHANCE = np.random.default_rng(1)


@pytest.fixture(scope="module")
def digits(mnist_dir: Path) -> np.ndarray:
    return scans.digits(mnist_dir, 12)[0]


def ready(pixels: np.ndarray, **options: str) -> np.ndarray:
    return prepare(Image.fromarray(pixels), MNIST, **options).image


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """The correlation of two images' pixels."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_mnist_is_centred_by_mass_and_other_data_are_not(digits: np.ndarray) -> None:
    assert preparation_of(digits) == BY_MASS
    assert preparation_of(np.roll(digits, 3, axis=1)) == WHOLE
    framed = np.zeros((5, 28, 28), np.uint8)
    framed[:, 2:26, 8:20] = 200
    framed[:, 2:10, 8:20] = 255  # heavier above
    assert preparation_of(framed) == BY_BOX
    assert preparation_of(np.full((5, 28, 28), 200, np.uint8)) == WHOLE


def test_nothing_lies_nowhere() -> None:
    blank = np.zeros((1, 28, 28), np.uint8)
    assert np.isnan(lies(blank).longer).all() and np.isnan(lies(blank).mass).all()
    assert not made(blank, BY_MASS).any() and made(blank, WHOLE).all()


def test_a_part_of_mnist_says_how_it_was_made(make_dataset: MakeDataset, tmp_path: Path) -> None:
    assert read_dataset(make_dataset(tmp_path)).preparation == BY_MASS
    (tmp_path / PREPARATION).write_text("whole\n")
    assert read_dataset(tmp_path).preparation == WHOLE
    (tmp_path / PREPARATION).write_text("by-weight")
    with pytest.raises(BadDataset, match=r"preparation.txt says 'by-weight': write by-mass"):
        read_dataset(tmp_path)


def test_pictures_of_another_kind_are_taken_whole(tmp_path: Path) -> None:
    data = pictured.write(tmp_path, pictured.by_class([1, 2], 9), pictured.by_class([1, 2], 3))
    assert read_dataset(data).preparation == WHOLE


def test_what_older_runs_wrote_of_their_data_is_read() -> None:
    for dataset in (MNIST, LETTERS):
        plain = {name: v for name, v in to_plain(dataset).items() if name != "preparation"}
        assert from_plain(plain) == dataset


def test_images_of_the_data_come_out_as_they_are(digits: np.ndarray) -> None:
    for image in digits:
        assert (ready(image) == image).all() and (ready(255 - image) == image).all()


@pytest.mark.parametrize(
    ("what", "picture", "least"),
    [
        ("a drawing", lambda image: scans.on_paper(scans.pen(image, 60), 100, 80), 0.85),
        ("a scan", lambda image: scans.scanned(image, CHANCE), 0.85),
        ("a negative", lambda image: 255 - scans.scanned(image, CHANCE), 0.85),
        ("a dim photo", lambda i: scans.on_paper(scans.pen(i, 90), 160, 200, 0.35), 0.85),
        ("a large scan", lambda i: scans.on_paper(scans.pen(i, 800), 2000, 1500), 0.85),
        ("a small one on a page", lambda i: scans.on_paper(scans.pen(i, 120), 900, 700), 0.85),
        ("one of 12 pixels", lambda i: 255 - np.asarray(Image.fromarray(i).resize((12, 12))), 0.7),
    ],
)
def test_pictures_come_out_as_mnist_made_them(
    digits: np.ndarray, what: str, picture: Callable[[np.ndarray], np.ndarray], least: float
) -> None:
    found = np.stack([ready(picture(image)) for image in digits[:4]])
    assert made(found, BY_MASS).all(), what
    assert min(map(alike, found, digits)) > least, what


def test_polarity_is_said_and_can_be_forced(digits: np.ndarray) -> None:
    drawn = Image.fromarray(scans.on_paper(scans.pen(digits[0], 60), 100, 80))
    assert prepare(drawn, MNIST).polarity == "black-on-white"
    assert prepare(Image.eval(drawn, lambda v: 255 - v), MNIST).polarity == "white-on-black"
    with pytest.raises(BadImages, match="no ink if it is white on black: nothing is drawn"):
        prepare(drawn, MNIST, "white-on-black")


def test_thin_strokes_are_made_as_thick_as_those_of_the_data() -> None:
    picture = Image.new("L", (400, 400), 255)
    ImageDraw.Draw(picture).line([(100, 80), (300, 80), (180, 330)], fill=0, width=4)
    found = prepare(picture, MNIST)
    assert found.strokes is not None and found.strokes < 1.0
    assert stroke_width(found.image[None])[0] == pytest.approx(MNIST.strokes[0], abs=0.3)


def test_noise_is_no_paper() -> None:
    for noise in (CHANCE.integers(0, 256, (60, 50)), CHANCE.normal(128, 40, (60, 50)).clip(0, 255)):
        assert ready(noise.astype(np.uint8)).any()


@pytest.mark.parametrize("value", [0, 40, 255])
def test_an_empty_sheet_shows_nothing(value: int) -> None:
    with pytest.raises(BadImages, match="all of one shade: nothing is drawn"):
        ready(np.full((50, 40), value, np.uint8))


def test_an_empty_scan_shows_nothing() -> None:
    paper = 200 + 40 * np.linspace(-1, 1, 80)[None] + CHANCE.normal(0, 4, (100, 80))
    with pytest.raises(BadImages, match="nothing is drawn"):
        ready(paper.clip(0, 255).astype(np.uint8))


def test_too_small_is_said() -> None:
    with pytest.raises(BadImages, match="has 5 x 4 pixels"):
        ready(np.eye(4, 5, dtype=np.uint8))


def test_ink_keeps_its_parts_and_loses_specks() -> None:
    sheet = np.full((100, 100), 230, np.uint8)
    sheet[20:70, 48:54] = 20  # an i
    sheet[8:14, 48:54] = 20  # its dot
    sheet[80, 20] = sheet[40, 80] = 20
    ink = see(sheet).ink > 0
    assert ink[20:70, 48:54].all() and ink[8:14, 48:54].all() and ink.sum() == 336


def test_whole_pictures_are_made_as_a_dataset_of_them_is() -> None:
    shapes = dataclasses.replace(MNIST, preparation=WHOLE, hash="0" * 64)
    sheet = np.full((40, 20), 250, np.uint8)
    sheet[10:30, 5:15] = 0
    found = prepare(Image.fromarray(sheet), shapes)
    assert found.polarity == "black-on-white" and found.image[0].max() == 0
    assert found.image[14, 14] > 240 and found.image[:, :8].max() == 0  # padded, not cropped
    letters = dataclasses.replace(MNIST, preparation=BY_BOX, hash="0" * 64)
    assert lies(prepare(Image.fromarray(sheet), letters).image[None]).longer[0] == 24
