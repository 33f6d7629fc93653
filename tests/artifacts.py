"""Artifacts for calling a component's executor without a pipeline."""

from pathlib import Path
from typing import Any

from tfx.types import artifact_utils


def make(kind: type, folder: Path, splits: tuple[str, ...] = (), ident: int = 0) -> Any:
    """An artifact of a type, in a folder that is made for it."""
    folder.mkdir(parents=True, exist_ok=True)
    artifact = kind()
    artifact.uri = str(folder)
    artifact.id = ident
    if splits:
        artifact.split_names = artifact_utils.encode_split_names(list(splits))
    return artifact
