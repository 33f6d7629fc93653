"""Looks a compiled file over for what KFP, Kubernetes or a reader would stumble on later.

It knows the file alone, not what it was made of. Runs in kfp's environment.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from kubeflow.names import APP, GPU_NODES, VERDICT, VOLUME, task_name  # noqa: E402

SCHEMA = "2.1.0"
RUN_ID = "{{$.pipeline_job_uuid}}"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_ARGUMENT_BYTES = 128 * 1024  # Linux takes no longer one
_FILE_BYTES = 1024 * 1024  # etcd's limit of an object, which the workflow made of it has to meet
_SECRETS = (
    re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\."),  # a JSON web token
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),  # the id of an access key
    re.compile(r"://[^/\s:@\"']+:[^/\s@\"']+@"),  # a password in an address
)
_SECRET_VARIABLE = re.compile(r"TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|API_?KEY", re.IGNORECASE)
_LEARNERS = {task_name(node) for node in GPU_NODES}

Spec = Mapping[str, Any]


def find_problems(file: Path) -> list[str]:
    """Checks a compiled file.

    Args:
        file: one or two YAML documents.

    Returns:
        What is wrong, a sentence each; empty when nothing is.
    """
    import yaml

    text = file.read_text(encoding="utf-8")
    try:
        documents = list(yaml.safe_load_all(text))
        parsed = _parse(documents)
    except Exception as error:  # yaml and protobuf raise many kinds
        return [f"is not what KFP v2 reads: {error}"]
    if parsed is not None:
        return [parsed]
    spec = documents[0]
    platform = documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    problems = [*_sizes(text, spec), *_secrets(text)]
    if spec["schemaVersion"] != SCHEMA:
        problems.append(f"has schema {spec['schemaVersion']}; open-source KFP takes {SCHEMA} only")
    executors = spec["deploymentSpec"]["executors"]
    for name, task in spec["root"]["dag"]["tasks"].items():
        executor = spec["components"][task["componentRef"]["name"]]["executorLabel"]
        found = _task(name, task, executors[executor], platform.get(executor, {}))
        problems += [f"task {name}: {problem}" for problem in found]
    if task_name(VERDICT) not in spec["root"]["dag"]["tasks"]:
        problems.append("has no verdict: a refused model would look like a success")
    return problems + _gpus(spec)


def _parse(documents: list[Any]) -> str | None:
    """Reads both documents strictly with KFP's own protos; says what is missing."""
    from google.protobuf import json_format
    from kfp.kubernetes import kubernetes_executor_config_pb2
    from kfp.pipeline_spec import pipeline_spec_pb2

    if len(documents) != 2:
        return f"has {len(documents)} YAML documents, not the pipeline and its platform"
    json_format.ParseDict(documents[0], pipeline_spec_pb2.PipelineSpec())
    json_format.ParseDict(documents[1], pipeline_spec_pb2.PlatformSpec())
    executors = documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    for config in executors.values():
        json_format.ParseDict(config, kubernetes_executor_config_pb2.KubernetesExecutorConfig())
    return None


def _sizes(text: str, spec: Spec) -> Iterator[str]:
    if len(text.encode()) > _FILE_BYTES:
        yield f"is {len(text.encode()):,} bytes long; a cluster takes {_FILE_BYTES:,}"
    name = spec["pipelineInfo"]["name"]
    if not _NAME.fullmatch(name):
        yield f"the pipeline's name '{name}' is not lower case, digits and '-', 63 at most"


def _secrets(text: str) -> Iterator[str]:
    for pattern in _SECRETS:
        if pattern.search(text):
            yield f"holds what looks like a secret ({pattern.pattern})"


def _task(name: str, task: Spec, executor: Spec, platform: Spec) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield "its name is not lower case, digits and '-', 63 at most"
    if task.get("cachingOptions", {}).get("enableCache"):
        yield "KFP's own caching is on; TFX has its own"
    container = executor.get("container")
    if not container:
        yield f"its executor is a {', '.join(executor)}, which open-source KFP does not run here"
        return
    yield from _image(container["image"])
    for variable in container.get("env", []):
        if _SECRET_VARIABLE.search(variable["name"]):
            yield f"the variable {variable['name']} has its value in the file; name a Secret"
    for part in (*container.get("command", []), *container.get("args", [])):
        if len(part.encode()) > _ARGUMENT_BYTES:
            yield f"a part of its command is longer than {_ARGUMENT_BYTES:,} bytes"
    yield from _arguments(task["inputs"]["parameters"])
    yield from _volumes(platform)


def _image(image: str) -> Iterator[str]:
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    if tag == "latest" or not (tag or "@" in image):
        yield f"the image {image} has no tag of its own"


def _arguments(parameters: Spec) -> Iterator[str]:
    constants = {
        name: value.get("runtimeValue", {}).get("constant") for name, value in parameters.items()
    }
    for name, value in constants.items():
        if len(str(value).encode()) > _ARGUMENT_BYTES:
            yield f"the argument {name} is longer than {_ARGUMENT_BYTES:,} bytes"
    # KFP's backend resolves a placeholder that is a whole argument, and no other.
    if constants.get("run_id") != RUN_ID:
        yield f"run_id is {constants.get('run_id')!r}, not the placeholder {RUN_ID} as a whole"
    settings = json.loads(str(constants.get("settings") or "{}"))
    places = [settings.get("data_dir", ""), settings.get("output", "")]
    if "://" not in settings.get("metadata_store", ""):
        places.append(settings.get("metadata_store", ""))
    for path in places:
        if not _within(path, (APP, VOLUME)):
            yield f"the path '{path}' is neither in the image ({APP}) nor on the volume ({VOLUME})"


def _volumes(platform: Spec) -> Iterator[str]:
    mounts = [mount["mountPath"] for mount in platform.get("pvcMount", [])]
    if mounts != [VOLUME]:
        yield f"mounts {mounts}; the volume has to be at {VOLUME}, once"


def _within(path: str, folders: tuple[str, ...]) -> bool:
    plain = path.startswith("/") and ".." not in Path(path).parts
    return plain and any(path == f or path.startswith(f + "/") for f in folders)


def _gpus(spec: Spec) -> list[str]:
    """GPUs are where they are promised, by the argument `gpus`, and nowhere else."""
    problems, counts = [], set()
    for name, task in spec["root"]["dag"]["tasks"].items():
        executor = spec["components"][task["componentRef"]["name"]]["executorLabel"]
        container = spec["deploymentSpec"]["executors"][executor].get("container", {})
        accelerator = container.get("resources", {}).get("accelerator", {})
        count = int(accelerator.get("resourceCount") or accelerator.get("count") or 0)
        told = task["inputs"]["parameters"].get("gpus", {}).get("runtimeValue", {})
        promised = int(told.get("constant", 0))
        if count != promised:
            problems.append(f"task {name}: gets {count} GPUs and is told of {promised}")
        if count and not (accelerator.get("resourceType") or accelerator.get("type")):
            problems.append(f"task {name}: gets {count} GPUs of no type")
        if name in _LEARNERS:
            counts.add(count)
        elif count:
            problems.append(f"task {name}: gets {count} GPUs and has no use for them")
    if len(counts) > 1:
        problems.append(f"the tasks that learn get different numbers of GPUs: {sorted(counts)}")
    return problems


def main(arguments: list[str]) -> int:
    """Checks files, and says what is wrong with them."""
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write("kubeflow/lint.py FILE...: checks compiled pipelines\n")
        return 0 if arguments else 2
    status = 0
    for name in arguments:
        if not Path(name).is_file():
            sys.stderr.write(f"kubeflow/lint.py: there is no file {name}\n")
            return 2
        for problem in find_problems(Path(name)):
            sys.stderr.write(f"{name}: {problem}\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
