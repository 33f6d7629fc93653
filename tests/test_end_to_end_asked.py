"""What comes out of a run is asked by one command: scans, a drawing, noise; samples and walks."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from components.ask.__main__ import main
from modules.util.pictures import grid
from tests import runs, scans, smoke

Runs = Callable[[str], runs.Run]
Say = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def pictures(mnist_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scans of 20 digits in a folder for each, and beside them a drawn 7 and two of noise."""
    folder, chance = tmp_path_factory.mktemp("pictures"), np.random.default_rng(5)
    images, labels = scans.digits(mnist_dir, 20)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        (folder / str(label)).mkdir(exist_ok=True)
        scan = Image.fromarray(scans.scanned(image, chance))
        scan.save(folder / str(label) / f"{number}.png")
    drawn = Image.new("RGB", (80, 100), "white")
    ImageDraw.Draw(drawn).line([(20, 20), (60, 20), (35, 80)], fill="black", width=5)
    drawn.save(folder / "seven.png")
    for name, shape in (("small", (28, 28)), ("large", (100, 80, 3))):
        noise = Image.fromarray(chance.integers(0, 256, shape, np.uint8))
        noise.save(folder / f"{name}-noise.png")
    return folder


def test_scans_are_read_right_and_noise_is_strange(
    smoke_run: Runs, pictures: Path, tmp_path: Path, capsys: Say
) -> None:
    run = smoke.copied(smoke_run("transformer"), tmp_path / "output")
    assert main([str(run.output), str(pictures), "--csv", "-"]) == 0
    told = capsys.readouterr()
    rows = {Path(row["file"]).name: row for row in csv.DictReader(told.out.splitlines())}
    assert rows["seven.png"]["label"] == "7" and rows["seven.png"]["strange"] == "no"
    assert rows["small-noise.png"]["strange"] == rows["large-noise.png"]["strange"] == "yes"
    scanned = [row for row in rows.values() if row["class"]]
    assert len(scanned) == 20
    assert sum(row["label"] == row["class"] for row in scanned) >= 18
    assert sum(row["strange"] == "yes" for row in scanned) <= 2
    assert told.err.startswith("picture  ") and "transformer-saw.png" in told.err


@pytest.mark.parametrize("family", ["vae", "gan"])
def test_generators_make_images(
    family: str, smoke_run: Runs, pictures: Path, tmp_path: Path, capsys: Say
) -> None:
    run = smoke.copied(smoke_run(f"short {family}"), tmp_path / "output")
    scan, seven = str(next(pictures.glob("[0-9]/*.png"))), str(pictures / "seven.png")

    def asked(*options: str) -> np.ndarray | None:
        place = tmp_path / "made.png"
        place.unlink(missing_ok=True)
        code = main([str(run.output), *options, "--model", family, "--picture", str(place)])
        assert code == (0 if place.exists() else 2)
        return np.asarray(Image.open(place)) if place.exists() else None

    samples, again = asked("--sample", "12", "--seed", "3"), asked("--sample", "12", "--seed", "3")
    one = np.zeros((1, 28, 28), np.uint8)
    assert samples is not None and samples.shape == grid(one.repeat(12, 0), 10).shape
    assert np.array_equal(samples, again)
    made, walked = asked("--reconstruct", scan, seven), asked("--walk", scan, seven)
    seeds = asked("--walk", "3", "4")
    if family == "gan":
        assert made is walked is None and seeds is not None
        assert "cannot encode" in capsys.readouterr().err
        return
    assert seeds is None and made is not None and walked is not None
    assert made.shape == grid(one.repeat(4, 0), 2).shape
    assert walked.shape == grid(one.repeat(12, 0), 12).shape
    # What is made of a picture is more like it than like another one.
    first, other = made[2:30, 2:30], made[2:30, 32:60]
    again = made[32:60, 2:30].astype(float)
    assert np.abs(again - first).mean() < np.abs(again - other).mean()
