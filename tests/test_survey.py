"""What a dataset says of itself, however its files are spelt and packed."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from components.readers import idx
from components.readers.class_names import CLASS_NAMES
from components.readers.reader import BadDataset
from components.readers.survey import Survey, read_dataset
from modules.data import features
from modules.data.dataset import MNIST_HASH, Dataset
from modules.data.features import stroke_width
from tests import pictured
from tests.conftest import MakeDataset
from tests.datasets import MNIST

LETTERS = list(range(1, 27))


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    return pictured.write(
        tmp_path / "letters", pictured.by_class(LETTERS, 40), pictured.by_class(LETTERS, 30), 11
    )


def test_mnist_is_known(mnist_dir: Path) -> None:
    assert read_dataset(mnist_dir) == MNIST and MNIST.hash == MNIST_HASH and MNIST.is_mnist


def test_a_part_of_mnist_is_not_mnist(make_dataset: MakeDataset, tmp_path: Path) -> None:
    dataset = read_dataset(make_dataset(tmp_path / "part"))
    assert not dataset.is_mnist and dataset.origin == "part"
    assert (dataset.train_count, dataset.test_count) == (200, 100)


def test_letters(letters: Path) -> None:
    dataset = read_dataset(letters)
    assert (dataset.side, dataset.classes, dataset.pixels) == (11, 26, 121)
    assert dataset.labels == tuple(LETTERS) and dataset.names == tuple(map(str, LETTERS))
    pair = idx.find_dataset(letters)["train"]
    widths = stroke_width(idx.read_images(pair.images, 0, pair.count))
    assert dataset.strokes == pytest.approx(np.quantile(widths, (0.25, 0.75)), abs=1.1e-4)
    assert dataset.strokes == tuple(round(width, 4) for width in dataset.strokes)


def test_labels_with_gaps_are_classes_in_order(tmp_path: Path) -> None:
    data = pictured.write(tmp_path, pictured.by_class([200, 7, 31], 3), [31, 200, 7])
    survey = Survey(data, transposed=False)
    assert survey.labels == (7, 31, 200)
    assert survey.classes["train"].tolist() == [2, 2, 2, 0, 0, 0, 1, 1, 1]
    assert survey.classes["test"].tolist() == [1, 2, 0]


def test_the_hash_follows_what_is_read_and_not_how(
    make_dataset: MakeDataset, tmp_path: Path
) -> None:
    plain = make_dataset(tmp_path / "plain", suffix="")
    packed = read_dataset(make_dataset(tmp_path / "packed"))
    assert dataclasses.replace(read_dataset(plain), origin="packed") == packed
    for file in list(plain.glob("t*")):
        file.rename(plain / ("emnist-digits-" + file.name.replace("t10k", "test")))
    assert read_dataset(plain).hash == packed.hash


@pytest.mark.parametrize("what", ["a pixel", "a label", "the order"])
def test_the_hash_notices(make_dataset: MakeDataset, tmp_path: Path, what: str) -> None:
    before = read_dataset(make_dataset(tmp_path)).hash
    pair = idx.find_dataset(tmp_path)["test"]
    images = idx.read_images(pair.images, 0, 100).copy()
    labels = idx.read_labels(pair.labels).astype(np.uint8)
    if what == "a pixel":
        images[99, 27, 27] ^= 1
    elif what == "a label":
        labels[0] = (labels[0] + 1) % 10
    else:
        images, labels = images[::-1].copy(), labels[::-1].copy()
    idx.write_idx(pair.images, images)
    idx.write_idx(pair.labels, labels)
    assert read_dataset(tmp_path).hash != before


def test_transposed_images_are_turned_once(tmp_path: Path) -> None:
    labels = pictured.by_class(LETTERS, 2)
    upright = pictured.write(tmp_path / "upright", labels, labels)
    turned = pictured.write(tmp_path / "turned", labels, labels, transposed=True)
    wanted = read_dataset(upright)
    assert read_dataset(turned, transposed=True).hash == wanted.hash
    assert read_dataset(turned, transposed=False).hash != wanted.hash
    seen = {"train": 0, "test": 0}

    def see(split: str, start: int, images: np.ndarray) -> None:
        found = pictured.pictures(labels, 9, seed=split == "test")
        np.testing.assert_array_equal(images, found[start : start + len(images)])
        seen[split] += len(images)

    Survey(turned, transposed=True).read(see)
    assert seen == {"train": 52, "test": 52}


def _named(letters: Path, text: str) -> Dataset:
    (letters / CLASS_NAMES).write_text(text, encoding="utf-8")
    return read_dataset(letters)


NAMES = [chr(64 + label) for label in LETTERS]


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n"])
def test_names_stand_beside_the_data(letters: Path, ending: str) -> None:
    separator = "\r\n" if "\r" in ending else "\n"
    assert _named(letters, separator.join(NAMES) + ending).names == tuple(NAMES)


def test_a_name_may_have_blanks_and_signs(letters: Path) -> None:
    odd = ["\ufeffT-shirt/top", "Ankle boot", "[ä]", *NAMES[3:]]
    assert _named(letters, "\n".join(odd)).names == ("T-shirt/top", *odd[1:])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (NAMES[:25], "holds 25 names, but the training labels are of 26 classes (1 to 26)"),
        ([*NAMES, "AA"], "holds 27 names, but"),
        (["A", "", *NAMES[2:]], "line 2: the name '' is empty"),
        (["A", "B", "B", *NAMES[3:]], "line 3: the name 'B' is there twice"),
        (["A\tB", *NAMES[1:]], "line 1: the name 'A\\tB' has characters that cannot be printed"),
        (["A" * 41, *NAMES[1:]], "line 1: the name '" + "A" * 41 + "' has more than 40"),
        (["A=B", *NAMES[1:]], "line 1: the name 'A=B' has an equals sign"),
    ],
)
def test_bad_names_are_refused(letters: Path, names: list[str], words: str) -> None:
    with pytest.raises(BadDataset) as refusal:
        _named(letters, "\n".join(names) + "\n")
    assert words in str(refusal.value) and CLASS_NAMES in str(refusal.value)


def test_names_that_are_no_text_are_refused(letters: Path) -> None:
    (letters / CLASS_NAMES).write_bytes("Ä\n".encode("latin-1"))
    with pytest.raises(BadDataset, match="is not UTF-8 text"):
        read_dataset(letters)


@pytest.mark.parametrize(
    ("widths", "strokes"),
    [
        ([1, 2, 2, 3, 3, 4, 5, 5], ("thin", "regular", "bold")),
        ([1, 1, 1, 1, 4, 4], ("regular", "bold")),
        ([2, 2, 2, 2, 2, 2], ("bold",)),
        ([2, 2, 2, 2, 2, 4], ("bold",)),
    ],
)
def test_strokes_that_are_alike_are_not_told_apart(
    tmp_path: Path, widths: list[int], strokes: tuple[str, ...]
) -> None:
    images = np.zeros((60, 16, 16), np.uint8)
    for place, image in enumerate(images):
        image[3 : 3 + widths[place % len(widths)], 2:14] = 255
    labels = np.arange(60) % 2
    data = pictured.write(tmp_path, labels, np.arange(200) % 2, side=16)
    idx.write_idx(data / "train-images-idx3-ubyte", images)
    dataset = read_dataset(data)
    assert features.strokes_of(dataset) == strokes
    found = features.stroke_class(images, dataset.strokes)
    assert set(found) == set(strokes) and min(np.unique(found, return_counts=True)[1]) >= 6


def test_where_a_quarter_of_the_test_images_is_too_few_strokes_are_not_told_apart(
    tmp_path: Path,
) -> None:
    labels = np.arange(199) % 3
    data = pictured.write(tmp_path, labels, labels)
    assert features.strokes_of(read_dataset(data)) == ("bold",)
