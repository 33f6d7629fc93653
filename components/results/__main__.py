"""Tells what runs found: how one ended, all of a folder in a list, or two beside each other."""

from __future__ import annotations

import argparse
import sys

from modules.contract.paths import path_argument

_USAGE = """\
%(prog)s OUTPUT [RUN]
       %(prog)s OUTPUT --list [--csv [FILE]]
       %(prog)s --compare RUN_A RUN_B"""


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m components.results",
        usage=_USAGE,
        description="Shows how a run ended, and makes its report again: the newest run of each "
        "model in an output folder, or a named one.",
    )
    parser.add_argument(
        "output",
        nargs="?",
        type=path_argument,
        metavar="OUTPUT",
        help="the folder that runs write to",
    )
    parser.add_argument(
        "run",
        nargs="?",
        default="",
        metavar="RUN",
        help="the name of a run (default: the newest of each model)",
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--list",
        action="store_true",
        help="instead, list every run of OUTPUT, the newest first: its verdict, its key figure "
        "with a 95 %% interval, its time, and the settings that are not the same in all of them",
    )
    instead.add_argument(
        "--compare",
        nargs=2,
        type=path_argument,
        metavar=("RUN_A", "RUN_B"),
        help="instead, compare two runs: write a page of their differences into the folder of "
        "RUN_B, and tell which is better; a run is named by its folder, such as "
        "output/transformer/20260101-120000-000000, or output/transformer for the newest of a "
        "model",
    )
    parser.add_argument(
        "--csv",
        nargs="?",
        const="-",
        metavar="FILE",
        help="with --list: write the list as CSV to this file, or to the screen",
    )
    options = parser.parse_args(arguments)
    if options.compare and options.output is not None:
        parser.error("--compare takes two runs and no output folder")
    if options.csv is not None and not options.list:
        parser.error("--csv writes the list of runs; give --list as well")
    if options.list and options.run:
        parser.error("--list shows every run; leave out the name of one")
    if options.output is None and not options.compare:
        parser.error("name an output folder, or two runs with --compare")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Reads the command line, prints, and returns the exit code: 0, or 2 when there is no run."""
    options = parse(arguments)
    if options.compare:
        from components.results.comparing.command import show_comparison

        return show_comparison(*options.compare)
    if options.list:
        from components.results.show_list import show_list

        return show_list(options.output, options.csv or "")
    from components.results.show_run import show_runs

    return show_runs(options.output, options.run)


if __name__ == "__main__":
    sys.exit(main())
