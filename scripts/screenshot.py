"""Takes the picture of a report for the README, from the page that a run has written.

    .venv/bin/python scripts/screenshot.py output/transformer/latest/report.html docs/report.png

It needs a Chromium of the system, such as Debian's package `chromium`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ABSENT = f"there is no {NAMES[0]} on this machine (Debian's package is called so)"
MOST = 150_000  # bytes of the picture
WIDTH, HEIGHT = 1200, 900  # of what it shows, in pixels: the first screen, and what begins below it


def chromium() -> str | None:
    """The path of the system's Chromium; None when it has none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Starts the system's Chromium, headless; a playwright.sync_api.Browser.

    Raises:
        FileNotFoundError: there is none.
    """
    from playwright.sync_api import sync_playwright

    found = chromium()
    if found is None:
        raise FileNotFoundError(ABSENT)
    # Root may not use the sandbox; small machines have little shared memory.
    given = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=given)
        try:
            yield started
        finally:
            started.close()


def take(page_file: Path, picture: Path, height: int = HEIGHT) -> int:
    """Writes the upper end of a page as a PNG of few colours.

    Args:
        page_file: the page.
        picture: the file to write.
        height: how much of the page is shown, in pixels.

    Returns:
        The size of the picture, in bytes.
    """
    from PIL import Image

    with browser() as started:
        page = started.new_page(viewport={"width": WIDTH, "height": height}, color_scheme="light")
        page.goto(page_file.resolve().as_uri())
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in (256, 128, 64, 32):
        packed = io.BytesIO()
        few = shot.quantize(colours, dither=Image.Dither.NONE)
        few.save(packed, "PNG", optimize=True)
        if packed.tell() < MOST:
            break
    picture.write_bytes(packed.getvalue())
    return packed.tell()


def main(arguments: list[str] | None = None) -> int:
    """Takes the picture; returns 0, 1 when it is too large, or 2 for what cannot be shown."""
    parser = argparse.ArgumentParser(
        prog="scripts/screenshot.py",
        description="Takes a picture of the upper end of a run's page, for the README.",
    )
    parser.add_argument("page", type=Path, help="a run's report.html")
    parser.add_argument("picture", type=Path, help="the PNG to write, such as docs/report.png")
    parser.add_argument(
        "--height", type=int, default=HEIGHT, help=f"pixels to show (default: {HEIGHT})"
    )
    options = parser.parse_args(arguments)
    if not options.page.is_file():
        parser.error(f"there is no file {options.page}")
    try:
        size = take(options.page, options.picture, options.height)
    except FileNotFoundError as error:
        sys.stderr.write(f"scripts/screenshot.py: {error}\n")
        return 2
    sys.stdout.write(f"{options.picture}: {size:,} bytes\n")
    if size >= MOST:
        sys.stderr.write("scripts/screenshot.py: too large; give a smaller --height\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
