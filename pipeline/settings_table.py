"""Prints the table of all settings, as they declare themselves; docs/settings.md is its output."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from modules.contract.evaluation import FOLDS, of_class
from modules.contract.profile import PROFILE_NAMES
from modules.contract.values import Kind
from modules.families import load
from pipeline.options import shown_default
from pipeline.settings import DECLARED, FAMILIES, make_settings, profile_values, to_plain

_INTRODUCTION = """\
# Settings

<!-- Made by `python -m pipeline.settings_table > docs/settings.md`. -->

Every setting has one name, on the command line (`--set training.epochs=3`) as in a file
(`--config FILE.toml`). Those of the first table are options, too: `--data-dir DIR`, and
`--no-baseline` for `baseline=false`; `--folds` is one, too. In a file, the names are tables:

```toml
model = "vae"

[training]
epochs = 30

[gates]
nelbo = 95.0
```

If a setting is given more than once, the last of these wins: the profile, the gates beside the
data, `--config`, the files of `--gates` and `--hyperparameters`, options, `--set`. Relative paths
start in the current folder, also those in a file. Each run writes all of its settings to
`OUTPUT/MODEL/RUN/settings.toml`; to repeat it, pass that file to `--config`.

Gates belong to data, and the ones below are MNIST's, from `data/mnist/gates.toml` (whose
`judge.accuracy` is 0.95). Other data bring such a file in their folder, or `--gates` gives one:

```toml
[transformer.smoke]
accuracy = 0.93
# and so on, for every gate but accuracy_drop, which has a default, and folds, which may be missing

[judge]
accuracy = 0.95
```

`--set` with each gate of the family that has no default does the same. Without gates, a model is
trained and judged, and nothing is pushed: the run ends with exit code 3, and proposes some.
"""


@dataclasses.dataclass(frozen=True)
class Row:
    """One setting in words.

    Attributes:
        name: as `--set` takes it.
        defaults: by profile; all the same where it does not depend on the profile.
        kind: what it has to be.
        means: what it is.
    """

    name: str
    defaults: Mapping[str, str]
    kind: str
    means: str


def common() -> list[Row]:
    """The settings that are the same for all families and profiles."""
    of_profile = profile_values(FAMILIES[0], PROFILE_NAMES[0])
    return [
        Row(name, dict.fromkeys(PROFILE_NAMES, shown_default(value)), str(value.kind), value.means)
        for name, value in DECLARED.items()
        if name not in of_profile and not value.mapping
    ]


def table(family: str) -> list[Row]:
    """The settings whose defaults are in a family's profiles: lengths, gates, hyperparameters."""
    own = {f"hyperparameters.{one.name}": one.default for one in load(family).hyperparameters}
    values = {profile: own | _values(family, profile) for profile in PROFILE_NAMES}
    # Lengths and gates first, as the profiles have them.
    names = dict.fromkeys(name for of in values.values() for name in of)
    order = [*(name for name in names if name not in own), *own]
    rows = []
    for name in order:
        kind, means = _meaning(family, name)
        defaults = {
            profile: _shown(of[name], kind) if name in of else "" for profile, of in values.items()
        }
        rows.append(Row(name, defaults, str(kind), means))
    return rows


def _values(family: str, profile: str) -> dict[str, Any]:
    """The values of a profile and its gates."""
    settings = to_plain(make_settings(model=family, profile=profile))
    bounds = {f"gates.{name}": bound for name, bound in settings["gates"].items()}
    return profile_values(family, profile) | bounds


def _meaning(family: str, name: str) -> tuple[Kind, str]:
    """What a setting of a family has to be, and what it is."""
    own = {f"hyperparameters.{one.name}": one for one in load(family).hyperparameters}
    if name in own:
        searched = f"; searched among {', '.join(map(str, c))}" if (c := own[name].choices) else ""
        return own[name].kind, own[name].means + searched
    if name.startswith("gates."):
        bound = name.removeprefix("gates.")
        return load(family).evaluation.kind_of(bound), _bounds(family)[name]
    return DECLARED[name].kind, DECLARED[name].means


def _bounds(family: str) -> dict[str, str]:
    """What each gate of a family is the bound of."""
    found: dict[str, str] = {}
    for gate in load(family).evaluation.gates:
        figure = f"each {of_class(gate.figure, 'NAME')}" if gate.of_class else gate.figure
        where = f"for each {gate.by}" if gate.by else "over all test images"
        bound = "at least" if gate.at_least else "at most"
        found[f"gates.{gate.name}"] = f"{figure} {where} must be {bound} this"
        if gate.change:
            worse = "lower" if gate.at_least else "higher"
            found[f"gates.{gate.change}"] = (
                f"{figure} may be {worse} than the last blessed model's by at most this"
            )
    objective = load(family).objective
    bound = "at least" if objective.direction == "max" else "at most"
    found[f"gates.{FOLDS}"] = (
        f"the mean {objective.name} of the folds, worsened by one standard deviation, must be "
        f"{bound} this; without it, folds have no bound"
    )
    return found


def _shown(value: Any, kind: Kind) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return kind.absent if value is None else str(value)


def document(families: Iterable[str]) -> str:
    """The settings as a page of Markdown."""
    rows = [(f"`{row.name}`", row.defaults["default"], row.kind, row.means) for row in common()]
    parts = [_INTRODUCTION, "## For all families\n", *_lines(("setting", "default"), rows)]
    for family in families:
        own = [
            (f"`{row.name}`", *(row.defaults[name] for name in PROFILE_NAMES), row.kind, row.means)
            for row in table(family)
        ]
        parts += [f"\n## {family}\n", *_lines(("setting", *PROFILE_NAMES), own)]
    return "\n".join(parts) + "\n"


def _lines(first: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    head = (*first, "what it may be", "meaning")
    cells = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in cells]


def main(arguments: list[str] | None = None) -> int:
    """Prints the page."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.settings_table",
        description="Prints the table of all settings, which docs/settings.md is.",
    )
    parser.add_argument("--model", choices=FAMILIES, help="this family only")
    options = parser.parse_args(arguments)
    sys.stdout.write(document([options.model] if options.model else FAMILIES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
