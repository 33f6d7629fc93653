"""The IDX reader: the canonical files, names, ranges, round trips, and every refusal."""

import gzip
import hashlib
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from components.readers import idx, idx_names
from components.readers.reader import BadDataset
from components.readers.survey import read_dataset
from tests.conftest import MakeDataset

TRAIN_IMAGES, TRAIN_LABELS = idx_names.SPLITS["train"]
TEST_IMAGES, TEST_LABELS = idx_names.SPLITS["test"]


def test_canonical_files_match_their_checksums(mnist_dir: Path) -> None:
    lines = (mnist_dir / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split() for line in lines)}
    assert set(listed) == {stem + ".gz" for stems in idx_names.SPLITS.values() for stem in stems}
    for name, digest in listed.items():
        assert hashlib.sha256((mnist_dir / name).read_bytes()).hexdigest() == digest, name


def test_canonical_dataset_is_whole(mnist_dir: Path) -> None:
    pairs = idx.find_dataset(mnist_dir)
    assert {split: pair.count for split, pair in pairs.items()} == {"train": 60_000, "test": 10_000}
    labels = idx.read_labels(pairs["train"].labels)
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(labels).tolist() == [
        *(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
    ]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_ranges_are_slices_of_the_whole(
    make_dataset: MakeDataset, tmp_path: Path, suffix: str
) -> None:
    pair = idx.find_dataset(make_dataset(tmp_path, suffix=suffix))["train"]
    images = idx.read_images(pair.images, 0, pair.count)
    labels = idx.read_labels(pair.labels, 0, pair.count)
    assert images.shape == (200, 28, 28) and images.dtype == np.uint8
    assert labels.shape == (200,) and labels.dtype == np.uint8
    for start, stop in [(0, 1), (17, 103), (199, 200), (50, 50)]:
        np.testing.assert_array_equal(idx.read_images(pair.images, start, stop), images[start:stop])
        np.testing.assert_array_equal(
            idx.read_labels(str(pair.labels), start, stop), labels[start:stop]
        )


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 4), (0, 201), (201, 201)])
def test_ranges_outside_the_file_are_errors(
    make_dataset: MakeDataset, tmp_path: Path, start: int, stop: int
) -> None:
    pair = idx.find_dataset(make_dataset(tmp_path))["train"]
    with pytest.raises(IndexError, match="200 entries"):
        idx.read_labels(pair.labels, start, stop)


@pytest.mark.parametrize("name", ["images.idx", "images.idx.gz"])
def test_round_trip(tmp_path: Path, name: str) -> None:
    images = np.random.default_rng(3).integers(0, 256, (7, 28, 28), dtype=np.uint8)
    idx.write_idx(tmp_path / name, images)
    np.testing.assert_array_equal(idx.read_images(tmp_path / name, 0, 7), images)
    first = (tmp_path / name).read_bytes()
    idx.write_idx(tmp_path / name, images)
    assert (tmp_path / name).read_bytes() == first


def test_only_bytes_are_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="float64"):
        idx.write_idx(tmp_path / "x", np.zeros((1, 28, 28)))  # type: ignore[arg-type]


def test_dotted_names_are_accepted(make_dataset: MakeDataset, tmp_path: Path) -> None:
    make_dataset(tmp_path, suffix="")
    for file in list(tmp_path.iterdir()):
        file.rename(tmp_path / file.name.replace("-idx", ".idx"))
    assert idx.find_dataset(tmp_path)["test"].images.name == "t10k-images.idx3-ubyte"


def test_plain_file_wins_over_gzipped_one(make_dataset: MakeDataset, tmp_path: Path) -> None:
    make_dataset(tmp_path, suffix=".gz")
    make_dataset(tmp_path, train=30, suffix="")
    pair = idx.find_dataset(tmp_path)["train"]
    assert (pair.images.name, pair.count) == (TRAIN_IMAGES, 30)


def write_qmnist_labels(path: Path, rows: np.ndarray) -> None:
    """Writes labels as QMNIST has them: big-endian int32, (N, 8), the class in the first column."""
    header = struct.pack(">HBB2I", 0, 0x0C, 2, *rows.shape)
    content = header + rows.astype(">i4").tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def _missing(file: Path) -> None:
    file.unlink()


def _folder_instead(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-5])


def _truncated_in_header(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:6])


def _trailing(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\x63")


def _patched(offset: int, value: bytes) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        content = bytearray(file.read_bytes())
        content[offset : offset + len(value)] = value
        file.write_bytes(content)

    return damage


def _wrong_size(file: Path) -> None:
    idx.write_idx(file, np.zeros((100, 32, 32), np.uint8))


def _of_side(side: int) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        idx.write_idx(file, np.zeros((100, side, side), np.uint8))

    return damage


def _not_square(file: Path) -> None:
    idx.write_idx(file, np.zeros((200, 28, 20), np.uint8))


def _colours(file: Path) -> None:
    idx.write_idx(file, np.zeros((100, 28, 28, 3), np.uint8))


def _faint(file: Path) -> None:
    idx.write_idx(file, np.minimum(idx.read_images(file, 0, 100), 16))


def _negative(file: Path) -> None:
    labels = np.ones((200, 8), np.int32)
    labels[7] = -1
    write_qmnist_labels(file, labels)


def _one_class(file: Path) -> None:
    idx.write_idx(file, np.full(200, 3, np.uint8))


def _many_classes(file: Path) -> None:
    idx.write_idx(file, (np.arange(200) % 101).astype(np.uint8))


def _no_entries(file: Path) -> None:
    idx.write_idx(file, np.zeros((0, 28, 28), np.uint8))


def _one_fewer(file: Path) -> None:
    idx.write_idx(file, idx.read_images(file, 0, 99))


def _shorter_inside_gzip(file: Path) -> None:
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes())[:-5]))


def _not_gzip(file: Path) -> None:
    file.write_bytes(gzip.decompress(file.read_bytes()))


def _gzip_without_saying_so(file: Path) -> None:
    file.write_bytes(gzip.compress(file.read_bytes()))


PLAIN: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "missing images": (TEST_IMAGES, _missing, "is missing"),
    "missing labels": (TRAIN_LABELS, _missing, "is missing"),
    "folder of that name": (TRAIN_IMAGES, _folder_instead, "is missing"),
    "empty": (TEST_IMAGES, _empty, "is empty"),
    "empty labels": (TEST_LABELS, _empty, "is empty"),
    "truncated": (TEST_IMAGES, _truncated, "ends after 78,395 of the 78,400 bytes"),
    "truncated labels": (TEST_LABELS, _truncated, "ends after 95 of the 100 bytes"),
    "truncated header": (TEST_IMAGES, _truncated_in_header, "cut short inside its header"),
    "trailing byte": (TEST_IMAGES, _trailing, "goes on after the 100 entries"),
    "trailing label": (TEST_LABELS, _trailing, "goes on after the 100 entries"),
    "not IDX": (TEST_IMAGES, _patched(0, b"\x89PNG"), "not an IDX file (it starts with 0x89504e47"),
    "floats": (TEST_IMAGES, _patched(2, b"\x0d"), "IDX type 0x0d"),
    "wrong dimensions": (TEST_LABELS, _patched(3, b"\x02"), "2 dimensions where labels have 1"),
    "wrong size": (TEST_IMAGES, _wrong_size, "images of 32 x 32 pixels"),
    "no images": (TEST_IMAGES, _no_entries, "holds no images"),
    "counts differ": (TEST_IMAGES, _one_fewer, "99 images but"),
    "count too large": (TEST_LABELS, _patched(4, struct.pack(">I", 2**32 - 1)), "4,294,967,295"),
    "unknown label": (TEST_LABELS, _patched(8 + 42, b"\x0a"), "the label 10 at index 42, which no"),
    "negative label": (TRAIN_LABELS, _negative, "the label -1 at index 7"),
    "one class": (TRAIN_LABELS, _one_class, "labels of one class"),
    "too many classes": (TRAIN_LABELS, _many_classes, "labels of 101 classes"),
    "colours": (TEST_IMAGES, _colours, "4 dimensions where images have 3: make its colours one"),
    "not square": (TRAIN_IMAGES, _not_square, "images of 28 x 20 pixels: pad them to squares"),
    "too small": (TRAIN_IMAGES, _of_side(7), "images of 7 x 7 pixels: scale them to between 8 x 8"),
    "too large": (TEST_IMAGES, _of_side(65), "images of 65 x 65 pixels: scale them"),
    "faint": (TEST_IMAGES, _faint, "no pixel above 16, so its values are not from 0 to 255: scale"),
    "gzip unsaid": (TEST_IMAGES, _gzip_without_saying_so, "is gzipped"),
}

GZIPPED: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "missing": (TRAIN_IMAGES, _missing, "is missing"),
    "empty": (TEST_IMAGES, _empty, "is empty"),
    "cut in the stream": (TEST_IMAGES, _truncated, "cut short inside its gzip stream"),
    "cut at once": (TEST_IMAGES, _truncated_in_header, "cut short inside its gzip stream"),
    "bad checksum": (TEST_LABELS, _patched(-8, b"\0\0\0\0"), "not an intact gzip file (CRC"),
    "corrupt": (TEST_IMAGES, _patched(40, b"\xff" * 40), "not an intact gzip file"),
    "trailing": (TEST_IMAGES, _trailing, "not an intact gzip file"),
    "not gzip": (TEST_IMAGES, _not_gzip, "not an intact gzip file"),
    "short inside": (TEST_IMAGES, _shorter_inside_gzip, "ends after 78,395 of the 78,400 bytes"),
    "wrong size": (TEST_IMAGES, _wrong_size, "images of 32 x 32 pixels"),
}


def _assert_one_sentence(message: str) -> None:
    assert message.endswith(".") and "\n" not in message and ". " not in message


def _assert_refused(folder: Path, name: str, words: str) -> None:
    with pytest.raises(BadDataset) as refusal:
        read_dataset(folder)
    message = str(refusal.value)
    assert str(folder / name) in message and words in message
    _assert_one_sentence(message)


@pytest.mark.parametrize("case", PLAIN)
def test_bad_plain_file_is_refused(make_dataset: MakeDataset, tmp_path: Path, case: str) -> None:
    name, damage, words = PLAIN[case]
    damage(make_dataset(tmp_path, suffix="") / name)
    _assert_refused(tmp_path, name, words)


@pytest.mark.parametrize("case", GZIPPED)
def test_bad_gzipped_file_is_refused(make_dataset: MakeDataset, tmp_path: Path, case: str) -> None:
    name, damage, words = GZIPPED[case]
    damage(make_dataset(tmp_path) / (name + ".gz"))
    _assert_refused(tmp_path, name, words)


def test_images_in_place_of_labels_are_refused(make_dataset: MakeDataset, tmp_path: Path) -> None:
    make_dataset(tmp_path, suffix="")
    (tmp_path / TEST_LABELS).write_bytes((tmp_path / TEST_IMAGES).read_bytes())
    _assert_refused(tmp_path, TEST_LABELS, "3 dimensions where labels have 1")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_refused(make_dataset: MakeDataset, tmp_path: Path) -> None:
    (make_dataset(tmp_path, suffix="") / TEST_IMAGES).chmod(0)
    _assert_refused(tmp_path, TEST_IMAGES, "cannot be read (Permission denied)")


def test_failing_disk_is_a_refusal(
    make_dataset: MakeDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    make_dataset(tmp_path, suffix="")
    monkeypatch.setattr(Path, "open", fail)
    _assert_refused(tmp_path, TRAIN_IMAGES, "cannot be read (Permission denied)")


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    _assert_refused(tmp_path / "nowhere", "", "does not exist")


def test_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadDataset, match="file is not a folder"):
        read_dataset(tmp_path / "file")


def test_short_file_is_refused_when_a_range_is_read(
    make_dataset: MakeDataset, tmp_path: Path
) -> None:
    path = make_dataset(tmp_path, suffix="") / TEST_IMAGES
    _truncated(path)
    assert idx.read_images(path, 0, 99).shape == (99, 28, 28)
    with pytest.raises(BadDataset, match="ends after"):
        idx.read_images(path, 90, 100)


def _renamed(folder: Path, prefix: str, test: str) -> Path:
    for file in list(folder.iterdir()):
        file.rename(folder / (prefix + file.name.replace("t10k", test)))
    return folder


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("prefix", ["emnist-letters-", "emnist-by-class-", ""])
def test_emnists_names_are_accepted(
    make_dataset: MakeDataset, tmp_path: Path, prefix: str, suffix: str
) -> None:
    _renamed(make_dataset(tmp_path, suffix=suffix), prefix, "test")
    pair = idx.find_dataset(tmp_path)["test"]
    assert pair.images.name == f"{prefix}test-images-idx3-ubyte{suffix}" and pair.count == 100


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_qmnist_is_read_by_its_first_column(
    make_dataset: MakeDataset, tmp_path: Path, suffix: str
) -> None:
    mnist = read_dataset(make_dataset(tmp_path, suffix=suffix))
    for labels in tmp_path.glob("*-labels-*"):
        values = idx.read_labels(labels)
        rows = np.random.default_rng(1).integers(-9, 2**31 - 1, (len(values), 8))
        rows[:, 0] = values
        write_qmnist_labels(labels.with_name(labels.name.replace("idx1-ubyte", "idx2-int")), rows)
        labels.unlink()
    _renamed(tmp_path, "qmnist-", "test")
    pair = idx.find_dataset(tmp_path)["train"]
    assert pair.labels.name == "qmnist-train-labels-idx2-int" + suffix
    labels = idx.read_labels(pair.labels)
    assert labels.dtype == np.int32 and set(labels) == set(range(10))
    np.testing.assert_array_equal(idx.read_labels(pair.labels, 17, 103), labels[17:103])
    assert read_dataset(tmp_path).hash == mnist.hash


def test_a_missing_file_is_named_as_those_beside_it(
    make_dataset: MakeDataset, tmp_path: Path
) -> None:
    _renamed(make_dataset(tmp_path), "emnist-letters-", "test")
    (tmp_path / "emnist-letters-test-labels-idx1-ubyte.gz").unlink()
    _assert_refused(tmp_path, "emnist-letters-test-labels-idx1-ubyte", "is missing")
    (tmp_path / "emnist-letters-test-images-idx3-ubyte.gz").unlink()
    _assert_refused(tmp_path, "emnist-letters-test-images-idx3-ubyte", "is missing")


def test_several_datasets_in_one_folder_are_named(
    make_dataset: MakeDataset, tmp_path: Path
) -> None:
    _renamed(make_dataset(tmp_path), "emnist-letters-", "test")
    make_dataset(tmp_path / "more").joinpath(TRAIN_IMAGES + ".gz").rename(
        tmp_path / (TRAIN_IMAGES + ".gz")
    )
    _assert_refused(tmp_path, "", "holds several datasets (MNIST's names, emnist-letters-...)")


def test_two_test_sets_are_named(make_dataset: MakeDataset, tmp_path: Path) -> None:
    make_dataset(tmp_path)
    _renamed(make_dataset(tmp_path / "more"), "", "test")
    for file in (tmp_path / "more").glob("test*"):
        file.rename(tmp_path / file.name)
    _assert_refused(tmp_path, "", f"{TEST_IMAGES}.gz and test-images-idx3-ubyte.gz: keep one")


def test_hidden_files_are_no_dataset(make_dataset: MakeDataset, tmp_path: Path) -> None:
    make_dataset(tmp_path)
    (tmp_path / "._train-images-idx3-ubyte.gz").write_bytes(b"another program's")
    assert idx.find_dataset(tmp_path)["train"].count == 200


def test_test_images_of_another_size_are_refused(make_dataset: MakeDataset, tmp_path: Path) -> None:
    images = make_dataset(tmp_path, suffix="") / TEST_IMAGES
    idx.write_idx(images, np.full((100, 27, 27), 255, np.uint8))
    _assert_refused(tmp_path, TEST_IMAGES, "27 x 27 pixels where those of train-images-idx3-ubyte")


def test_importing_the_reader_imports_no_framework(project: Path) -> None:
    code = (
        "import sys, components.readers.idx; print(sorted({n.split('.')[0] for n in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    ).stdout
    assert not any(name in loaded for name in ("tensorflow", "apache_beam", "tfx", "keras"))
