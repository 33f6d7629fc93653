"""The one line of each node that says how it went, from what it wrote."""

from __future__ import annotations

from pathlib import Path

from components.anomalies import find_anomalies
from components.gates import describe, find_records, read_record
from components.results import searched
from components.results.facts import (
    BASELINE,
    Outputs,
    read_evaluation,
    read_pushed,
    read_training,
    read_tuning,
)
from components.results.inspection import read_inspection


def examples(outputs: Outputs) -> str:
    """How many images each split has."""
    properties = outputs["examples"][0].custom_properties
    counts = [properties[f"{split}_count"].int_value for split in ("train", "eval", "test")]
    return "train {:,}, eval {:,}, test {:,} images".format(*counts)


def statistics(outputs: Outputs) -> str:
    """Of how many splits there are statistics."""
    splits = [path for path in Path(outputs["statistics"][0].uri).iterdir() if path.is_dir()]
    return f"{len(splits)} splits"


def anomalies(outputs: Outputs) -> str:
    """How many anomalies the data has."""
    found = find_anomalies(outputs["anomalies"][0].uri)
    return f"{len(found)} anomal{'y' if len(found) == 1 else 'ies'}"


def data_gate(outputs: Outputs) -> str:
    """A gate that refused has not finished, and so has no headline."""
    del outputs
    return "the data fits its schema"


def judge(outputs: Outputs) -> str:
    """Which judge reads a generator's samples, and how well it reads real images."""
    properties = outputs["judge"][0].custom_properties
    whose = "the shipped judge reads" if properties["kept"].int_value else "trained, reads"
    accuracy = properties["accuracy"].double_value
    return f"{whose} eval at {accuracy:.4f}, fingerprint {properties['fingerprint'].string_value}"


def tuning(outputs: Outputs) -> str:
    """The best score of the search, why it ended and if it was worth it; or why there is none."""
    if why := _why_none(outputs):
        return why
    found = read_tuning(outputs)
    count = len(found.trials)
    best = _number(found.objective, found.trials[0].score)
    told = f"best {best} of {count} trial{'s' * (count > 1)}"
    return "; ".join(filter(None, (told, searched.ended(found), searched.worth(found))))


def training(outputs: Outputs) -> str:
    """The figures of the last epoch on held-out images, or why there is no model."""
    if why := _why_none(outputs):
        return why
    history = read_training(outputs).history
    last = {name: values[-1] for name, values in history.items() if name.startswith("val_")}
    return ", ".join(_number(name, value) for name, value in sorted(last.items()))


def baseline(outputs: Outputs) -> str:
    """The model to compare with, by its folder among the artifacts."""
    models = outputs.get("model", [])
    if not models:
        return "no earlier model"
    return f"the last blessed model, {'/'.join(Path(models[0].uri).parts[-3:])}"


def evaluation(outputs: Outputs) -> str:
    """The figures that say in a word how good the model is, and whether the gate lets it pass."""
    found = read_evaluation(outputs)
    figures = [f"{name.replace('_', ' ')} {_short(found.overall[name])}" for name in found.headline]
    blessed = read_record(outputs["evaluation"][0].uri).passed
    said = ", ".join([*figures, "blessed" if blessed else "not blessed"])
    return f"{said}; {found.notes[BASELINE]}" if BASELINE in found.notes else said


def serving(outputs: Outputs) -> str:
    """What a server's process said."""
    record = read_record(outputs["blessing"][0].uri)
    if not record.passed:
        return describe(record.failures)
    asked = outputs["blessing"][0].custom_properties["asked"].int_value
    return f"a fresh process agrees on {asked} images"


def inspection(outputs: Outputs) -> str:
    """How many answers are wrong, or how many samples are copies; else what was looked at."""
    found = read_inspection(outputs)
    if found.answers:
        asked, suspects = sum(one.count for one in found.answers.bins), found.answers.suspected
        doubts = f"{suspects:,} suspected label{'' if suspects == 1 else 's'}"
        return f"{found.answers.wrong:,} wrong of {asked:,}, {doubts}"
    if found.neighbours:
        return f"{100 * found.neighbours.copied:.1f} % of samples copied"
    return f"{sum(split.examples for split in found.splits):,} images"


def pushed(outputs: Outputs) -> str:
    """The version that was pushed."""
    found = read_pushed(outputs)
    return f"version {found.version}" if found.path else "not pushed"


def _why_none(outputs: Outputs) -> str:
    failures = [failure for record in find_records(outputs) for failure in record.failures]
    return describe(failures) if failures else ""


def _number(name: str, value: float | None) -> str:
    return f"{name} {'undefined' if value is None else f'{value:.4f}'}"


def _short(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4g}"
