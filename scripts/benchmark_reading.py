"""Measures how the time and the memory of each node grow with the data.

    .venv/bin/python scripts/benchmark_reading.py                # what reads and checks the data
    .venv/bin/python scripts/benchmark_reading.py --whole --model vae        # and all other nodes

Runs the nodes on a dataset and on one that is ten times as large, both with all their images and
gzipped, each node in a process of its own, as a pod does. The large one is made here, in a
temporary folder: the images of the small one, moved by a pixel or two, so that no two are alike.
With --whole, the settings are those of the smoke profile, but for the number of images, and for the
training, which is of one epoch.

Seconds are a node's own, without the import of most libraries; CPU seconds tell more where other
programs are at work. Memory is the most that its process held, some 0.8 GB of libraries included.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from modules.util import environment  # noqa: E402

environment.configure("3")
warnings.filterwarnings("ignore")  # the libraries speak to their own maintainers

import numpy as np  # noqa: E402

from components.readers import reader_of  # noqa: E402
from components.readers.idx_names import SPLITS  # noqa: E402
from modules.contract.paths import path_argument  # noqa: E402
from modules.contract.values import Kind, argument  # noqa: E402
from pipeline.intake import on_data  # noqa: E402
from pipeline.settings import Settings, from_plain, make_settings, to_plain  # noqa: E402

DATA_NODES = ("MnistExampleGen", "StatisticsGen", "CuratedSchema", "ExampleValidator", "DataGate")
_TELLING = 1.0  # seconds; the ratio of shorter times says nothing


class Cost(NamedTuple):
    """What a node took.

    Attributes:
        seconds: of the node itself.
        cpu: seconds of it that processors worked.
        megabytes: the most that its process held.
    """

    seconds: float
    cpu: float
    megabytes: int


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description="Measures how the time and the memory of each node grow with the data."
    )
    add = parser.add_argument
    add("--data-dir", type=path_argument, default=ROOT / "data" / "mnist", help="the small dataset")
    times = argument(Kind(int, least=1, most=100))
    add("--times", type=times, default=10, metavar="N", help="how much larger (default: 10)")
    add("--whole", action="store_true", help="run every node, not only those that read the data")
    add("--model", default="transformer", help="whose nodes (default: transformer)")
    add("--node", help=argparse.SUPPRESS)  # in a process of its own: settings come on stdin
    return parser.parse_args(arguments)


def multiply(data_dir: Path, folder: Path, times: int) -> None:
    """Writes a dataset that is so many times as large as another, gzipped, under MNIST's names."""
    folder.mkdir()
    reader = reader_of(data_dir)
    for split, pair in reader.find_dataset(data_dir).items():
        labels = reader.read_labels(pair.labels).astype(np.uint8)
        images = reader.read_images(pair.images, 0, pair.count)
        count = pair.count * times
        for stem, shape in zip(SPLITS[split], (images.shape[1:], ()), strict=True):
            header = struct.pack(f">HBB{1 + len(shape)}I", 0, 8, 1 + len(shape), count, *shape)
            with gzip.open(folder / f"{stem}.gz", "wb", compresslevel=6) as file:
                file.write(header)
                for copy in range(times):
                    moved = np.roll(images, (copy % 3 - 1, copy // 3 - 1), axis=(1, 2))
                    file.write(moved.data if shape else labels.data)


def run_all(settings: Settings, node_ids: tuple[str, ...]) -> dict[str, Cost]:
    """Runs nodes one after the other, each in a process of its own."""
    costs = {}
    for node_id in node_ids:
        done = subprocess.run(
            [sys.executable, __file__, "--node", node_id],
            input=json.dumps(to_plain(settings), default=str),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        costs[node_id] = Cost(*json.loads(done.stdout.splitlines()[-1]))
        sys.stdout.write(f"{settings.data_dir.name}: {node_id} {_words(costs[node_id])}\n")
        sys.stdout.flush()
    return costs


def run_one(settings: Settings, node_id: str) -> Cost:
    """Runs a node in this process.

    Raises:
        SystemExit: it did not succeed.
    """
    from pipeline.run import Run
    from pipeline.screen import Screen

    with Run(settings, "benchmark", alone=False) as run:
        began = time.process_time()
        node = run.node(node_id, Screen())
        cpu = time.process_time() - began
    if not node.outcome.ok:
        sys.exit(f"{node_id}: {node.outcome.reason}")
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Cost(node.outcome.seconds, cpu, held)


def nodes_of(settings: Settings) -> tuple[str, ...]:
    """All nodes of a pipeline, in an order in which they can run."""
    from pipeline.run import Run

    return tuple(Run(settings, "benchmark", alone=False).node_ids)


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints a table; gives the exit code."""
    options = parse(arguments)
    if options.node:
        cost = run_one(from_plain(json.load(sys.stdin)), options.node)
        sys.stdout.write(f"\n{json.dumps(cost)}\n")
        return 0
    with tempfile.TemporaryDirectory(prefix="triptych-reading-") as temporary:
        folder = Path(temporary)
        large = folder / f"{options.times} times"
        multiply(options.data_dir, large, options.times)
        output = folder / "output"
        common = make_settings(
            model=options.model,
            profile="smoke",
            training={"epochs": 1},
            data_dir=str(options.data_dir.resolve()),
            output=str(output),
        )
        every = dataclasses.replace(common.data, train_images=None, test_images=None)
        costs: list[Mapping[str, Cost]] = []
        for data_dir in (common.data_dir, large):
            settings = on_data(dataclasses.replace(common, data=every, data_dir=data_dir))
            nodes = nodes_of(settings) if options.whole else DATA_NODES
            costs.append(run_all(settings, nodes))
            shutil.rmtree(output)
    sys.stdout.write(table(*costs, options.times))
    return 0


def table(small: Mapping[str, Cost], large: Mapping[str, Cost], times: int) -> str:
    """Both sizes and their ratios, a line a node."""
    lines = [f"{'':18}{'1 x':>26}{f'{times} x':>28}{'time':>8}{'CPU':>6}{'memory':>8}"]
    for node, before in small.items():
        after = large[node]
        ratios = [a / b if b >= _TELLING else 0.0 for b, a in zip(before, after, strict=True)]
        longer, more, held = (f"{ratio:.2f}" if ratio else "-" for ratio in ratios)
        lines.append(
            f"{node:18}{_words(before):>26}{_words(after):>28}{longer:>8}{more:>6}{held:>8}"
        )
    return "\n".join(lines) + "\n"


def _words(cost: Cost) -> str:
    return f"{cost.seconds:.1f} s {cost.cpu:.1f} s {cost.megabytes:,} MB"


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
