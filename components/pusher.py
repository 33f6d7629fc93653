"""TFX's Pusher, such that a server never sees half a model."""

from __future__ import annotations

import os
from typing import Any

from tfx.components.pusher import executor as pusher
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import proto_utils

from components.results.facts import PUSHED_TO
from modules.util.files import remove

INCOMING = ".incoming"


class Executor(pusher.Executor):
    """Pushes into a hidden folder beside the versions, then moves the whole version into place.

    A folder is moved by one rename: whoever watches the destination sees either nothing or the
    whole model, also when the push is killed in the middle.
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
        # A server takes the greatest number, so the new one has to be it, whatever the clock says.
        version = pushed.get_string_custom_property("pushed_version")
        target = os.path.join(final, str(max(int(version), newest_version(final) + 1)))
        os.rename(os.path.join(incoming, version), target)
        os.rmdir(incoming)
        pushed.set_string_custom_property("pushed_version", os.path.basename(target))
        pushed.set_string_custom_property(PUSHED_TO, target)


def newest_version(folder: str) -> int:
    """The greatest version in a folder that a server watches; 0 when there is none."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return max((int(name) for name in names if name.isascii() and name.isdigit()), default=0)
