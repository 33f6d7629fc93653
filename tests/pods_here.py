"""What pods do, in this process."""

import contextlib
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from components.results.summary import Summary, read_summary
from kubeflow.pod import run_node
from modules.training import unfinished
from pipeline.settings import Settings, to_plain
from tests import rehearsals


@contextlib.contextmanager
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undoes what a pod, which is a process of its own, does to its process; none rehearses."""
    for name in ("TRIPTYCH_APP", "TRIPTYCH_VOLUME", "TRIPTYCH_METADATA", unfinished.VARIABLE):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    level = logging.getLogger().level
    with rehearsals.left_out():
        yield
    logging.getLogger().setLevel(level)


class Pods:
    """Runs tasks of one compiled file."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.source = run_node.source_of(settings.family)
        self.said: list[str] = []
        self.shown = ""
        self.refused: tuple[int, str, str] | None = None
        self.last: tuple[int, str, str] = (0, "", "")
        self.summaries: list[Summary] = []

    def run(self, node: str, run_id: str = "run-1", **changes: Any) -> int:
        """Runs a task; returns its exit code. `said` is what it printed, `shown` its Markdown."""
        given = {
            "settings": json.dumps(to_plain(self.settings)),
            "source": self.source,
            "gpus": 0,
            "summary": SimpleNamespace(path=str(self.folder / run_id / f"{node}.md")),
        } | changes
        code, printed = 0, io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                run_node.run(node_id=node, run_id=run_id, **given)
            except SystemExit as end:
                code = int(str(end.code))
        self.said = printed.getvalue().splitlines()
        file = Path(given["summary"].path)
        self.shown = file.read_text() if file.exists() else ""
        return code

    def summary(self, run_id: str) -> Summary:
        """What is written down of a run."""
        return read_summary(self.settings.output / "transformer" / run_id / "summary.json")

    @property
    def latest(self) -> Summary:
        """What is found without knowing a run's name."""
        return read_summary(self.settings.output / "transformer" / "summary.json")

    @property
    def end(self) -> str:
        """The last line, without the time."""
        return self.said[-1][9:]
