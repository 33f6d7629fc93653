"""A blessing that says no, although TFX would have said yes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tfx.components.evaluator import constants

from modules.util.files import write_text


def refuse(blessing: Any, model: Any) -> None:
    """Makes a blessing say no, whatever TFX made of the thresholds, or if there were none.

    Args:
        blessing: the artifact.
        model: that of the model that is judged.
    """
    Path(blessing.uri, constants.BLESSED_FILE_NAME).unlink(missing_ok=True)
    write_text(Path(blessing.uri, constants.NOT_BLESSED_FILE_NAME), "")
    for name, value in (
        (constants.ARTIFACT_PROPERTY_BLESSED_KEY, constants.NOT_BLESSED_VALUE),
        (constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, model.id),
    ):
        blessing.set_int_custom_property(name, value)
    blessing.set_string_custom_property(
        constants.ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY, model.uri
    )
