"""How the model was trained, and the search before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from components.results import searched as searched_words
from components.results.facts import Training, Tuning
from components.results.numbers import count, duration, number, title
from components.results.pictures.history import history
from components.results.pictures.trials import scatter, searched
from components.results.report import Report
from components.results.sections.images import Shown, of_others
from components.results.sections.section import Cell, Section, Table, numeric, plain

_HELD_OUT = "val_"
_DRAWN = 12  # pictures of a kind
_LISTED = 100  # trials


def sections(report: Report) -> Iterator[Section]:
    """`training`, `trials`."""
    training = report.summary.training
    if training is None:
        told = "The run did not come as far as a trained model."
        yield plain("training", "Training", words=[told])
    else:
        yield _training(training, of_others(report))
    if report.summary.tuning and report.summary.tuning.trials:
        yield _trials(report.summary.tuning)


def _training(found: Training, images: Sequence[Shown]) -> Section:
    names = list(dict.fromkeys(name.removeprefix(_HELD_OUT) for name in found.history))
    names.sort(key=lambda name: "loss" not in name)
    pictures = [
        history(name, found.history.get(name, ()), found.history.get(f"{_HELD_OUT}{name}", ()))
        for name in names[:_DRAWN]
    ]
    paced = found.epoch_seconds
    pace = f", {duration(median(paced))} an epoch (the median)" if paced else ""
    told = (
        f"{count(found.epochs, 'epoch')} on {count(found.train_images, 'image')}, "
        f"{count(found.eval_images, 'image')} held out; {count(found.parameters, 'parameter')}; "
        f"{duration(found.seconds)}{pace}; seed {found.seed}."
    )
    rows = [[Cell(name), Cell(number(value))] for name, value in found.hyperparameters.items()]
    table = Table("Hyperparameters", ("Name", "Value"), rows)
    words = [told]
    if found.keras:
        words.append(f"Keras opens {found.keras} again; docs/models.md says how.")
    return plain("training", "Training", table, words=words, pictures=pictures, images=images)


def _trials(found: Tuning) -> Section:
    names = searched(found.trials)
    scored = [trial for trial in found.trials if trial.score is not None]
    told = [f"{count(len(found.trials), 'trial')}, {title(found.objective)} of each; best first."]
    if len(scored) < len(found.trials):
        why = "; ".join(sorted({trial.failed for trial in found.trials if trial.failed}))
        failed = count(len(found.trials) - len(scored), "trial")
        told.append(f"{failed} failed: {why or 'no score'}.")
    if not names:
        told.append("All trials had the same hyperparameters.")
    told += searched_words.lines(found)
    pictures = [scatter(name, found.objective, found.trials) for name in names[:_DRAWN]]
    rows = [
        [
            Cell(trial.trial),
            numeric(trial.score, found.objective),
            numeric(trial.epochs) if trial.epochs is not None else Cell("–"),
            numeric(trial.images) if trial.images is not None else Cell("–"),
            *(_value(trial.values.get(name, "")) for name in names),
        ]
        for trial in found.trials[:_LISTED]
    ]
    more = len(found.trials) - _LISTED
    note = f"{more:,} more are in report.json." if more > 0 else ""
    head = ("Trial", title(found.objective), "Epochs", "Images", *names)
    table = Table("Trials", head, rows, note)
    return plain("trials", "Search", table, words=told, pictures=pictures)


def _value(value: object) -> Cell:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return numeric(value)
    return Cell(number(value))
