"""Whether a run can be made with what it takes of a dataset."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from components.readers import idx
from components.readers.class_names import CLASS_NAMES
from components.readers.intake import Intake, places, take
from components.readers.reader import BadDataset
from components.readers.survey import Survey, read_dataset
from modules.data.splits import split_of
from tests import pictured

LABELS = list(range(1, 11))


def split_by_class(folder: Path, taken: np.ndarray) -> dict[str, set[int]]:
    """The labels of the training images that are taken, by their split."""
    pair = idx.find_dataset(folder)["train"]
    images, labels = idx.read_images(pair.images, 0, pair.count), idx.read_labels(pair.labels)
    found: dict[str, set[int]] = {"train": set(), "eval": set()}
    for place in taken:
        found[split_of(images[place].tobytes())].add(int(labels[place]))
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Ten classes from 1 on, sorted by class, in both files."""
    test = pictured.by_class(LABELS, 40)
    return pictured.write(tmp_path / "sorted", pictured.by_class(LABELS, 100), test, 8)


def test_all_of_it(data: Path) -> None:
    assert take(data) == Intake(read_dataset(data), 1000, 400)


def test_mnist_in_part(mnist_dir: Path) -> None:
    assert take(mnist_dir, False, 3000, 1000).train_images == 3000
    assert take(mnist_dir, False, 3000, 70_000).test_images == 10_000


def test_a_part_of_sorted_files_has_all_classes(data: Path) -> None:
    survey = Survey(data, transposed=False)
    taken = places(survey, 500, 350)
    counts = {name: np.bincount(survey.classes[name][taken[name]]) for name in taken}
    assert counts["train"].tolist() == [50] * 10 and counts["test"].tolist() == [35] * 10
    intake = take(data, False, 500, 350)
    assert (intake.train_images, intake.test_images) == (500, 350)


def test_the_test_images_are_raised_to_thirty_of_a_class(data: Path) -> None:
    assert take(data, False, None, 20).test_images == 300


@pytest.mark.parametrize(("count", "shown"), [(29, "29"), (0, "0")])
def test_a_class_with_too_few_test_images_is_named(tmp_path: Path, count: int, shown: str) -> None:
    test = [label for label in pictured.by_class(LABELS, 30) if label != 4] + [4] * count
    data = pictured.write(tmp_path, pictured.by_class(LABELS, 100), test)
    (data / CLASS_NAMES).write_text("".join(f"class {label}\n" for label in LABELS))
    with pytest.raises(BadDataset, match=f"has {shown} images of class class 4, where 30 of each"):
        take(data)
    read_dataset(data)  # which does not ask what a run takes


def test_a_class_without_an_image_for_eval_is_named(tmp_path: Path) -> None:
    labels = [*pictured.by_class(LABELS[:9], 100), 10, 10]
    data = pictured.write(tmp_path, labels, pictured.by_class(LABELS, 30))
    found = split_by_class(data, np.arange(len(labels)))
    assert 10 not in found["eval"] and all(label in found["eval"] for label in LABELS[:9])
    with pytest.raises(BadDataset) as refusal:
        take(data)
    assert "of the 902 images that are taken, none of class 10 is for eval" in str(refusal.value)
    assert str(refusal.value).endswith("add some of that class.")


def test_too_small_a_part_of_the_training_images_is_refused(data: Path) -> None:
    for wanted in (10, 60, 150):
        taken = places(Survey(data, transposed=False), wanted, None)["train"]
        found = split_by_class(data, taken)
        missing = {s: sorted(set(LABELS) - labels) for s, labels in found.items()}
        split = next(split for split in missing if missing[split])
        with pytest.raises(BadDataset) as refusal:
            take(data, False, wanted)
        words = f"of the {wanted} images that are taken, none of class {missing[split][0]}"
        assert f"{words} is for {split}" in str(refusal.value)
        assert "take more (data.train_images), or add some" in str(refusal.value)


def test_importing_it_imports_no_framework(project: Path) -> None:
    code = (
        "import sys, components.readers.intake;"
        "print(sorted({n.split('.')[0] for n in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    ).stdout
    heavy = ("tensorflow", "apache_beam", "tfx", "keras", "pandas", "sklearn", "PIL")
    assert not any(repr(name) in loaded for name in heavy)
