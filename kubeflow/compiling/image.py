"""The name of the pods' image: whether a cluster could pull it, and a reader find it again."""

from __future__ import annotations

import re

# Docker's grammar: [HOST[:PORT]/]PART[/PART...][:TAG][@DIGEST].
_REFERENCE = re.compile(
    r"(?P<name>[^\s:@]+(:\d+/[^\s:@]+)?)(:(?P<tag>[\w][\w.-]*))?(@(?P<digest>\S+))?", re.ASCII
)
_HOST = re.compile(r"[A-Za-z0-9][\w.-]*(:\d+)?", re.ASCII)
_PART = re.compile(r"[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*")


def image_problem(image: str) -> str:
    """Says what is wrong with the name of an image.

    Args:
        image: such as `registry.example.com/team/triptych:0.1.0`.

    Returns:
        A sentence that begins with the name and says what to do; empty when nothing is wrong.
    """
    malformed = f"'{image}' is not an image name such as registry.example.com/team/triptych:0.1.0"
    found = _REFERENCE.fullmatch(image)
    if not found:
        return malformed
    parts = found["name"].split("/")
    first = parts[0]
    # Without a dot or a port, Docker takes what comes first for a folder of its own registry.
    if len(parts) > 1 and (first == "localhost" or set(".:") & set(first)):
        if not _HOST.fullmatch(parts.pop(0)):
            return malformed
    for part in parts:
        if not _PART.fullmatch(part.lower()):
            return malformed
        if part != part.lower():
            placeholder = part == first and len(parts) > 1
            advice = (
                "put the address of your registry there, such as registry.example.com"
                if placeholder
                else "image names are lower case"
            )
            return f"'{image}' has capital letters in '{part}': {advice}"
    if found["tag"] == "latest":
        return f"'{image}' does not say which image a run used: give it a tag other than latest"
    if not (found["tag"] or found["digest"]):
        return f"'{image}' has no tag: add one, such as :0.1.0, or a digest"
    return ""


def moves(image: str) -> bool:
    """Whether the name of an image may mean another image tomorrow, as one without a digest."""
    found = _REFERENCE.fullmatch(image)
    return not (found and found["digest"])
