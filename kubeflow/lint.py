"""Checks a compiled file for what KFP, Kubernetes or a reader would trip over later.

It knows the file alone, not what it was made from. Runs in kfp's environment.
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

from kubeflow.compiling import compiled, oldest, pod_faults, storage  # noqa: E402
from kubeflow.compiling.cluster import MOST_GPUS  # noqa: E402
from kubeflow.compiling.image import image_problem, moves  # noqa: E402
from kubeflow.names import GPU_NODES, VERDICT, misplaced, task_name  # noqa: E402
from pipeline.exit_codes import ExitCode  # noqa: E402

SCHEMA = "2.1.0"
RUN_ID = "{{$.pipeline_job_uuid}}"
_AT_ANY_END = "ALL_UPSTREAM_TASKS_COMPLETED"
_A_DAY = 24 * 3600
_PLACEHOLDER = re.compile(r"\{\{\$[^{}]*\}\}")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NAME_RULE = "use lower-case letters, digits and '-', at most 63"
_ARGUMENT_BYTES = 128 * 1024  # Linux accepts no longer one
_FILE_BYTES = 1024 * 1024  # etcd's limit for an object; the workflow made from the file is one
_SECRET = "contains what looks like a secret"
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
        A sentence for each fault, without the file's name; empty when there is none.
    """
    try:
        text, documents, tasks = compiled.read(file)
    except compiled.Unreadable as error:
        return [str(error)]
    problems = [f"task {task.name}: {problem}" for task in tasks for problem in _task(task)]
    problems += [*_gpus(tasks), *_stores(tasks)]
    problems += _verdict(tasks)
    if problem := pod_faults.differing(tasks):
        problems.append(problem)
    if not any(_SECRET in problem for problem in problems):
        problems += _secrets(documents)  # what is outside of the tasks
    return [*_whole(text, documents[0]), *problems]


def find_notes(file: Path) -> list[str]:
    """What is good to know of a file without a fault: the KFP that it needs, and its image's tag.

    Args:
        file: what kubeflow/compile.py wrote.
    """
    _, _, tasks = compiled.read(file)
    needs = oldest.find(tasks)
    notes = [f"takes {needs}, because of {needs.field}" if needs.field else f"takes {needs}"]
    images = {str(compiled.at(task.executor, "container").get("image")) for task in tasks}
    notes += [
        f"the tag of '{image}' can be moved to another image in the middle of a run; a digest "
        "(NAME@sha256:...) cannot"
        for image in sorted(images)
        if moves(image)
    ]
    return notes


def _whole(text: str, spec: compiled.Spec) -> Iterator[str]:
    if len(text.encode()) > _FILE_BYTES:
        yield f"is {len(text.encode()):,} bytes long; a cluster accepts {_FILE_BYTES:,}"
    name = compiled.at(spec, "pipelineInfo").get("name") or ""
    if not _NAME.fullmatch(name):
        yield f"the pipeline's name '{name}' is not valid: {_NAME_RULE}"
    if spec.get("schemaVersion") != SCHEMA:
        yield f"has schema {spec.get('schemaVersion')}; open-source KFP accepts only {SCHEMA}"


def _verdict(tasks: list[compiled.Task]) -> Iterator[str]:
    found = [task for task in tasks if task.name == task_name(VERDICT)]
    if not found:
        yield "has no verdict task, without which a refused model looks like a success"
    for task in found:
        if compiled.at(task.spec, "triggerPolicy").get("strategy") != _AT_ANY_END:
            yield (
                f"task {task.name}: does not run when another task failed; the summary would be "
                "that of an earlier run"
            )


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
        yield f"its name is not valid: {_NAME_RULE}"
    if compiled.at(task.spec, "cachingOptions").get("enableCache"):
        yield "KFP's caching is on; it would skip nodes without asking TFX"
    container = compiled.at(task.executor, "container")
    if not container:
        kind = ", ".join(task.executor) or "missing"
        yield f"its executor is {kind}; open-source KFP runs only containers"
        return
    if problem := image_problem(container.get("image") or ""):
        yield f"the image {problem}"
    for variable in container.get("env") or []:
        name = compiled.at(variable).get("name") or ""
        if _SECRET_VARIABLE.search(name):
            yield f"the value of the variable {name} is in the file; take it from a Secret"
    for part in (*(container.get("command") or []), *(container.get("args") or [])):
        if len(part.encode()) > _ARGUMENT_BYTES:
            yield f"a part of its command is longer than {_ARGUMENT_BYTES:,} bytes"
    yield from _secrets(list(task))
    yield from _arguments(task.constants)
    retry = compiled.at(task.spec, "retryPolicy")
    limit = _whole_number(str(retry.get("backoffMaxDuration") or "0s").removesuffix("s"))
    if retry and 0 <= limit < _A_DAY:
        yield f"a second try would be ended {limit:,} s after the first one began"
    yield from pod_faults.find(task)
    yield from storage.problems(container, task.platform)
    if storage.store_of(container)[0]:
        yield from storage.unfit(_settings(task.constants))


def _arguments(constants: compiled.Spec) -> Iterator[str]:
    for name, value in constants.items():
        if len(str(value).encode()) > _ARGUMENT_BYTES:
            yield f"the argument {name} is longer than {_ARGUMENT_BYTES:,} bytes"
        # KFP's backend resolves a placeholder that is a whole argument, and no other.
        if "{{$" in str(value) and not _PLACEHOLDER.fullmatch(str(value)):
            yield f"the argument {name} has a placeholder inside longer text, where KFP ignores it"
    if constants.get("run_id") != RUN_ID:
        yield f"its run_id is {constants.get('run_id')!r}; it must be exactly {RUN_ID}"
    try:
        yield from misplaced(json.loads(str(constants.get("settings"))))
    except (ValueError, AttributeError, TypeError):
        yield "its argument settings is not a pipeline's settings in JSON"


def _settings(constants: compiled.Spec) -> compiled.Spec:
    try:
        return compiled.at({"": json.loads(str(constants.get("settings")))}, "")
    except ValueError:
        return {}  # which is told elsewhere


def _stores(tasks: list[compiled.Task]) -> Iterator[str]:
    containers = (compiled.at(task.executor, "container") for task in tasks)
    found = sorted({storage.store_of(container) for container in containers})
    if len(found) > 1:
        yield f"its tasks keep their files in different places: {found}"


def _gpus(tasks: list[compiled.Task]) -> list[str]:
    """Checks that GPUs go to the tasks whose argument `gpus` says so, and to no others."""
    problems, counts = [], set()
    for task in tasks:
        accelerator = compiled.at(task.executor, "container", "resources", "accelerator")
        count = _whole_number(accelerator.get("resourceCount") or accelerator.get("count") or 0)
        promised = _whole_number(task.constants.get("gpus", 0))
        if count != promised or count < 0:
            problems.append(
                f"task {task.name}: its GPU limit is {count}, but its argument gpus is {promised}"
            )
        if max(count, promised) > MOST_GPUS:
            problems.append(
                f"task {task.name}: asks for {max(count, promised)} GPUs, but no task uses more "
                f"than {MOST_GPUS} yet"
            )
        if count and not (accelerator.get("resourceType") or accelerator.get("type")):
            problems.append(f"task {task.name}: its GPU limit is {count}, but has no type")
        if task.name in _LEARNERS:
            counts.add(count)
        elif count:
            problems.append(
                f"task {task.name}: its GPU limit is {count}, but it has no use for GPUs"
            )
    if len(counts) > 1:
        problems.append(f"the tasks that learn have different GPU limits: {sorted(counts)}")
    return problems


def _whole_number(value: Any) -> int:
    """Reads a number as YAML or protobuf write it; -1 for anything else."""
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return -1


def main(arguments: list[str]) -> int:
    """Checks files, and returns the exit code: 0, 1 if any has a fault, 2 for bad usage."""
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write("usage: kubeflow/lint.py FILE...\n\nChecks compiled pipelines.\n")
        return ExitCode.PUSHED if arguments else ExitCode.BAD_INPUT
    status = 0
    for name in arguments:
        if not Path(name).is_file():
            sys.stderr.write(f"kubeflow/lint.py: there is no file {name}\n")
            return ExitCode.BAD_INPUT
        problems = find_problems(Path(name))
        for problem in problems:
            sys.stderr.write(f"{name}: {problem}\n")
            status = 1
        for note in [] if problems else find_notes(Path(name)):
            sys.stdout.write(f"{name}: {note}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
