"""TFX's Pusher, such that a server never sees half a model."""

from __future__ import annotations

import filecmp
import os
from pathlib import Path
from typing import Any

from tfx.components.pusher import executor as pusher
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import proto_utils

from components.fellows import MODEL
from components.results.facts import PUSHED_BY, PUSHED_TO
from modules.util.files import remove

INCOMING = ".incoming"


class Executor(pusher.Executor):
    """Pushes into a hidden folder beside the versions, then moves the whole version into place.

    A folder is moved by one rename: whoever watches the destination sees either nothing or the
    whole model, also when the push is killed in the middle. One that was killed after that move, so
    that no artifact knows of it, is not pushed a second time.
    """

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class."""
        key = standard_component_specs.PUSH_DESTINATION_KEY
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(exec_properties[key], destination)
        final = destination.filesystem.base_directory
        incoming = os.path.join(final, INCOMING)
        remove(incoming)  # what a killed push left there
        destination.filesystem.base_directory = incoming
        super().Do(
            input_dict,
            output_dict,
            {**exec_properties, key: proto_utils.proto_to_json(destination)},
        )
        pushed = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.PUSHED_MODEL_KEY]
        )
        if not pushed.get_int_custom_property("pushed"):
            return
        arrived = Path(incoming, pushed.get_string_custom_property("pushed_version"))
        (arrived / PUSHED_BY).write_text(pushed.uri, encoding="utf-8")
        # A server takes the greatest number, so the new one has to be it, whatever the clock says.
        newest = newest_version(final)
        target = Path(final, str(newest))
        if not _is_forgotten(target, arrived):
            target = Path(final, str(max(int(arrived.name), newest + 1)))
            os.rename(arrived, target)
        remove(incoming)
        pushed.set_string_custom_property("pushed_version", target.name)
        pushed.set_string_custom_property(PUSHED_TO, str(target))
        [model] = input_dict[standard_component_specs.MODEL_KEY]
        pushed.set_int_custom_property(MODEL, model.id)


def _is_forgotten(version: Path, arrived: Path) -> bool:
    """Whether a version is what has arrived, from a push that was killed before it was recorded."""
    mine = (arrived / PUSHED_BY).read_text(encoding="utf-8")
    try:
        pusher = (version / PUSHED_BY).read_text(encoding="utf-8")
    except OSError:
        return False
    known = pusher != mine and os.path.exists(pusher)  # mine is there, for a second try to fill
    return not known and _files(version) == _files(arrived) and _same(version, arrived)


def _files(folder: Path) -> set[Path]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path for path in found if path.name != PUSHED_BY}


def _same(one: Path, other: Path) -> bool:
    return all(filecmp.cmp(one / name, other / name, shallow=False) for name in _files(one))


def newest_version(folder: str) -> int:
    """The greatest version in a folder that a server watches; 0 when there is none."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return max((int(name) for name in names if name.isascii() and name.isdigit()), default=0)
