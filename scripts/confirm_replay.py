"""Searches for real what was replayed, to see whether the replay tells the truth."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from modules.contract.paths import path_argument  # noqa: E402
from modules.training.searches import SEARCHES  # noqa: E402
from modules.util import environment  # noqa: E402
from scripts.compare_tuners import RECORD  # noqa: E402

_ABOUT = """\
Searches for real what `make compare-tuners` replays: the same space, images, first configurations
and budget. Prints what the chosen configuration reaches on the third part of the images, beside
what the replay says; what the search chose is trained anew with another seed than the record's.

    .venv/bin/python scripts/confirm_replay.py --tuner hyperband --budget 5
"""


def search_live(record: Any, family: Any, parts: Sequence[Any], asked: Any) -> dict[str, Any]:
    """Runs one search as the pipeline does, and returns the values that it chose.

    Args:
        record: whose space.
        family: of the models.
        parts: to learn from, and to judge by.
        asked: the oracle and the search's task.
    """
    from modules.data.splits import Splits
    from modules.training.search import Search
    from modules.training.search_data import SearchData

    class Data(SearchData):
        """Images that are in memory already."""

        def __init__(self) -> None:
            super().__init__((), (), family.dataset.side, None, 0)
            self._splits = Splits(*parts)

    class Live(Search):
        """Without a rehearsal, which is for families that are being written."""

        def _rehearse(self, values: Any) -> None: ...

    oracle, task = asked
    with tempfile.TemporaryDirectory() as scratch:
        journal = Path(scratch) / "journal"
        search = Live(oracle, family, task, Data(), journal, scratch)
        search.search(verbose=0)
    [best] = oracle.get_best_trials(1)
    return {name: best.hyperparameters.values[name] for name in record.space}


def main(arguments: list[str] | None = None) -> int:
    """Searches, and prints a table in Markdown; returns 0, or 2 where that cannot be."""
    parser = argparse.ArgumentParser(
        description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tuner", choices=SEARCHES, default="hyperband")
    parser.add_argument("--budget", type=int, default=5, help="in whole trainings; 5")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="1 2 3")
    parser.add_argument("--record", type=path_argument, default=RECORD)
    parser.add_argument("--data-dir", type=path_argument, default=ROOT / "data" / "mnist")
    options = parser.parse_args(arguments)
    environment.configure("3")
    warnings.simplefilter("ignore")
    import tensorflow as tf

    from modules import families
    from modules.contract.family import TrainingRun
    from modules.contract.hyperparameters import resolve
    from modules.data.splits import Splits
    from scripts.curve_trainer import three_parts
    from scripts.record_curves import SIZES
    from scripts.replay import OBJECTIVE, read_record, replay, searching

    tf.get_logger().setLevel("ERROR")  # it takes many models for one that is traced again
    try:
        record = read_record(options.record)
    except OSError as error:
        parser.error(f"{error}; scripts/record_curves.py makes it")
    dataset, parts = three_parts(options.data_dir, SIZES)
    family: Any = families.load(record.family)(dataset)
    budget = options.budget * record.rungs[-1] * record.images
    print("| seed | live | replayed | chosen live | seconds |\n|---|---|---|---|---|", flush=True)  # noqa: T201
    for seed in options.seeds:
        began = time.monotonic()
        asked = searching(record, options.tuner, budget, seed)
        chosen = search_live(record, family, parts[:2], asked)
        seconds = time.monotonic() - began
        values = resolve(family.hyperparameters, None, {**record.fixed, **chosen})
        run = TrainingRun(epochs=record.rungs[-1], seed=100 + seed)
        judged = family.train(values, Splits(parts[0], parts[2]), run)  # by the third part
        live = judged.history[OBJECTIVE.name][-1]
        replayed = replay(record, options.tuner, budget, seed)[-1].figure
        told = ", ".join(f"{name} {value}" for name, value in chosen.items())
        print(  # noqa: T201
            f"| {seed} | {100 * live:.2f} | {100 * replayed:.2f} | {told} | {seconds:.0f} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
