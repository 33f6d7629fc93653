"""The curated schema, as an artifact."""

import os

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts
from tfx.utils import io_utils

from modules.data import features
from modules.data.dataset import Dataset

_LEAST_INK = 0.784  # pixels of full ink; an image with less is blank


def with_derived(text: str, dataset: Dataset) -> str:
    """Adds to a schema what follows from the data: bounds, and the classes derived from an image.

    Args:
        text: a tensorflow.metadata.v0.Schema in protobuf's text form, without them.
        dataset: what the data say of themselves.
    """
    schema = text_format.Parse(text, schema_pb2.Schema())
    by_name = {feature.name: feature for feature in schema.feature}
    by_name[features.LABEL].int_domain.max = dataset.classes - 1
    by_name[features.MEAN_INK].float_domain.min = _LEAST_INK / dataset.pixels
    for name, derived in features.derived(dataset).items():
        schema.string_domain.add(name=name, value=derived.values)
        feature = schema.feature.add(name=name, type=schema_pb2.BYTES, domain=name)
        feature.presence.min_fraction, feature.presence.min_count = 1.0, 1
        feature.shape.dim.add(size=1)
        feature.annotation.comment.append(derived.words)
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
