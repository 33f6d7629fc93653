"""What is looked for in every report, with codes, as linters have them.

A check is a function from a report to what was seen; docs/checks.md lists all of them, and is
printed by `python -m components.results.checks`.
"""

from __future__ import annotations

from collections.abc import Collection

from components.results.checks import data, generators, judging, run, search, training
from components.results.report import ISSUE, Finding, Report

THEMES = {
    "The data": data.CHECKS,
    "The search": search.CHECKS,
    "The training": training.CHECKS,
    "The figures": judging.CHECKS,
    "Generated images": generators.CHECKS,
    "The run": run.CHECKS,
}
CHECKS = tuple(check for checks in THEMES.values() for check in checks)
CODES = tuple(check.code for check in CHECKS)


def find(report: Report, muted: Collection[str] = ()) -> tuple[Finding, ...]:
    """Asks every check.

    Args:
        report: of a run that came however far.
        muted: the codes of checks that are not asked.

    Returns:
        What was found: issues first, then in the order of the codes.
    """
    found = [
        Finding(check.code, check.kind, f"{seen[0].upper()}{seen[1:]}.", check.why, check.todo)
        for check in CHECKS
        if check.code not in muted and (seen := check.look(report))
    ]
    return tuple(sorted(found, key=lambda one: one.kind != ISSUE))
