"""The transformer family: classifiers by attention between parts of the image."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from modules.contract.family import Signature
from modules.contract.hyperparameters import Values, number, share, switch, whole, word
from modules.contract.profile import Data, Profile, Training, Tuning
from modules.contract.view import Ask, View
from modules.data.splits import Split, Splits
from modules.kinds.classifier import Classifier, classifier_signatures
from modules.kinds.keras_family import KerasFamily

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf

_STEPS_PER_CALL = 16  # steps that run in the graph before Python hears of them
_DRAWN, _LOOKED_AT = 200, 6  # held-out images that are read, and looked at, to draw pictures


class Transformer(Classifier, KerasFamily):
    """A small vision transformer; modules/networks/transformer.py has the network."""

    hyperparameters = (
        word("stem", "conv", "how an image becomes tokens", ["conv", "patch"]),
        number("learning_rate", 3e-3, "AdamW's peak learning rate", [2e-3, 3e-3, 5e-3], least=1e-9),
        whole("layers", 2, "encoder layers", [1, 2], most=100),
        number("weight_decay", 1e-2, "AdamW's weight decay", [1e-4, 1e-2, 5e-2]),
        whole("width", 64, "numbers per token", most=2048),
        whole("heads", 4, "attention heads; they must divide the width", most=1000),
        whole("hidden", 128, "units of the feed-forward layers", most=16_384),
        share("dropout", 0.0, "share of units dropped in training"),
        switch("pre_norm", True, "normalise before attention instead of after it"),
        whole("batch_size", 64, "images per step"),
        share("label_smoothing", 0.0, "share of a label that all classes get alike"),
        number("shift", 2.0, "largest shift of training images, in 28ths of the side", most=28),
        number("turn", 0.0, "largest rotation of training images, in degrees", most=180),
        share("zoom", 0.0, "largest change of scale of training images, as a share"),
    )
    live = (
        "learning_rate",
        "weight_decay",
        "dropout",
        "label_smoothing",
        "shift",
        "turn",
        "zoom",
    )
    profiles = {
        # On MNIST: some 1 min; an accuracy of 97.05 % of 2,000 images.
        "smoke": Profile(
            data=Data(train_images=6_000, test_images=2_000),
            # Two rungs, one promotion, six configurations.
            tuning=Tuning(max_epochs=4, factor=4, images=1_000, confirm=2),
            training=Training(epochs=6),
            # Each value of these needs a graph of its own, which takes longer than such a trial.
            hyperparameters={"stem": "conv", "layers": 2},
        ),
        # On MNIST: 5 min; an accuracy of 99.27 %, a spread of 0.05 points over three seeds.
        "default": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=4, factor=3, images=12_000),
            training=Training(epochs=12),
        ),
        # On MNIST, without a search: 19 min; an accuracy of 99.49 %.
        "full": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=6, factor=3, images=20_000),
            training=Training(epochs=40),
            # A wider network and stronger changes of the images, which need the longer training.
            hyperparameters={"layers": 2, "width": 96, "hidden": 192, "turn": 10, "zoom": 0.1},
            folds=5,
        ),
    }

    def build(self, values: Values, total_steps: Any, seed: int) -> keras.Model:
        """A compiled classifier; see KerasFamily."""
        import keras

        from modules.networks import randomness
        from modules.networks.losses import SmoothedCrossEntropy
        from modules.networks.schedules import RiseAndFall
        from modules.networks.sparing import SparingAdamW
        from modules.networks.transformer import classifier

        randomness.begin(seed)
        model = classifier(values, self.dataset.side, self.dataset.classes)
        optimizer = SparingAdamW(
            RiseAndFall(values["learning_rate"], total_steps),
            weight_decay=values["weight_decay"],
            # What has no direction to shrink: biases, the gains of norms, and places.
            spared=("bias", "gamma", "beta", "table"),
        )
        # Now, in eager mode: variables that are made while a step is traced have it traced twice.
        optimizer.build(model.trainable_variables)
        model.compile(
            optimizer,
            loss=SmoothedCrossEntropy(values["label_smoothing"]),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
            # Measured: XLA makes these small products slower on a CPU.
            jit_compile=False,
            steps_per_execution=_STEPS_PER_CALL,
        )
        return model

    def batches(self, split: Split, values: Values, training: bool, seed: int) -> tf.data.Dataset:
        """Batches of images, uint8 (B, S, S), and labels, int64 (B,); varied to train."""
        from modules.data.augment import random_affine
        from modules.data.images import train_or_held_out

        change = functools.partial(
            random_affine,
            shift=values["shift"] * self.dataset.side / 28,
            degrees=values["turn"],
            zoom=values["zoom"],
        )
        return train_or_held_out(split, values["batch_size"], training, seed, change)

    def signatures(self, model: Any, images: np.ndarray, seed: int) -> dict[str, Signature]:
        """Serving by serialized tf.Examples and by raw images; "attention" gives the weights."""
        from modules.networks import asked
        from modules.networks.transformer import attention_weights

        del images, seed
        side = self.dataset.side
        served = classifier_signatures(lambda images: model(images, training=False), side)
        looks = asked.by_images(lambda images: {"weights": attention_weights(model, images)}, side)
        return {**served, "attention": looks}

    def drawn(self, model: Any, held_out: Split) -> dict[str, np.ndarray]:
        """`attention`: where each layer looks; `misread`: of the first images, the wrong ones."""
        from modules.networks.transformer import attention_weights
        from modules.views import attention, misread

        first = Split(held_out.images[:_DRAWN], held_out.labels[:_DRAWN])
        few = first.images[:_LOOKED_AT]
        found = {"attention": attention.looks(few, attention_weights(model, few).numpy())}
        wrong = misread.misread(first, model.predict_on_batch(first.images))
        return found if wrong is None else {**found, "misread": wrong}

    def views(self, ask: Ask, splits: Splits) -> Sequence[View]:
        """Where each layer looks; see modules.views.attention."""
        from modules.views import attention

        return attention.views(ask, splits.held_out, self.dataset.names)


FAMILY = Transformer
