"""What a run takes of its data: looked at before the run starts, and written into its settings."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from pipeline import learning
from pipeline.settings import DECLARED, BadSetting, Settings

_BROUGHT = DECLARED["data_dir"].default  # with the clone, not with what is installed


def on_data(settings: Settings, folder: Path | None = None) -> Settings:
    """Looks at the data of a run.

    Args:
        settings: of the run.
        folder: where the data are to be found here; None for where the settings say.

    Returns:
        The same, which know what the data say of themselves and how many images are taken.

    Raises:
        BadDataset: the data cannot be used, or too little of them is taken.
        BadSetting: a person asked for more images than there are, for a search with nothing to
            search, or for data that do not come with the installation.
    """
    from components.readers.intake import take  # needs NumPy

    data = settings.data
    if folder is None and settings.data_dir == _BROUGHT and not _BROUGHT.is_dir():
        raise BadSetting(
            "this installation brings no data: give data_dir (--data-dir), the folder with the "
            "four IDX files"
        )
    taken = take(folder or settings.data_dir, data.transposed, data.train_images, data.test_images)
    there = {"train_images": taken.dataset.train_count, "test_images": taken.dataset.test_count}
    for name, count in there.items():
        wanted = getattr(data, name)
        if wanted is not None and wanted > count and f"data.{name}" in settings.given:
            raise BadSetting(
                f"data.{name} is {wanted:,}, and {folder or settings.data_dir} has {count:,}; "
                "leave it out, or ask for fewer"
            )
    # A number in a profile means "at most"; what was not limited stays so.
    limited = {name: getattr(taken, name) for name in there if getattr(data, name) is not None}
    settings = dataclasses.replace(
        settings, dataset=taken.dataset, data=dataclasses.replace(data, **limited)
    )
    return learning.fit(settings, folder or settings.data_dir)
