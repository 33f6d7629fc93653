"""Measures how well a model's strangeness tells pictures of something else from real images.

    .venv/bin/python scripts/strangeness.py output

Prints a table in Markdown. AUROC is how often a picture of something else is stranger than a real
test image, and beside it how often the model is less sure of it, which a score of the answers
alone would be.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from components.results.stored import BadFacts  # noqa: E402
from modules.contract.paths import path_argument  # noqa: E402
from modules.util import environment  # noqa: E402

_ABOUT = "Measures how well a model's strangeness tells other pictures from real images."
PICTURE = (100, 80)  # pixels of a picture that is prepared as one of a person's own
LARGE = 64  # pixels of a letter before it is prepared


def others(dataset, real, count: int, seed: int) -> Iterator[tuple[str, object]]:
    """What shows none of the classes, as the model would see it: its name, and uint8 (N, S, S)."""
    import numpy as np
    from letters import letters
    from PIL import Image

    from components.ask.prepare import prepare

    chance, side = np.random.default_rng(seed), dataset.side

    def seen(pictures):
        return np.stack([prepare(Image.fromarray(one), dataset).image for one in pictures])

    shuffled = np.stack([chance.permutation(one.ravel()).reshape(side, side) for one in real])
    yield "even noise, of the images' size", chance.integers(0, 256, (count, side, side), np.uint8)
    yield "pictures of even noise", seen(chance.integers(0, 256, (count, *PICTURE), np.uint8))
    bells = chance.normal(128, 40, (count, *PICTURE)).clip(0, 255).astype(np.uint8)
    yield "pictures of normal noise", seen(bells)
    yield "test images with their pixels shuffled", shuffled
    yield "inverted test images", 255 - real
    yield "printed letters", seen(255 - letters(count, LARGE, f"{seed} strange").images)


def main(arguments: list[str] | None = None) -> int:
    """Prints the table; returns 0, or 2 when there is no model to measure."""
    parser = argparse.ArgumentParser(prog="scripts/strangeness.py", description=_ABOUT)
    parser.add_argument("output", type=path_argument, metavar="OUTPUT", help="of runs")
    parser.add_argument("--run", default="", help="the model of this run (default: the one served)")
    parser.add_argument("--count", type=int, default=520, help="pictures of a kind (default: 520)")
    parser.add_argument("--seed", type=int, default=1, help="of all randomness (default: 1)")
    options = parser.parse_args(arguments)
    environment.configure("3")
    warnings.simplefilter("ignore")
    try:
        lines = measure(options)
    except BadFacts as error:
        sys.stderr.write(f"strangeness: {error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def measure(options: argparse.Namespace) -> list[str]:
    """Asks about each kind of picture; see main."""
    import numpy as np
    from sklearn.metrics import roc_auc_score

    from components.ask.answers import answer, load_model, load_part
    from components.ask.chosen import CLASSIFY, choose
    from modules.views.room import spread

    chosen = choose(options.output, CLASSIFY, run=options.run)
    model = load_model(chosen)
    if model.reference is None:
        raise BadFacts(f"the Examples of {chosen} are gone")
    test = load_part(chosen, "test").images
    usual = answer(model, test)

    def scores(answers):
        return [one.strangeness for one in answers], [-one.probability for one in answers]

    settings = chosen.found.summary.settings
    lines = [
        f"{chosen}, profile {settings['profile']}; {len(test):,} real test images, of which "
        f"{np.mean([one.strange for one in usual]):.1%} are said to be strange",
        "",
        "| pictures | AUROC | AUROC of the probability | said to be strange |",
        "|---|---|---|---|",
    ]
    some = test[spread(len(test), options.count)]
    for name, images in others(chosen.family.dataset, some, options.count, options.seed):
        found = answer(model, images)
        truth = [0] * len(usual) + [1] * len(found)
        areas = [
            roc_auc_score(truth, [*real, *strange])
            for real, strange in zip(scores(usual), scores(found), strict=True)
        ]
        said = np.mean([one.strange for one in found])
        lines.append(f"| {len(found)} {name} | {areas[0]:.3f} | {areas[1]:.3f} | {said:.1%} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
