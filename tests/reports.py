"""Reports of made-up runs: each family, pushed, refused, failed and interrupted."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from components.gates import CHANGE, Failure, Record, describe
from components.results.facts import Evaluation, Training, Tuning
from components.results.judged import WORSE, Paired, Threshold
from components.results.report import Change, Command, Finding, Report
from components.results.rival import Rival
from components.results.summary import Node, Summary, Verdict
from tests import report_judged as judged
from tests import report_parts as parts
from tests import report_seen as seen

DIGITS = tuple(map(str, range(10)))
STROKES = ("stroke=thin", "stroke=regular", "stroke=bold")
RUN, EARLIER = "20261125-224814-344284", "20261125-183024-274688"
CHANGED = (
    Change("setting", "training.epochs", "12", "14"),
    Change("code", "source", "374756eb12a241d1", "8dc300fe137086cf"),
    Change("library", "keras", "3.15.0", "3.15.1"),
)
FINDINGS = (
    Finding(
        "TRI001",
        "issue",
        "The model reaches 99.9 % on its training images and 96.2 % on held-out ones.",
        "A gap this wide says that it knows its training images by heart.",
        "Train for fewer epochs, or raise dropout.",
    ),
    Finding(
        "TRI005",
        "tip",
        "The best learning_rate, 0.005, is the largest of its choices.",
        "A better one may lie beyond.",
        "Widen the range of learning_rate.",
    ),
)


def transformer(classes: Sequence[str] = DIGITS, **changes: Any) -> Report:
    """A pushed classifier, compared with an earlier one, inspected and checked."""
    evaluation = judged.classifier(classes)
    report = _report("transformer", evaluation, parts.training_of_classifier(), parts.search())
    report = dataclasses.replace(
        report, inspection=seen.inspected_classifier(classes), images=seen.seen_images(classes)
    )
    return dataclasses.replace(report, **changes)


def beside_forest() -> Report:
    """A classifier that is better than the forest of its output folder, on most classes."""
    report = transformer()
    found = report.summary.evaluation
    assert found
    pairs = [dataclasses.replace(one, baseline=one.value - 0.02) for one in found.paired]
    forest = Rival(EARLIER, {"accuracy": 0.971}, paired=tuple(pairs))
    return dataclasses.replace(report, summary=dataclasses.replace(report.summary, forest=forest))


def vae() -> Report:
    """A pushed variational autoencoder."""
    evaluation = judged.generator(DIGITS, nelbo=89.856237)
    report = _report("vae", evaluation, parts.training_of_vae(), parts.search("val_nelbo"))
    return dataclasses.replace(
        report,
        inspection=seen.inspected_generator(DIGITS),
        images=seen.sampled_images("reconstructions", "walk", "latents"),
    )


def gan() -> Report:
    """A pushed GAN, the first of its output: nothing to compare with."""
    evaluation = dataclasses.replace(judged.generator(DIGITS), paired=(), baseline="")
    report = _report("gan", evaluation, parts.training_of_gan(), parts.search("val_frechet"))
    return dataclasses.replace(
        report,
        inspection=seen.inspected_generator(DIGITS),
        images=seen.sampled_images(),
        previous="",
        changed=(),
    )


def refused(report: Report | None = None) -> Report:
    """A classifier that two thresholds refuse, one of them against the last blessed model."""
    report = report or transformer()
    evaluation = report.summary.evaluation
    assert evaluation
    bad = (
        Threshold(
            "class_accuracy",
            "accuracy",
            "label=8",
            "at least",
            0.96,
            0.945,
            0.9712,
            0.975,
            974,
            0.9815,
            passed=False,
        ),
        Threshold(
            "accuracy_drop",
            "accuracy",
            "overall",
            CHANGE,
            -0.006,
            -0.0085,
            -0.0034,
            -0.002,
            10_000,
            0.9937,
            passed=False,
        ),
    )
    failures = tuple(
        Failure("Evaluator", one.metric, one.slice, one.value, one.kind, one.bound, one.examples)
        for one in bad
    )
    taken = {(one.metric, one.slice, one.kind) for one in bad}
    kept = [t for t in evaluation.thresholds if (t.metric, t.slice, t.kind) not in taken]
    worse = Paired(
        "accuracy",
        "overall",
        10_000,
        0.9877,
        0.9937,
        -0.0085,
        -0.0034,
        0.00002,
        "McNemar's exact test",
        WORSE,
        98,
        38,
    )
    eight = {**evaluation.slices["label=8"], "accuracy": 0.96, "example_count": 974.0}
    found = dataclasses.replace(
        evaluation,
        slices={**evaluation.slices, "label=8": eight},
        thresholds=(*bad, *kept),
        paired=(worse, *(one for one in evaluation.paired if one.slice != "overall")),
    )
    return _ended(report, Verdict("refused", 3, describe(failures), failures), evaluation=found)


def failed() -> Report:
    """A run whose Trainer broke: nothing was judged."""
    report = transformer()
    reason = "Trainer: the disk is full: 0 bytes of 12 MB are left in the output folder"
    return _cut_short(report, Verdict("failed", 1, reason), "failed")


def interrupted() -> Report:
    """A run that was stopped while it trained."""
    reason = "stopped; the same command resumes it"
    return _cut_short(transformer(), Verdict("interrupted", 130, reason), "")


def early() -> Report:
    """A run that had not begun: no facts at all."""
    return Report(Summary(Verdict("failed", 1, "the data could not be read")))


def every() -> Mapping[str, Report]:
    """All of them, by name."""
    return {
        "transformer": transformer(),
        "beside a forest": beside_forest(),
        "vae": vae(),
        "gan": gan(),
        "refused": refused(),
        "failed": failed(),
        "interrupted": interrupted(),
        "early": early(),
        "first": dataclasses.replace(refused_by_words(), inspection=None, images=(), findings=()),
        "hundred": transformer([f"kind {i}" for i in range(100)]),
    }


def refused_by_words() -> Report:
    """A run on data that nobody has set bounds for."""
    words = "for this dataset; what its model reached is proposed as such"
    failure = Failure("Evaluator", "no gates", "overall", None, "must", None, 0, words)
    report = gan()
    assert report.summary.evaluation
    evaluation = dataclasses.replace(report.summary.evaluation, thresholds=())
    reason = "no gates for this dataset; to accept what this model reached, use --gates gates.toml"
    return _ended(report, Verdict("refused", 3, reason, (failure,)), evaluation=evaluation)


def _report(
    family: str, evaluation: Evaluation, training: Training, tuning: Tuning | None
) -> Report:
    pushed = f"/output/serving/{family}/1795647188"
    summary = Summary(
        verdict=Verdict("pushed", 0, pushed),
        run=RUN,
        pushed=pushed,
        nodes=parts.nodes(family),
        gates=(Record("DataGate", True), Record("ServingCheck", True), Record("Evaluator", True)),
        seconds=289.8,
        settings=parts.settings(family),
        seed=1,
        source="8dc300fe137086cf",
        versions=parts.VERSIONS,
        tuning=tuning,
        training=training,
        evaluation=evaluation,
    )
    return Report(
        summary,
        previous=EARLIER,
        changed=CHANGED,
        commands=_commands(family),
        findings=FINDINGS,
        muted=("TRI011",),
    )


def _commands(family: str) -> tuple[Command, ...]:
    folder = f"output/{family}/{RUN}"
    return (
        Command(
            "Ask the model",
            f"python -m components.ask_model output/serving/{family}/1795647188 digit.png",
        ),
        Command("Run again", f"make run MODEL={family}"),
        Command("Accept what it reached", f"make run MODEL={family} GATES={folder}/gates.toml"),
        Command("Repeat it exactly", f"python local_runner.py --config {folder}/config.toml"),
    )


def _ended(report: Report, verdict: Verdict, **changes: Any) -> Report:
    nodes = tuple(
        dataclasses.replace(node, state="done", headline="not pushed")
        if node.node == "Pusher"
        else node
        for node in report.summary.nodes
    )
    summary = dataclasses.replace(
        report.summary, verdict=verdict, pushed=None, nodes=nodes, **changes
    )
    return dataclasses.replace(report, summary=summary)


def _cut_short(report: Report, verdict: Verdict, state: str) -> Report:
    nodes: list[Node] = []
    for node in report.summary.nodes:
        if node.node == "Trainer":
            if state:
                nodes.append(dataclasses.replace(node, state=state, headline="the disk is full"))
            break
        nodes.append(node)
    summary = dataclasses.replace(
        report.summary,
        verdict=verdict,
        pushed=None,
        nodes=tuple(nodes),
        training=None,
        evaluation=None,
        seconds=133.0,
    )
    return dataclasses.replace(report, summary=summary, inspection=None, images=(), findings=())
