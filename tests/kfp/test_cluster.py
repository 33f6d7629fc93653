"""The options that say what a cluster gives: what is read, and what is refused in a sentence."""

import argparse

import pytest

from kubeflow.compiling.cluster import (
    DEFAULT_RESOURCES,
    BadOption,
    Cluster,
    Resources,
    Secret,
    Toleration,
    add_options,
    read_options,
)


def read(*arguments: str) -> Cluster:
    parser = argparse.ArgumentParser()
    add_options(parser.add_argument_group("cluster"))
    return read_options(parser.parse_args(arguments))


def test_the_defaults_need_no_option() -> None:
    cluster = read()
    assert (cluster.volume, cluster.gpus, cluster.gpu_type) == ("triptych", 0, "nvidia.com/gpu")
    assert (cluster.tolerations, cluster.secrets, cluster.pull_secrets) == ((), (), ())
    assert cluster.pipeline_root == "" and not cluster.node_selector
    assert cluster.of("trainer") == DEFAULT_RESOURCES["trainer"]
    assert cluster.of("pusher") == DEFAULT_RESOURCES["default"]


def test_options_are_read() -> None:
    cluster = read(
        *("--image", "registry.example:5000/lab/triptych@sha256:0123abcd"),
        *("--gpus", "1", "--gpu-type", "amd.com/gpu"),
        *("--node-selector", "cloud.example/pool=gpu-large", "--node-selector", "disk=ssd"),
        *("--toleration", "nvidia.com/gpu:NoSchedule", "--toleration", "pool=gpu:NoExecute"),
        *("--secret", "object-store:access.key=ACCESS_KEY"),
        *("--pull-secret", "registry", "--pull-secret", "mirror"),
        *("--resources", "default=250m,2Gi", "--resources", "trainer=1.5,8G"),
        *("--pipeline-root", "minio://bucket/triptych"),
    )
    assert cluster.image.endswith("@sha256:0123abcd")
    assert (cluster.gpus, cluster.gpu_type) == (1, "amd.com/gpu")
    assert cluster.node_selector == {"cloud.example/pool": "gpu-large", "disk": "ssd"}
    assert cluster.tolerations == (
        Toleration("nvidia.com/gpu", "", "NoSchedule"),
        Toleration("pool", "gpu", "NoExecute"),
    )
    assert cluster.secrets == (Secret("object-store", "access.key", "ACCESS_KEY"),)
    assert cluster.pull_secrets == ("registry", "mirror")
    assert cluster.of("trainer") == Resources("1.5", "8G")
    assert cluster.of("pusher") == Resources("250m", "2Gi")
    assert cluster.of("tuner") == DEFAULT_RESOURCES["tuner"]
    assert cluster.pipeline_root == "minio://bucket/triptych"


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--image", "triptych", "--image 'triptych' has no tag: add one"),
        ("--gpus", "-1", "--gpus takes 0 or 1, not -1"),
        ("--gpus", "2", "--gpus takes 0 or 1, not 2: no task uses several GPUs yet"),
        ("--gpu-type", "", "a resource such as nvidia.com/gpu"),
        ("--volume", "Claim", "the name of a PersistentVolumeClaim, not 'Claim'"),
        ("--volume", "", "the name of a PersistentVolumeClaim"),
        ("--pull-secret", "a b", "the name of a Secret, not 'a b'"),
        ("--node-selector", "pool", "takes LABEL=VALUE, not 'pool'"),
        ("--node-selector", "pool=", "takes LABEL=VALUE, not 'pool='"),
        ("--node-selector", "the pool=gpu", "LABEL=VALUE, not 'the pool=gpu'"),
        ("--toleration", "nvidia.com/gpu", "KEY:EFFECT or KEY=VALUE:EFFECT"),
        ("--toleration", "pool=gpu:Never", "NoSchedule, PreferNoSchedule or NoExecute, not"),
        ("--toleration", "=gpu:NoSchedule", "not '=gpu:NoSchedule'"),
        ("--secret", "store=KEY", "NAME:KEY=VARIABLE, not 'store=KEY'"),
        ("--secret", "store:key", "NAME:KEY=VARIABLE, not 'store:key'"),
        ("--secret", "store:key=1ST", "NAME:KEY=VARIABLE"),
        ("--secret", "store:a b=FIRST", "NAME:KEY=VARIABLE"),
        ("--resources", "trainer", "TASK=CPU,MEMORY such as"),
        ("--resources", "=4,8Gi", "TASK=CPU,MEMORY such as"),
        ("--resources", "trainer=4", "TASK=CPU,MEMORY such as"),
        ("--resources", "trainer=8Gi,4", "TASK=CPU,MEMORY such as"),
        ("--resources", "trainer=4,500m", "TASK=CPU,MEMORY such as"),
        ("--resources", "trainer=4,1.5Gi", "not 'trainer=4,1.5Gi'"),
        ("--resources", "trainer=-1,8Gi", "TASK=CPU,MEMORY such as"),
        ("--resources", "trainer=0,8Gi", "more than 0 and up to 1,000 CPUs"),
        ("--resources", "trainer=0m,8Gi", "more than 0 and up to 1,000 CPUs"),
        ("--resources", "trainer=1001,8Gi", "up to 1,000 CPUs and 1Pi"),
        ("--resources", "trainer=4,0Gi", "more than 0"),
        ("--resources", "trainer=4,1025Ti", "up to 1,000 CPUs and 1Pi"),
        ("--resources", f"trainer={'9' * 400},{'9' * 400}E", "up to 1,000 CPUs and 1Pi"),
        ("--pipeline-root", "bucket/folder", "a URI such as"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(option: str, value: str, words: str) -> None:
    with pytest.raises(BadOption) as refused:
        read(f"{option}={value}")
    message = str(refused.value)
    assert words in message and option in message and "\n" not in message


def test_every_quantity_that_is_taken_is_one_that_kfp_takes() -> None:
    # kfp has its own idea of a quantity, and a traceback for any other.
    from kfp.dsl import pipeline_task

    for cpu, memory in (("4", "8Gi"), ("0.5", "1500Mi"), ("250m", "4"), ("10", "1T")):
        resources = read("--resources", f"trainer={cpu},{memory}").of("trainer")
        task = object.__new__(pipeline_task.PipelineTask)
        task._validate_cpu_request_limit(resources.cpu)
        task._validate_memory_request_limit(resources.memory)


@pytest.mark.parametrize("option", [["--node-selector", "a=b"], ["--toleration", "a:NoExecute"]])
def test_what_is_for_gpu_pods_needs_gpus(option: list[str]) -> None:
    with pytest.raises(BadOption, match="add --gpus 1"):
        read(*option)
