"""Shows how a run ended, and makes its report again: the newest of each model, or a named one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from components.results.stored import BadFacts
from components.results.summary import Summary, find_summaries, read_summary
from modules.contract.paths import path_argument


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


def compare(one: Path, other: Path) -> int:
    """Writes a page of two runs' differences, and tells which is better; the exit code is 2 when
    they cannot be compared."""
    from components.results.comparing import page
    from components.results.comparing.comparison import compare

    try:
        found = compare(one, other)
        written = page.write(found)
    except BadFacts as error:
        sys.stderr.write(f"components.results: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"components.results: cannot use {error.filename}: {error.strerror}\n")
        return 2
    sys.stdout.write(f"{page.line(found)}\ncompared  {written}\n")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Reads the command line, prints, and returns the exit code: 0, or 2 when there is no run."""
    parser = argparse.ArgumentParser(
        prog="python -m components.results",
        description="Shows how a run ended, and makes its report again: the newest run of each "
        "model in an output folder, or a named one.",
    )
    parser.add_argument(
        "output", nargs="?", type=path_argument, help="the folder that runs write to"
    )
    parser.add_argument(
        "run", nargs="?", default="", help="the name of a run (default: the newest of each model)"
    )
    parser.add_argument(
        "--compare",
        nargs=2,
        type=path_argument,
        metavar=("RUN_A", "RUN_B"),
        help="instead, compare two runs: write a page of their differences into the folder of "
        "RUN_B, and tell which is better; a run is named by its folder, such as "
        "output/transformer/20260101-120000-000000, or output/transformer for the newest of a "
        "model",
    )
    options = parser.parse_args(arguments)
    if (options.output is None) == (options.compare is None):
        parser.error("name an output folder, or two runs with --compare")
    if options.compare:
        return compare(*options.compare)
    told, problems = [], []
    try:
        for file in find_summaries(options.output, options.run):
            try:
                summary = read_summary(file)
            except BadFacts as error:  # another model's run may be of this version
                problems.append(str(error))
                continue
            lines, trouble = report_again(summary, file.resolve().parent, options.output)
            told.append("\n".join([describe(summary), *lines]))
            problems += trouble
    except BadFacts as error:
        problems.append(str(error))
    sys.stdout.write("".join(f"{text}\n" for text in "\n\n".join(told).splitlines()))
    sys.stderr.write("".join(f"components.results: {problem}\n" for problem in problems))
    return 0 if told else 2


if __name__ == "__main__":
    sys.exit(main())
