"""Takes executions and artifacts out of a metadata store that is a file.

ml-metadata can mark them only. Whatever refers to them by their ids goes along, and numbers are not
given twice, so that what stays means the same as before.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

_OWNERS = {"Execution": "execution_id", "Artifact": "artifact_id", "Context": "context_id"}
# Contexts of one run, or of one state of the cache: without an execution they say nothing.
_PASSING = ("pipeline_run", "execution_cache")


def forget(file: Path, executions: Iterable[int], artifacts: Iterable[int]) -> int:
    """Removes rows, all or none, and gives their room back.

    Args:
        file: the store, which nobody else has open.
        executions: ids.
        artifacts: ids; those that an execution that stays refers to, stay.

    Returns:
        How many executions are gone.
    """
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as store:
        store.execute("BEGIN IMMEDIATE")
        try:
            gone = _forget(store, set(executions), set(artifacts))
            store.execute("COMMIT")
        except BaseException:
            store.execute("ROLLBACK")
            raise
        store.execute("VACUUM")
    return gone


def _forget(store: sqlite3.Connection, executions: set[int], artifacts: set[int]) -> int:
    there = {ident for (ident,) in store.execute("SELECT id FROM Execution")}
    _remove(store, "Execution", executions)
    asked = {ident for (ident,) in store.execute("SELECT artifact_id FROM Event")}
    _remove(store, "Artifact", artifacts - asked)
    marks = ",".join("?" * len(_PASSING))
    empty = store.execute(
        f"SELECT c.id FROM Context c JOIN Type t ON t.id = c.type_id WHERE t.name IN ({marks}) "
        "AND NOT EXISTS (SELECT 1 FROM Association a WHERE a.context_id = c.id)",
        _PASSING,
    )
    _remove(store, "Context", {ident for (ident,) in empty})
    return len(there & executions)


def _remove(store: sqlite3.Connection, table: str, idents: set[int]) -> None:
    """Removes rows of a table, and those of all tables that refer to them."""
    rows = [(ident,) for ident in sorted(idents)]
    column, columns = _OWNERS[table], list(_columns(store))
    if ("Event", column) in columns:
        of_event = [referring for referring, name in columns if name == "event_id"]
        for referring in of_event:
            events = f"SELECT id FROM Event WHERE {column} = ?"
            store.executemany(f"DELETE FROM {referring} WHERE event_id IN ({events})", rows)
    for referring, name in columns:
        if name in (column, f"parent_{column}"):
            store.executemany(f"DELETE FROM {referring} WHERE {name} = ?", rows)
    store.executemany(f"DELETE FROM {table} WHERE id = ?", rows)


def _columns(store: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """The tables, each with each of its columns."""
    tables = store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        for _, name, *_ in store.execute(f"PRAGMA table_info({table})").fetchall():
            yield table, name
