"""Looks a compiled file over for what KFP, Kubernetes or a reader would stumble on later.

It knows the file alone, not what it was made of. Runs in kfp's environment.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from kubeflow.compiling import compiled  # noqa: E402
from kubeflow.names import GPU_NODES, VERDICT, VOLUME, misplaced, task_name  # noqa: E402
from pipeline.exit_codes import ExitCode  # noqa: E402

SCHEMA = "2.1.0"
RUN_ID = "{{$.pipeline_job_uuid}}"
_PLACEHOLDER = re.compile(r"\{\{\$[^{}]*\}\}")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_ARGUMENT_BYTES = 128 * 1024  # Linux takes no longer one
_FILE_BYTES = 1024 * 1024  # etcd's limit of an object, which the workflow made of it has to meet
_SECRET = "holds what looks like a secret"
_SECRETS = (
    re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\."),  # a JSON web token
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),  # the id of an access key
    re.compile(r"://[^/\s:@\"']+:[^/\s@\"']+@"),  # a password in an address
)
_SECRET_VARIABLE = re.compile(r"TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|API_?KEY", re.IGNORECASE)
_LEARNERS = {task_name(node) for node in GPU_NODES}


def find_problems(file: Path) -> list[str]:
    """Checks a compiled file.

    Args:
        file: what kubeflow/compile.py wrote.

    Returns:
        What is wrong, a sentence each; empty when nothing is.
    """
    try:
        text, documents, tasks = compiled.read(file)
    except compiled.Unreadable as error:
        return [str(error)]
    problems = [f"task {task.name}: {problem}" for task in tasks for problem in _task(task)]
    problems += _gpus(tasks)
    if task_name(VERDICT) not in [task.name for task in tasks]:
        problems.append("has no verdict: a refused model would look like a success")
    if not any(_SECRET in problem for problem in problems):
        problems += _secrets(documents)  # what is outside of the tasks
    return [*_whole(text, documents[0]), *problems]


def _whole(text: str, spec: compiled.Spec) -> Iterator[str]:
    if len(text.encode()) > _FILE_BYTES:
        yield f"is {len(text.encode()):,} bytes long; a cluster takes {_FILE_BYTES:,}"
    name = compiled.at(spec, "pipelineInfo").get("name") or ""
    if not _NAME.fullmatch(name):
        yield f"the pipeline's name '{name}' is not lower case, digits and '-', 63 at most"
    if spec.get("schemaVersion") != SCHEMA:
        yield f"has schema {spec.get('schemaVersion')}; open-source KFP takes {SCHEMA} only"


def _secrets(part: Any) -> Iterator[str]:
    # Not in the file's text, where YAML may have folded a line in the middle of one.
    strings = list(_strings(part))
    for pattern in _SECRETS:
        if any(map(pattern.search, strings)):
            yield f"{_SECRET} ({pattern.pattern})"


def _strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        yield from _strings([*part.keys(), *part.values()])
    elif isinstance(part, (list, tuple)):
        for one in part:
            yield from _strings(one)


def _task(task: compiled.Task) -> Iterator[str]:
    if not _NAME.fullmatch(task.name):
        yield "its name is not lower case, digits and '-', 63 at most"
    if compiled.at(task.spec, "cachingOptions").get("enableCache"):
        yield "KFP's own caching is on; TFX has its own"
    container = compiled.at(task.executor, "container")
    if not container:
        kind = ", ".join(task.executor) or "missing"
        yield f"its executor is {kind}; open-source KFP runs containers only"
        return
    yield from _image(container.get("image") or "")
    for variable in container.get("env") or []:
        name = compiled.at(variable).get("name") or ""
        if _SECRET_VARIABLE.search(name):
            yield f"the variable {name} has its value in the file; name a Secret"
    for part in (*(container.get("command") or []), *(container.get("args") or [])):
        if len(part.encode()) > _ARGUMENT_BYTES:
            yield f"a part of its command is longer than {_ARGUMENT_BYTES:,} bytes"
    yield from _secrets(list(task))
    yield from _arguments(task.constants)
    mounts = [compiled.at(mount).get("mountPath") for mount in task.platform.get("pvcMount") or []]
    if mounts != [VOLUME]:
        yield f"mounts {mounts}; the volume has to be at {VOLUME}, once"


def _image(image: str) -> Iterator[str]:
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    if tag == "latest" or not (tag or "@" in image):
        yield f"the image {image} has no tag of its own"


def _arguments(constants: compiled.Spec) -> Iterator[str]:
    for name, value in constants.items():
        if len(str(value).encode()) > _ARGUMENT_BYTES:
            yield f"the argument {name} is longer than {_ARGUMENT_BYTES:,} bytes"
        # KFP's backend resolves a placeholder that is a whole argument, and no other.
        if "{{$" in str(value) and not _PLACEHOLDER.fullmatch(str(value)):
            yield f"the argument {name} has a placeholder inside a longer text"
    if constants.get("run_id") != RUN_ID:
        yield f"run_id is {constants.get('run_id')!r}, not the placeholder {RUN_ID} as a whole"
    try:
        yield from misplaced(json.loads(str(constants.get("settings"))))
    except (ValueError, AttributeError, TypeError):
        yield "its argument settings is not the JSON text of a pipeline's settings"


def _gpus(tasks: list[compiled.Task]) -> list[str]:
    """GPUs are where they are promised, by the argument `gpus`, and nowhere else."""
    problems, counts = [], set()
    for task in tasks:
        accelerator = compiled.at(task.executor, "container", "resources", "accelerator")
        count = _whole_number(accelerator.get("resourceCount") or accelerator.get("count") or 0)
        promised = _whole_number(task.constants.get("gpus", 0))
        if count != promised or count < 0:
            problems.append(f"task {task.name}: gets {count} GPUs and is told of {promised}")
        if count and not (accelerator.get("resourceType") or accelerator.get("type")):
            problems.append(f"task {task.name}: gets {count} GPUs of no type")
        if task.name in _LEARNERS:
            counts.add(count)
        elif count:
            problems.append(f"task {task.name}: gets {count} GPUs and has no use for them")
    if len(counts) > 1:
        problems.append(f"the tasks that learn get different numbers of GPUs: {sorted(counts)}")
    return problems


def _whole_number(value: Any) -> int:
    """Reads a number as YAML or protobuf write it; -1 for anything else."""
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return -1


def main(arguments: list[str]) -> int:
    """Checks files, and says what is wrong with them."""
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write("kubeflow/lint.py FILE...: checks compiled pipelines\n")
        return ExitCode.PUSHED if arguments else ExitCode.BAD_INPUT
    status = 0
    for name in arguments:
        if not Path(name).is_file():
            sys.stderr.write(f"kubeflow/lint.py: there is no file {name}\n")
            return ExitCode.BAD_INPUT
        for problem in find_problems(Path(name)):
            sys.stderr.write(f"{name}: {problem}\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
