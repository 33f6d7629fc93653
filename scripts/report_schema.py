"""Prints the JSON Schema of report.json, made of the types that it is written from.

.venv/bin/python scripts/report_schema.py > docs/report.schema.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from components.results.report import FORMAT, Report  # noqa: E402


def schema() -> dict[str, Any]:
    """The schema; what a field means is in the docstrings of components/results/."""
    made = TypeAdapter(Report).json_schema()
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **made,
        "title": f"Triptych's report.json, format {FORMAT}",
    }


def to_text() -> str:
    """The schema as a file has it."""
    return json.dumps(schema(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(to_text())
