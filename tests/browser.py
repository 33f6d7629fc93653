"""Pages in a browser: what it sees of them, and what they ask for."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# What can be read without scrolling: the text whose box ends above HEIGHT, and that nothing covers.
_READABLE = """(height) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (!node.data.trim() || !box.height || box.bottom > height) continue;
    if (box.left < 0 || box.right > document.documentElement.clientWidth) continue;
    const hit = document.elementFromPoint(box.left + 1, (box.top + box.bottom) / 2);
    if (hit && (hit.contains(node) || node.parentElement.contains(hit))) found.push(node.data);
  }
  return found.join(" ");
}"""
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Seen:
    """A page that has been opened, and all that went wrong.

    Attributes:
        page: a playwright.sync_api.Page.
        wrong: errors of scripts, what is on the console, dialogs, and requests that leave the page.
    """

    def __init__(self, page: Any, own: str) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("console", lambda told: self.wrong.append(f"{told.type}: {told.text}"))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: (self.wrong.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self._asked(request.url, own))
        page.route("**/*", lambda r: r.continue_() if r.request.url == own else r.abort())

    def _asked(self, url: str, own: str) -> None:
        if url != own and not url.startswith("data:"):
            self.wrong.append(f"request: {url}")

    @property
    def overflow(self) -> int:
        """By how many pixels the page is broader than the window."""
        return int(self.page.evaluate(_OVERFLOW))

    def readable(self, height: int) -> str:
        """The text that can be read in the first pixels, however it is wrapped."""
        return words(self.page.evaluate(_READABLE, height))


def words(text: str) -> str:
    """A text with single spaces."""
    return " ".join(text.split())


@contextlib.contextmanager
def opened(browser: Any, file: Path, width: int = 1400, height: int = 600, **how: Any) -> Iterator:
    """Opens a file as a double click does, with the network cut.

    Args:
        browser: a playwright.sync_api.Browser.
        file: the page.
        width: of the window, in pixels.
        height: of the window, in pixels.
        how: options of the context, such as `java_script_enabled` and `color_scheme`.
    """
    size: Any = {"width": width, "height": height}
    context = browser.new_context(viewport=size, offline=True, **how)
    context.set_default_timeout(10_000)  # milliseconds
    try:
        own = file.resolve().as_uri()
        seen = Seen(context.new_page(), own)
        seen.page.goto(own)
        yield seen
    finally:
        context.close()
