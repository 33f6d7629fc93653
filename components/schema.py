"""The curated schema, as an artifact."""

import os

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts
from tfx.utils import io_utils

from modules.data import features


def with_derived(text: str) -> str:
    """Adds to a schema the classes that follow from an image.

    Args:
        text: a tensorflow.metadata.v0.Schema in protobuf's text form, without them.
    """
    schema = text_format.Parse(text, schema_pb2.Schema())
    for name, derived in features.DERIVED.items():
        schema.string_domain.add(name=name, value=derived.values)
        feature = schema.feature.add(name=name, type=schema_pb2.BYTES, domain=name)
        feature.presence.min_fraction, feature.presence.min_count = 1.0, 1
        feature.shape.dim.add(size=1)
    return text_format.MessageToString(schema)


@component
def CuratedSchema(text: Parameter[str], schema: OutputArtifact[standard_artifacts.Schema]) -> None:
    """Writes a schema that a person wrote.

    TFX's own ImportSchemaGen takes a path, and so would not notice that the file has changed.

    Args:
        text: a tensorflow.metadata.v0.Schema in protobuf's text form.
        schema: the artifact to write.
    """
    parsed = text_format.Parse(text, schema_pb2.Schema())
    io_utils.write_pbtxt_file(os.path.join(schema.uri, "schema.pbtxt"), parsed)
