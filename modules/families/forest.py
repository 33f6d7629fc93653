"""The random forest: the baseline that a network has to be better than."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modules.contract.family import IMAGES, Trained, TrainingRun
from modules.contract.hyperparameters import Values, switch, whole, word
from modules.contract.profile import Data, Profile, Training, Tuning
from modules.data.splits import Split, Splits
from modules.kinds.classifier import Classifier, classifier_signatures

if TYPE_CHECKING:
    from modules.forest.answer import Forest

_TRIAL_FOLDS = 3  # of a trial's cross-validation


class RandomForest(Classifier):
    """scikit-learn's RandomForestClassifier on pixels; modules/forest has the trees."""

    resource = IMAGES
    uses_gpu = False
    hyperparameters = (
        whole("n_estimators", 300, "trees", [100, 300], most=10_000),
        whole("max_depth", 0, "questions on the way to a leaf; 0 is no limit", [0, 20], least=0),
        whole("min_samples_split", 2, "images that a node is divided from", [2, 4], least=2),
        word("max_features", "sqrt", "pixels that a node chooses from", ["sqrt", "log2"]),
        # Of MNIST's last 6,000 training images, 100 trees read 97.8 % without, 97.6 % with it.
        switch("bootstrap", False, "each tree learns from images drawn with repeats, not from all"),
    )
    profiles = {
        # On MNIST: an accuracy of 94.5 % of 2,000 images.
        "smoke": Profile(
            data=Data(train_images=6_000, test_images=2_000),
            tuning=Tuning(max_epochs=4, factor=4, images=1_000, confirm=2),
            training=Training(epochs=1),
            folds=2,
            hyperparameters={"n_estimators": 100},
        ),
        # On MNIST: 10 min, six of them for folds; an accuracy of 97.24 %.
        "default": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=4, factor=3, images=12_000),
            training=Training(epochs=1),
            folds=5,
        ),
        # Not measured as a whole: the search alone grows 15,000 trees.
        "full": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=6, factor=3, images=20_000),
            training=Training(epochs=1),
            hyperparameters={"n_estimators": 500},
            folds=5,
        ),
    }

    def train(self, values: Values, splits: Splits, run: TrainingRun) -> Trained:
        """Grows a forest. A trial's figures are the means of a cross-validation over the images to
        learn from, and its forest is that of the last fold."""
        from modules.forest.answer import Forest
        from modules.forest.grow import grow

        tried = _folds(splits, run.seed) if run.trial else [splits]
        found: list[dict[str, float]] = []
        for fold in tried:
            begun = len(found)

            def tell(part: float, begun: int = begun) -> None:
                run.tell(run.epochs * (begun + part) / len(tried), {})

            trees = grow(fold.train, self.dataset.classes, values, run.seed, run.backup, tell)
            forest = Forest(trees)
            found.append(self._figures(forest, fold.held_out))
        return Trained(
            history={name: [sum(one[name] for one in found) / len(found)] for name in found[0]},
            size=sum(part.size for part in trees),
            trackable=forest,
            signatures=lambda *_: classifier_signatures(forest.probabilities, self.dataset.side),
        )

    def _figures(self, forest: Forest, split: Split) -> dict[str, float]:
        """The accuracy and the cross entropy, as a network's history calls them."""
        probabilities = forest.probabilities(split.images).numpy()
        each = self.each(split.labels, {"probabilities": probabilities})
        return {
            "val_accuracy": float(each["accuracy"].mean()),
            "val_loss": float(each["cross_entropy"].mean()),
        }


def _folds(splits: Splits, seed: int) -> list[Splits]:
    """What a trial learns from and is judged by, each in its turn."""
    from modules.data.folds import folds

    try:
        return list(folds(splits.train, _TRIAL_FOLDS, seed))
    except ValueError:  # no class has as many images as there are folds, as in a rehearsal
        return [splits]


FAMILY = RandomForest
