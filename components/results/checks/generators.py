"""Checks of models that make images."""

from __future__ import annotations

from components.results.checks.check import Check, figure, share, some
from components.results.numbers import number
from components.results.report import ISSUE, TIP, Report

_KL = 1.0  # nats, of a whole image
_IN_USE = 0.5  # of the latents
_GUESSES, _KNOWS = 0.02, 0.98  # of the area under the ROC curve: around a half, and above
_COPIED = 0.05  # where 0.01 are to be expected
_OF_EVEN = 0.1  # of what each class has where all have alike
_SHARE = "share_of_"


def _collapsed_posterior(report: Report) -> str:
    kl, active = figure(report, "kl"), figure(report, "active_latents")
    evaluation = report.summary.evaluation
    each = evaluation.overall.get("latent_kl") if evaluation else None
    if kl is None or active is None or not isinstance(each, (list, tuple)):
        return ""
    latents = len(each[0]) if each and isinstance(each[0], (list, tuple)) else len(each)
    if kl >= _KL and active > _IN_USE * latents:
        return ""
    return f"{active:.0f} of {latents} latents are in use, with a KL of {number(kl)} nats in all"


def _idle_discriminator(report: Report) -> str:
    area = figure(report, "discriminator_auc")
    if area is None:
        return ""
    said = f"the area under the discriminator's ROC curve is {number(area)}"
    if area >= _KNOWS:
        return f"{said}: it tells nearly every generated image from a real one"
    if abs(area - 0.5) <= _GUESSES:
        return f"{said}: it guesses"
    return ""


def _copies(report: Report) -> str:
    found = report.inspection.neighbours if report.inspection else None
    if not found or found.copied <= _COPIED:
        return ""
    return (
        f"{share(found.copied)} of {found.count:,} generated images are nearer to a training image "
        f"than 99 % of the real test images are"
    )


def _nearer_than_real(report: Report) -> str:
    found = report.inspection.neighbours if report.inspection else None
    if not found or found.generated >= found.real:
        return ""
    return (
        f"a generated image is {number(found.generated)} from the nearest training image, a real "
        f"test image {number(found.real)} (the medians of {found.count:,})"
    )


def _missing_class(report: Report) -> str:
    overall = report.summary.evaluation.overall if report.summary.evaluation else {}
    shares = {
        name.removeprefix(_SHARE): value
        for name, value in overall.items()
        if name.startswith(_SHARE) and value is not None
    }
    rare = [
        f"{name} ({share(value)})"
        for name, value in shares.items()
        if value < _OF_EVEN / len(shares)
    ]
    if not rare:
        return ""
    even = share(1 / len(shares))
    return f"too few generated images are of {some(rare)}, where an even share is {even}"


CHECKS = (
    Check(
        "TRI401",
        ISSUE,
        "posterior collapse",
        _collapsed_posterior,
        "A latent whose posterior is the prior says nothing of an image; the decoder goes without "
        "it.",
        "Try a smaller beta or a longer warm_up, or fewer latents: what is not used only costs.",
    ),
    Check(
        "TRI402",
        TIP,
        "a discriminator that always knows or always guesses",
        _idle_discriminator,
        "The generator learns nothing from it any more. At a half that is the goal if the samples "
        "are good; near 1 it has won.",
        "Near 1: a larger r1, more dropout or label_smoothing. At a half with bad samples: more "
        "units, a smaller learning_rate.",
    ),
    Check(
        "TRI403",
        ISSUE,
        "copies of training images among the generated ones",
        _copies,
        "A generator that repeats its training images invents nothing, and gives away what it was "
        "trained on.",
        "Look at the pairs in the page; train on more images, for fewer epochs, or with a smaller "
        "network.",
    ),
    Check(
        "TRI404",
        TIP,
        "generated images nearer to training images than real test images are",
        _nearer_than_real,
        "They may be copies, or only smooth: a blurred image is near to many.",
        "Look at the pairs in the page: is it the same image, or a plainer one?",
    ),
    Check(
        "TRI405",
        ISSUE,
        "a class with under 10 % of the even share of the generated images",
        _missing_class,
        "The generator leaves out a part of what it should show.",
        "A smaller learning_rate, more dropout or a larger r1 may help; so does conditional=true "
        "of a GAN.",
    ),
)
