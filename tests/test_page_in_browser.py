"""A run's page as people open it: by double click, on a phone, in the dark, in KFP's viewer.

In the system's Chromium, with the network cut; skipped where there is none.
"""

import dataclasses
import html
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from components.gates import CHANGE
from components.results import judging, page
from components.results.numbers import UNKNOWN, interval, number, title
from components.results.report import JSON, Report, read_report, write_report
from scripts import screenshot
from tests import reports
from tests.browser import opened, words

pytestmark = pytest.mark.skipif(
    screenshot.chromium() is None, reason=f"no page is looked at: {screenshot.ABSENT}"
)

FRAME = 600  # pixels, the height of KFP's viewer
REPORTS = reports.every()
FAMILIES = ("transformer", "vae", "gan")
FIRST = ("verdict", "baseline", "worst", "changed", "cost", "next")
OF_ALL = (*FIRST, "contents", "checks", "thresholds", "training", "trials", "data", "nodes")
SECTIONS = {
    "transformer": ("averages", "slices", "confusion", "curves", "calibration", "mistakes")
    + ("suspects", "attention", "settings"),
    "vae": ("samples", "reconstructions", "walk", "latents", "classes", "frechet", "neighbours"),
    "gan": ("samples", "classes", "frechet", "neighbours", "settings"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with screenshot.browser() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The page of each report, made of its report.json."""
    folder = tmp_path_factory.mktemp("pages")
    files = {}
    for name, report in REPORTS.items():
        write_report(folder / name / JSON, report)
        files[name] = folder / name / "report.html"
        files[name].write_text(page.render(read_report(folder / name / JSON)), encoding="utf-8")
    return files


@pytest.mark.parametrize("name", FAMILIES)
def test_every_section_of_the_family_is_there_and_shows_something(
    name: str, browser: Any, pages: Mapping[str, Path]
) -> None:
    with opened(browser, pages[name]) as seen:
        for id_ in (*OF_ALL, *SECTIONS[name]):
            box = seen.page.locator(f"#{id_}").bounding_box(timeout=1000)
            assert box and box["width"] > 100 and box["height"] > 20, id_
        linked = seen.page.locator("#contents a").evaluate_all("of => of.map(a => a.hash)")
        wanted = {f"#{id_}" for id_ in (*OF_ALL, *SECTIONS[name])} - {f"#{id_}" for id_ in FIRST}
        assert wanted - {"#contents"} <= {*linked} and len(linked) == len({*linked})
        for link in linked:
            assert seen.page.locator(link).count() == 1
        assert seen.wrong == []


@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_is_broader_than_the_window_and_nothing_goes_wrong(
    width: int, browser: Any, pages: Mapping[str, Path]
) -> None:
    for name, file in pages.items():
        with opened(browser, file, width=width) as seen:
            assert seen.overflow <= 0, name
            assert seen.wrong == [], name


@pytest.mark.parametrize("name", FAMILIES)
def test_without_scripts_all_is_there_to_read(
    name: str, browser: Any, pages: Mapping[str, Path]
) -> None:
    read = []
    for scripts in (True, False):
        with opened(browser, pages[name], java_script_enabled=scripts) as seen:
            read.append(words(seen.page.inner_text("body")))
            assert not scripts or seen.page.locator("th button").count() > 0
    assert read[0] == read[1] and len(read[1]) > 2000


@pytest.mark.parametrize("name", FAMILIES)
def test_in_kfps_viewer_it_works_as_on_its_own(
    name: str, browser: Any, pages: Mapping[str, Path], tmp_path: Path
) -> None:
    content = html.escape(pages[name].read_text(encoding="utf-8"))
    viewer = tmp_path / "viewer.html"
    viewer.write_text(
        "<!doctype html><meta charset=utf-8><iframe title=viewer sandbox=allow-scripts "
        f'style="width:900px;height:{FRAME}px;border:0" srcdoc="{content}"></iframe>'
    )
    with opened(browser, viewer) as seen:
        frame = seen.page.frame_locator("iframe")
        frame.locator("#contents a[href='#nodes']").click()
        box = frame.locator("#nodes").bounding_box()
        assert box and 0 <= box["y"] < FRAME
        assert frame.locator("th button").count() > 0  # the script has run
        assert seen.wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*FAMILIES, "refused", "failed"])
def test_axe_finds_no_fault(
    name: str, scheme: Any, browser: Any, pages: Mapping[str, Path]
) -> None:
    with opened(browser, pages[name], color_scheme=scheme) as seen:
        found = Axe().run(seen.page).response["violations"]
        told = [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
            for one in found
            for node in one["nodes"]
        ]
        assert told == []
        ground = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.parametrize("width", [900, 1400])
@pytest.mark.parametrize(
    ("name", "outcome"),
    [("transformer", "Served"), ("refused", "Not served: refused"), ("failed", "Not served")],
)
def test_the_first_screen_says_how_it_ended_why_and_what_comes_next(
    name: str, outcome: str, width: int, browser: Any, pages: Mapping[str, Path]
) -> None:
    report = REPORTS[name]
    with opened(browser, pages[name], width=width, java_script_enabled=False) as seen:
        read = seen.readable(FRAME)
    assert outcome in read
    assert words(report.commands[0].line) in read
    if name == "failed":
        _, _, reason = report.summary.verdict.reason.partition(": ")
        assert "Trainer failed" in read and reason[1:] in read
        return
    binding = judging.binding(report)
    assert binding and binding.value is not None
    for value in (binding.value, binding.bound):
        assert words(number(value, binding.metric, binding.kind == CHANGE)) in read
    assert title(binding.metric) in read.lower() and binding.slice in read


@pytest.mark.parametrize("name", ["refused", "first", "vae"])
def test_a_reason_is_read_in_the_first_pixels_of_a_phone_too(
    name: str, browser: Any, pages: Mapping[str, Path]
) -> None:
    report = REPORTS[name]
    with opened(browser, pages[name], width=400) as seen:
        read = seen.readable(FRAME)
    binding = judging.binding(report)
    if binding and binding.value is not None:
        assert words(number(binding.value, binding.metric)) in read
        assert words(number(binding.bound, binding.metric)) in read
    else:
        assert report.summary.verdict.reason[1:] in read


def rows(seen: Any, section: str) -> list[dict[str, str]]:
    """The rows of a section's table: the text of each cell, by the head of its column."""
    script = "of => of.map(row => [...row.cells].map(cell => cell.textContent))"
    found = seen.page.locator(f"#{section} tr").evaluate_all(script)
    head, *others = ([words(cell) for cell in row] for row in found)
    return [dict(zip(head, row, strict=True)) for row in others]


@pytest.mark.parametrize("name", [*FAMILIES, "refused"])
def test_every_threshold_has_the_numbers_of_its_report(
    name: str, browser: Any, pages: Mapping[str, Path]
) -> None:
    report: Report = read_report(pages[name].with_name(JSON))
    with opened(browser, pages[name]) as seen:
        told = {
            (row["Gate"].partition(":")[0], row["Metric"], row["Slice"]): row
            for row in rows(seen, "thresholds")
        }
    asked = judging.thresholds(report)
    assert len(told) == len(asked) > 1
    for one in asked:
        row, signed = told[one.name, title(one.metric), one.slice], one.kind == CHANGE
        assert row["Value"] == words(number(one.value, one.metric, signed))
        assert words(number(one.bound, one.metric, signed)) in row["Bound"]
        assert row["Examples"] == number(one.examples)
        assert row["Before"] == words(number(one.baseline, one.metric))
        ends = UNKNOWN if one.low is None else interval(one.low, one.high, one.metric, signed)
        assert row["95 % interval"] == words(ends)
        assert ("not met" in row["Met"]) != one.passed


def test_a_table_is_sorted_by_its_numbers_and_back(browser: Any, pages: Mapping[str, Path]) -> None:
    with opened(browser, pages["transformer"]) as seen:
        button = seen.page.locator("#thresholds th button", has_text="Examples")
        orders = []
        for _ in range(2):
            button.click()
            counts = [int(row["Examples"].replace(",", "")) for row in rows(seen, "thresholds")]
            orders.append(counts)
        assert orders[0] == sorted(orders[0]) == orders[1][::-1] and len({*orders[0]}) > 2
        assert seen.wrong == []


def test_names_from_outside_are_text(browser: Any, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>&amp;"
    report = reports.transformer([f"{evil}{place}" for place in range(3)])
    settings = {**report.summary.settings, "model": evil, "data_dir": evil}
    report = dataclasses.replace(
        report, summary=dataclasses.replace(report.summary, settings=settings)
    )
    file = tmp_path / "report.html"
    file.write_text(page.render(report), encoding="utf-8")
    with opened(browser, file) as seen:
        assert evil in seen.page.inner_text("#verdict")
        assert seen.page.locator("img[src=x]").count() == 0
        assert seen.page.locator("script").count() == 1
        assert seen.wrong == []
