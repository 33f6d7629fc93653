"""The pictures of a run, by name."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from components.results.report import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture


class Pictures(Mapping[str, "Picture"]):
    """Pictures by name, as Pillow's images; a notebook shows one, or all of them, by itself.

    Attributes:
        titles: of each, in a few words.
    """

    def __init__(self, images: Iterable[Image]) -> None:
        self._images = {image.name: image for image in images}
        self.titles = {image.name: image.title for image in self._images.values()}

    def __getitem__(self, name: str) -> Picture:
        from PIL import Image as pillow

        found = pillow.open(io.BytesIO(base64.b64decode(self._images[name].png)))
        found.load()
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._images)

    def __len__(self) -> int:
        return len(self._images)

    def __repr__(self) -> str:
        return f"Pictures({', '.join(self._images)})"

    def _repr_html_(self) -> str:
        return "".join(map(_figure, self._images.values()))


def _figure(image: Image) -> str:
    title, text = html.escape(image.title), html.escape(image.text)
    return (
        '<figure style="display: inline-block; margin: 0.5em">'
        f'<img src="data:image/png;base64,{image.png}" alt="{text}">'
        f"<figcaption>{title}</figcaption></figure>"
    )
