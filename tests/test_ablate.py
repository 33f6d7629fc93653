"""The script that says what choices of hyperparameters are worth."""

import math
from pathlib import Path

import numpy as np
import pytest

from modules.training.callbacks import NotFiniteLossError
from scripts import ablate

SMALL = ["--model", "vae", "--epochs", "1", "--images", "700"]


def rows(screen: str) -> dict[str, list[str]]:
    lines = [line.rsplit(maxsplit=2) for line in screen.splitlines()[1:]]
    return {name.strip(): figures for name, *figures in lines}


def test_a_row_as_it_is_and_one_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert ablate.main([*SMALL, "latent=2,layers=1", "beta=0"]) == 0
    found = rows(capsys.readouterr().out)
    assert list(found) == ["as it is", "latent=2,layers=1", "beta=0"]
    figures = [float(figure) for figure, _ in found.values()]
    assert len(set(figures)) == 3 and all(100.0 < figure < 700.0 for figure in figures)


def test_what_stopped_a_training_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> float:
        raise NotFiniteLossError("training stopped in epoch 1: the loss is nan")

    monkeypatch.setattr(ablate, "objective_of", stop)
    assert ablate.main(SMALL) == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert line.startswith("as it is") and line.endswith(
        "training stopped in epoch 1: the loss is nan"
    )


def test_several_seeds_are_compared_in_pairs_with_an_interval(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[dict[str, object], int]] = []

    def reached(_: object, changes: dict[str, object], *rest: object) -> float:
        seed = int(str(rest[-1]))
        asked.append((changes, seed))
        if changes.get("layers") == 1 and seed == 9:
            raise NotFiniteLossError("training stopped in epoch 1: the loss is nan")
        # The seed matters more than the change, by which each is better.
        return 100.0 * seed - (2.0 + 0.1 * seed if changes.get("latent") == 2 else 0.0)

    monkeypatch.setattr(ablate, "objective_of", reached)
    assert ablate.main([*SMALL, "--seed", "7", "--seeds", "3", "latent=2", "layers=1"]) == 0
    head, first, latent, layers = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["change", "val_nelbo", "difference"] and "95 % interval" in head
    assert [seed for _, seed in asked] == [7, 8, 9] * 3
    assert first.split()[:4] == ["as", "it", "is", "800"]
    # Of -2.7, -2.8, -2.9 the mean, and 4.303 of Student's t by .1 over the root of 3.
    assert latent.split()[:6] == ["latent=2", "797.2", "-2.8", "-3.048", "to", "-2.552"]
    assert layers.split()[:3] == ["layers=1", "750", "+0"] and "seed 9: training stopped" in layers


def test_too_few_pairs_have_no_interval() -> None:
    mean, low, high = ablate.paired([1.0, None], [0.5, 0.5])
    assert mean == 0.5 and math.isnan(low) and math.isnan(high)
    assert all(map(math.isnan, ablate.paired([None, 1.0], [1.0, None])))
    assert ablate.row_of([1.0, None], [0.5, 0.5]).split() == ["1", "+0.5", "-"]
    assert ablate.row_of([None, None], [0.5, 0.5]).split() == ["-", "-", "-"]
    assert ablate.row_of([None], None).split() == ["-"]


@pytest.mark.parametrize("change", ["depth=3", "latent", "activation=sine", "latent=few"])
def test_a_change_that_makes_no_sense_is_refused_before_work(
    change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        ablate.main([*SMALL, change])
    assert end.value.code == 2
    assert change.split("=")[0] in capsys.readouterr().err


def test_the_splits_are_those_of_the_pipeline_and_disjoint(mnist_dir: Path) -> None:
    _, splits = ablate.read_splits(mnist_dir, 3000)
    (train, digits), (held_out, others) = splits
    assert len(train) == len(digits) > 8 * len(held_out) and len(held_out) == len(others)
    assert len(train) + len(held_out) == 3000
    seen = {image.tobytes() for image in train}
    assert not seen & {image.tobytes() for image in held_out}
    assert np.unique(digits).tolist() == list(range(10))
