"""What has become of pushed models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components.results.facts import read_pushed

if TYPE_CHECKING:
    import ml_metadata as mlmd


def forget_lost_pushes(store: mlmd.MetadataStore) -> None:
    """Makes pushed models that someone has removed unknown, so that they are pushed again.

    TFX looks whether an artifact's own folder is there, but not for what was pushed from it.
    """
    lost = [
        artifact
        for artifact in store.get_artifacts_by_type("PushedModel")
        if (path := read_pushed({"pushed_model": [artifact]}).path) and not Path(path).is_dir()
    ]
    for artifact in lost:
        artifact.state = artifact.DELETED
    if lost:
        store.put_artifacts(lost)
