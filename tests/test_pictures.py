"""Grids of images, and their PNG files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from modules.util.pictures import grid, write_pictures


def some_picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (40, 25), np.uint8)


def read(path: Path) -> np.ndarray:
    return tf.io.decode_png(path.read_bytes()).numpy()[..., 0]


@pytest.mark.parametrize(("count", "rows"), [(6, 2), (7, 3), (2, 1)])
def test_images_lie_in_rows_from_the_left_on_one_grey(count: int, rows: int) -> None:
    images = np.random.default_rng(count).integers(0, 256, (count, 5, 4), np.uint8)
    sheet = grid(images, columns=3)
    gap = (sheet.shape[1] - 3 * 4) // 4
    assert gap > 0 and sheet.shape == (rows * 5 + (rows + 1) * gap, 3 * 4 + 4 * gap)
    assert sheet.dtype == np.uint8
    background = np.ones(sheet.shape, bool)
    for number, image in enumerate(images):
        row, column = divmod(number, 3)
        top, left = gap + row * (5 + gap), gap + column * (4 + gap)
        place = np.s_[top : top + 5, left : left + 4]
        np.testing.assert_array_equal(sheet[place], image)
        background[place] = False
    assert len(np.unique(sheet[background])) == 1


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    pictures = {"first": some_picture(1), "second": some_picture(2)}
    folder = tmp_path / "new" / "pictures"
    write_pictures(folder, pictures)
    assert sorted(path.name for path in folder.iterdir()) == ["first.png", "second.png"]
    for name, picture in pictures.items():
        np.testing.assert_array_equal(read(folder / f"{name}.png"), picture)


def test_a_picture_is_whole_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path, {"samples": some_picture(1)})
    whole = []

    def kill(part: Any, path: Any) -> None:
        whole.append((read(Path(part)), Path(path)))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("modules.util.files.os.replace", kill)
        write_pictures(tmp_path, {"samples": some_picture(2)})
    [(written, path)] = whole
    np.testing.assert_array_equal(written, some_picture(2))
    assert path == tmp_path / "samples.png"
    np.testing.assert_array_equal(read(path), some_picture(1))

    write_pictures(tmp_path, {"samples": some_picture(2)})
    np.testing.assert_array_equal(read(path), some_picture(2))
    assert [found.name for found in tmp_path.iterdir()] == ["samples.png"]


def test_what_is_not_a_picture_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="uint8"):
        write_pictures(tmp_path, {"samples": some_picture(1) / 255.0})
    assert not list(tmp_path.iterdir())


def test_without_pictures_there_is_no_folder(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", {})
    assert not (tmp_path / "pictures").exists()
