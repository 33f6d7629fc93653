"""Compares two runs: `python -m components.results --compare RUN_A RUN_B`."""

from __future__ import annotations

import sys
from pathlib import Path

from components.results.comparing import page
from components.results.comparing.comparison import compare
from components.results.stored import BadFacts


def show_comparison(one: Path, other: Path) -> int:
    """Writes a page of two runs' differences, and tells which is better.

    Returns:
        The exit code: 0, or 2 when they cannot be compared.
    """
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
