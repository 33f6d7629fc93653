"""What trials came to, kept beyond their search, so that no trial is ever run twice.

    FOLDER/KEY.json          what a trial came to
    FOLDER/KEY.weights.h5    its state, which a longer trial may go on from
    FOLDER/ended             the search has ended: what is here saves time, and nothing else

Keras Tuner saves a search in several files that a kill can leave half-written or out of step. Here
a trial is one file, under a name made of all that shapes its result: neither the budget nor the
way to search is part of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from modules.contract.hyperparameters import Values
from modules.util.files import digest, remove, write_json, write_text

_KEPT = 5  # journals of a family, the last used of which stay
_ENDED = "ended"
_STATE = ".weights.h5"


@dataclasses.dataclass(frozen=True)
class Attempt:
    """All that shapes a trial's result, besides the data and the code.

    Attributes:
        values: of all hyperparameters.
        start: epochs that it has behind it.
        until: epochs that it has at its end.
        seed: of its training.
        parent: the trial that it goes on from; None begins anew.
    """

    values: Values
    start: int
    until: int
    seed: int
    parent: Attempt | None = None

    @property
    def key(self) -> str:
        """Its name."""
        before = self.parent.key if self.parent else ""
        return digest([dict(self.values), self.start, self.until, self.seed, before])


class Journal:
    """The trials of all searches that see the same data with the same code.

    Args:
        folder: of it; its name must stand for all that shapes each trial alike.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self) -> None:
        """Makes the folder the one that was used last; of its neighbours the oldest go."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _ENDED).unlink(missing_ok=True)
        os.utime(self.folder)
        others = [path for path in self.folder.parent.iterdir() if path != self.folder]
        for old in sorted(filter(Path.is_dir, others), key=_used, reverse=True)[_KEPT - 1 :]:
            remove(old)

    def read(self, attempt: Attempt) -> dict[str, Any] | None:
        """What a trial came to; None if it has not ended yet."""
        path = self._entry(attempt)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def write(self, attempt: Attempt, entry: dict[str, Any]) -> None:
        """Keeps what a trial came to.

        Raises:
            OSError: it cannot be written.
        """
        write_json(self._entry(attempt), entry)

    def state(self, attempt: Attempt) -> Path:
        """The file of a trial's state."""
        return self.folder / f"{attempt.key}{_STATE}"

    def lacks_state(self, attempt: Attempt) -> bool:
        """Whether a trial left a state that is gone; not every family has one."""
        left = (self.read(attempt) or {}).get("state", False)
        return bool(left) and not self.state(attempt).exists()

    def close(self, needed: Collection[Path]) -> None:
        """Notes that the search has ended, and removes the states that no trial needs any more."""
        for path in set(self.folder.glob(f"*{_STATE}")) - set(needed):
            path.unlink()
        write_text(self.folder / _ENDED, "")

    def _entry(self, attempt: Attempt) -> Path:
        return self.folder / f"{attempt.key}.json"


def ended(root: Path) -> list[Path]:
    """The journals below a folder whose searches have ended."""
    return sorted(path.parent for path in root.rglob(_ENDED))


def _used(folder: Path) -> float:
    with contextlib.suppress(OSError):  # another search has just removed it
        return folder.stat().st_mtime
    return 0.0
