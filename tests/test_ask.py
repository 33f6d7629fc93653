"""`python -m components.ask`: what it answers, what it draws, and what it says of bad files."""

import csv
import dataclasses
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from components.ask import __main__
from components.ask.__main__ import main
from components.ask.answers import answer, load_model
from components.ask.chosen import CLASSIFY, choose
from components.readers.from_images.polarity import POLARITIES
from components.results.summary import FILE, read_summary, write_summary
from modules.data.framing import PREPARATIONS
from tests import asked, scans

Say = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def output(mnist_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asked.make(mnist_dir, tmp_path_factory.mktemp("asked") / "output")


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    """A 7, drawn black on white."""
    picture = Image.new("L", (80, 100), 255)
    ImageDraw.Draw(picture).line([(20, 20), (60, 20), (35, 80)], fill=0, width=8)
    picture.save(tmp_path / "seven.png")
    return tmp_path / "seven.png"


def test_a_drawn_seven_is_a_seven(output: Path, seven: Path, capsys: Say) -> None:
    assert main([str(output), str(seven)]) == 0
    said = capsys.readouterr().out
    head, _, line, picture = said.splitlines()
    assert head == "transformer, version 17"
    assert line.split()[:2] == [str(seven), "7"] and line.endswith("black on white")
    assert picture == f"picture  {output / 'asked' / 'transformer-saw.png'}"
    with Image.open(output / "asked" / "transformer-saw.png") as drawn:
        assert drawn.width > 100 and drawn.getextrema()[0] == (0, 255)


def test_the_preparation_can_be_told(output: Path, seven: Path, capsys: Say) -> None:
    seen = []
    for preparation in __main__._PREPARATIONS:
        place = seven.with_name(f"{preparation}.png")
        options = ("--preparation", preparation, "--picture", str(place))
        assert main([str(output), str(seven), *options]) == 0
        seen.append(place.read_bytes())
    assert len(set(seen)) == 3
    assert __main__._PREPARATIONS == PREPARATIONS and __main__._POLARITIES == POLARITIES


def test_random_noise_is_strange_and_digits_are_not(
    output: Path, mnist_dir: Path, tmp_path: Path, capsys: Say
) -> None:
    chance = np.random.default_rng(2)
    for number, shape in enumerate([(28, 28), (100, 80), (60, 60, 3)]):
        noise = Image.fromarray(chance.integers(0, 256, shape, np.uint8))
        noise.save(tmp_path / f"noise-{number}.png")
    for number, image in enumerate(scans.digits(mnist_dir, 6)[0]):
        Image.fromarray(scans.scanned(image, chance)).save(tmp_path / f"scan-{number}.jpg")
    found = tmp_path / "answers.csv"
    picture = str(tmp_path / "saw.png")
    assert main([str(output), str(tmp_path), "--csv", str(found), "--picture", picture]) == 0
    said = capsys.readouterr().out
    rows = list(csv.DictReader(found.open()))
    strange = [Path(row["file"]).name for row in rows if row["strange"] == "yes"]
    assert [name for name in strange if "noise" in name] == [f"noise-{n}.png" for n in range(3)]
    assert sum("scan" in name for name in strange) <= 1
    assert said.count("resembles nothing it was trained on") == len(strange)
    for row in rows:
        each = [float(row[f"probability of {digit}"]) for digit in range(10)]
        assert sum(each) == pytest.approx(1, abs=1e-4)
        assert max(each) == float(row["probability"]) >= float(row["runner_up_probability"])


def test_a_folder_by_class_is_counted(
    output: Path, mnist_dir: Path, tmp_path: Path, capsys: Say
) -> None:
    images, labels = scans.digits(mnist_dir, 30)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        (tmp_path / str(label)).mkdir(exist_ok=True)
        Image.fromarray(255 - image).save(tmp_path / str(label) / f"{number}.png")
    assert main([str(output), str(tmp_path)]) == 0
    said = capsys.readouterr().out
    model = load_model(choose(output, CLASSIFY))
    right = sum(
        one.label == str(label) for one, label in zip(answer(model, images), labels, strict=True)
    )
    assert f"accuracy {right / 30:.1%}: {right} of 30" in said
    assert said.count("wrong: is") == 30 - right
    matrix = said.partition("was read as\n")[2].splitlines()[:-1]
    counts = [[int(cell) for cell in row.split()[1:]] for row in matrix[1:]]
    assert sum(map(sum, counts)) == 30 and sum(counts[n][n] for n in range(len(counts))) == right
    (tmp_path / "seven").mkdir()
    assert main([str(output), str(tmp_path)]) == 2
    assert f"{tmp_path / 'seven'} is no class of this model" in capsys.readouterr().err


def test_what_is_no_file_is_not_replaced(output: Path, seven: Path, capsys: Say) -> None:
    os.mkfifo(pipe := seven.with_name("pipe"))
    for place in (pipe, seven.parent):
        for option in ("--picture", "--csv"):
            assert main([str(output), str(seven), option, str(place)]) == 2
            assert f"{place} cannot be used: it is no file" in capsys.readouterr().err
    assert pipe.is_fifo()


def test_bad_files_are_named_and_the_others_answered(
    output: Path, seven: Path, tmp_path: Path, capsys: Say
) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "text.png").write_text("a text")
    (bad / "empty.jpg").touch()
    Image.new("L", (50, 40), 255).save(bad / "blank.png")
    Image.new("1", (12_000, 12_000)).save(bad / "bomb.png")
    (bad / "cut.png").write_bytes(seven.read_bytes()[:150])
    Image.open(seven).save(bad / "seven.gif")
    files = [*sorted(bad.iterdir()), bad / "gone.png", seven]
    assert main([str(output), *map(str, files)]) == 2
    told = capsys.readouterr()
    assert told.out.splitlines()[2].split()[1] == "7"
    assert [line.split()[1] for line in told.err.splitlines()] == [str(f) for f in files[:-1]]
    for words in ("89 million pixels", "nothing is drawn", "does not exist", "cannot be read"):
        assert words in told.err
    assert main([str(output), str(bad / "blank.png")]) == 2
    (tmp_path / "none").mkdir()
    assert main([str(output), str(tmp_path / "none")]) == 2
    assert "holds no PNG or JPEG file" in capsys.readouterr().err


def test_colours_alpha_palettes_16_bits_and_exif(
    output: Path, seven: Path, tmp_path: Path, capsys: Say
) -> None:
    grey = Image.open(seven).convert("L")
    ink = Image.eval(grey, lambda value: 255 - value)
    for name, page in (("dark", 0), ("white", 255)):
        Image.merge("LA", (Image.new("L", grey.size, page), ink)).save(tmp_path / f"{name}.png")
    grey.convert("P").save(tmp_path / "palette.png")
    Image.fromarray(np.asarray(grey, np.uint16) * 257).save(tmp_path / "wide.png")
    Image.merge("RGB", (grey, grey, Image.new("L", grey.size, 255))).save(tmp_path / "colours.png")
    turned = Image.Exif()
    turned[0x112] = 6
    grey.rotate(90, expand=True).save(tmp_path / "turned.jpg", exif=turned)
    assert main([str(output), str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()[2:-1]
    assert len(lines) == 7 and all(line.split()[1] == "7" for line in lines)
    assert [Path(line.split()[0]).name for line in lines if "white on black" in line] == [
        "white.png"
    ]


def test_a_refused_model_is_asked_by_the_name_of_its_run(
    output: Path, seven: Path, tmp_path: Path, capsys: Say
) -> None:
    here = tmp_path / "output"
    shutil.copytree(output, here, symlinks=True)
    shutil.rmtree(here / "serving")
    file = here / "transformer" / asked.RUN / FILE
    write_summary(file, dataclasses.replace(read_summary(file), pushed=None))
    assert main([str(here), str(seven)]) == 2
    assert "no model was pushed to" in capsys.readouterr().err
    shutil.rmtree(here / "artifacts" / "examples")  # as --prune does
    assert main([str(here), str(seven), "--run", asked.RUN]) == 0
    said = capsys.readouterr().out
    assert f"transformer, run {asked.RUN}" in said and "Examples are gone" in said
    assert main([str(here), str(seven), "--run", "another"]) == 2
    assert f"unknown run 'another' in {here}; choose {asked.RUN}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "vae", "a.png"], "no vae was pushed to"),
        (["--version", "18", "a.png"], "there is no version 18 in"),
        (
            ["--sample", "4"],
            "what was pushed is a transformer, which makes no images; ask it FILE...",
        ),
        (["--walk", "3", "4"], "what was pushed is a transformer, which walks between no seeds"),
        (["--walk", "a.png", "b.png"], "which cannot encode pictures"),
        (["--reconstruct", "a.png"], "which cannot encode pictures, and so reconstruct none"),
        (["a.png"], "a.png does not exist"),
    ],
)
def test_what_cannot_be_is_answered_with_what_there_is(
    output: Path, options: list[str], words: str, capsys: Say
) -> None:
    assert main([str(output), *options]) == 2
    told = capsys.readouterr().err
    assert words in told and ("transformer 17" in told or "does not exist" in words)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--sample", "0"],
        ["--sample", "3", "a.png"],
        ["--run", "x", "--version", "1", "a.png"],
        ["--sample", "4", "--csv", "-"],
    ],
)
def test_bad_usage(options: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path), *options])
    assert stopped.value.code == 2


def test_it_is_asked_from_python_as_the_page_says(
    output: Path, seven: Path, project: Path, capsys: Say
) -> None:
    page = (project / "docs" / "asking.md").read_text()
    [code] = [b for b in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "scan.png" in b]
    exec(code.replace('"output"', repr(str(output))).replace('"scan.png"', repr(str(seven))), {})
    assert capsys.readouterr().out.startswith("7 0.")


def test_help_imports_nothing_heavy(project: Path) -> None:
    code = (
        "import sys\nfrom components.ask.__main__ import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'pandas', 'matplotlib', 'tfx', 'numpy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "80"},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "--reconstruct" in told.stdout
