"""The script that says what choices of hyperparameters are worth."""

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
