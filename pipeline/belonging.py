"""An output folder belongs to one kind of data: models of another kind cannot be compared there."""

from __future__ import annotations

import json

from components.results.stored import BadFacts
from components.results.summary import FILE as SUMMARY
from components.results.summary import read_summary
from modules.data.dataset import BadKind, Dataset, from_plain, to_plain
from modules.util.files import write_json
from pipeline.exit_codes import ExitCode
from pipeline.settings import BadSetting, Settings

FILE = "dataset.json"


def claim(settings: Settings) -> None:
    """Makes the output folder that of the run's kind of data, or finds that it is so.

    Raises:
        BadSetting: it belongs to data of another side, other classes or other names.
        OSError: the folder cannot be written.
    """
    file, dataset = settings.output / FILE, settings.known_dataset
    try:
        owner = from_plain(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, to_plain(dataset))
        return
    except (ValueError, TypeError, AttributeError, BadKind) as error:
        raise BadSetting(f"{file} does not say which data the folder belongs to: {error}") from None
    if owner.kind != dataset.kind:
        raise BadSetting(
            f"{settings.output} belongs to other data ({_words(owner, dataset)}) than these "
            f"({_words(dataset, owner)}); give them an --output of their own"
        )


def changed_since(settings: Settings, run_id: str) -> str:
    """Says that the data are not those of the last run that came to a verdict; or "".

    Args:
        settings: of this run.
        run_id: its name; earlier runs have smaller ones.
    """
    folder = settings.output / settings.family
    runs = sorted((path.parent.name for path in folder.glob(f"*/{SUMMARY}")), reverse=True)
    for run in runs:
        if run >= run_id or (folder / run).is_symlink():
            continue
        try:
            summary = read_summary(folder / run / SUMMARY)
        except (BadFacts, OSError):
            continue
        if summary.verdict.exit_code not in (ExitCode.PUSHED, ExitCode.REFUSED):
            continue
        before = summary.settings.get("dataset", {}).get("hash")
        if before and before != settings.known_dataset.hash:
            return f"the data are not those of the last run, {run}: other images or labels"
        return ""
    return ""


def _words(dataset: Dataset, other: Dataset) -> str:
    """What tells a dataset from another one."""
    if dataset.side != other.side or dataset.classes != other.classes:
        return str(dataset)
    if dataset.labels != other.labels:
        return f"{dataset.origin}: labels {dataset.labels[0]} to {dataset.labels[-1]}"
    pairs = zip(dataset.names, other.names, strict=True)
    return f"{dataset.origin}: a class called {next(a for a, b in pairs if a != b)}"
