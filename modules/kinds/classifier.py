"""What families have in common that say of an image what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from modules.contract.evaluation import EvaluationSpec, Gate, Scale, of_class
from modules.contract.family import Family, Objective, Output, Signature
from modules.data.features import LABEL, STROKE
from modules.data.splits import Splits
from modules.metrics.classifier_scores import (
    AVERAGES,
    BY_CLASS,
    ERRORS,
    areas,
    classifier_scores,
    cross_entropies,
)

if TYPE_CHECKING:
    import numpy as np


class Classifier(Family):
    """A family of classifiers: its objective, how it is judged, and how it is served."""

    objective = Objective("val_accuracy", "max")
    served = ("serving_default", "serving_images")
    same = (
        (Output("serving_default", "probabilities"), Output("serving_images", "probabilities")),
    )
    evaluation = EvaluationSpec(
        signature="serving_default",
        prediction="probabilities",
        standard=(
            ("SparseCategoricalAccuracy", "accuracy"),
            ("SparseCategoricalCrossentropy", "cross_entropy"),
            ("MultiClassConfusionMatrixPlot", "confusion"),
        ),
        figures=(*AVERAGES, *ERRORS),
        across=AVERAGES,
        by_class=BY_CLASS,
        of_class=("precision", "auc"),
        gates=(
            Gate(
                "accuracy",
                "accuracy",
                change="accuracy_drop",
                allowed=0.01,
                scale=Scale.OF_EXAMPLES,
            ),
            # Of the Examples of a class, this is its recall.
            Gate("accuracy", "class_accuracy", by=LABEL, scale=Scale.OF_EXAMPLES),
            Gate("accuracy", "stroke_accuracy", by=STROKE, scale=Scale.OF_EXAMPLES),
            Gate("precision", "class_precision", of_class=True, scale=Scale.OF_PREDICTED),
            Gate("auc", "class_auc", of_class=True, scale=Scale.PART),
            Gate("cross_entropy", "cross_entropy", at_least=False),
            Gate("auc_macro", "auc", scale=Scale.PART),
        ),
        headline=("accuracy",),
        folds=Scale.OF_EXAMPLES,
    )

    def figures(self, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """The scores of a slice's probabilities; see Family."""
        names = self.dataset.names
        scores = classifier_scores(labels, facts["probabilities"].reshape(-1, len(names)))
        for figure in self.evaluation.of_class:
            scores |= {of_class(figure, n): v for n, v in zip(names, scores[figure], strict=True)}
        return scores

    def gated_figures(
        self, labels: np.ndarray, facts: Mapping[str, np.ndarray]
    ) -> Mapping[str, Any]:
        """The cross entropy, and the areas under the ROC curves; see Family."""
        names = self.dataset.names
        found = areas(labels, facts["probabilities"].reshape(-1, len(names)))
        of_classes = {of_class("auc", n): v for n, v in zip(names, found["auc"], strict=True)}
        return {**found, **of_classes}

    def each(self, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """Whether the most probable class is right, and the cross entropy; see Family."""
        probabilities = facts["probabilities"].reshape(-1, self.dataset.classes)
        return {
            "accuracy": (probabilities.argmax(axis=1) == labels).astype(float),
            "cross_entropy": cross_entropies(labels, probabilities),
        }

    def trivial(self, splits: Splits) -> Mapping[str, float]:
        """The accuracy of whoever always says the class that is the most frequent in training."""
        import numpy as np

        most = np.bincount(splits.train.labels).argmax()
        return {"accuracy": float((splits.held_out.labels == most).mean())}


def classifier_signatures(probabilities: Callable[[Any], Any], side: int) -> dict[str, Signature]:
    """Serving by serialized tf.Examples ("serving_default") and by images ("serving_images").

    Args:
        probabilities: in TensorFlow, from images, uint8 (B, S, S), to float32 (B, K).
        side: S, of an image, in pixels.
    """
    from modules.networks import asked

    def answer(images: Any) -> dict[str, Any]:
        return {"probabilities": probabilities(images)}

    return {
        "serving_default": asked.by_examples(answer, side),
        "serving_images": asked.by_images(answer, side),
    }
