"""The setting that mutes checks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from components.results.checks import CODES
from modules.contract.profile import setting
from modules.contract.values import Kind


@dataclasses.dataclass(frozen=True)
class Checks:
    """What a report leaves out; it shapes nothing of a run."""

    muted: str | None = setting(
        "the codes of checks whose findings are not told; docs/checks.md lists them",
        Kind(str, words=CODES, several=True, absent="none"),
        default=None,
    )


def muted(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The codes that a run has muted.

    Args:
        settings: of its summary; none in those of an older version of the project.
    """
    words = str(settings.get("checks", {}).get("muted", "")).replace(",", " ").split()
    return tuple(code for code in CODES if code in words)
