"""Of generators: what they make, which classes it is of, and how near it is to real images."""

from __future__ import annotations

from collections.abc import Iterator

from components.results.facts import Evaluation
from components.results.inspection import Neighbours
from components.results.numbers import count, number, title
from components.results.pictures.classes import histogram
from components.results.report import Report
from components.results.sections.images import of_group
from components.results.sections.section import Cell, Section, Table, numeric, plain

_IMAGES = (
    ("samples", "Samples", ""),
    ("reconstructions", "Reconstructions", "Originals, and what the model makes of them."),
    ("walk", "Latent walk", "From one end to the other, through the latent space."),
    ("latents", "Map of the latent space", ""),
)
_FLOOR = "floor_"
_SHARE = "share_of_"


def figures(report: Report) -> Iterator[Section]:
    """`figures`: those that are of no class and stand beside no floor."""
    found = report.summary.evaluation
    if found is None or found.confusion:
        return
    names = [
        name
        for name in found.figures
        if not name.startswith(_FLOOR)
        and f"{_FLOOR}{name}" not in found.overall
        and "_of_" not in name
    ]
    rows = [[Cell(title(name)), numeric(found.overall[name], name)] for name in names]
    if rows:
        table = Table("All test images", ("Figure", "Value"), rows)
        yield plain("figures", "Overall", table)


def sections(report: Report) -> Iterator[Section]:
    """`samples`, `reconstructions`, `walk`, `latents`, `classes`, `frechet`, `neighbours`."""
    for group, name, more in _IMAGES:
        if images := of_group(report, group):
            yield plain(group, name, words=[more] if more else [], images=images)
    found = report.summary.evaluation
    if found is not None and any(name.startswith(_SHARE) for name in found.overall):
        yield _classes(found)
    if found is not None and any(f"{_FLOOR}{name}" in found.overall for name in found.overall):
        yield _beside_floor(found)
    near = report.inspection.neighbours if report.inspection else None
    images = of_group(report, "neighbours")
    if near or images:
        told = _near(near) if near else []
        yield plain("neighbours", "Nearest training images", words=told, images=images)


def _classes(found: Evaluation) -> Section:
    overall = found.overall
    shares = [overall.get(f"{_SHARE}{name}") for name in found.classes]
    floor = [overall.get(f"{_FLOOR}{_SHARE}{name}") for name in found.classes]
    sliced = [figure for figure in ("coverage", "recall") if _has(found, figure)]
    rows = []
    for name, share, real in zip(found.classes, shares, floor, strict=True):
        own = found.slices.get(f"label={name}", {})
        rows.append(
            [
                Cell(name),
                numeric(share, "share"),
                numeric(real, "share"),
                numeric(overall.get(f"precision_of_{name}"), "precision"),
                *(numeric(own.get(figure), figure) for figure in sliced),
            ]
        )
    head = ("Class", "Share of samples", "Share of real images", "Precision", *map(title, sliced))
    note = (
        "As the judge reads them. Precision: samples that lie among real images; coverage: real "
        "images with a sample near them."
    )
    table = Table("Samples of each class", head, rows, note)
    pictures = [histogram(found.classes, shares, floor)]
    return plain("classes", "Classes of the samples", table, pictures=pictures)


def _has(found: Evaluation, figure: str) -> bool:
    return any(figure in figures for figures in found.slices.values())


def _beside_floor(found: Evaluation) -> Section:
    overall = found.overall
    names = [
        name
        for name in overall
        if f"{_FLOOR}{name}" in overall and not name.startswith((_SHARE, _FLOOR))
    ]
    names.sort(key=lambda name: name != "frechet")
    rows = []
    for name in names:
        relative = overall.get(f"relative_{name}")
        rows.append(
            [
                Cell(f"{title(name)} distance" if name == "frechet" else title(name)),
                numeric(overall[name], name),
                numeric(overall[f"{_FLOOR}{name}"], name),
                Cell("") if relative is None else numeric(relative),
            ]
        )
    note = (
        "The floor is what as many real training images reach: no model is expected to be better."
    )
    head = ("Figure", "Samples", "Floor", "Ratio")
    table = Table("Samples beside real images", head, rows, note)
    return plain("frechet", "Fréchet distance and its floor", table)


def _near(near: Neighbours) -> list[str]:
    generated, real = number(near.generated), number(near.real)
    nearer = "nearer to" if near.generated < near.real else "no nearer to"
    return [
        f"Has it memorised? From {count(near.count, 'sample')}, the median distance to the nearest "
        f"training image is {generated}; from as many real test images {real} (root mean square of "
        f"the pixels, from 0 to 1). Samples are {nearer} training images than real test images "
        "are.",
        f"{number(near.copied, 'share')} of the samples are nearer to a training image "
        f"than {number(0.99, 'share')} of the real test images are; "
        f"{number(0.01, 'share')} is what chance gives.",
    ]
