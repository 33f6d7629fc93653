"""Each node's one line."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from components.gates import Failure, broken_off, write_record
from components.results import headlines
from components.results.facts import SEARCH_FILE, Trial
from components.results.inspection import FILE, Answers, Bin, Inspection, Neighbours, SplitFacts
from components.results.stored import BadFacts
from modules.util.files import write_json
from modules.util.plain import to_json
from tests import results


def test_a_best_score_says_of_which_figure(tmp_path: Path) -> None:
    outputs = results.write_tuning(tmp_path)
    assert headlines.tuning(outputs) == "best val_accuracy 0.9100 of 2 trials"
    file = tmp_path / "results" / SEARCH_FILE
    write_json(
        file, {"objective": "loss", "best": {}, "trials": [to_json(Trial("0", 0.11362, {}))]}
    )
    assert headlines.tuning(outputs) == "best loss 0.1136 of 1 trial"
    file.unlink()
    with pytest.raises(BadFacts, match="older version"):
        headlines.tuning(outputs)


def test_training_ends_with_the_figures_of_held_out_images(tmp_path: Path) -> None:
    assert headlines.training(results.write_training(tmp_path)) == "val_loss 1.0000"


@pytest.mark.parametrize("headline", [headlines.tuning, headlines.training])
def test_what_came_to_nothing_says_why(headline: Any, tmp_path: Path) -> None:
    outputs = {"model": [results.artifact(tmp_path)], "model_run": [results.artifact(tmp_path)]}
    why = "the matrix is singular"  # of a family that has its own words
    write_record(tmp_path, "Trainer", [broken_off("Trainer", "training", why)])
    assert headline(outputs) == f"training ended: {why}"


def test_the_baseline_is_named_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "artifacts" / "gan" / "Trainer" / "model" / "7"
    outputs = {"model": [results.artifact(folder)]}
    said = headlines.baseline(outputs)
    assert said == "the last blessed model, Trainer/model/7"
    assert (tmp_path / "artifacts" / "gan" / said.rpartition(" ")[2]).is_dir()
    assert headlines.baseline({"model": []}) == headlines.baseline({}) == "no earlier model"


def test_an_evaluation_says_how_good_and_whether_blessed(tmp_path: Path) -> None:
    blessed = results.write_evaluation(tmp_path / "a")
    assert headlines.evaluation(blessed) == "accuracy 0.95, blessed"
    refused = results.write_evaluation(tmp_path / "b", results.EVALUATION, results.FAILURE)
    assert headlines.evaluation(refused) == "accuracy 0.95, not blessed"


def test_the_serving_check_says_what_is_wrong(tmp_path: Path) -> None:
    outputs = {"blessing": [results.artifact(tmp_path, asked=64)]}
    write_record(tmp_path, "ServingCheck", [])
    assert headlines.serving(outputs) == "a fresh process agrees on 64 images"
    words = "cannot be served: its images is not finite"
    failure = Failure("ServingCheck", "sample", "overall", None, "must", None, 64, words)
    write_record(tmp_path, "ServingCheck", [failure])
    assert headlines.serving(outputs) == f"sample {words}"


def test_an_inspection_says_what_is_the_most_striking(tmp_path: Path) -> None:
    split = SplitFacts("test", 10_000, {}, {})
    bins = (Bin(0.0, 0.5, 4_000, 0.4, 0.5), Bin(0.5, 1.0, 6_000, 0.9, 1.0))
    answers = Answers(bins, 0.05, 63, (), 5, ())
    whole = Inspection((split, split), {}, {}, answers)
    near = Neighbours(0.2, 0.2, 0.004, 500)
    for found, words in (
        (whole, "63 wrong of 10,000, 5 suspected labels"),
        (dataclasses.replace(whole, answers=None, neighbours=near), "0.4 % of samples copied"),
        (dataclasses.replace(whole, answers=None), "20,000 images"),
    ):
        write_json(tmp_path / FILE, to_json(found))
        assert headlines.inspection({"inspection": [results.artifact(tmp_path)]}) == words


def test_counts_of_images_splits_and_anomalies(tmp_path: Path) -> None:
    counts = results.artifact(tmp_path / "e", train_count=54_000, eval_count=6_000, test_count=9)
    assert headlines.examples({"examples": [counts]}) == ("train 54,000, eval 6,000, test 9 images")
    statistics = results.artifact(tmp_path / "s")
    for split in ("train", "eval"):
        (tmp_path / "s" / f"Split-{split}").mkdir()
    assert headlines.statistics({"statistics": [statistics]}) == "2 splits"
    split = tmp_path / "a" / "Split-train"
    outputs = {"anomalies": [results.artifact(tmp_path / "a")]}
    assert headlines.anomalies(outputs) == "0 anomalies"
    split.mkdir()
    from tensorflow_metadata.proto.v0 import anomalies_pb2

    found = anomalies_pb2.Anomalies()
    found.anomaly_info["label"].description = "too high"
    (split / "SchemaDiff.pb").write_bytes(found.SerializeToString())
    assert headlines.anomalies(outputs) == "1 anomaly"


def test_a_push_and_the_gate_of_the_data(tmp_path: Path) -> None:
    there = results.artifact(tmp_path, pushed=1, pushed_destination="/serving/gan/17")
    assert headlines.pushed({"pushed_model": [there]}) == "version 17"
    nowhere = results.artifact(tmp_path, pushed=0)
    assert headlines.pushed({"pushed_model": [nowhere]}) == "not pushed"
    assert headlines.data_gate({}) == "the data fits its schema"
