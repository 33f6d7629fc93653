"""Whether a run that was stopped and resumed ended as one that was not."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPEATS = 1e-5  # by what part a figure may differ; with one thread, most do not at all
_OWN = ("folder", "keras", "seconds", "epoch_seconds")  # of a training: what no other one shares
_LEFT = (".part", ".gone")
_PASSING = (".incoming", ".tmp")


def found(output: Path, family: str) -> dict[str, Any]:
    """What a run's summary says that another run of the same settings has to say, too."""
    summary = json.loads((output / family / "summary.json").read_text())
    training = summary["training"] or {}
    evaluation = summary["evaluation"] or {}
    return {
        "verdict": {k: v for k, v in summary["verdict"].items() if k != "reason"},
        "nodes": [node["node"] for node in summary["nodes"]],
        "gates": summary["gates"],
        "search": summary["tuning"],
        "folds": [fold["figures"] for fold in (summary["folds"] or {}).get("folds", ())],
        "training": {k: v for k, v in training.items() if k not in _OWN},
        "evaluation": evaluation,
    }


def states(output: Path, family: str) -> dict[str, str]:
    """The state of each node, by the summary."""
    summary = json.loads((output / family / "summary.json").read_text())
    return {node["node"]: node["state"] for node in summary["nodes"]}


def differences(wanted: Any, got: Any, where: str = "") -> Iterator[str]:
    """Says where two values of JSON differ by more than figures may."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in sorted(wanted.keys() | got.keys()):
            yield from differences(wanted.get(key), got.get(key), f"{where}.{key}".lstrip("."))
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for place, pair in enumerate(zip(wanted, got, strict=True)):
            yield from differences(*pair, f"{where}[{place}]")
    elif isinstance(wanted, float) and isinstance(got, (int, float)):
        if not math.isclose(wanted, got, rel_tol=REPEATS, abs_tol=REPEATS):
            yield f"{where} is {got}, not {wanted}"
    elif wanted != got:
        yield f"{where} is {str(got)[:80]}, not {str(wanted)[:80]}"


def folders(output: Path) -> Counter[str]:
    """What lies in an output folder, by names without numbers, and how often.

    Logs and summaries of earlier runs are left out, as is what TFX notes of each execution.
    """
    seen: Counter[str] = Counter()
    for path in output.rglob("*"):
        parts = path.relative_to(output).parts
        if ".system" in parts or parts[0] == ".lock":
            continue
        if parts[0] in ("artifacts", "serving", "state"):
            name = "/".join(re.sub(r"^(\d+|[0-9a-f]{16})$", "N", part) for part in parts)
            name = re.sub(r"events\.out\.tfevents.*", "events", name)
            seen[name] += 1
    return seen


def of_epochs(names: Counter[str]) -> Counter[str]:
    """What a training writes at the end of an epoch, of what is in `folders`."""
    ends = ("/events", "/train", "/validation")
    return Counter({n: k for n, k in names.items() if "-epoch-" in n or n.endswith(ends)})


def left_over(output: Path) -> list[str]:
    """What is half-written, or on its way in or out."""
    return [
        str(path.relative_to(output))
        for path in output.rglob("*")
        if path.name.startswith((".", "beam-temp"))
        and (path.suffix in _LEFT or path.name in _PASSING or path.name[0] != ".")
    ]


def unsettled(output: Path) -> list[str]:
    """Executions that the metadata store says are at work; needs TFX's libraries."""
    from tests.stores import Execution, executions

    return [
        f"{name} is {word} by the store"
        for word, state in (("running", Execution.RUNNING), ("new", Execution.NEW))
        for name in executions(output, state)
    ]


def pushed_wrongly(output: Path, family: str, versions: int) -> Iterator[str]:
    """What is wrong with what a server would load; needs TensorFlow."""
    import tensorflow as tf

    summary = json.loads((output / family / "summary.json").read_text())
    served = output / "serving" / family
    names = sorted(path.name for path in served.iterdir())
    if len(names) != versions:
        yield f"{len(names)} versions are served ({', '.join(names)}), not {versions}"
    newest = served / max(names, key=int)
    if Path(output, summary["pushed"] or "").name != newest.name:
        yield f"{newest.name} is served, and {summary['pushed']} was pushed"
    models = (output / "artifacts" / family / "Trainer" / "model").glob("*/Format-Serving")
    model = max(models, key=lambda path: int(path.parent.name))
    if _content(newest) != _content(model):
        yield f"{newest.name} is not the trained model"
    loaded = tf.saved_model.load(str(newest))
    if "serving_default" not in loaded.signatures:
        yield f"{newest.name} has no serving_default"


def _content(folder: Path) -> dict[str, bytes]:
    from components.results.facts import PUSHED_BY

    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != PUSHED_BY
    }
