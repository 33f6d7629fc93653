"""Checks of how the run was made."""

from __future__ import annotations

from components.results.checks.check import Check, some
from components.results.report import ISSUE, Report


def _other_libraries(report: Report) -> str:
    summary = report.summary
    nodes = [node for node in summary.nodes if node.versions]
    if not nodes:
        return ""
    libraries = {name: version for node in nodes for name, version in node.versions.items()}
    differ = [
        f"{name} {version} (here {summary.versions.get(name, 'unknown')})"
        for name, version in libraries.items()
    ]
    return f"{some([node.node for node in nodes])} came from the cache, made with {some(differ)}"


CHECKS = (
    Check(
        "TRI501",
        ISSUE,
        "nodes from the cache of other library versions",
        _other_libraries,
        "Who repeats the run with the libraries of today may get other figures.",
        "Make all of it anew: add --no-cache to the command.",
    ),
)
