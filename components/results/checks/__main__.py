"""Prints the list of all checks, as they declare themselves; docs/checks.md is its output."""

from __future__ import annotations

import argparse
import sys

from components.results.checks import THEMES

_INTRODUCTION = """\
# Checks

<!-- Made by `python -m components.results.checks > docs/checks.md`. -->

The report of each run says what these checks found, with the numbers. An *issue* says that a figure
cannot be trusted, or that the model is not what it seems; a *tip* says what may be worth a try.
None of them refuses a model: gates do. A code stays the same for ever. To mute some:

```sh
.venv/bin/python local_runner.py --set "checks.muted=TRI304 TRI303"
```
"""


def document() -> str:
    """The checks as a page of Markdown."""
    parts = [_INTRODUCTION]
    for theme, checks in THEMES.items():
        parts.append(f"## {theme}\n")
        for check in checks:
            parts.append(f"### {check.code}: {check.title} ({check.kind})\n")
            parts.append(f"{check.why}\n\nWhat to do: {check.todo}\n")
    return "\n".join(parts)


def main(arguments: list[str] | None = None) -> int:
    """Prints the page."""
    argparse.ArgumentParser(
        prog="python -m components.results.checks",
        description="Prints the list of all checks, which docs/checks.md is.",
    ).parse_args(arguments)
    sys.stdout.write(document())
    return 0


if __name__ == "__main__":
    sys.exit(main())
