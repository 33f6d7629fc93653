"""What the figures of an evaluation are, and their units, in words."""

from __future__ import annotations

from collections.abc import Mapping

# In the order of docs/summary.md. C stands for the name of a class.
OF_CLASSIFIERS: Mapping[str, str] = {
    "accuracy": "part of the Examples that are read right, from 0 to 1; in the slice of one class, "
    "that class's recall",
    "cross_entropy": "mean of the cross entropy, in nats an Example",
    "brier": "the Brier score: the squared errors of an Example's probabilities, summed over "
    "the classes; mean, from 0 to 2",
    "mae": "mean absolute error of a probability, from 0 to 1",
    "precision_macro": "mean of the classes' precision, from 0 to 1, as of the others in `_macro`",
    "recall_macro": "mean of the classes' recall",
    "f1_macro": "mean of the classes' F1, the harmonic mean of precision and recall",
    "auc_macro": "mean of the areas under the classes' ROC curves",
    "auc_pr_macro": "mean of the areas under the classes' precision-recall curves",
    "precision_micro": "precision of all classes' decisions together, from 0 to 1, as of the "
    "others in `_micro`; where each image has one class, it is the accuracy",
    "recall_micro": "the same of recall",
    "f1_micro": "the same of F1",
    "auc_micro": "area under the ROC curve of all classes' probabilities together",
    "auc_pr_micro": "area under their precision-recall curve",
    "precision_of_C": "part of the images read as C that are of C, from 0 to 1",
    "auc_of_C": "area under the ROC curve of C against all other classes, from 0 to 1",
}
BY_CLASS: Mapping[str, str] = {
    "precision": "part of the images read as the class that are of it, from 0 to 1",
    "recall": "part of the images of the class that are read as it, from 0 to 1",
    "f1": "the harmonic mean of both, from 0 to 1",
    "auc": "area under the ROC curve of the class against all others, from 0 to 1",
    "auc_pr": "area under its precision-recall curve, from 0 to 1",
}
OF_VAES: Mapping[str, str] = {
    "nelbo": "negative ELBO, `reconstruction` + `kl`, in nats an image",
    "importance_weighted": "the importance-weighted bound, in nats an image; of some of the images",
    "reconstruction": "what the binarised image costs, given its latents, in nats an image",
    "kl": "KL divergence of the latents from their prior, in nats an image",
    "latent_kl": "a number a latent: `kl` of each, in nats",
    "active_latents": "how many latents have a `kl` of more than 0.01 nats",
    "mse": "mean squared error of a grey pixel, from 0 to 1",
    "mae": "mean absolute error of a grey pixel, from 0 to 1",
    "bce": "mean cross entropy of a grey pixel, in nats",
    "ink_precision": "part of the pixels given back as ink that are ink, from 0 to 1",
    "ink_recall": "part of the pixels of ink that are given back as ink, from 0 to 1",
    "ink_auc": "area under the ROC curve of ink against paper, from 0 to 1",
}
OF_SAMPLES: Mapping[str, str] = {
    "coverage": "part of the test images that have a generated image near them, from 0 to 1",
    "recall": "part of the test images that lie among generated images, from 0 to 1",
    "precision": "part of the generated images that lie among real ones, from 0 to 1",
    "density": "how densely real images lie around generated ones; may be above 1",
    "frechet": "squared Fréchet distance of generated images from test images, in the judge's "
    "features; from 0 on",
    "entropy": "of the classes among the generated images, in nats; at most ln K for K classes",
    "share_of_C": "part of the generated images that the judge reads as C, from 0 to 1",
    "precision_of_C": "`precision` of those that the judge reads as C, from 0 to 1",
    "floor_coverage": "what real images reach in place of generated ones, in `coverage`",
    "floor_recall": "the same of `recall`",
    "floor_precision": "the same of `precision`",
    "floor_density": "the same of `density`",
    "floor_frechet": "the same of `frechet`",
    "floor_entropy": "the same of `entropy`",
    "floor_share_of_C": "the same of `share_of_C`",
    "relative_coverage": "`coverage` / `floor_coverage`: 1 is as good as real images",
    "relative_frechet": "`frechet` / `floor_frechet`: 1 is as good as real images, more is worse",
}
OF_DISCRIMINATORS: Mapping[str, str] = {
    "discriminator_precision": "part of the images called real that are real, from 0 to 1",
    "discriminator_recall": "part of the test images that it calls real, from 0 to 1",
    "discriminator_auc": "how often a real image gets more than a generated one; ½ is guessing",
}
OF_ALL: Mapping[str, str] = {
    "example_count": "how many Examples the slice has",
    "not_finite": "how many Examples were answered with NaN or infinity; there only if any was",
}
