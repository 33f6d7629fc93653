"""The published schema of report.json is that of its types, and reports are valid by it."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from components.results.report import Change, Report, write_report
from components.results.summary import Summary, Verdict
from scripts import report_schema
from tests import reports, results
from tests.conftest import PROJECT

FILE = PROJECT / "docs" / "report.schema.json"


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads(FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def written(report: Report, folder: Path) -> Any:
    write_report(folder / "report.json", report)
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_the_file_is_that_of_the_types() -> None:
    assert FILE.read_text(encoding="utf-8") == report_schema.to_text(), (
        ".venv/bin/python scripts/report_schema.py > docs/report.schema.json makes it"
    )


@pytest.mark.parametrize("report", reports.every().values(), ids=reports.every().keys())
def test_reports_are_valid(report: Report, validator: Any, tmp_path: Path) -> None:
    validator.validate(written(report, tmp_path))


def test_a_run_that_came_to_nothing_and_one_with_gaps_are_valid(
    validator: Any, tmp_path: Path
) -> None:
    for summary in (Summary(Verdict("failed", 1)), results.SUMMARY):
        validator.validate(written(Report(summary), tmp_path))


def test_what_is_no_report_is_not(validator: Any, tmp_path: Path) -> None:
    changed: Any = Change("setting", "seed", "1", 2)  # type: ignore[arg-type]
    bad = dataclasses.replace(Report(results.SUMMARY), changed=(changed,))
    assert not validator.is_valid(written(bad, tmp_path))
    assert not validator.is_valid({"format": 1})
