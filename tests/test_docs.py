"""What the documents name exists, and what they show works."""

import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import local_runner
from components.ask import __main__ as asking
from components.readers.from_images import __main__ as from_images
from components.results import __main__ as show_results
from kubeflow import compile as kubeflow_compile
from kubeflow import submit
from modules import families
from pipeline.config_file import write_toml
from pipeline.exit_codes import ExitCode
from pipeline.options import read_options
from pipeline.settings import FAMILIES, make_settings
from pipeline.sources import PACKAGES, ROOT
from scripts import board
from tests.datasets import MNIST

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
]
FOLDERS = (*PACKAGES, "tests", "scripts", "docs", "data")
TOP = {path.name for path in ROOT.iterdir()} - {".venv", ".venv-kubeflow", "output", "build"}

every_document = pytest.mark.parametrize("document", DOCUMENTS)


def text_of(document: str) -> str:
    """A document's text, with commands of several lines in one."""
    return (ROOT / document).read_text().replace("\\\n", " ")


def prose_in(text: str) -> str:
    """A document without its code blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def code_in(text: str) -> Iterator[str]:
    """Each line of a document's code blocks, and each piece of code in its sentences."""
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()
    yield from re.findall(r"`([^`]+)`", prose_in(text))


def all_code() -> Iterator[str]:
    for document in DOCUMENTS:
        yield from code_in(text_of(document))


def arguments_of(command: str) -> list[list[str]]:
    """What the documents give a command of this name: its words, each time."""
    found = []
    for line in all_code():
        if command in line and not re.search("OPTIONS|--help|──>", line):
            words = shlex.split(line, comments=True)
            start = [i for i, word in enumerate(words) if word.endswith(command)]
            found += [words[i + 1 :] for i in start]
    return found


def arguments_of_make(target: str) -> list[list[str]]:
    """The same of ARGS for a target of the Makefile."""
    lines = [line for line in all_code() if f"make {target} " in line and "OPTIONS" not in line]
    words = [word for line in lines for word in shlex.split(line, comments=True)]
    return [shlex.split(word.removeprefix("ARGS=")) for word in words if word.startswith("ARGS=")]


@every_document
def test_files_and_folders_exist(document: str) -> None:
    text = text_of(document)
    made_by_the_reader = set(re.findall(r"Save this as `([\w/.]+)`", text))
    names = {path.name for folder in FOLDERS for path in (ROOT / folder).rglob("*")}
    missing = []
    for piece in code_in(text):
        for path in re.findall(r"(?<![\w/.{-])[\w.-]+(?:/[\w.-]+)*/?", piece):
            if "NAME" in path or path in made_by_the_reader:
                continue
            if path.split("/")[0] in TOP and ("/" in path or "." in path):
                exists = (ROOT / path).exists()
            elif re.fullmatch(r"\w+\.py|[a-z_]+/", path):
                exists = path.rstrip("/") in names
            else:
                continue
            missing += [] if exists else [path]
    assert not missing


@every_document
def test_links_lead_somewhere(document: str) -> None:
    for target, _, anchor in re.findall(r"\]\(([^)#]*)(#([\w-]+))?\)", prose_in(text_of(document))):
        if target.startswith("https://"):
            continue
        page = (ROOT / document).parent / target if target else ROOT / document
        assert page.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in heads]


def test_modules_can_be_run() -> None:
    modules = {name for line in all_code() for name in re.findall(r"python3? -m ([\w.]+)", line)}
    assert {"components.results", "pipeline.settings_table"} <= modules
    for module in modules:
        if module.split(".")[0] not in PACKAGES:
            assert importlib.util.find_spec(module), module
            continue
        path = ROOT.joinpath(*module.split("."))
        file = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
        assert file.is_file() and "__main__" in file.read_text(), module


def test_make_has_the_targets() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    named = {name for line in all_code() for name in re.findall(r"\bmake ([a-z][a-z-]*)", line)}
    assert {"run", "test", "kubeflow-local"} <= named <= targets


def test_the_environment_has_the_programs() -> None:
    programs = {name for line in all_code() for name in re.findall(r"\.venv/bin/([\w-]+)", line)}
    assert {"python", "tensorboard"} <= programs
    for name in programs - {"pip"}:  # which is for those who have no uv
        assert (Path(sys.executable).parent / name).exists(), name


def test_the_readme_has_every_option_and_every_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        local_runner.parse(["--help"])
    offered = re.findall(r"^  (--[a-z-]+)", capsys.readouterr().out, re.MULTILINE)
    readme = text_of("README.md")
    assert re.findall(r"^\| `(--[a-z-]+)", readme, re.MULTILINE) == offered
    rows = re.findall(r"^\| ([\d, ]+) \|", readme, re.MULTILINE)
    assert {int(code) for row in rows for code in row.split(",")} == set(ExitCode)


def test_the_commands_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    write_toml(make_settings(), file)
    commands = arguments_of("local_runner.py") + arguments_of_make("run")
    assert ["--model", "gan"] in commands and len(commands) > 10
    for words in commands:
        if "--config" in words:
            words[words.index("--config") + 1] = str(file)
        for place in (place for place, word in enumerate(words) if word == "--gates"):
            words[place + 1] = str(ROOT / "data" / "mnist" / "gates.toml")
        if "logistic" in words:  # the family that docs/families.md adds
            words[words.index("logistic")] = "transformer"
        settings = read_options(local_runner.parse(words))
        families.check(settings.family, settings.hyperparameters, MNIST)


def test_the_commands_for_a_cluster_are_taken() -> None:
    compiling = arguments_of("kubeflow/compile.py") + arguments_of_make("kubeflow")
    assert any("--gpus" in words for words in compiling)
    for words in compiling:
        kubeflow_compile.parse(words)
    submitting = [words for words in arguments_of("kubeflow/submit.py") if words]  # not its name
    assert any("--unschedule" in words for words in submitting)
    for words in submitting:
        submit.parse(words)


def test_the_commands_that_bring_images_are_taken() -> None:
    commands = arguments_of("components.readers.from_images")
    assert ["pictures", "shapes"] in commands
    for words in commands:
        from_images.parse(words)


def test_the_commands_that_open_tensorboard_are_taken() -> None:
    commands = arguments_of_make("tensorboard")
    assert any("--run" in words for words in commands)
    for words in commands:
        board.parse(["output", *words])


def test_the_commands_that_ask_are_taken() -> None:
    commands = arguments_of("components.ask")
    assert ["output", "--sample", "64"] in commands and len(commands) > 5
    for words in commands:
        asking.parse(words[: words.index("or")] if "or" in words else words)


def test_the_commands_that_show_results_are_taken() -> None:
    commands = arguments_of("components.results")
    assert ["output", "--list"] in commands and any("--compare" in words for words in commands)
    for words in commands:
        show_results.parse(words)


def test_the_scripts_have_the_options() -> None:
    for script in (ROOT / "scripts").glob("*.py"):
        for words in arguments_of(f"scripts/{script.name}"):
            for option in (word for word in words if word.startswith("--")):
                assert f'"{option}"' in script.read_text(), (script.name, option)


def test_the_gates_exist() -> None:
    gates = {gate for family in FAMILIES for gate in families.load(family).evaluation.gate_names}
    named = {
        name for line in all_code() for name in re.findall(r"\bgates\.(?!py|toml)([a-z_]+)", line)
    }
    assert {"accuracy_drop", "nelbo_rise"} <= named <= gates


def snippet(family: str, model: Path) -> str:
    """The code of docs/asking.md that asks a pushed model, with the folder of another one."""
    place = f"output/serving/{family}/VERSION"
    blocks = re.findall(
        r"^```python\n(.*?)^```", text_of("docs/asking.md"), re.MULTILINE | re.DOTALL
    )
    [code] = [block for block in blocks if place in block]
    return code.replace(place, str(model))


def test_the_transformer_is_asked_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from components.readers import idx
    from tests.models import export_prototype_classifier

    train = idx.find_dataset(ROOT / "data" / "mnist")["train"]
    images = idx.read_images(train.images, 0, 2000)
    export_prototype_classifier(tmp_path, images, idx.read_labels(train.labels, 0, 2000))
    monkeypatch.chdir(ROOT)
    code = snippet("transformer", tmp_path / "Format-Serving")
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["answer"]["probabilities"].shape == (5, 10)
    printed = capsys.readouterr().out.strip()
    assert printed == "[7 2 1 0 4]" and printed.strip("[]") in code


def test_the_gan_is_asked_as_the_page_says(tmp_path: Path) -> None:
    import tensorflow as tf

    from modules.contract.family import Signature
    from modules.training.export import export

    learnt = tf.Module()
    learnt.grey = tf.Variable(0.5)

    def sample(seeds: Any) -> dict[str, Any]:
        return {"images": learnt.grey * tf.ones((tf.shape(seeds)[0], 28, 28))}

    seeds = tf.TensorSpec((None,), tf.int64, name="seeds")
    export(learnt, tmp_path / "model", {"sample": Signature(sample, [seeds])})
    names: dict[str, Any] = {}
    exec(snippet("gan", tmp_path / "model"), names)
    assert names["images"].shape == (100, 28, 28)
