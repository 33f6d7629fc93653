"""The generators' families through the whole pipeline, in the small profile.

Short runs show what every run does; that whole ones are pushed takes minutes.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from components import ask_model
from components.results.logs import TRIALS
from modules import families
from modules.metrics import judge_weights
from modules.util.pictures import grid
from tests import examples, models, runs, smoke
from tests.datasets import MNIST

SEEDS = (7, 2**40, 3, 7)
OF_IMAGES = {"vae": ("encode", "reconstruct"), "gan": ("discriminate",)}  # signatures
VAES = ("short vae", pytest.param("vae", marks=pytest.mark.slow))
GANS = ("short gan", pytest.param("gan", marks=pytest.mark.slow))


@pytest.fixture(scope="module", params=[*VAES, *GANS])
def name(request: pytest.FixtureRequest) -> str:
    """Of a smoke run."""
    return request.param


@pytest.fixture(scope="module")
def pushed(name: str, smoke_run: Callable[[str], runs.Run]) -> runs.Run:
    return smoke_run(name)


@pytest.fixture(scope="module")
def images_of_test(pushed: runs.Run, mnist_dir: Path) -> np.ndarray:
    """The images that the Evaluator saw."""
    return examples.tested(mnist_dir, judged_images(pushed))[0]


@pytest.fixture(scope="module")
def answers(
    pushed: runs.Run, images_of_test: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> ask_model.Tensors:
    """Of the pushed model's signatures, in a process of its own, to those images and to SEEDS."""
    asked = {signature: {"images": images_of_test} for signature in OF_IMAGES[pushed.model]}
    asked["sample"] = {"seeds": np.array(SEEDS)}
    folder = tmp_path_factory.mktemp("asked")
    return models.ask_in_a_fresh_process(pushed.summary["pushed"], folder, asked)


def judged_images(run: runs.Run) -> int:
    """How many images the Evaluator saw."""
    return run.summary["settings"]["data"]["test_images"]


def summaries(file: Path) -> Iterator[tuple[int, str, np.ndarray]]:
    """The step, tag and value of each summary in a file of TensorBoard's."""
    for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
        event = tf.compat.v1.Event.FromString(record)
        for value in event.summary.value:
            yield event.step, value.tag, tf.make_ndarray(value.tensor)


def sample(run: runs.Run, *seeds: int) -> np.ndarray:
    """Asks the pushed model here, in a session."""
    asked = {"sample": {"seeds": np.array(seeds)}}
    return ask_model.ask(run.summary["pushed"], asked)["sample"]["images"]


def model_run(run: runs.Run) -> Path:
    """The folder of what the Trainer wrote beside the model."""
    [folder] = (run.output / "artifacts" / run.model / "Trainer" / "model_run").iterdir()
    return folder


def test_it_ends_pushed(pushed: runs.Run) -> None:
    assert pushed.code == 0, pushed.screen
    assert pushed.summary["verdict"]["outcome"] == "pushed"
    assert set(pushed.states.values()) == {"done"} and "Pusher" in pushed.states
    version = Path(pushed.summary["pushed"])
    assert version.parent == pushed.output / "serving" / pushed.model
    assert (version / "saved_model.pb").exists()
    assert (pushed.output / pushed.summary["training"]["keras"]).is_file()


def test_the_summary_has_the_familys_figures_overall_and_of_every_slice(pushed: runs.Run) -> None:
    evaluation = pushed.summary["evaluation"]
    wanted = families.load(pushed.model).evaluation.for_classes(MNIST.names)
    overall, slices = evaluation["overall"], evaluation["slices"]
    assert set(overall) == {*wanted.figures, "example_count"}
    assert {name for name in slices if name.startswith("label=")} == {
        f"label={digit}" for digit in range(10)
    }
    assert len(slices) == 13
    sliced = {*wanted.figures, "example_count"} - {*wanted.overall}
    for figures in slices.values():
        assert set(figures) == sliced
    for figures in (overall, *slices.values()):
        assert np.isfinite(np.hstack([*figures.values()]).astype(float)).all()


def test_what_is_covered_of_each_digit_adds_up_to_what_is_covered_of_all(
    pushed: runs.Run,
) -> None:
    evaluation = pushed.summary["evaluation"]
    for feature in ("label", "stroke"):
        of = [v for name, v in evaluation["slices"].items() if name.startswith(f"{feature}=")]
        counts = [figures["example_count"] for figures in of]
        assert sum(counts) == evaluation["overall"]["example_count"]
        assert sum(counts) == judged_images(pushed)
        for name in ("coverage", "recall", "floor_coverage"):
            mean = np.average([figures[name] for figures in of], weights=counts)
            assert evaluation["overall"][name] == pytest.approx(mean, abs=1e-5)


def test_the_notes_name_the_judge(pushed: runs.Run) -> None:
    assert pushed.summary["evaluation"]["notes"]["judge"] == judge_weights.fingerprint_of_file(
        judge_weights.WEIGHTS
    )


def test_the_pictures_are_those_of_the_pushed_models_samples(pushed: runs.Run) -> None:
    folder = model_run(pushed) / "pictures"
    page = tf.io.decode_png((folder / "samples.png").read_bytes()).numpy()[..., 0]
    images = sample(pushed, *range(100))
    wanted = grid(np.round(255.0 * images).astype(np.uint8), 10)
    assert page.shape == wanted.shape
    assert np.abs(page.astype(int) - wanted).max() <= 1
    on_the_way = sorted(folder.glob("samples-epoch-*.png"))
    epochs = pushed.summary["settings"]["training"]["epochs"]
    assert len(on_the_way) == epochs if epochs < 7 else 7 <= len(on_the_way) <= 14
    assert on_the_way[0].read_bytes() != on_the_way[-1].read_bytes()
    [file] = folder.glob("events.out.tfevents.*")  # the same, for TensorBoard
    steps = {step for step, tag, _ in summaries(file) if tag == "samples"}
    assert steps == {*(int(path.stem[-5:]) - 1 for path in on_the_way), epochs - 1}


def test_each_trial_of_the_search_is_there_for_tensorboard(pushed: runs.Run) -> None:
    [tuner] = (node for node in pushed.summary["nodes"] if node["node"] == "Tuner")
    folder = pushed.output / tuner["outputs"]["tuner_results"] / TRIALS
    trials = {one["trial"] for one in pushed.summary["tuning"]["trials"]}
    assert {file.parent.name for file in folder.glob("*/events.out.tfevents.*")} == trials


def test_each_epoch_has_its_seconds(pushed: runs.Run) -> None:
    training = pushed.summary["training"]
    assert len(training["epoch_seconds"]) == training["epochs"]
    assert 0.0 < sum(training["epoch_seconds"]) < training["seconds"]


def test_tensorboard_has_the_objective_of_every_epoch(pushed: runs.Run) -> None:
    [file] = (model_run(pushed) / "validation").glob("events.out.tfevents.*")
    objective = families.load(pushed.model).objective.name
    wanted = f"epoch_{objective.removeprefix('val_')}"
    found = {step: float(value) for step, tag, value in summaries(file) if tag == wanted}
    history = pushed.summary["training"]["history"][objective]
    assert [found[epoch] for epoch in sorted(found)] == pytest.approx(history, rel=1e-5)
    assert len(history) == pushed.summary["settings"]["training"]["epochs"]


def test_the_pushed_model_gives_a_seeds_image_in_any_company(
    pushed: runs.Run, answers: ask_model.Tensors
) -> None:
    first = answers["sample"]["images"]
    again = sample(pushed, 11, 12, 3, 13, 14, 7)
    assert first.shape == (4, 28, 28) and first.dtype == np.float32
    assert first.min() >= 0.0 and first.max() <= 1.0
    # A product of matrices rounds a row by where it stands, on some processors.
    np.testing.assert_allclose(first[0], first[3], atol=1e-5)
    np.testing.assert_allclose(first[[0, 2]], again[[5, 2]], atol=1e-5)
    np.testing.assert_allclose(first, sample(pushed, *SEEDS), atol=1e-6)
    assert min(np.abs(first[0] - other).max() for other in (first[1], first[2])) > 0.1


@pytest.mark.parametrize("name", VAES, indirect=True)
def test_the_vae_gives_back_what_it_decodes_of_the_mean(
    pushed: runs.Run, answers: ask_model.Tensors, images_of_test: np.ndarray
) -> None:
    mean, back = answers["encode"]["mean"], answers["reconstruct"]["images"]
    asked = {"decode": {"latents": mean}}
    decoded = ask_model.ask(pushed.summary["pushed"], asked)["decode"]["images"]
    np.testing.assert_allclose(decoded, back, atol=1e-5)
    # The figures that the Evaluator found are those of these answers.
    overall = pushed.summary["evaluation"]["overall"]
    error = back.astype(np.float64) - images_of_test / 255.0
    assert overall["mse"] == pytest.approx(np.square(error).mean(), abs=1e-5)
    assert overall["mae"] == pytest.approx(np.abs(error).mean(), abs=1e-5)


@pytest.mark.parametrize("name", GANS, indirect=True)
def test_the_gans_discriminator_says_what_the_evaluator_found(
    pushed: runs.Run, answers: ask_model.Tensors
) -> None:
    real = answers["discriminate"]["real"]
    assert 0.0 <= real.min() < real.max() <= 1.0
    overall = pushed.summary["evaluation"]["overall"]
    assert overall["discriminator_recall"] == pytest.approx(np.mean(real > 0.5), abs=0.002)


def test_a_second_run_finds_everything_done(name: str, pushed: runs.Run) -> None:
    runs.forget_last(pushed)
    again = runs.run_here(pushed.output, *smoke.arguments(name))
    assert again.code == 0, again.screen
    assert {n for n, state in again.states.items() if state != "cached"} == {"Baseline"}
    assert len(list((pushed.output / "serving" / pushed.model).iterdir())) == 1
