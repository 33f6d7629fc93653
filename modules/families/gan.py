"""The GAN family: a generative adversarial network (Goodfellow et al. 2014) of images.

The generator learns by the non-saturating loss, and both networks are told the class (Mirza and
Osindero 2014, "Conditional Generative Adversarial Nets"). What is sampled, judged and served is an
exponential average of the generator's weights (Yazıcı et al. 2019, "The Unusual Effectiveness of
Averaging in GAN Training"), which is far better than the last ones. Images are in [-1, 1] inside,
as the generator's tanh gives them, and in [0, 1] outside.
"""

from __future__ import annotations

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

    from modules.networks.gan import Gan

_STEPS_PER_CALL = 32
_KNOWN = 0.8  # share of the classes that have to be among the samples


class GanFamily(Generator):
    """modules/networks/gan.py has the networks' training, gan_answers.py what they are asked.

    The widths are those of many a tutorial: 256 and 512 units (and 1024 in a third layer) in the
    generator, 512 and 256 in the discriminator.
    """

    objective = Objective("val_frechet", "min")
    served = ("serving_default", "sample", "discriminate")
    same = ((Output("serving_default", "real"), Output("discriminate", "real")),)
    evaluation = EvaluationSpec(
        signature="evaluation",
        figures=(
            *sample_scores.FIGURES,
            "discriminator_precision",
            "discriminator_recall",
            "discriminator_auc",
        ),
        # What they say of the generated images has nothing to do with a slice of the real ones.
        overall=(*sample_scores.OVERALL, "discriminator_precision", "discriminator_auc"),
        of_class=sample_scores.OF_CLASS,
        by_judge=sample_scores.BY_JUDGE,
        sight=sample_scores.SIGHT,
        gates=(
            Gate("relative_frechet", "relative_frechet", at_least=False),
            Gate("relative_coverage", "relative_coverage"),
            Gate("coverage", "class_coverage", by=LABEL, scale=Scale.OF_EXAMPLES),
            Gate("recall", "class_recall", by=LABEL, scale=Scale.OF_EXAMPLES),
            # A sample travels with each Example, so that these are parts of the Examples, too.
            Gate("precision", "precision", scale=Scale.OF_EXAMPLES),
            Gate(
                "coverage",
                "coverage",
                change="coverage_drop",
                allowed=0.05,
                scale=Scale.OF_EXAMPLES,
            ),
            Gate("share", "share", of_class=True, scale=Scale.OF_EXAMPLES),
        ),
        headline=("relative_frechet", "relative_coverage"),
    )
    hyperparameters = (
        number("learning_rate", 5e-4, "Adam's peak learning rate", [2e-4, 5e-4, 1e-3], least=1e-9),
        word("generator", "dense", "kind of the generator's layers", ["dense", "conv"]),
        share("dropout", 0.1, "share of the discriminator's units dropped", [0.0, 0.1, 0.3]),
        share("label_smoothing", 0.1, "how far below 1 the label of real images is", [0.0, 0.1]),
        whole("latent", 100, "numbers that a sample starts from", [50, 100], most=10_000),
        switch("conditional", True, "tell both networks the class"),
        whole("channels", 16, "of the last feature maps of a conv generator", most=512),
        whole(
            "units",
            256,
            "units of the generator's first and the discriminator's last layer",
            most=4096,
        ),
        whole("generator_layers", 2, "its dense layers, each twice as wide as the last", most=5),
        switch("batch_norm", True, "batch normalisation in the generator"),
        whole("batch_size", 64, "images per step"),
        whole(
            "tries",
            4,
            "candidates for each sample; one is picked by how real they look",
            most=64,
        ),
        share("average", 0.999, "decay of the average of the generator's weights"),
        share("beta_1", 0.5, "Adam's decay of the first moment"),
        number("r1", 0.0, "weight of R1, the penalty on the discriminator's slope at real images"),
        whole("r1_every", 4, "steps from one R1 penalty to the next", most=1000),
        switch("spectral_norm", False, "spectral normalisation of the discriminator"),
        switch("bfloat16", False, "multiply in bfloat16"),
    )
    live = ("learning_rate", "dropout", "label_smoothing", "average", "beta_1", "r1")
    profiles = {
        # On MNIST: 1 min 58 s on one core; a Fréchet distance of 2.30 times the floor, a coverage
        # of 0.791 of the floor, on 2,000 images.
        "smoke": Profile(
            data=Data(train_images=6_000, test_images=2_000),
            # The defaults alone: each trial needs a graph of its own, and so short a training of a
            # generator says nothing about a longer one.
            tuning=Tuning(max_epochs=1, factor=3, images=2_000),
            training=Training(epochs=36),
            hyperparameters={"average": 0.99, "learning_rate": 1e-3, "batch_size": 32},
        ),
        # On MNIST: 14 min; 1.83 times the floor (a spread of 0.29 over three seeds), and a coverage
        # of 0.985 of the floor.
        "default": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=3, factor=3, images=8_000),
            training=Training(epochs=40),
            # Not searched for: a smaller rate or more dropout wins short trials and ends behind.
            hyperparameters={"learning_rate": 1e-3, "units": 384, "dropout": 0.0, "r1": 0.3},
        ),
        # On MNIST, without a search: 46 min, mostly on one core; 1.69 times and 0.986 of the floor.
        "full": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=9, factor=3, images=20_000),
            training=Training(epochs=60),
            hyperparameters={"learning_rate": 1e-3, "units": 512, "dropout": 0.0, "r1": 0.5},
            folds=5,
        ),
    }

    def build(self, values: Values, total_steps: Any, seed: int) -> Gan:
        """A compiled GAN; see KerasFamily."""
        import keras

        from modules.networks import randomness
        from modules.networks.fused_adam import FusedAdam
        from modules.networks.gan import Gan
        from modules.networks.schedules import RiseAndFall

        randomness.begin(seed)
        data = self.dataset
        model = Gan(values, data.side, data.classes, self.eyes)

        def adam() -> keras.optimizers.Optimizer:
            schedule = RiseAndFall(values["learning_rate"], total_steps, rise=0.01, last=0.1)
            return FusedAdam(schedule, beta_1=values["beta_1"])

        model.compile(adam(), adam(), jit_compile=False, steps_per_execution=_STEPS_PER_CALL)
        return model

    def batches(self, split: Split, values: Values, training: bool, seed: int) -> tf.data.Dataset:
        """Batches of grey images, uint8 (B, S, S), and labels, int64 (B,)."""
        from modules.data.images import train_or_held_out

        return train_or_held_out(split, values["batch_size"], training, seed)

    def collapsed(self, logs: Mapping[str, float]) -> str:
        """A generator that knows a few classes only is a collapsed one."""
        classes = self.dataset.classes
        known = int(logs.get("val_classes", classes))
        if known < _KNOWN * classes:
            return (
                f"the generator has collapsed: only {known} of {classes} classes are among its "
                "samples; a smaller learning_rate, more dropout or a larger r1 may help"
            )
        return ""

    def pictures(self, model: Gan, images: np.ndarray) -> dict[str, np.ndarray]:
        """`samples`; see gan_answers.pictures."""
        from modules.networks import gan_answers

        return gan_answers.pictures(model, images)

    def signatures(self, model: Gan, images: np.ndarray, seed: int) -> dict[str, Signature]:
        """Served: sample and discriminate; see gan_answers.signatures."""
        from modules.networks import gan_answers

        return gan_answers.signatures(model, images, seed, self.eyes)

    def figures(self, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """The evaluation's figures of a slice; see Family."""
        import numpy as np
        from sklearn import metrics

        del labels
        real, generated = facts["real_is_real"].reshape(-1), facts["generated_is_real"].reshape(-1)
        truth: np.ndarray = np.repeat([True, False], [len(real), len(generated)])
        scores = np.concatenate([real, generated])
        precision, recall, _, _ = metrics.precision_recall_fscore_support(
            truth, scores > 0.5, average="binary", zero_division=np.nan
        )
        return {
            "discriminator_precision": float(precision),
            "discriminator_recall": float(recall),
            "discriminator_auc": float(metrics.roc_auc_score(truth, scores)),
            **sample_scores.sample_figures(facts, self.dataset.names),
        }

    def each(self, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """Whether the samples cover an image; see Family."""
        del labels
        return sample_scores.each_covered(facts)

    def views(self, ask: Ask, splits: Splits) -> Sequence[View]:
        """Samples, and what lies between latents; see modules.views.gan."""
        from modules.views import gan

        del splits
        return gan.views(ask, self.dataset.side)

    def notes(self) -> dict[str, Any]:
        """Which judge read the samples, and what they are samples of."""
        return {
            **super().notes(),
            "samples": "of the average of the generator's weights, chosen among `tries` by "
            "importance",
        }


FAMILY = GanFamily
