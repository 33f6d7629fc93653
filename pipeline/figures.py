"""The one figure of each node that says how it went."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from components.data_gate import find_anomalies
from modules import families
from pipeline.results import Outputs, read_evaluation, read_training, read_tuning
from pipeline.verdict import pushed_path


def _examples(outputs: Outputs) -> str:
    properties = outputs["examples"][0].custom_properties
    counts = [properties[f"{split}_count"].int_value for split in ("train", "eval", "test")]
    return "train {:,}, eval {:,}, test {:,} images".format(*counts)


def _statistics(outputs: Outputs) -> str:
    splits = [path for path in Path(outputs["statistics"][0].uri).iterdir() if path.is_dir()]
    return f"{len(splits)} splits"


def _anomalies(outputs: Outputs) -> str:
    uri = outputs["anomalies"][0].uri
    splits = [path.name.removeprefix("Split-") for path in sorted(Path(uri).glob("Split-*"))]
    found = find_anomalies(uri, splits)
    return f"{len(found)} anomal{'y' if len(found) == 1 else 'ies'}"


def _tuning(outputs: Outputs) -> str:
    trials = read_tuning(outputs)["trials"]
    return f"best of {len(trials)} trial{'s' * (len(trials) > 1)} {trials[0]['score']:.4f}"


def _training(outputs: Outputs) -> str:
    history = read_training(outputs)["history"]
    last = {name: values[-1] for name, values in history.items() if name.startswith("val_")}
    return ", ".join(f"{name} {value:.4f}" for name, value in sorted(last.items()))


def _baseline(outputs: Outputs) -> str:
    models = outputs.get("model", [])
    return f"model {models[0].id}, the last one blessed" if models else "no earlier model"


def _evaluation(outputs: Outputs, family: str) -> str:
    overall = read_evaluation(outputs, family)["overall"]
    blessed = outputs["blessing"][0].custom_properties["blessed"].int_value
    figures = [
        f"{name.replace('_', ' ')} {overall[name]:.4g}"
        for name in families.load(family).evaluation.headline
    ]
    return ", ".join([*figures, "blessed" if blessed else "not blessed"])


def _serving(outputs: Outputs) -> str:
    properties = outputs["blessing"][0].custom_properties
    reason = properties["reason"].string_value
    return reason or f"a fresh process agrees on {properties['asked'].int_value} images"


def _pushed(outputs: Outputs) -> str:
    path = pushed_path(outputs["pushed_model"][0])
    return f"version {Path(path).name}" if path else "not pushed"


_FIGURES: dict[str, Callable[[Outputs], str]] = {
    "MnistExampleGen": _examples,
    "StatisticsGen": _statistics,
    "ExampleValidator": _anomalies,
    "DataGate": lambda _: "the data fits its schema",
    "Tuner": _tuning,
    "Trainer": _training,
    "Baseline": _baseline,
    "ServingCheck": _serving,
    "Pusher": _pushed,
}


def key_figure(node_id: str, outputs: Outputs, family: str) -> str:
    """Says in a few words what a finished node found; empty for a node without a figure."""
    if node_id == "Evaluator":
        return _evaluation(outputs, family)
    return _FIGURES[node_id](outputs) if node_id in _FIGURES else ""
