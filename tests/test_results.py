"""Facts from folders, and the summary as a file."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from components.results.__main__ import main
from components.results.facts import (
    Pushed,
    read_evaluation,
    read_pushed,
    read_training,
    read_tuning,
)
from components.results.stored import BadFacts
from components.results.summary import (
    Summary,
    Verdict,
    find_summaries,
    read_summary,
    write_summary,
)
from modules.contract.artifact import KERAS
from modules.util.files import write_bytes
from tests import results
from tests.conftest import PROJECT

SUMMARY = results.SUMMARY


def test_facts_are_read_as_the_nodes_wrote_them(tmp_path: Path) -> None:
    assert read_tuning(results.write_tuning(tmp_path)) == results.TUNING
    training = read_training(results.write_training(tmp_path))
    assert training == dataclasses.replace(results.TRAINING, folder=str(tmp_path / "model_run"))
    assert read_evaluation(results.write_evaluation(tmp_path)) == results.EVALUATION


def test_a_trained_model_of_keras_is_found_below_the_output_folder(tmp_path: Path) -> None:
    outputs = results.write_training(tmp_path / "artifacts")
    assert read_training(outputs, tmp_path).keras == ""
    write_bytes(tmp_path / "artifacts" / "model" / KERAS, b"")
    assert read_training(outputs, tmp_path).keras == f"artifacts/model/{KERAS}"


def test_an_evaluation_knows_its_slices() -> None:
    assert list(results.EVALUATION.whole_and_slices) == ["overall", "label=8"]
    assert results.EVALUATION.examples == {"overall": 99, "label=8": 12}


def test_a_push_has_a_path_or_none(tmp_path: Path) -> None:
    there = results.artifact(tmp_path, pushed=1, pushed_destination="/serving/m/17")
    assert read_pushed({"pushed_model": [there]}) == Pushed("/serving/m/17")
    assert Pushed("/serving/m/17").version == "17"
    nowhere = results.artifact(tmp_path, pushed=0, pushed_destination="/serving/m/17")
    assert read_pushed({"pushed_model": [nowhere]}) == Pushed("")


def test_an_evaluation_of_an_older_version_says_what_to_do(tmp_path: Path) -> None:
    outputs = results.write_evaluation(tmp_path)
    file = tmp_path / "evaluation" / "facts.json"
    facts = json.loads(file.read_text())
    del facts["gated"]
    file.write_text(json.dumps(facts))
    with pytest.raises(BadFacts, match="Evaluation has no 'gated'.*; run the pipeline again$"):
        read_evaluation(outputs)
    file.write_text("{")
    with pytest.raises(BadFacts, match="facts.json is damaged .*; run the pipeline again$"):
        read_evaluation(outputs)
    file.unlink()
    with pytest.raises(BadFacts, match="there is no .*facts.json.*; run the pipeline again$"):
        read_evaluation(outputs)


def test_a_summary_is_read_as_it_was_written(tmp_path: Path) -> None:
    for summary in (SUMMARY, Summary(Verdict("failed", 1, "Trainer: why"))):
        write_summary(tmp_path / "summary.json", summary)
        assert read_summary(tmp_path / "summary.json") == summary


def test_the_file_has_the_names_that_programs_read(tmp_path: Path) -> None:
    write_summary(tmp_path / "summary.json", SUMMARY)
    text = (tmp_path / "summary.json").read_text()
    assert "NaN" not in text
    found = json.loads(text)
    assert found["verdict"] | {"failures": []} == {
        "outcome": "pushed", "exit_code": 0, "reason": "/serving/1", "failures": [],
    }  # fmt: skip
    assert found["nodes"][0] == {
        "node": "Trainer", "state": "done", "seconds": 12.3, "headline": "val_loss 1.0000",
        "after": [], "took": 0.0, "versions": {}, "outputs": {},
    }  # fmt: skip
    assert set(found["evaluation"]) >= {
        "overall", "slices", "by_class", "curves", "confusion", "notes",
    }  # fmt: skip
    assert found["tuning"]["trials"][0]["values"] == found["tuning"]["best"]
    assert found["training"]["history"]["loss"] == [3.0, None, 1.0]
    assert found["gates"][1]["failures"][0]["slice"] == "label=8"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Two runs of a model, the last by pointers too, and one of another by a file alone."""
    output = tmp_path / "output"
    for run, outcome in (("first", Verdict("refused", 3, "too bad")), ("second", SUMMARY.verdict)):
        summary = dataclasses.replace(SUMMARY, run=run, verdict=outcome)
        write_summary(output / "transformer" / run / "summary.json", summary)
    (output / "transformer" / "latest").symlink_to("second")
    (output / "transformer" / "summary.json").symlink_to("latest/summary.json")
    vae = dataclasses.replace(SUMMARY, run="third", settings={"model": "vae", "profile": "full"})
    write_summary(output / "vae" / "summary.json", vae)
    (output / "artifacts" / "vae" / "Trainer").mkdir(parents=True)
    (output / "metadata.sqlite").touch()
    return output


def test_the_newest_run_of_each_model_is_found_or_the_one_that_is_named(output: Path) -> None:
    newest = [read_summary(file).run for file in find_summaries(output)]
    assert newest == ["second", "third"]
    [named] = find_summaries(output, "first")
    assert read_summary(named).verdict.outcome == "refused"
    with pytest.raises(BadFacts, match="unknown run 'fourth' in .*; choose first, latest, second"):
        find_summaries(output, "fourth")


def test_the_command_tells_verdict_nodes_and_what_gates_found(
    output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(output)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "transformer, profile smoke, second" and "vae, profile full, third" in said
    assert "  done    Trainer             12.3 s  val_loss 1.0000" in said
    assert f"  Evaluator: {results.FAILURE}" in said
    assert said.count("pushed: /serving/1") == 2 and said[-2] == "pushed: /serving/1"
    assert said[-1] == f"report  {output / 'vae' / 'report.html'}"
    assert main([str(output), "first"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "transformer, profile smoke, first" and said[-2] == "refused: too bad"
    page = output / "transformer" / "first" / "report.html"
    assert said[-1] == f"report  {page}" and "</html>" in page.read_text()


def test_the_command_says_in_a_sentence_what_is_missing(
    output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, words in (
        ([str(tmp_path / "nowhere")], f"there is no summary of a run in {tmp_path}/nowhere\n"),
        ([str(output), "fourth"], "unknown run 'fourth' in"),
    ):
        assert main(arguments) == 2
        told = capsys.readouterr()
        assert told.out == "" and told.err.startswith("components.results: ")
        assert words in told.err and told.err.count("\n") == 1


def test_a_run_of_an_older_version_is_named_and_the_others_are_told(
    output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (output / "vae" / "summary.json").write_text(
        '{"verdict": {"outcome": "pushed", "exit_code": 0}, "nodes": [{"node": "Pusher", '
        '"state": "done", "seconds": 1.0, "figure": "version 1"}]}'
    )
    assert main([str(output)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("transformer") and "vae" not in told.out
    assert "another version of the project (Node has no 'headline')" in told.err
    (output / "transformer" / "summary.json").unlink()
    assert main([str(output)]) == 2


def test_reading_imports_no_framework(output: Path, tmp_path: Path) -> None:
    results.write_tuning(tmp_path), results.write_training(tmp_path)
    results.write_evaluation(tmp_path, results.EVALUATION, results.FAILURE)
    code = f"""
import runpy, sys
from types import SimpleNamespace
from components.results import changes, headlines, repeated
from components.results.facts import read_evaluation
found = SimpleNamespace(uri={str(tmp_path / "evaluation")!r})
print(headlines.evaluation({{"evaluation": [found]}}))
print("to read", sorted({{"numpy", "jinja2", "matplotlib"}} & sys.modules.keys()))
sys.argv = ["results", {str(output)!r}]
try:
    runpy.run_module("components.results", run_name="__main__")
finally:
    heavy = {{"tensorflow", "keras", "tfx", "tensorflow_model_analysis", "apache_beam", "sklearn",
        "ml_metadata", "pandas"}}
    print("imported", sorted(heavy & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[:2] == ["accuracy 0.95, not blessed", "to read []"]
    assert "pushed: /serving/1" in lines
    assert lines[-1] == "imported []"
