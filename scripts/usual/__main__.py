"""What the scripts of a usual tutorial give, measured beside ours: docs/tutorial.md."""

from __future__ import annotations

import argparse
import importlib
import sys
import warnings
from pathlib import Path

_ABOUT = "What the scripts of a usual tutorial give, measured beside ours: docs/tutorial.md."
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
from modules.util import environment  # noqa: E402

environment.configure("3")
warnings.filterwarnings("ignore")  # the libraries speak to their own maintainers

from modules.contract.paths import path_argument  # noqa: E402
from modules.contract.values import Kind, argument  # noqa: E402
from scripts.usual.table import table  # noqa: E402

LAYERS = ("attention", "multi-head", "cross-attention", "encoder-layer")
GENERATORS = {"vae": 10, "gan": 12}  # epochs
_MOST = Kind(int, least=1, most=1_000_000)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m scripts.usual", description=_ABOUT)
    lessons = parser.add_subparsers(dest="lesson", metavar="LESSON", required=True)
    for name in LAYERS:
        lessons.add_parser(name, help="a layer with a mask: NumPy beside ours")
    for name, epochs in GENERATORS.items():
        told = f"trains a {name.upper()} as tutorials do, that one mended, and ours"
        lesson = lessons.add_parser(name, help=told, description=told)
        most = argument(_MOST)
        lesson.add_argument("--images", type=most, default=12_000, help="of training; 12000")
        lesson.add_argument("--epochs", type=most, default=epochs, help=f"of each; {epochs}")
        lesson.add_argument("--seed", type=most, default=1, help="of all of them; 1")
        lesson.add_argument("--data-dir", type=path_argument, default=ROOT / "data" / "mnist")
    told = "scikit-learn's figures of a classifier's answers, beside those of its run"
    lesson = lessons.add_parser("metrics", help=told, description=told)
    lesson.add_argument("output", type=path_argument, help="the folder that runs write to")
    lesson.add_argument("--model", default="transformer", help="whose newest run; transformer")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Measures, and prints a table; the exit code is 2 where there is nothing to measure."""
    options = parse(arguments)
    try:
        if options.lesson in LAYERS:
            layers = importlib.import_module("scripts.usual.layers")
            rows = getattr(layers, options.lesson.replace("-", "_"))()
        elif options.lesson in GENERATORS:
            generators = importlib.import_module("scripts.usual.generators")
            rows = getattr(generators, options.lesson)(
                options.data_dir, options.images, options.epochs, options.seed
            )
        else:
            metrics = importlib.import_module("scripts.usual.metrics")
            rows = metrics.metrics(options.output, options.model)
    except ValueError as error:
        sys.stderr.write(f"scripts.usual: {error}\n")
        return 2
    sys.stdout.write(f"{table(rows)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
