"""An output folder belongs to one kind of data."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from pipeline import belonging
from pipeline.exit_codes import ExitCode
from pipeline.run_folder import RunFolder
from pipeline.settings import BadSetting, Settings, make_settings
from pipeline.verdict import end
from tests.datasets import MNIST, described


def settings(output: Path, **changes: Any) -> Settings:
    dataset = dataclasses.replace(MNIST, **changes)
    return make_settings(output=output, dataset=dataset)


def test_the_same_kind_may_come_again_from_elsewhere_and_with_other_images(tmp_path: Path) -> None:
    belonging.claim(settings(tmp_path / "output"))
    belonging.claim(settings(tmp_path / "output"))
    belonging.claim(settings(tmp_path / "output", origin="else", hash="1" * 64, train_count=3))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"side": 32}, "28 x 28 pixels.* 32 x 32 pixels"),
        ({"labels": tuple(range(1, 11))}, "labels 0 to 9.* labels 1 to 10"),
        ({"names": (*MNIST.names[:9], "nine")}, "a class called 9.* a class called nine"),
        (
            {"names": tuple("ABC"), "labels": (0, 1, 2)},
            r"10 classes \(0 to 9\).* 3 classes \(A to C\)",
        ),
    ],
)
def test_another_kind_is_refused_in_a_sentence(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    belonging.claim(settings(tmp_path))
    with pytest.raises(BadSetting, match=words) as refusal:
        belonging.claim(settings(tmp_path, **changes))
    assert "--output" in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"side": 28}', "null"])
def test_a_file_that_says_nothing_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / belonging.FILE).write_text(text)
    with pytest.raises(BadSetting, match="dataset.json does not say"):
        belonging.claim(settings(tmp_path))


def run(given: Settings, name: str, code: ExitCode) -> None:
    folder = RunFolder(given, name)
    folder.begin()
    folder.write(end(code))


@pytest.mark.parametrize("code", [ExitCode.PUSHED, ExitCode.REFUSED])
def test_other_images_since_the_last_verdict_are_told(tmp_path: Path, code: ExitCode) -> None:
    before, now = settings(tmp_path), settings(tmp_path, hash="1" * 64)
    assert belonging.changed_since(before, "2") == ""
    run(before, "2", code)
    assert belonging.changed_since(before, "3") == ""
    assert belonging.changed_since(now, "3").startswith("the data are not those of the last run, 2")
    run(now, "3", ExitCode.FAILED)  # which did not come so far as to have a say
    assert "last run, 2" in belonging.changed_since(now, "4")
    run(now, "4", code)
    assert belonging.changed_since(now, "5") == ""
    assert "last run, 2" in belonging.changed_since(now, "4")  # its own is not the one before


def test_a_dataset_in_words() -> None:
    assert (
        str(described(origin="a b", side=8, classes=3)) == "a b: 8 x 8 pixels, 3 classes (0 to 2)"
    )
