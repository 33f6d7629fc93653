"""The generators' families through the whole pipeline, in the small profile."""

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from components import ask_model
from components.readers import idx
from modules import families
from modules.metrics import judge_weights
from modules.util.pictures import grid
from tests import runs

TEST = 2000  # images, in the smoke profile

RunOf = Callable[[str], runs.Run]


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> RunOf:
    """A family's smoke run on the repository's MNIST, made once."""

    @functools.cache
    def run(family: str) -> runs.Run:
        output = tmp_path_factory.mktemp(family) / "output"
        return runs.run(output, "--model", family, "--profile", "smoke")

    return run


@pytest.fixture(scope="module", params=["vae", "gan"])
def pushed(request: pytest.FixtureRequest, run_of: RunOf) -> runs.Run:
    return run_of(request.param)


@pytest.fixture(scope="module")
def images_of_test(mnist_dir: Path) -> np.ndarray:
    """The images that the Evaluator saw."""
    return idx.read_images(idx.find_dataset(mnist_dir)["test"].images, 0, TEST)


def ask(run: runs.Run, folder: Path, requests: ask_model.Tensors) -> ask_model.Tensors:
    """Asks the pushed model in a fresh process."""
    return runs.ask(run.summary["pushed"], folder, requests)


def sample(run: runs.Run, folder: Path, *seeds: int) -> np.ndarray:
    return ask(run, folder, {"sample": {"seeds": np.array(seeds)}})["sample"]["images"]


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


def test_the_summary_has_the_familys_figures_overall_and_of_every_slice(pushed: runs.Run) -> None:
    evaluation, wanted = pushed.summary["evaluation"], families.load(pushed.model).evaluation
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
        assert sum(counts) == evaluation["overall"]["example_count"] == TEST
        for name in ("coverage", "recall", "floor_coverage"):
            mean = np.average([figures[name] for figures in of], weights=counts)
            assert evaluation["overall"][name] == pytest.approx(mean, abs=1e-5)


def test_the_notes_name_the_judge(pushed: runs.Run) -> None:
    assert pushed.summary["evaluation"]["notes"]["judge"] == judge_weights.fingerprint()


def test_the_pictures_are_those_of_the_pushed_models_samples(
    pushed: runs.Run, tmp_path: Path
) -> None:
    folder = model_run(pushed) / "pictures"
    page = tf.io.decode_png((folder / "samples.png").read_bytes()).numpy()[..., 0]
    images = sample(pushed, tmp_path, *range(100))
    wanted = grid(np.round(255.0 * images).astype(np.uint8), 10)
    assert page.shape == wanted.shape
    assert np.abs(page.astype(int) - wanted).max() <= 1
    on_the_way = sorted(folder.glob("samples-epoch-*.png"))
    assert 7 <= len(on_the_way) <= 14
    assert on_the_way[0].read_bytes() != on_the_way[-1].read_bytes()


def test_tensorboard_has_the_objective_of_every_epoch(pushed: runs.Run) -> None:
    [file] = (model_run(pushed) / "validation").glob("events.out.tfevents.*")
    objective = families.load(pushed.model).objective.name
    found = {}
    for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
        event = tf.compat.v1.Event.FromString(record)
        for value in event.summary.value:
            if value.tag == f"epoch_{objective.removeprefix('val_')}":
                found[event.step] = float(tf.make_ndarray(value.tensor))
    history = pushed.summary["training"]["history"][objective]
    assert [found[epoch] for epoch in sorted(found)] == pytest.approx(history, rel=1e-5)
    assert len(history) == pushed.summary["settings"]["training"]["epochs"]


def test_the_pushed_model_gives_a_seeds_image_in_any_company(
    pushed: runs.Run, tmp_path: Path
) -> None:
    first = sample(pushed, tmp_path, 7, 2**40, 3, 7)
    again = sample(pushed, tmp_path, 11, 12, 3, 13, 14, 7)
    assert first.shape == (4, 28, 28) and first.dtype == np.float32
    assert first.min() >= 0.0 and first.max() <= 1.0
    # A product of matrices rounds a row by where it stands, on some processors.
    np.testing.assert_allclose(first[0], first[3], atol=1e-5)
    np.testing.assert_allclose(first[[0, 2]], again[[5, 2]], atol=1e-5)
    np.testing.assert_allclose(first, sample(pushed, tmp_path, 7, 2**40, 3, 7), atol=1e-6)
    assert min(np.abs(first[0] - other).max() for other in (first[1], first[2])) > 0.1


def test_the_vae_gives_back_what_it_decodes_of_the_mean(
    run_of: RunOf, images_of_test: np.ndarray, tmp_path: Path
) -> None:
    vae, images = run_of("vae"), {"images": images_of_test}
    answers = ask(vae, tmp_path, {"encode": images, "reconstruct": images})
    mean, back = answers["encode"]["mean"], answers["reconstruct"]["images"]
    decoded = ask(vae, tmp_path, {"decode": {"latents": mean}})["decode"]["images"]
    np.testing.assert_allclose(decoded, back, atol=1e-5)
    # The figures that the Evaluator found are those of these answers.
    overall = vae.summary["evaluation"]["overall"]
    error = back.astype(np.float64) - images_of_test / 255.0
    assert overall["mse"] == pytest.approx(np.square(error).mean(), abs=1e-5)
    assert overall["mae"] == pytest.approx(np.abs(error).mean(), abs=1e-5)


def test_the_gans_discriminator_says_what_the_evaluator_found(
    run_of: RunOf, images_of_test: np.ndarray, tmp_path: Path
) -> None:
    gan = run_of("gan")
    real = ask(gan, tmp_path, {"discriminate": {"images": images_of_test}})["discriminate"]["real"]
    assert 0.0 <= real.min() < real.max() <= 1.0
    overall = gan.summary["evaluation"]["overall"]
    assert overall["discriminator_recall"] == pytest.approx(np.mean(real > 0.5), abs=0.002)


def test_a_second_run_finds_everything_done(pushed: runs.Run) -> None:
    again = runs.run(pushed.output, "--model", pushed.model, "--profile", "smoke")
    assert again.code == 0, again.screen
    assert {n for n, state in again.states.items() if state != "cached"} == {"Baseline"}
    assert len(list((pushed.output / "serving" / pushed.model).iterdir())) == 1
