"""What the libraries read from the environment when they are imported."""

from __future__ import annotations

import os


def configure(log_level: str) -> None:
    """To be called before TensorFlow or Keras is imported.

    Args:
        log_level: TensorFlow's, unless the environment names one: "1" leaves out what is only for
            information, "2" warnings too, "3" errors too.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # oneDNN's products are the faster ones, but TensorFlow takes them only where there is AVX-512.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", log_level)
