"""The image, as far as it can be known without building it: what goes in, and what asks for it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from pipeline.sources import PACKAGES


@pytest.fixture(scope="module")
def dockerfile(project: Path) -> list[str]:
    """The instructions of the Dockerfile, one a line, without comments."""
    text = (project / "kubeflow" / "deploy" / "Dockerfile").read_text()
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", " ").splitlines() if line]


def pins(lock: Path) -> dict[str, set[str]]:
    """The versions that a lock has of each package."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def stage(dockerfile: list[str], name: str) -> list[str]:
    """The instructions of one stage, after its FROM."""
    start = next(i for i, line in enumerate(dockerfile) if line.endswith(f" AS {name}")) + 1
    ends = (i for i in range(start, len(dockerfile)) if dockerfile[i].startswith("FROM "))
    return dockerfile[start : next(ends)]


def test_the_image_says_the_version_of_the_project(project: Path, dockerfile: list[str]) -> None:
    settings = (project / "pyproject.toml").read_text()
    version = re.search(r'^version = "(.*)"', settings, re.MULTILINE)
    label = re.search(r'image\.version="(.*?)"', "\n".join(dockerfile))
    assert version and label and label[1] == version[1]


@pytest.mark.parametrize("target", ["cpu", "gpu"])
def test_the_user_is_a_number_and_not_root(dockerfile: list[str], target: str) -> None:
    assert re.fullmatch(r"USER [1-9]\d*:0", stage(dockerfile, target)[-1])


def test_without_a_target_the_image_is_the_one_for_cpus(dockerfile: list[str]) -> None:
    assert [line for line in dockerfile if line.startswith("FROM ")][-1] == "FROM cpu"


def test_every_package_of_the_project_is_copied_and_in_the_context(
    project: Path, dockerfile: list[str]
) -> None:
    context = (project / ".dockerignore").read_text().splitlines()
    for package in PACKAGES:
        assert f"COPY {package} {package}" in stage(dockerfile, "project")
        assert f"!{package}" in context


def test_everything_that_is_copied_from_the_context_is_in_it(
    project: Path, dockerfile: list[str]
) -> None:
    context = (project / ".dockerignore").read_text().splitlines()
    copies = [line.split()[1:-1] for line in dockerfile if line.startswith("COPY ")]
    sources = [name for names in copies if not names[0].startswith("--from") for name in names]
    assert "requirements.lock" in sources
    for name in sources:
        assert (project / name).exists()
        assert name not in context
        assert {f"!{name}", f"!{name.split('/')[0]}"} & set(context)


def test_the_lock_for_gpus_adds_nothing_but_cuda(project: Path) -> None:
    gpu = pins(project / "kubeflow/deploy/requirements-gpu.lock")
    both = pins(project / "requirements.lock")
    added = {name for name, versions in gpu.items() if not versions <= both.get(name, set())}
    assert added and all(name.startswith("nvidia-") for name in added)


def test_what_the_image_goes_without_is_of_the_group_dev_alone(project: Path) -> None:
    left_out = set((project / "kubeflow/deploy/not-in-image.txt").read_text().split())
    lock = (project / "requirements.lock").read_text()
    assert {"pytest", "ruff", "mypy"} <= left_out <= set(pins(project / "requirements.lock"))
    for entry in re.split(r"\n(?=[a-z0-9])", lock):
        name = entry.partition("==")[0]
        wanted_by = set(re.findall(r"^    # (?:via )? *(\S+)$", entry, re.MULTILINE)) - {"via"}
        if name in left_out:
            assert wanted_by <= left_out, f"{name} is needed by {wanted_by - left_out}"


class TestMakeImage:
    """`make image`, with a stub for the engine."""

    @pytest.fixture
    def build(self, project: Path, tmp_path: Path):
        """Runs it with some variables; the engine writes its arguments to a file."""
        engine, calls = tmp_path / "engine", tmp_path / "calls"
        engine.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >"{calls}"\n')
        engine.chmod(0o755)
        chosen = ("TARGET", "IMAGE", "BASE_IMAGE", "PIP_INDEX_URL", "UV_DEFAULT_INDEX")
        clean = {k: v for k, v in os.environ.items() if k not in chosen}

        def run(*arguments: str, **variables: str) -> tuple[int, str, str]:
            environment = clean | {"CONTAINER_ENGINE": str(engine)} | variables
            command = [project / "scripts" / "image.sh", *arguments]
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            return done.returncode, done.stderr, calls.read_text() if calls.exists() else ""

        return run

    def test_builds_the_cpu_target_under_the_version(self, build, project: Path) -> None:
        code, _, call = build()
        assert code == 0
        assert call.startswith("build -f kubeflow/deploy/Dockerfile --target cpu ")
        assert re.search(r" -t triptych:\d+\.\d+\.\d+ \.$", call)
        assert "--build-arg" not in call

    def test_variables_choose_target_name_base_and_engine(self, build, tmp_path: Path) -> None:
        code, _, call = build(
            "--pull",
            TARGET="gpu",
            IMAGE="registry:5000/me/triptych:7",
            BASE_IMAGE="other/python:3.13",
            CONTAINER_ENGINE=f"env NAME=1 {tmp_path / 'engine'}",
        )
        assert code == 0
        assert "--target gpu -t registry:5000/me/triptych:7 " in call
        assert call.endswith(" --build-arg BASE_IMAGE=other/python:3.13 --pull .\n")

    def test_a_mirror_is_handed_on_without_its_address(self, build) -> None:
        _, _, call = build(PIP_INDEX_URL="https://name:secret@mirror.example/simple")
        assert "--build-arg PIP_INDEX_URL " in call and "secret" not in call

    def test_the_gpu_image_has_a_tag_of_its_own(self, build) -> None:
        assert re.search(r" -t triptych:\d+\.\d+\.\d+-gpu \.$", build(TARGET="gpu")[2])

    @pytest.mark.parametrize("image", ["triptych", "triptych:latest", "registry:5000/triptych"])
    def test_an_image_without_a_tag_of_its_own_is_refused(self, build, image: str) -> None:
        code, message, call = build(IMAGE=image)
        assert (code, call) == (2, "")
        assert message.startswith("image: A run has to say which image it used")

    @pytest.mark.parametrize("image", ["REGISTRY/triptych:1", "a.example/TEAM/triptych:1"])
    def test_an_image_with_capital_letters_is_refused(self, build, image: str) -> None:
        code, message, call = build(IMAGE=image)
        assert (code, call) == (2, "")
        assert message.startswith(f"image: {image} has capital letters, and image names are lower")

    def test_a_host_may_have_capital_letters(self, build) -> None:
        assert build(IMAGE="Registry.Example:5000/triptych:V1")[0] == 0

    def test_an_unknown_target_is_refused(self, build) -> None:
        code, message, call = build(TARGET="tpu")
        assert (code, call) == (2, "")
        assert message == "image: TARGET is cpu or gpu, not 'tpu'.\n"

    def test_a_missing_engine_is_a_sentence(self, build) -> None:
        code, message, _ = build(CONTAINER_ENGINE="no-such-engine")
        assert code == 2
        assert message.startswith("image: There is no no-such-engine here: install Docker")

    def test_a_build_that_fails_is_a_failure(self, build) -> None:
        code, message, _ = build(CONTAINER_ENGINE="false")
        assert code == 1
        assert "false did not build triptych:" in message
