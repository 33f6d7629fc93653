"""The command that makes a dataset of one's own images: what it makes, and what it refuses."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from components.readers.from_images.__main__ import main
from tests import idx_files

Say = pytest.CaptureFixture[str]


def picture(label: int, number: int, size: tuple[int, int] = (20, 20)) -> np.ndarray:
    """A black bar on white, whose height is the class; `number` makes it another image."""
    image = np.full(size, 255, np.uint8)
    image[4 + 2 * label : 6 + 2 * label, 4:-4] = number % 100
    return image


def make_pngs(folder: Path, classes: str = "abc", count: int = 60, suffix: str = "png") -> Path:
    for label, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            image = Image.fromarray(picture(label, number))
            image.save(folder / name / f"{number}.{suffix}")
    return folder


def make_npz(file: Path, **changes: Any) -> Path:
    """180 images of 3 classes, 5, 6 and 9; `None` leaves an array out."""
    labels = np.repeat([5, 6, 9], 60)
    images = 255 - np.stack([picture(i // 60, i % 60) for i in range(180)])
    arrays = {"images": images, "labels": labels, **changes}
    np.savez(file, **{name: array for name, array in arrays.items() if array is not None})
    return file


def refused(capsys: Say, *words: str | Path) -> str:
    """What the command says in its one sentence as it ends with 2."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == 2
    said = capsys.readouterr()
    assert not said.out and said.err.startswith("from_images: ") and said.err.count("\n") == 1
    return said.err


def test_a_folder_of_pngs_becomes_a_dataset(tmp_path: Path, capsys: Say) -> None:
    source = make_pngs(tmp_path / "source")
    assert main([str(source), str(tmp_path / "out"), "--side", "20"]) == 0
    said = capsys.readouterr().out
    assert "inverted" in said and "100% of the borders are light" in said
    assert "train: 90 images, 30 of a class\ntest: 90 images, 30 of a class" in said
    images, labels, test_images, test_labels = idx_files.read_all(tmp_path / "out")
    assert (tmp_path / "out" / "class-names.txt").read_text() == "a\nb\nc\n"
    assert np.bincount(labels).tolist() == np.bincount(test_labels).tolist() == [30, 30, 30]
    assert len(set(labels[:10])) > 1, "they are shuffled"
    for image, label in zip([*images, *test_images], [*labels, *test_labels], strict=True):
        ink = np.flatnonzero(image.max(axis=1) > 100)
        assert ink.tolist() == [4 + 2 * label, 5 + 2 * label]
        assert image[0, 0] == 0
    with Image.open(tmp_path / "out" / "preview.png") as preview:
        assert preview.size == (12 * 22, 3 * 22)


def test_the_seed_decides_the_division(tmp_path: Path) -> None:
    source = make_pngs(tmp_path / "source", count=70)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert main([str(source), str(tmp_path / name), "--seed", str(seed)]) == 0
    a, b, c = (idx_files.read_all(tmp_path / name) for name in "abc")
    assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    assert not np.array_equal(a[2], c[2])


@pytest.mark.parametrize(("share", "tested"), [("0.1", 30), ("0.25", 50), ("0.5", 100)])
def test_the_share_is_taken_of_each_class(tmp_path: Path, share: str, tested: int) -> None:
    labels = np.repeat([1, 2], 200)
    images = np.random.default_rng(1).integers(0, 255, (400, 8, 8))
    source = make_npz(tmp_path / "x.npz", images=images, labels=labels)
    words = ["--test-share", share, "--polarity", "white-on-black"]
    assert main([str(source), str(tmp_path / "out"), *words]) == 0
    _, train, _, test = idx_files.read_all(tmp_path / "out")
    assert np.bincount(test).tolist() == [tested] * 2
    assert np.bincount(train).tolist() == [200 - tested] * 2


def test_a_division_that_is_there_is_kept(tmp_path: Path) -> None:
    make_pngs(tmp_path / "source" / "train", count=3)
    make_pngs(tmp_path / "source" / "test", count=30)
    assert main([str(tmp_path / "source"), str(tmp_path / "out")]) == 0
    images, _, test_images, labels = idx_files.read_all(tmp_path / "out")
    assert len(images) == 9 and np.bincount(labels).tolist() == [30, 30, 30]
    assert test_images.shape == (90, 28, 28)


def test_a_folder_beside_train_and_test_is_said_to_be_left_out(tmp_path: Path, capsys: Say) -> None:
    for split in ("train", "test", "valid"):
        make_pngs(tmp_path / "source" / split, count=30)
    assert main([str(tmp_path / "source"), str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert f"{tmp_path / 'source' / 'valid'} is left out" in said and "train: 90 images" in said


def test_pictures_of_any_kind_are_read(tmp_path: Path, capsys: Say) -> None:
    """JPEG, colour, palette, 16 bits, transparent, turned by EXIF, not square."""
    source = make_pngs(tmp_path / "source", "ab", 60)
    wide = picture(0, 0, (20, 40))
    Image.fromarray(wide).convert("RGB").save(source / "a" / "wide.JPEG", quality=95)
    Image.fromarray(wide).convert("P").save(source / "a" / "palette.png")
    Image.fromarray(wide.astype(np.uint16) * 257).save(source / "a" / "deep.png")
    glass = np.zeros((20, 40, 4), np.uint8)
    glass[..., 3] = 255 - wide
    Image.fromarray(glass).save(source / "a" / "glass.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    Image.fromarray(np.rot90(wide)).save(source / "a" / "turned.jpg", exif=exif, quality=95)
    (source / "a" / "notes.txt").write_text("not a picture")
    (source / ".hidden").mkdir()
    out = tmp_path / "out"
    assert main([str(source), str(out), "--side", "40", "--test-share", "0.4"]) == 0
    said = capsys.readouterr().out
    assert "images of 20 x 20 to 40 x 20 pixels, padded to squares, scaled to 40 x 40" in said
    assert "1 left out that are no PNG or JPEG files, such as" in said and "notes.txt" in said
    images, labels, test_images, test_labels = idx_files.read_all(out)
    every = np.concatenate([images, test_images])
    # Wide ones keep their size: a bar of 32 by 2 pixels, 10 below the top of the padding and 4.
    bars = [image for image in every if np.all(image[14:16, 6:34] > 200)]
    assert len(bars) == 5
    assert all(image[:12].max() < 30 and image[18:].max() < 30 for image in bars)


def test_numbered_classes_are_in_the_order_of_numbers(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("10", "2", "1"):
        make_pngs(source / name, "x")
        for file in (source / name / "x").iterdir():
            file.rename(source / name / file.name)
        (source / name / "x").rmdir()
    assert main([str(source), str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "class-names.txt").read_text().split() == ["1", "2", "10"]


@pytest.mark.parametrize(
    ("convert", "said"),
    [
        (lambda images: images, ""),
        (lambda images: images / 255.0, "taken as 0 to 1: scaled to 0 to 255"),
        (lambda images: images // 16, "taken as 0 to 16: scaled to 0 to 255"),
        (lambda images: images > 100, "taken as 0 to 1: scaled to 0 to 255"),
        (lambda images: images.reshape(180, 400), ""),
        (lambda images: images[..., None], ""),
        (lambda images: np.repeat(images[..., None], 3, axis=3), ""),
    ],
)
def test_arrays_of_any_form_are_read(
    tmp_path: Path, capsys: Say, convert: Callable[[np.ndarray], np.ndarray], said: str
) -> None:
    with np.load(make_npz(tmp_path / "plain.npz")) as plain:
        source = make_npz(tmp_path / "x.npz", images=convert(plain["images"]))
    assert main([str(source), str(tmp_path / "out")]) == 0
    lines = capsys.readouterr().out
    assert said in lines and "white on black" in lines and ("scaled" in lines) == bool(said)
    images, labels, *_ = idx_files.read_all(tmp_path / "out")
    assert images.shape[1:] == (20, 20), "the npz's own side"
    for image, label in zip(images, labels, strict=True):
        assert np.flatnonzero(image.max(axis=1) > 100).tolist() == [4 + 2 * label, 5 + 2 * label]
    assert (tmp_path / "out" / "class-names.txt").read_text().split() == ["5", "6", "9"]


def test_words_and_whole_floats_are_labels(tmp_path: Path) -> None:
    for place, labels in enumerate([np.repeat(["dog", "cat", "owl"], 60), np.repeat([0.0, 1], 90)]):
        source = make_npz(tmp_path / f"{place}.npz", labels=labels)
        assert main([str(source), str(tmp_path / str(place))]) == 0
    assert (tmp_path / "0" / "class-names.txt").read_text().split() == ["cat", "dog", "owl"]
    assert (tmp_path / "1" / "class-names.txt").read_text().split() == ["0", "1"]


@pytest.mark.parametrize(
    ("x", "y"), [("x_{}", "y_{}"), ("{}_images", "{}_labels")], ids=["keras", "medmnist"]
)
def test_divided_arrays_are_kept_divided(tmp_path: Path, x: str, y: str) -> None:
    with np.load(make_npz(tmp_path / "plain.npz")) as plain:
        images, labels = plain["images"], plain["labels"][:, None]
    np.savez(
        tmp_path / "x.npz",
        **{x.format("train"): images[::2], y.format("train"): labels[::2]},
        **{x.format("test"): images[1::2], y.format("test"): labels[1::2]},
    )
    assert main([str(tmp_path / "x.npz"), str(tmp_path / "out")]) == 0
    _, train, _, test = idx_files.read_all(tmp_path / "out")
    assert np.bincount(train).tolist() == np.bincount(test).tolist() == [30, 30, 30]


def test_the_digits_of_scikit_learn(
    tmp_path: Path, project: Path, capsys: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (project / "docs" / "data.md").read_text().splitlines()
    [command] = [line for line in lines if "load_digits" in line]
    monkeypatch.chdir(tmp_path)
    exec(shlex.split(command)[2], {})
    assert main(["d.npz", "out"]) == 0
    assert "values from 0 to 16, taken as 0 to 16: scaled to 0 to 255" in capsys.readouterr().out
    images, _, test_images, labels = idx_files.read_all(tmp_path / "out")
    assert images.shape[1:] == (8, 8) and images.max() == 255
    assert np.bincount(labels).min() >= 30


def test_polarity_can_be_forced_and_has_to_be_where_borders_disagree(
    tmp_path: Path, capsys: Say
) -> None:
    with np.load(make_npz(tmp_path / "plain.npz")) as plain:
        images = plain["images"]
    assert (
        main([str(tmp_path / "plain.npz"), str(tmp_path / "a"), "--polarity", "black-on-white"])
        == 0
    )
    assert idx_files.read_all(tmp_path / "a")[0][0, 0, 0] == 255
    assert "black on white, as it was told: inverted" in capsys.readouterr().out
    mixed = np.where(np.arange(180)[:, None, None] % 3 == 0, 255 - images, images)
    source = make_npz(tmp_path / "mixed.npz", images=mixed)
    said = refused(capsys, source, tmp_path / "b")
    assert "33% of the images have light borders" in said and "--polarity black-on-white" in said
    assert main([str(source), str(tmp_path / "b"), "--polarity", "white-on-black"]) == 0


def test_tinted_paper_becomes_0_and_ink_stays_255(tmp_path: Path, capsys: Say) -> None:
    with np.load(make_npz(tmp_path / "plain.npz")) as plain:
        source = make_npz(tmp_path / "x.npz", images=np.minimum(255 - plain["images"], 230))
    assert main([str(source), str(tmp_path / "out")]) == 0
    assert "paper has 25 of 255 in most images, which was made 0" in capsys.readouterr().out
    images = idx_files.read_all(tmp_path / "out")[0]
    assert images.max() == 255 and np.median(images) == 0


def one_class(folder: Path) -> Path:
    return make_pngs(folder, "a")


def too_many(folder: Path) -> Path:
    for number in range(101):
        (folder / str(number)).mkdir(parents=True)
    return folder


def an_empty_class(folder: Path) -> Path:
    (make_pngs(folder) / "empty").mkdir()
    return folder


def few_of_a_class(folder: Path) -> Path:
    (make_pngs(folder) / "b" / "7.png").unlink()
    return folder


def a_broken_file(folder: Path) -> Path:
    file = make_pngs(folder) / "b" / "7.png"
    file.write_bytes(file.read_bytes()[:60])
    return folder


def text_in_a_png(folder: Path) -> Path:
    (make_pngs(folder) / "c" / "3.png").write_text("no picture")
    return folder


def a_tiny_picture(folder: Path) -> Path:
    Image.new("L", (5, 3), 255).save(make_pngs(folder) / "c" / "3.png")
    return folder


def files_without_classes(folder: Path) -> Path:
    folder.mkdir()
    Image.new("L", (20, 20), 255).save(folder / "1.png")
    return folder


def a_class_that_is_not_tested(folder: Path) -> Path:
    make_pngs(folder / "train")
    make_pngs(folder / "test", "ab")
    return folder


def few_tests(folder: Path) -> Path:
    make_pngs(folder / "train")
    make_pngs(folder / "test", count=29)
    return folder


def blank_pictures(folder: Path) -> Path:
    for file in make_pngs(folder).glob("*/*"):
        Image.new("L", (20, 20), 250).save(file)
    return folder


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (one_class, "has only the class a: 2 to 100 can be told apart"),
        (too_many, "has 101 classes: 2 to 100 can be told apart"),
        (an_empty_class, "source/empty holds no PNG or JPEG file"),
        (few_of_a_class, "The class b has 59 images, and would have 29 to train with beside 30"),
        (a_broken_file, "source/b/7.png cannot be read as a PNG or JPEG image"),
        (text_in_a_png, "source/c/3.png cannot be read as a PNG or JPEG image"),
        (a_tiny_picture, "source/c/3.png has 5 x 3 pixels"),
        (files_without_classes, "has no folders: put the images of each class into one"),
        (a_class_that_is_not_tested, "source/test has no folder for the class c"),
        (few_tests, "The class a has 29 test images, and 30 are needed"),
        (blank_pictures, "No image has ink: the strongest has 0 of 255"),
        (lambda folder: folder, "source does not exist"),
    ],
)
def test_a_folder_that_makes_no_sense_is_refused(
    tmp_path: Path, capsys: Say, make: Callable[[Path], Path], said: str
) -> None:
    source = make(tmp_path / "source")
    assert said in refused(capsys, source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


IMAGES = np.zeros((180, 20, 20))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"images": None, "pixels": IMAGES}, "holds the arrays labels, pixels: name them as one"),
        ({"images": np.zeros((179, 20, 20))}, "179 images but 180 labels"),
        ({"images": np.zeros((180, 20))}, "images has the shape (180, 20)"),
        ({"images": np.zeros((180, 3, 20, 20))}, "images has the shape (180, 3, 20, 20)"),
        ({"images": np.zeros((0, 20, 20)), "labels": np.zeros(0)}, "and so no images"),
        ({"images": np.zeros((180, 20, 20), "U1")}, "images holds <U1 values"),
        ({"images": np.array([None] * 180)}, "holds Python objects, which are not read"),
        ({"images": IMAGES - 1}, "values from -1 to -1: images go from 0 to 255"),
        ({"images": IMAGES + 256}, "values from 256 to 256"),
        ({"images": IMAGES + 100}, "values from 100 to 100"),
        ({"images": IMAGES}, "values from 0 to 0"),
        ({"images": IMAGES + np.nan}, "holds values that are no numbers"),
        ({"images": np.full((180, 5, 5), 255)}, "image 0 has 5 x 5 pixels"),
        ({"labels": np.eye(180)}, "labels has the shape (180, 180)"),
        ({"labels": np.arange(180) / 7}, "labels holds float64 values"),
        ({"labels": np.zeros(180)}, "has only the class 0"),
        ({"labels": np.arange(180)}, "has 180 classes"),
        ({"labels": np.repeat(["a", " b", "c"], 60)}, "has a class named ' b'"),
        ({"labels": np.repeat([1, 2, 3], [60, 61, 59])}, "The class 3 has 59 images"),
    ],
)
def test_arrays_that_make_no_sense_are_refused(
    tmp_path: Path, capsys: Say, changes: dict[str, Any], said: str
) -> None:
    source = make_npz(tmp_path / "x.npz", **changes)
    found = refused(capsys, source, tmp_path / "out")
    assert said in found and "x.npz" in found or found.startswith("from_images: The class 3")
    assert said in found and not (tmp_path / "out").exists()


def test_a_class_of_one_split_alone_is_refused(tmp_path: Path, capsys: Say) -> None:
    with np.load(make_npz(tmp_path / "plain.npz")) as plain:
        images, labels = plain["images"], plain["labels"]
    file = tmp_path / "x.npz"
    np.savez(file, x_train=images, y_train=labels, x_test=images[:120], y_test=labels[:120])
    assert "no image of the class 9 by y_test" in refused(capsys, file, tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_npz_is_refused(tmp_path: Path, capsys: Say, content: bytes) -> None:
    (tmp_path / "x.npz").write_bytes(content)
    assert "x.npz is not a whole .npz file" in refused(capsys, tmp_path / "x.npz", tmp_path / "out")


def test_a_lone_array_is_refused(tmp_path: Path, capsys: Say) -> None:
    np.save(tmp_path / "x.npy", IMAGES)
    assert "holds one array" in refused(capsys, tmp_path / "x.npy", tmp_path / "out")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--side", "7"], "--side is from 8 to 64 pixels, not 7"),
        (["--side", "65"], "--side is from 8 to 64 pixels, not 65"),
        (["--test-share", "1"], "--test-share is between 0 and 1, not 1"),
        (["--seed", "-1"], "--seed is 0 or more"),
        (["--polarity", "odd"], "invalid choice: 'odd'"),
    ],
)
def test_options_that_cannot_be_are_refused(
    tmp_path: Path, capsys: Say, words: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path), str(tmp_path / "out"), *words])
    assert stopped.value.code == 2 and said in capsys.readouterr().err


def test_a_dataset_is_overwritten_when_told_and_other_files_stay(
    tmp_path: Path, capsys: Say
) -> None:
    source, out = make_npz(tmp_path / "x.npz"), tmp_path / "out"
    assert main([str(source), str(out)]) == 0
    (out / "gates.toml").write_text("[transformer.smoke]\n")
    (out / "t10k-images.idx3-ubyte").write_bytes(b"would be taken for the new one")
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    assert "holds a dataset already" in refused(capsys, source, out)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    assert main([str(source), str(out), "--overwrite", "--seed", "2"]) == 0
    assert {file.name for file in out.iterdir()} == before.keys() - {"t10k-images.idx3-ubyte"}
    assert (out / "gates.toml").read_text() and not list(tmp_path.glob(".*"))


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from components.readers import idx

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(idx, "write_idx", full)
    source = make_npz(tmp_path / "x.npz")
    assert main([str(source), str(tmp_path / "out")]) == 2
    assert [file.name for file in tmp_path.iterdir()] == ["x.npz"]


def test_a_place_that_cannot_be_is_refused(tmp_path: Path, capsys: Say) -> None:
    source = make_pngs(tmp_path / "source")
    assert "whose folders are classes" in refused(capsys, source, source / "out")
    (tmp_path / "file").write_text("")
    assert "is a file" in refused(capsys, source, tmp_path / "file")
    assert "cannot be written" in refused(capsys, source, tmp_path / "file" / "out")
