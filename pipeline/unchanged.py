"""Whether a run would find everything as the last one left it, answered without TensorFlow or TFX.

TFX's own cache is asked node by node, after the import of every library. When settings, code, data
and libraries are those of the last run, and each file that it wrote is still there, the answer is
the last run's, and nothing has to be loaded to know it.
"""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from components.manifest import Manifest, first_change, take
from components.results.facts import Outputs, pushed_path
from components.results.forest import find_forest
from components.results.stored import BadFacts, read_facts
from components.results.summary import FILE as SUMMARY
from components.results.summary import Summary, read_summary
from modules.util.files import digest, write_json
from modules.util.plain import to_json
from pipeline import nodes, proposed
from pipeline.run_folder import LATEST, RunFolder
from pipeline.settings import Settings, to_plain

FILE = "unchanged.json"
_ONLY_TOLD = "checks"  # the settings that say what a report tells of a run
PACKAGES = (
    "tfx",
    "tensorflow",
    "keras",
    "keras-tuner",
    "tensorflow-model-analysis",
    "apache-beam",
    "scikit-learn",
    "numpy",
)


@dataclasses.dataclass(frozen=True)
class Left:
    """What a run that came to a verdict left behind.

    Attributes:
        key: a name for all that shaped it.
        files: those that its nodes wrote, below the output folder.
    """

    key: str
    files: Manifest


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that shape results."""
    found = {package: metadata.version(package) for package in PACKAGES}
    return {"python": platform.python_version()} | found


def code(family: str) -> str:
    """A hash of all the code that a run of a family is made of."""
    return nodes.source_of_all(family, "pipeline.run", "pipeline.dag")


def remember(folder: RunFolder, key: str, outputs: Iterable[Outputs]) -> None:
    """Writes down what a run that came to a verdict was made of, and what it left behind.

    Args:
        folder: of the run.
        key: as it was when the run was compiled; code and data may have been edited since.
        outputs: of each node.
    """
    made = [one for of_node in outputs for artifacts in of_node.values() for one in artifacts]
    places = {artifact.uri for artifact in made} | set(filter(None, map(pushed_path, made)))
    found = take(folder.settings.output, map(Path, sorted(places)))
    write_json(folder.path / FILE, to_json(Left(key, found)))


def is_repeated(settings: Settings, key: str) -> bool:
    """Whether a run would find everything as the last one left it.

    Args:
        settings: of the run.
        key: a name for all that shapes it.
    """
    return _left(settings, key) is not None


def _left(settings: Settings, key: str) -> Left | None:
    if settings.metadata_store is not None or not Path(settings.metadata).is_file():
        return None
    try:
        left = read_facts(Left, settings.output / settings.family / LATEST / FILE)
    except (BadFacts, OSError):
        return None
    return None if left.key != key or first_change(settings.output, left.files) else left


def repeat(folder: RunFolder, key: str = "") -> Summary | None:
    """Ends a run that would find everything as the last one left it.

    Args:
        folder: of the run, which has not begun.
        key: a name for all that shapes it, if that is more than its settings.

    Returns:
        The last run's summary, with all nodes cached, which is this run's now; None when there is
        something to do, or to look at, and nothing was written.
    """
    settings = folder.settings
    last = settings.output / settings.family / LATEST
    left = _left(settings, key or key_of(settings))
    if left is None:
        return None
    try:
        summary = read_summary(last / SUMMARY)
    except (BadFacts, OSError):
        return None
    verdict = summary.verdict
    if proposed.lacks_gates(verdict):
        try:
            verdict = proposed.copy(folder, verdict, last / proposed.FILE)
        except OSError:
            return None  # someone has removed it; the Evaluator's own is there
    cached = tuple(dataclasses.replace(n, state="cached", seconds=0.0) for n in summary.nodes)
    told = {**summary.settings, _ONLY_TOLD: to_plain(settings)[_ONLY_TOLD]}
    summary = dataclasses.replace(
        summary, verdict=verdict, run=folder.run_id, nodes=cached, seconds=0.0, settings=told
    )
    forest = find_forest(settings.output, summary)  # which may be a later one
    folder.begin()
    summary = folder.write(dataclasses.replace(summary, forest=forest))
    write_json(folder.path / FILE, to_json(left))
    return summary


def key_of(settings: Settings, source: str = "", seeds: int = 1) -> str:
    """A name for all that shapes a run that begins now.

    Args:
        settings: of the run, which know their data.
        source: a hash of the code, if it is known already.
        seeds: of a run that pushes the median of so many trainings.
    """
    shapes = {name: value for name, value in to_plain(settings).items() if name != _ONLY_TOLD}
    of_series = [seeds] if seeds > 1 else []
    return digest([shapes, source or code(settings.family), versions(), *of_series])
