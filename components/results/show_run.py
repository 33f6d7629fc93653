"""Shows how runs ended, and makes their reports again: `python -m components.results OUTPUT`."""

from __future__ import annotations

import sys
from pathlib import Path

from components.results.stored import BadFacts
from components.results.summary import Summary, find_summaries, read_summary


def show_runs(output: Path, run: str = "") -> int:
    """Shows the newest run of each model, or a named one; what went wrong goes to stderr.

    Returns:
        The exit code: 0, or 2 when there is no run.
    """
    told, problems = [], []
    try:
        for file in find_summaries(output, run):
            try:
                summary = read_summary(file)
            except BadFacts as error:  # another model's run may be of this version
                problems.append(str(error))
                continue
            lines, trouble = report_again(summary, file.resolve().parent, output)
            told.append("\n".join([describe(summary), *lines]))
            problems += trouble
    except BadFacts as error:
        problems.append(str(error))
    sys.stdout.write("".join(f"{text}\n" for text in "\n\n".join(told).splitlines()))
    sys.stderr.write("".join(f"components.results: {problem}\n" for problem in problems))
    return 0 if told else 2


def describe(summary: Summary) -> str:
    """Tells a run in lines: its settings, its nodes, the gates that said no, the verdict."""
    given = summary.settings
    lines = [f"{given.get('model', 'run')}, profile {given.get('profile', '?')}, {summary.run}"]
    lines[0] = lines[0].rstrip(", ")
    for node in summary.nodes:
        lines.append(f"  {node.state:<8}{node.node:<17}{node.seconds:7.1f} s  {node.headline}")
    for record in summary.gates:
        for failure in record.failures:
            lines.append(f"  {record.gate}: {failure}")
    return "\n".join([*lines, str(summary.verdict)])


def report_again(summary: Summary, folder: Path, output: Path) -> tuple[list[str], list[str]]:
    """Makes a run's report again, of what is still among the artifacts.

    Returns:
        What to say of it, and what went wrong.
    """
    from components.results import files, gather  # what only tells a run does without them

    try:
        gathered = gather.gather(summary, folder, output.resolve())
        page = files.write(folder, gathered)
    except OSError as error:
        return [], [f"cannot write the report: {error.filename or folder}: {error.strerror}"]
    return [f"report  {page}"], list(gathered.gone)
