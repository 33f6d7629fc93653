"""The small runs that are swept, and the images that they read."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

TRAIN, TEST = 400, 350  # images; enough of each class of the test images
EPOCHS = 2  # of a training, so that one can go on in its middle
DATA = Path(__file__).resolve().parents[2] / "data" / "mnist"
BEFORE = ("start", "CuratedSchema", "MnistExampleGen", "StatisticsGen", "ExampleValidator")
FIRST = (*BEFORE, "DataGate", "Judge")
LEARNING = ("Tuner", "Trainer")
JUDGING = ("Baseline", "Evaluator", "Inspector", "ServingCheck", "Pusher", "end")
SEARCHED = {"tuning.max_epochs": 1, "tuning.budget": 400, "tuning.images": 200, "tuning.confirm": 0}
SMALL: Mapping[str, Mapping[str, object]] = {
    # Each class has to be among the answers, or its gate has nothing to measure.
    "transformer": {
        "width": 16,
        "heads": 2,
        "hidden": 16,
        "layers": 1,
        "batch_size": 4,
        "shift": 0,
    },
    "vae": {"batch_size": 16, "units": 32, "layers": 1},
    "gan": {"batch_size": 16, "units": 32},
}


class Case(NamedTuple):
    """A run to be swept.

    Attributes:
        name: what the sweep prints.
        family: whose.
        places: where it is stopped.
        searches: whether it has a search.
        after: the seed of a run that was pushed before, in the same folder; 0 for none.
        killed: it starts in the folder that a run left which was killed in its training.
    """

    name: str
    family: str
    places: tuple[str, ...]
    searches: bool = True
    after: int = 0
    killed: bool = False

    def arguments(self, data: Path, seed: int = 1) -> list[str]:
        """The command line, but for the output folder."""
        from modules import families

        gates = families.load(self.family).evaluation.gates
        settings = {
            "training.epochs": EPOCHS,
            **{f"gates.{gate.name}": 0 if gate.at_least else 1000 for gate in gates},
            **{f"gates.{gate.change}": 1 for gate in gates if gate.change},
            **(SEARCHED if self.searches else {}),
            **{f"hyperparameters.{name}": value for name, value in SMALL[self.family].items()},
        }
        options = {
            "--model": self.family,
            "--profile": "smoke",
            "--data-dir": str(data),
            "--tuner": "random" if self.searches else "none",
            "--seed": str(seed),
        }
        words = [word for pair in options.items() for word in pair]
        return words + [w for n, v in settings.items() for w in ("--set", f"{n}={v}")]


# What comes before a search is the same for each family: it is swept once, and where what follows
# takes the least time.
CASES = (
    Case("before a search", "vae", FIRST, searches=False),
    Case("transformer", "transformer", (*LEARNING, *JUDGING)),
    Case("vae", "vae", (*LEARNING, *JUDGING)),
    Case("gan", "gan", (*LEARNING, *JUDGING)),
    Case("second model", "vae", ("Baseline", "Evaluator", "Pusher", "end"), False, after=2),
    Case("resuming", "vae", ("start",), False, killed=True),
)
# Of this, `make test` draws its points.
QUICK = Case("quick", "vae", ("Trainer", *JUDGING), searches=False)
ALL = (*CASES, QUICK)


def make_data(folder: Path) -> Path:
    """Writes the first images of MNIST that a small run would draw, with MNIST's gates."""
    from components.readers import idx, idx_names
    from modules.data.draw import draw

    folder.mkdir(parents=True)
    pairs = idx.find_dataset(DATA)
    for split, count in (("train", TRAIN), ("test", TEST)):
        pair = pairs[split]
        labels = idx.read_labels(pair.labels)
        chosen = draw(labels, count)
        images = idx.read_images(pair.images, 0, pair.count)
        for stem, array in zip(idx_names.SPLITS[split], (images, labels), strict=True):
            idx.write_idx(folder / f"{stem}.gz", array[chosen])
    shutil.copy(DATA / "gates.toml", folder)
    return folder
