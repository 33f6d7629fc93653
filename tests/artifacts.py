"""Artifacts for calling a component's executor without a pipeline."""

from pathlib import Path
from typing import Any

from tfx.types import artifact_utils, standard_artifacts


def make(kind: type, folder: Path, splits: tuple[str, ...] = (), ident: int = 0) -> Any:
    """An artifact of a type, in a folder that is made for it."""
    folder.mkdir(parents=True, exist_ok=True)
    artifact = kind()
    artifact.uri = str(folder)
    artifact.id = ident
    if splits:
        artifact.split_names = artifact_utils.encode_split_names(list(splits))
    return artifact


def make_examples(folder: Path, files: dict[str, list[str]]) -> Any:
    """An Examples artifact whose splits take over one gzipped TFRecord file each."""
    examples = make(standard_artifacts.Examples, folder, tuple(files))
    examples.set_string_custom_property("file_format", "tfrecords_gzip")
    for split, [file] in files.items():
        (folder / f"Split-{split}").mkdir()
        Path(file).rename(folder / f"Split-{split}" / "data_tfrecord-00000-of-00001.gz")
    return examples
