"""An output folder with a served classifier and the run that pushed it, without any training."""

import dataclasses
from pathlib import Path

import numpy as np

from components.results.summary import FILE, Node, write_summary
from modules.data.dataset import to_plain
from modules.data.splits import split_of
from tests import examples, results
from tests.datasets import MNIST
from tests.models import export_prototype_classifier

RUN = "20260102-030405-000000"
VERSION = "17"
TRAINED = 1500  # of MNIST's images, of which a tenth is held out


def make(mnist_dir: Path, output: Path) -> Path:
    """Makes the folder: a classifier by the nearest mean, good for some 80 % of MNIST."""
    images, labels = examples.cut(mnist_dir, 0, TRAINED)
    made = output / "exported"
    export_prototype_classifier(made, images, labels)
    model = output / "artifacts" / "transformer" / "Trainer" / "model" / "5"
    model.mkdir(parents=True)
    (made / "Format-Serving").rename(model / "Format-Serving")
    served = output / "serving" / "transformer" / VERSION
    served.parent.mkdir(parents=True)
    served.symlink_to(model / "Format-Serving")
    made.rmdir()
    where = np.array([split_of(image.tobytes()) for image in images])
    for split in ("train", "eval"):
        file = output / "artifacts" / "examples" / f"Split-{split}" / "data.gz"
        examples.write(file, images[where == split], labels[where == split])
    nodes = (
        Node("MnistExampleGen", "done", 1.0, "", outputs={"examples": "artifacts/examples"}),
        Node("Trainer", "done", 1.0, "", outputs={"model": str(model.relative_to(output))}),
    )
    told = dataclasses.replace(
        results.SUMMARY,
        run=RUN,
        pushed=str(served),
        nodes=nodes,
        settings={"model": "transformer", "profile": "smoke", "dataset": to_plain(MNIST)},
    )
    write_summary(output / "transformer" / RUN / FILE, told)
    return output
