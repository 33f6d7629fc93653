"""What stops a training that has gone wrong, and the pictures on its way."""

import math
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from modules.training.callbacks import (
    Backup,
    Clock,
    CollapseError,
    NotFiniteLossError,
    StopOnCollapse,
    StopOnNotFiniteLoss,
)
from modules.training.drawing import Pictures


def collapsed(logs: dict[str, Any]) -> str:
    return "all is grey" if logs["figure"] < 1.0 else ""


def epochs_until_stopped(epochs: int, figures: list[float], resumed: int = 0) -> int | None:
    """The epoch, counted from 1, in which training is stopped; None if it is not.

    A resumed training has so many epochs behind it when its callback is made.
    """
    callback = StopOnCollapse(collapsed, epochs, {"figure": figures[:resumed]})
    for epoch, figure in enumerate(figures[resumed:], resumed):
        try:
            callback.on_epoch_end(epoch, {"figure": figure})
        except CollapseError:
            return epoch + 1
    return None


@pytest.mark.parametrize(
    ("epochs", "patience"), [(1, 5), (5, 5), (15, 5), (18, 6), (30, 10), (100, 33)]
)
def test_a_collapse_is_too_long_after_a_third_of_the_epochs_and_at_least_five(
    epochs: int, patience: int
) -> None:
    assert epochs_until_stopped(epochs, [0.0] * 100) == patience
    assert epochs_until_stopped(epochs, [0.0] * (patience - 1)) is None


def test_only_epochs_in_a_row_count() -> None:
    assert epochs_until_stopped(10, [0.0, 0.0, 0.0, 0.0, 2.0] * 5) is None
    assert epochs_until_stopped(10, [0.0] * 4 + [2.0] + [0.0] * 5) == 10


@pytest.mark.parametrize("resumed", [1, 3, 5])
def test_a_resumed_training_counts_the_epochs_before(resumed: int) -> None:
    assert epochs_until_stopped(10, [2.0] + [0.0] * 9, resumed) == 6
    assert epochs_until_stopped(10, [0.0, 2.0] * 5, resumed) is None


def test_a_collapse_is_told_with_its_epoch_and_its_reason() -> None:
    callback = StopOnCollapse(collapsed, 10, {})
    for epoch in range(3, 7):
        callback.on_epoch_end(epoch, {"figure": 0.0})
    with pytest.raises(CollapseError, match="^training stopped in epoch 8: all is grey$"):
        callback.on_epoch_end(7, {"figure": 0.0})


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_every_loss_has_to_be_finite(value: float) -> None:
    callback = StopOnNotFiniteLoss()
    callback.on_epoch_begin(2)
    callback.on_train_batch_end(0, {"loss": 0.5, "generator_loss": 0.1, "digits": math.nan})
    with pytest.raises(NotFiniteLossError, match="in epoch 3: the generator loss is (nan|inf)"):
        callback.on_train_batch_end(1, {"loss": 0.5, "generator_loss": value})


@pytest.mark.parametrize("name", ["val_loss", "val_figure"])
def test_held_out_losses_and_the_objective_have_to_be_finite_after_each_epoch(name: str) -> None:
    callback = StopOnNotFiniteLoss("val_figure")
    callback.on_epoch_begin(4)
    callback.on_epoch_end(4, {"loss": 0.5, "val_figure": 0.5, "val_other": math.nan})
    said = f"in epoch 5: the {name.replace('_', ' ')} is nan"
    with pytest.raises(NotFiniteLossError, match=said):
        callback.on_epoch_end(4, {"loss": 0.5, "val_figure": 0.5, name: math.nan})


def pictures_of(folder: Path, epochs: int) -> list[str]:
    """The names of the pictures of a training, whose grey is the number of epochs so far."""
    grey = 0

    def draw() -> dict[str, np.ndarray]:
        return {"samples": np.full((4, 4), grey % 256, np.uint8)}

    callback = Pictures(draw, folder, epochs)
    for epoch in range(epochs):
        grey = epoch + 1
        callback.on_epoch_end(epoch)
    grey = 255
    callback.on_train_end()
    return sorted(path.name for path in folder.glob("*.png"))


def test_pictures_are_written_at_every_tenth_of_the_way_and_at_the_end(tmp_path: Path) -> None:
    names = pictures_of(tmp_path, epochs=50)
    expected = [f"samples-epoch-{epoch:05d}.png" for epoch in range(5, 51, 5)]
    assert names == [*expected, "samples.png"]
    for name, grey in (*zip(expected, range(5, 51, 5), strict=True), ("samples.png", 255)):
        assert np.all(tf.io.decode_png((tmp_path / name).read_bytes()) == grey)


@pytest.mark.parametrize(("epochs", "steps"), [(3, [0, 1, 2]), (21, [*range(1, 20, 2), 20])])
def test_each_picture_is_an_image_summary_once(
    epochs: int, steps: list[int], tmp_path: Path
) -> None:
    pictures_of(tmp_path, epochs)
    [file] = tmp_path.glob("events.out.tfevents.*")
    records = tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    events = [tf.compat.v1.Event.FromString(record) for record in records]
    found = [(event.step, value.tag) for event in events for value in event.summary.value]
    assert found == [(step, "samples") for step in steps]


def test_a_model_that_draws_nothing_has_no_image_summaries(tmp_path: Path) -> None:
    callback = Pictures(dict, tmp_path, 1)
    callback.on_epoch_end(0)
    callback.on_train_end()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("epochs", [1, 3, 9, 10, 11, 14, 15, 16, 19, 25, 26, 100, 101, 1000])
def test_pictures_are_some_ten_however_long_the_training(tmp_path: Path, epochs: int) -> None:
    names = pictures_of(tmp_path, epochs)
    on_the_way = [int(name[-9:-4]) for name in names if "-epoch-" in name]
    assert len(names) == len(on_the_way) + 1
    if epochs <= 10:
        assert on_the_way == list(range(1, epochs + 1))
    else:
        assert 7 <= len(on_the_way) <= 14
        assert len({*np.diff([0, *on_the_way])}) == 1  # evenly spread


def backed_up(folder: Path, epochs: int) -> keras.Model:
    """A model after so many epochs with a backup in the folder; its weight is their number."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse", jit_compile=False)
    clock = Clock()
    backup = Backup(folder, clock)
    backup.set_model(model)
    for epoch in range(epochs):
        model.set_weights([np.full((1, 1), epoch + 1.0)])
        clock.seconds.append(epoch + 0.5)
        backup.on_epoch_end(epoch, {"loss": 1.0 / (epoch + 1)})
    return model


def test_a_backup_gives_back_weights_history_and_seconds(tmp_path: Path) -> None:
    model = backed_up(tmp_path, epochs=3)
    model.set_weights([np.zeros((1, 1))])
    clock = Clock()
    backup = Backup(tmp_path, clock)
    assert backup.restore(model) == 3
    assert model.get_weights()[0] == 3.0 and backup.past == {"loss": [1.0, 0.5, 1.0 / 3.0]}
    assert clock.seconds == [0.5, 1.5, 2.5]


@pytest.mark.parametrize("lost", ["epoch-00003.json", "epoch-00003.weights.h5"])
def test_half_a_backup_is_none(lost: str, tmp_path: Path) -> None:
    model = backed_up(tmp_path, epochs=3)
    (tmp_path / lost).unlink()
    clock = Clock()
    backup = Backup(tmp_path, clock)
    assert backup.restore(model) == 0 and backup.past == {} and clock.seconds == []


def test_a_clock_measures_each_epoch() -> None:
    clock = Clock()
    clock.seconds = [9.0]  # of an epoch before
    for epoch in (1, 2):
        clock.on_epoch_begin(epoch)
        time.sleep(0.02)
        clock.on_epoch_end(epoch)
    assert clock.seconds[0] == 9.0 and len(clock.seconds) == 3
    assert all(0.02 <= seconds < 5.0 for seconds in clock.seconds[1:])
