"""Paths that were given for pods, before TFX's environment would take them for this machine's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kubeflow.compiling.cluster import BadOption
from kubeflow.names import APP, VOLUME
from pipeline.settings import Layer

_ADDRESS = re.compile(r"(?!file:)([a-z][a-z0-9+.-]+):/.*", re.IGNORECASE | re.DOTALL)
_WHERE = {
    "output": f"pods write to the volume, so name a folder there, such as {VOLUME}/output",
    "data_dir": f"pods read data from the image ({APP}) or the volume ({VOLUME}), so name a "
    f"folder there, such as {VOLUME}/letters",
}


def check(layers: Iterable[Layer]) -> None:
    """Checks the paths of pods among settings.

    Args:
        layers: of settings, lowest first.

    Raises:
        BadOption: one is an address, such as gs://bucket/folder.
    """
    given: dict[str, object] = {}
    for layer in layers:
        given |= {name: layer.values[name] for name in _WHERE if name in layer.values}
    for name, value in given.items():
        if found := _ADDRESS.fullmatch(str(value)):
            raise BadOption(
                f"{name} '{value}' is an address, and {found[1]}:// cannot be mounted: "
                f"{_WHERE[name]}"
            )
