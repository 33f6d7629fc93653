"""`local_runner.py --prune`: removes what no longer matters from an output folder.

It may be killed at any moment: the store is told of an artifact's end before its folder goes, and
forgets it after that, so that the next one finds what is left to do.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from ml_metadata import errors

from modules.training import journal
from modules.util.files import remove, sweep
from pipeline import belonging, output_folder
from pipeline.metadata.artifacts import mark_deleted
from pipeline.pruning import lineage, rows
from pipeline.pruning.plan import Plan, make_plan, other_stores, place
from pipeline.scratch import clear_system_folders, sweep_temporary
from pipeline.settings import BadSetting, Settings

Say = Callable[[str], None]


@dataclasses.dataclass
class _Tally:
    """What was removed, in folders, and how many bytes that was."""

    folders: int = 0
    size: int = 0


def prune(settings: Settings, say: Say, dry_run: bool = False, without_lock: bool = False) -> None:
    """Removes what no longer matters; see plan.

    Args:
        settings: say where the output folder is.
        say: is told a line for all that is removed.
        dry_run: only tell.
        without_lock: see output_folder.only_run_in.

    Raises:
        BadSetting: it cannot be known what matters.
        Busy: a run is using the folder.
        OSError: something cannot be removed.
    """
    output, store = settings.output, Path(settings.metadata)
    _check(settings)
    with output_folder.only_run_in(output, without_lock):
        _prune(output, store, say, dry_run)


def _check(settings: Settings) -> None:
    output = settings.output
    own = str(output / "metadata.sqlite")
    for elsewhere in {settings.metadata, *other_stores(output)} - {own}:
        raise BadSetting(
            f"the runs of {output} are known to the metadata store {elsewhere}, which others may "
            "use; only a folder whose store is its own metadata.sqlite can be pruned"
        )
    if not (output / belonging.FILE).is_file() or not Path(settings.metadata).is_file():
        raise BadSetting(
            f"{output} has no runs that could be pruned: it lacks {belonging.FILE} or "
            "metadata.sqlite"
        )


def _prune(output: Path, file: Path, say: Say, dry_run: bool) -> None:
    before = file.stat().st_size
    try:
        store = lineage.open_store(file)
        known = lineage.read(store)
    except (RuntimeError, errors.StatusError) as error:
        raise BadSetting(f"the metadata store {file} cannot be read: {error}") from error
    plan = make_plan(output, known)
    if not dry_run:
        mark_deleted(store, (known.artifacts[one] for one in sorted(plan.artifacts)))
    del store  # it holds the file open
    places = {place(known.artifacts[one].uri, output) for one in plan.artifacts}
    journals = journal.ended(output / "state")
    tally = _remove([*sorted(places), *sorted(plan.runs), *journals], output, say, dry_run)
    said = f"{tally.folders} folder{'s' * (tally.folders != 1)}, {_size(tally.size)}"
    if dry_run:
        say(f"would remove {said}, and {len(plan.executions)} executions from the metadata store")
        return
    sweep_temporary(output)
    for folder in (output / "artifacts", *(path.parent for path in plan.runs)):
        sweep(folder)
    for folder in (output / "artifacts").glob("*"):
        clear_system_folders(folder)
    executions = _forget(file, plan, say)
    freed = tally.size + before - file.stat().st_size
    say(
        f"removed {said}, and {executions} executions from the metadata store: {_size(freed)} freed"
    )


def _remove(folders: Iterable[Path], output: Path, say: Say, dry_run: bool) -> _Tally:
    tally = _Tally()
    for folder in folders:
        if not folder.is_dir():
            continue
        size = sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
        tally.folders, tally.size = tally.folders + 1, tally.size + size
        say(f"{'would remove' if dry_run else 'removed'} {_shown(folder, output)} ({_size(size)})")
        if not dry_run:
            remove(folder)
    return tally


def _forget(file: Path, plan: Plan, say: Say) -> int:
    if not plan.executions:
        return 0
    try:
        return rows.forget(file, plan.executions, plan.artifacts)
    except sqlite3.Error as error:
        say(f"note: {file} keeps what it knows of them: {error}")
        return 0


def _shown(folder: Path, output: Path) -> Path:
    return folder.relative_to(output) if folder.is_relative_to(output) else folder


def _size(count: int) -> str:
    """A number of bytes, as people write it."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if abs(size) < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
