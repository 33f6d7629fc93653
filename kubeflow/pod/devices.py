"""The devices that a pod sees."""

from __future__ import annotations

import os


class MissingGpu(Exception):
    """A task requested more GPUs than it sees."""


def describe(asked: int) -> str:
    """Names the devices that TensorFlow sees, in one line.

    Args:
        asked: how many GPUs the task requested.

    Raises:
        MissingGpu: TensorFlow sees fewer.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    details = map(tf.config.experimental.get_device_details, gpus)
    names = [one.get("device_name", "GPU") for one in details]
    line = f"devices: {len(os.sched_getaffinity(0))} CPU cores, GPUs: {', '.join(names) or 'none'}"
    if len(gpus) < asked:
        raise MissingGpu(
            f"{line}; this task requested {asked}. Does the image have CUDA (target gpu), and is "
            "the node's driver new enough for it?"
        )
    return line
