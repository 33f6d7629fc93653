"""docs/summary.md says what each field of summary.json and each figure is."""

import dataclasses

import pytest

from components.results import figures
from components.slice_figures import NOT_FINITE
from modules import families
from scripts import summary_fields
from tests.conftest import PROJECT


def test_the_file_is_that_of_the_types() -> None:
    assert (PROJECT / "docs" / "summary.md").read_text() == summary_fields.document(), (
        ".venv/bin/python scripts/summary_fields.py > docs/summary.md makes it"
    )


def test_every_field_needs_a_text() -> None:
    @dataclasses.dataclass
    class Known:
        """A thing.

        Attributes:
            length: in metres,
                from end to end.
            width: across.
        """

        length: float
        width: float

    @dataclasses.dataclass
    class Unknown(Known):
        """A thing.

        Attributes:
            length: in metres.
            width: across.
        """

        height: float

    assert summary_fields.texts(Known) == {
        "length": "in metres, from end to end.",
        "width": "across.",
    }
    with pytest.raises(summary_fields.Undocumented, match="nothing of Unknown.height"):
        summary_fields.texts(Unknown)


@pytest.mark.parametrize("name", ["transformer", "vae", "gan"])
def test_every_figure_has_a_text_and_no_other_one_has(name: str) -> None:
    spec = families.load(name).evaluation
    measured = {*spec.for_classes(["C"]).measured, "example_count", NOT_FINITE} - {"confusion"}
    texts = {
        "transformer": figures.OF_CLASSIFIERS,
        "vae": {**figures.OF_VAES, **figures.OF_SAMPLES},
        "gan": {**figures.OF_SAMPLES, **figures.OF_DISCRIMINATORS},
    }[name]
    assert {*texts, *figures.OF_ALL} == measured
    assert set(spec.by_class) - {"curve"} == (set(figures.BY_CLASS) if spec.by_class else set())
