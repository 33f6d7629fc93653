"""The script that draws letters: they are the same everywhere, and can be learnt."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from scripts import letters
from tests import idx_files

# Of the 104 letters below: another machine, Python, NumPy or TensorBoard may not change them.
DIGEST = "54e65f4aab6c907bf5ab5a330c1f0793aaf7ba67a3a4cf96f279047ef9cf617c"


def test_the_same_seed_gives_the_same_images_on_every_machine() -> None:
    part = letters.letters(104, 28, "1 train")
    found = hashlib.sha256(part.images.tobytes() + part.labels.tobytes())
    assert found.hexdigest() == DIGEST
    other = letters.letters(104, 28, "2 train")
    assert not np.array_equal(part.images, other.images)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("letters") / "made"
    assert letters.main([str(folder), "--train", "2600", "--test", "520"]) == 0
    return folder


def test_all_letters_are_there_equally_often_and_mixed(made: Path) -> None:
    images, labels, test_images, test_labels = idx_files.read_all(made)
    assert images.shape == (2600, 28, 28) and test_images.shape == (520, 28, 28)
    assert np.bincount(labels)[1:].tolist() == [100] * 26
    assert np.bincount(test_labels)[1:].tolist() == [20] * 26
    assert len(set(labels[:100])) > 20
    assert (made / "class-names.txt").read_text().split() == list(letters.LETTERS)
    known = {image.tobytes() for image in images}
    assert len(known) == 2600 and not known & {image.tobytes() for image in test_images}


def test_ink_is_white_on_paper_of_0_with_grey_edges(made: Path) -> None:
    images = idx_files.read_all(made)[0]
    assert np.all(images.max(axis=(1, 2)) == 255)
    assert 0.6 < np.mean(images == 0) < 0.9
    assert 0.05 < np.mean((images > 0) & (images < 255)) < 0.3
    assert np.mean(images[:, [0, 0, -1, -1], [0, -1, 0, -1]]) < 1.0


def test_letters_can_be_learnt_and_are_not_trivial(made: Path) -> None:
    images, labels, test_images, test_labels = idx_files.read_all(made)
    known = images.reshape(len(images), -1) / 255.0
    asked = test_images.reshape(len(test_images), -1) / 255.0
    distances = (known**2).sum(axis=1) - 2 * asked @ known.T
    nearest = labels[distances.argmin(axis=1)]
    assert np.mean(nearest == test_labels) > 0.75
    means = np.stack([known[labels == label].mean(axis=0) for label in range(1, 27)])
    by_mean = 1 + ((means**2).sum(axis=1) - 2 * asked @ means.T).argmin(axis=1)
    assert 0.3 < np.mean(by_mean == test_labels) < 0.8


def test_a_face_and_a_weight_can_be_seen_in_the_ink() -> None:
    assert len(letters.faces()) == 11
    inks = {np.asarray(letters.drawn(face, "A", 0)).tobytes() for face in range(11)}
    assert len(inks) == 11
    thin, bold = (np.asarray(letters.drawn(0, "E", width)) for width in (0, 4))
    assert np.mean(bold) > 1.3 * np.mean(thin)


@pytest.mark.parametrize("side", [8, 13, 32, 61, 64])
def test_any_side_will_do(side: int) -> None:
    part = letters.letters(52, side, "1")
    assert part.images.shape == (52, side, side) and part.images.dtype == np.uint8
    assert np.all(part.images.max(axis=(1, 2)) == 255)
    assert 0.05 < np.mean(part.images) / 255 < 0.4


def test_emnist_has_its_own_names_and_lies_on_its_side(tmp_path: Path) -> None:
    sizes = ["--train", "52", "--test", "26", "--side", "32"]
    assert letters.main([str(tmp_path / "a"), *sizes]) == 0
    assert letters.main([str(tmp_path / "b"), *sizes, "--transposed", "--names", "emnist"]) == 0
    assert (tmp_path / "b" / "emnist-letters-train-images-idx3-ubyte.gz").is_file()
    upright = idx_files.read_all(tmp_path / "a")
    turned = idx_files.read_all(tmp_path / "b", "emnist")
    for place in (0, 2):
        assert np.array_equal(turned[place], upright[place].swapaxes(1, 2))
        assert np.array_equal(turned[place + 1], upright[place + 1])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--side", "7"], "--side is from 8 to 64 pixels, not 7"),
        (["--side", "65"], "--side is from 8 to 64 pixels, not 65"),
        (["--test", "25"], "26 or more"),
    ],
)
def test_what_cannot_be_made_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as refused:
        letters.main([str(tmp_path / "out"), *words])
    assert refused.value.code == 2 and said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_dataset_is_not_overwritten_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [str(tmp_path), "--train", "26", "--test", "26"]
    assert letters.main(command) == 0
    assert letters.main([*command, "--seed", "2"]) == 2
    assert "holds a dataset already" in capsys.readouterr().err
    assert letters.main([*command, "--seed", "2", "--overwrite"]) == 0
