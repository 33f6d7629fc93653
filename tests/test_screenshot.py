"""scripts/screenshot.py: the README's picture of a report."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from scripts import screenshot


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page higher than its picture, in two colours."""
    file = tmp_path / "a report.html"
    file.write_text("<body style='margin:0;background:#00664a'><div style='height:3000px'>")
    return file


@pytest.mark.skipif(screenshot.chromium() is None, reason=screenshot.ABSENT)
def test_it_is_the_upper_end_of_a_page(page: Path, tmp_path: Path, project: Path) -> None:
    command = [sys.executable, "scripts/screenshot.py", str(page), str(tmp_path / "a.png")]
    done = subprocess.run(
        [*command, "--height", "300"], cwd=project, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (screenshot.WIDTH, 300)
        assert picture.convert("RGB").getpixel((600, 150)) == (0, 0x66, 0x4A)
    assert (tmp_path / "a.png").stat().st_size < screenshot.MOST


def test_what_is_missing_is_told_in_a_sentence(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(screenshot, "chromium", lambda: None)
    picture = page.with_suffix(".png")
    assert screenshot.main([str(page), str(picture)]) == 2
    assert capsys.readouterr().err == f"scripts/screenshot.py: {screenshot.ABSENT}\n"
    with pytest.raises(SystemExit) as end:
        screenshot.main([str(page.with_name("none.html")), str(picture)])
    assert end.value.code == 2 and "there is no file " in capsys.readouterr().err
    assert not picture.exists()
