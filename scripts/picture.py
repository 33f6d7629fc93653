"""Draws the picture of a run for the README, from what its summary.json says.

.venv/bin/python scripts/picture.py output/transformer/summary.json docs/run.svg
"""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipeline.screen import Screen  # noqa: E402


def draw(summary_file: Path, picture: Path) -> None:
    """Replays a finished run on a recording screen."""
    summary = json.loads(summary_file.read_text())
    screen = Screen()
    screen.console = Console(record=True, width=92, file=io.StringIO(), highlight=False)
    settings = summary["settings"]
    screen.say(
        f"{settings['model']}, profile {settings['profile']}, tuner {settings['tuner']}, "
        "data data/mnist, output output"
    )
    for node in summary["nodes"]:
        screen.finish(node["node"], node["state"], node["seconds"], node["headline"])
    verdict = summary["verdict"]
    reason = verdict["reason"].replace(settings["output"], "output")
    screen.say(f"{verdict['outcome']}: {reason}")
    folder = f"output/{settings['model']}/{summary['run']}"
    screen.say(f"summary {folder}/summary.json")
    screen.say(f"report  {folder}/report.html")
    svg = screen.console.export_svg(title="make run")
    # Whatever monospaced font the reader has, rather than one from the web.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    picture.write_text(svg.replace("Fira Code", "DejaVu Sans Mono"))


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
