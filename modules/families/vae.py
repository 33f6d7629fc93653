"""The VAE family: a variational autoencoder (Kingma and Welling 2014) of binarised images.

Binarisation is stochastic: each pixel is ink with the probability that its grey value says, drawn
anew for every batch of training, and once for each image of an evaluation. All figures in nats are
of a whole image: the Bernoulli reconstruction is summed over its pixels, the KL divergence over the
latents. What is served reads and gives grey images.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modules.contract.evaluation import EvaluationSpec, Gate, Scale
from modules.contract.family import Objective, Output, Signature
from modules.contract.hyperparameters import Values, number, share, switch, whole, word
from modules.contract.profile import Data, Profile, Training, Tuning
from modules.contract.view import Ask, View
from modules.data.features import LABEL
from modules.data.splits import Split, Splits
from modules.kinds.generator import Generator
from modules.metrics import sample_scores

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

    from modules.networks.vae import Vae

IMPORTANCE_SAMPLES = 500
IMPORTANCE_EVERY = 10  # one image in so many has the importance-weighted bound measured
ACTIVE = 0.01  # nats; a latent whose mean KL is above it is in use

_STEPS_PER_CALL = 32


class VaeFamily(Generator):
    """modules/networks/vae.py has the network, vae_answers.py what it is asked.

    layers=1, latent=2 and activation="relu", with the 512 units, is the network of many a tutorial.
    """

    objective = Objective("val_nelbo", "min")
    served = ("serving_default", "encode", "decode", "sample", "reconstruct")
    same = (
        (
            Output("serving_default", "images"),
            Output("reconstruct", "images"),
            Output("decode", "images", of=Output("encode", "mean")),
        ),
        (Output("serving_default", "latents"), Output("encode", "mean")),
    )
    evaluation = EvaluationSpec(
        signature="evaluation",
        figures=(
            "nelbo",
            "importance_weighted",
            "reconstruction",
            "kl",
            "mse",
            "mae",
            "bce",
            "ink_precision",
            "ink_recall",
            "ink_auc",
            "latent_kl",
            "active_latents",
            *sample_scores.FIGURES,
        ),
        overall=sample_scores.OVERALL,
        of_class=sample_scores.OF_CLASS,
        by_judge=sample_scores.BY_JUDGE,
        sight=sample_scores.SIGHT,
        gates=(
            Gate("nelbo", "nelbo", at_least=False, change="nelbo_rise", allowed=1.0),
            Gate("nelbo", "class_nelbo", at_least=False, by=LABEL),
            Gate("kl", "kl"),
            Gate("mse", "mse", at_least=False),
            Gate("ink_auc", "ink_auc", scale=Scale.PART),
            Gate("coverage", "coverage", scale=Scale.OF_EXAMPLES),
            Gate("coverage", "class_coverage", by=LABEL, scale=Scale.OF_EXAMPLES),
        ),
        headline=("nelbo", "coverage"),
        unmeasured=("importance_weighted",),
    )
    hyperparameters = (
        number("learning_rate", 2e-3, "Adam's peak learning rate", [1e-3, 2e-3], least=1e-9),
        whole("latent", 20, "numbers that an image is encoded as", [2, 20, 32], most=10_000),
        whole("layers", 2, "hidden layers of the encoder, and of the decoder", [1, 2], most=100),
        word("activation", "gelu", "activation of the hidden layers", ["relu", "gelu"]),
        whole("units", 512, "units of each hidden layer", most=4096),
        whole("batch_size", 128, "images per step"),
        number("beta", 1.0, "weight of the KL divergence"),
        share("warm_up", 0.05, "share of the steps in which beta rises", [0.0, 0.05]),
        number("weight_decay", 0.05, "AdamW's weight decay"),
        switch("bfloat16", False, "multiply in bfloat16"),
    )
    live = ("learning_rate", "beta", "warm_up", "weight_decay")
    profiles = {
        # On MNIST: 57 s; a -ELBO of 108.5 nats on 2,000 images.
        "smoke": Profile(
            data=Data(train_images=6_000, test_images=2_000),
            # The defaults alone: each trial needs a graph of its own, and so short a training of a
            # generator says nothing about a longer one.
            tuning=Tuning(max_epochs=1, factor=3, images=2_000),
            training=Training(epochs=20),
        ),
        # On MNIST: 11 min; a -ELBO of 90.0 nats, a spread of 0.2 over three seeds.
        "default": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=3, factor=3, images=12_000),
            training=Training(epochs=90),
            # Not searched for: short trials prefer what learns first, not what learns most.
            hyperparameters={"latent": 20, "layers": 2, "activation": "gelu"},
        ),
        # On MNIST: 1 h 49 min, mostly on one core; a -ELBO of 88.0 nats.
        "full": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=9, factor=3, images=20_000),
            training=Training(epochs=300),
            hyperparameters={"latent": 32, "layers": 2, "activation": "gelu"},
            folds=5,
        ),
    }

    def build(self, values: Values, total_steps: Any, seed: int) -> Vae:
        """A compiled VAE; see KerasFamily."""
        from modules.networks import randomness
        from modules.networks.fused_adam import FusedAdam
        from modules.networks.schedules import RiseAndFall
        from modules.networks.vae import Vae

        randomness.begin(seed)
        model = Vae(values, total_steps, self.dataset.side)
        optimizer = FusedAdam(
            RiseAndFall(values["learning_rate"], total_steps),
            weight_decay=values["weight_decay"] or None,
            spared=("bias",),
        )
        optimizer.build(model.trainable_variables)
        model.compile(optimizer, jit_compile=False, steps_per_execution=_STEPS_PER_CALL)
        return model

    def batches(self, split: Split, values: Values, training: bool, seed: int) -> tf.data.Dataset:
        """Batches of grey images, uint8 (B, S, S), which each step binarises, and labels."""
        from modules.data.images import train_or_held_out

        return train_or_held_out(split, values["batch_size"], training, seed)

    def collapsed(self, logs: Mapping[str, float]) -> str:
        """A posterior that says nothing of its image is a collapsed one."""
        if logs.get("val_kl", 1.0) < 1.0:
            return (
                f"the posterior has collapsed onto the prior (KL {logs['val_kl']:.2g} nats), so "
                "its latents say nothing about an image; try a smaller beta or a longer warm_up"
            )
        return ""

    def pictures(self, model: Vae, images: np.ndarray) -> dict[str, np.ndarray]:
        """`reconstructions` and `samples`; see vae_answers.pictures."""
        from modules.networks import vae_answers

        return vae_answers.pictures(model, images)

    def signatures(self, model: Vae, images: np.ndarray, seed: int) -> dict[str, Signature]:
        """Served: encode, decode, sample and reconstruct; "evaluation" gives an image's facts."""
        from modules.networks import vae_answers

        return vae_answers.signatures(
            model, images, seed, self.eyes, IMPORTANCE_SAMPLES, IMPORTANCE_EVERY
        )

    def figures(self, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """The evaluation's figures of a slice; see Family."""
        import numpy as np

        from modules.metrics.ink import ink_figures

        del labels
        reconstruction = float(facts["reconstruction"].mean())
        latent_kl = facts["latent_kl"].mean(axis=0)
        bounds = facts["importance_weighted"]
        measured = bounds[~np.isnan(bounds)]
        return {
            "nelbo": reconstruction + float(latent_kl.sum()),
            "importance_weighted": float(measured.mean()) if measured.size else math.nan,
            "reconstruction": reconstruction,
            "kl": float(latent_kl.sum()),
            "latent_kl": latent_kl[None].astype(np.float64),
            "active_latents": float((latent_kl > ACTIVE).sum()),
            **{name: float(facts[name].mean()) for name in ("mse", "mae", "bce")},
            **ink_figures(facts["ink"].sum(axis=0)),
            **sample_scores.sample_figures(facts, self.dataset.names),
        }

    def each(self, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """How well an image is given back, and whether the samples cover it; see Family."""
        del labels
        return {
            "nelbo": facts["reconstruction"].reshape(-1) + facts["latent_kl"].sum(axis=1),
            **{name: facts[name].reshape(-1) for name in ("mse", "mae", "bce")},
            **sample_scores.each_covered(facts),
        }

    def views(self, ask: Ask, splits: Splits) -> Sequence[View]:
        """Samples, reconstructions, and what lies along the latents; see modules.views.vae."""
        from modules.views import vae

        return vae.views(ask, splits.held_out, self.dataset.names)

    def trivial(self, splits: Splits) -> Mapping[str, float]:
        """-ELBO of a model in which each pixel is ink as often as in training, whatever the others
        are: the mean of what binarised images cost, over how they may be binarised."""
        train, test = splits.train.images, splits.held_out.images
        # As if each pixel had been ink once and paper once more, so that nothing is impossible.
        ink = (train.sum(axis=0, dtype="float64") / 255.0 + 1.0) / (len(train) + 2.0)
        grey = test.mean(axis=0, dtype="float64") / 255.0  # the cost is linear in the pixels
        nats = sum(
            -shown * math.log(chance) - (1.0 - shown) * math.log1p(-chance)
            for shown, chance in zip(grey.flat, ink.flat, strict=True)
        )
        return {"nelbo": float(nats)}

    def notes(self) -> dict[str, Any]:
        """Which judge read the samples, and how images were binarised and sampled."""
        return {
            **super().notes(),
            "binarisation": "stochastic: a pixel is ink with the probability of its grey value",
            "importance_samples": IMPORTANCE_SAMPLES,
            "importance_images": f"every {IMPORTANCE_EVERY}th test image",
        }


FAMILY = VaeFamily
