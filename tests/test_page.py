"""A run as a page: whole, alone, and safe from what it shows."""

import dataclasses
import html.parser
import json
import re
from typing import Any

import pytest

from components.results import judging, page, words
from components.results.numbers import SPACE, number, title
from components.results.report import Report
from modules.util.plain import from_json, to_json
from tests import reports

EVIL = "<script>alert('x')</script>$\\alpha$ | \"><img src=x onerror=y>"
REPORTS = reports.every()
PAGES: dict[str, str] = {}


def render(name: str) -> str:
    """A made-up report's page, made once."""
    if name not in PAGES:
        PAGES[name] = page.render(REPORTS[name])
    return PAGES[name]


class Tags(html.parser.HTMLParser):
    """What a page has: its tags with their attributes, ids and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def having(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(name))]


def test_a_report_that_went_through_its_file_has_the_same_page() -> None:
    report = REPORTS["transformer"]
    again = from_json(Report, json.loads(json.dumps(to_json(report))))
    assert page.render(again) == render("transformer")


@pytest.mark.parametrize("name", REPORTS)
def test_it_needs_nothing_beside_it(name: str) -> None:
    text = render(name)
    assert text.startswith("<!doctype html>")
    assert not re.search(r"https?:|<link|<iframe|@import|url\((?!#)", text)
    found = Tags(text)
    for place in found.having("src"):
        assert place.startswith("data:image/png;base64,")
    for place in [*found.having("href"), *found.having("xlink:href")]:
        assert place.startswith(("#", "data:image/png;base64,"))
    assert [tag for tag, _ in found.tags].count("script") == 1


@pytest.mark.parametrize("name", REPORTS)
def test_every_link_leads_somewhere_and_no_id_is_there_twice(name: str) -> None:
    found = Tags(render(name))
    ids = found.having("id")
    assert sorted(ids) == sorted(set(ids))
    links = [*found.having("href"), *found.having("xlink:href")]
    used = {place[1:] for place in links if place.startswith("#")}
    assert used | set(re.findall(r"url\(#([^)]+)\)", render(name))) <= set(ids)


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_reads_as_not_a_number(name: str) -> None:
    text = Tags(re.sub(r"<style>.*?</style>|<script>.*?</script>", "", render(name), flags=re.S))
    assert not re.search(r"\b(nan|NaN|None|inf|null|undefined)\b", text.text)


@pytest.mark.parametrize("name", REPORTS)
def test_every_picture_has_a_text_and_every_table_its_heads(name: str) -> None:
    text = render(name)
    found = Tags(text)
    for tag, attributes in found.tags:
        if tag == "img":
            assert attributes["alt"] and attributes["width"] != "0"
        if tag == "svg":
            assert attributes["role"] == "img" and attributes["aria-label"]
        if tag == "th":
            assert attributes["scope"] in ("col", "row")
    tags = [tag for tag, _ in found.tags]
    assert tags.count("table") == tags.count("caption") == tags.count("thead")
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_it_is_small() -> None:
    assert len(render("transformer").encode()) < 500_000


@pytest.mark.parametrize("classes", [100, 1_000])
def test_it_is_small_whatever_the_number_of_classes(classes: int) -> None:
    """400 kB more may be images, and a page has 1 MB."""
    report = reports.transformer([f"a kind of picture {i}" for i in range(classes)])
    text = page.render(dataclasses.replace(report, images=()))
    assert len(text.encode()) < 600_000
    assert ("are in report.json" in text) == (classes > 100)


def test_it_says_where_the_keras_model_is_if_there_is_one() -> None:
    report = reports.transformer()
    training = dataclasses.replace(report.summary.training, keras="artifacts/a/model.keras")
    summary = dataclasses.replace(report.summary, training=training)
    there = page.render(dataclasses.replace(report, summary=summary))
    assert "Keras opens artifacts/a/model.keras again" in Tags(there).text
    assert "Keras opens" not in page.render(report)


OF_ALL = ("checks", "thresholds", "training", "trials", "data", "nodes", "settings")


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        (
            "transformer",
            (*OF_ALL, "averages", "slices", "confusion", "curves", "calibration", "mistakes")
            + ("suspects", "attention"),
        ),
        (
            "vae",
            (*OF_ALL, "figures", "slices", "samples", "reconstructions", "walk", "latents")
            + ("classes", "frechet", "neighbours"),
        ),
        (
            "gan",
            (*OF_ALL, "figures", "slices", "samples", "classes", "frechet", "neighbours"),
        ),
        ("failed", OF_ALL),
        ("early", ("checks", "thresholds", "training", "settings")),
    ],
)
def test_each_family_has_its_sections(name: str, ids: tuple[str, ...]) -> None:
    found = re.findall(r'<section id="([^"]+)" class="part"', render(name))
    assert sorted(found) == sorted(ids)


@pytest.mark.parametrize(
    ("name", "metrics"),
    [
        ("transformer", "accuracy precision_macro recall_macro f1_macro auc_macro brier mae"),
        ("vae", "mse nelbo"),
    ],
)
def test_the_usual_metrics_are_in_a_table_of_the_page(name: str, metrics: str) -> None:
    evaluation = REPORTS[name].summary.evaluation
    assert evaluation
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th>(.*?)</tr>', render(name))
    for metric in metrics.split():
        told = number(evaluation.overall[metric], metric)
        named = title(metric.removesuffix("_macro"))
        assert any(row == named and f">{told}<" in cells for row, cells in rows), metric


@pytest.mark.parametrize("name", REPORTS)
def test_the_first_screen_says_all_in_order(name: str) -> None:
    report = REPORTS[name]
    first = render(name).partition('<nav id="contents"')[0]
    order = ["verdict", "baseline", "worst", "changed", "cost", *["next"] * bool(report.commands)]
    assert re.findall(r' id="([a-z]+)"', first) == order
    text = Tags(first).text
    for line in words.verdict(report).lines:
        assert line in text
    binding = judging.binding(report)
    if binding:
        signed = binding.kind == "change"
        for value in (binding.value, binding.bound):
            assert number(value, binding.metric, signed) in text
    for command in report.commands:
        assert command.line in text


@pytest.mark.parametrize("name", ["transformer", "vae", "refused"])
def test_its_values_are_those_of_the_summary(name: str) -> None:
    evaluation = REPORTS[name].summary.evaluation
    assert evaluation
    text = Tags(render(name)).text
    for one in evaluation.thresholds:
        signed = one.kind == "change"
        for value in (one.value, one.bound):
            assert number(value, one.metric, signed) in text
    for figure, value in evaluation.overall.items():
        for one in (min(value), max(value)) if isinstance(value, list) else (value,):
            assert figure == "example_count" or number(one, figure) in text
    for row in evaluation.confusion:
        assert "".join(map(str, row)) in text


def test_it_says_how_long_an_epoch_took() -> None:
    assert f"9.1{SPACE}s an epoch (the median)" in Tags(render("transformer")).text


def evil(found: Any) -> Any:
    """The same, with markup for every name and text; kinds, numbers and images stay."""
    if dataclasses.is_dataclass(found) and not isinstance(found, type):
        kept = ("kind", "png", "format", "group", "outcome", "state", "verdict", "picture")
        changed = {
            field.name: evil(getattr(found, field.name))
            for field in dataclasses.fields(found)
            if field.name not in kept or not isinstance(getattr(found, field.name), str)
        }
        return dataclasses.replace(found, **changed)
    if isinstance(found, dict):
        return {
            key if isinstance(value, float) else f"{key}{EVIL}": evil(value)
            for key, value in found.items()
        }
    if isinstance(found, (list, tuple)):
        return type(found)(evil(one) for one in found)
    return f"{found}{EVIL}" if isinstance(found, str) else found


@pytest.mark.parametrize("name", ["transformer", "vae", "refused", "failed", "hundred"])
def test_names_from_outside_are_text_wherever_they_stand(name: str) -> None:
    plain, attacked = Tags(render(name)), Tags(page.render(evil(REPORTS[name])))
    assert {tag for tag, _ in attacked.tags} <= {tag for tag, _ in plain.tags}
    assert [tag for tag, _ in attacked.tags].count("script") == 1
    names = {key for _, attributes in attacked.tags for key in attributes}
    assert names <= {key for _, attributes in plain.tags for key in attributes}
    assert "alert('x')" in attacked.text
