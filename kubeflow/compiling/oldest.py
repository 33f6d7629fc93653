"""Which KFP a compiled file takes: an older one refuses fields that it does not know.

Tried with the parsers of KFP's versions, which read their protos strictly: 2.5 to 2.13 do not know
`pvcNameParameter`, 2.14 not the secrets' `optional`, 2.15 not a security context.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from kubeflow.compiling.compiled import Spec, Task, at

KNOWS_SECURITY_CONTEXT = (2, 16)
_ANY = (2, 0)


class Oldest(NamedTuple):
    """The oldest KFP that a file takes, and the field that needs it."""

    version: tuple[int, int]
    field: str

    def __str__(self) -> str:
        return f"KFP {self.version[0]}.{self.version[1]} or newer"


def find(tasks: Iterable[Task]) -> Oldest:
    """Finds the oldest KFP that can read the tasks of a file."""
    needed = [Oldest(_ANY, "")]
    for task in tasks:
        needed += _needs(task.platform)
    return max(needed)


def problem(oldest: Oldest, server: str) -> str:
    """Says that a server is too old for a file; "" if it is not, or does not say how old it is.

    Args:
        oldest: that the file takes.
        server: its version, such as 2.17.0.
    """
    found = re.match(r"v?(\d+)\.(\d+)\b", server)
    if not found or (int(found[1]), int(found[2])) >= oldest.version:
        return ""
    mend = "compile it with --kfp, or " if oldest.version == KNOWS_SECURITY_CONTEXT else ""
    return (
        f"this KFP is {server}, and the file takes {oldest}, because of {oldest.field}: "
        f"{mend}upgrade KFP"
    )


def _needs(platform: Spec) -> Iterable[Oldest]:
    if any("pvcNameParameter" in at(one) for one in platform.get("pvcMount") or []):
        yield Oldest((2, 14), "pvcNameParameter")
    secrets = [*(platform.get("secretAsEnv") or []), *(platform.get("secretAsVolume") or [])]
    if any("optional" in at(one) for one in secrets):
        yield Oldest((2, 15), "optional, of a secret")
    if "securityContext" in platform:
        yield Oldest(KNOWS_SECURITY_CONTEXT, "securityContext")
