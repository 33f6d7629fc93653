"""The pictures of a training, as PNG files and for TensorBoard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from modules.util.pictures import write_pictures


class Pictures(keras.callbacks.Callback):
    """Writes what the model makes, some ten times in a training and after its last epoch.

    Args:
        draw: pictures by name, each uint8 (height, width), or (height, width, 3) in colours.
        directory: takes NAME-epoch-00007.png and so on, and at last NAME.png; beside them the same
            as image summaries, at the steps of TensorBoard's scalars: the epochs, from 0 on.
        epochs: of the whole training.
    """

    def __init__(
        self, draw: Callable[[], Mapping[str, np.ndarray]], directory: Path, epochs: int
    ) -> None:
        super().__init__()
        self._draw = draw
        self._directory = directory
        self._every = max(1, round(epochs / 10))
        self._epoch = 0
        self._writer: Any = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch = epoch
        if self._on_the_way(epoch):
            drawn = self._draw()
            named = {f"{name}-epoch-{epoch + 1:05d}": one for name, one in drawn.items()}
            write_pictures(self._directory, named)
            self._summarize(drawn)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        drawn = self._draw()
        write_pictures(self._directory, drawn)
        if not self._on_the_way(self._epoch):
            self._summarize(drawn)
        if self._writer:
            self._writer.close()

    def _on_the_way(self, epoch: int) -> bool:
        return (epoch + 1) % self._every == 0

    def _summarize(self, drawn: Mapping[str, np.ndarray]) -> None:
        if not drawn:
            return  # and no file that says nothing
        self._writer = self._writer or tf.summary.create_file_writer(str(self._directory))
        with self._writer.as_default():
            for name, picture in drawn.items():
                layers = picture[..., None] if picture.ndim == 2 else picture
                tf.summary.image(name, layers[None], step=self._epoch)
        self._writer.flush()  # for who watches
