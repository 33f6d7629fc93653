"""What of the pipeline each run of a series is."""

import dataclasses
from pathlib import Path

import pytest

from components.results.series import Member, Series
from pipeline.run import Run
from pipeline.series import PUSHER, TRAINER, Part
from pipeline.settings import BadSetting, Settings, make_settings
from tests.datasets import described

SHARED = {"MnistExampleGen", "StatisticsGen", "CuratedSchema", "ExampleValidator", "DataGate"}
SERIES = Series("val_accuracy", (Member("a-run", 0, "judged", 0.9, {}),), "a-run")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    output = tmp_path_factory.mktemp("series") / "output"
    return make_settings(profile="smoke", tuner="random", output=output, dataset=described())


def part(settings: Settings, repeat: int, **how: object) -> Part:
    training = dataclasses.replace(settings.training, repeat=repeat)
    return dataclasses.replace(
        Part(dataclasses.replace(settings, training=training)),
        **how,  # type: ignore[arg-type]
    )


def compiled(one: Part) -> Run:
    return Run(one.settings, "a-run", alone=True, part=one)


@pytest.fixture(scope="module")
def second(settings: Settings) -> Part:
    return part(settings, 1, pushes=False, anew=TRAINER)


def test_seeds_differ_in_the_trainer_alone(settings: Settings, second: Part) -> None:
    first, other = compiled(part(settings, 0)), compiled(second)
    differing = [
        name
        for name, one, two in zip((*first.node_ids,), first.ir.nodes, other.ir.nodes, strict=True)
        if one != two
    ]
    assert differing == [TRAINER]
    assert other.node_ids == [name for name in first.node_ids if name != PUSHER]


@pytest.mark.parametrize(
    ("asked", "first", "later", "last"),
    [
        (None, None, None, {PUSHER}),
        ("StatisticsGen", None, None, {PUSHER}),
        ("ServingCheck", {"ServingCheck", PUSHER}, {"ServingCheck", PUSHER}, {PUSHER}),
    ],
)
def test_what_seeds_share_is_made_anew_once(
    asked: str | None,
    first: set[str] | None,
    later: set[str] | None,
    last: set[str],
    settings: Settings,
    second: Part,
) -> None:
    def anew(one: Part) -> set[str]:
        run = compiled(one)
        run.anew(asked)
        return {
            node.pipeline_node.node_info.id
            for node in run.ir.nodes
            if not node.pipeline_node.execution_options.caching_options.enable_cache
        }

    own = {TRAINER, "Baseline", "Evaluator", "Inspector", "ServingCheck", PUSHER}
    assert anew(second) == (later or own)
    assert anew(part(settings, 0, anew=PUSHER, series=SERIES)) == last
    found = anew(part(settings, 0, pushes=False))
    assert found == first if first else found >= own
    if asked is None:
        assert found == own | SHARED | {"Tuner"}


def test_an_unknown_node_is_named(second: Part) -> None:
    with pytest.raises(BadSetting, match="unknown node 'Trainr'"):
        compiled(second).anew("Trainr")


def test_a_run_keeps_what_its_series_came_to(settings: Settings, tmp_path: Path) -> None:
    own = dataclasses.replace(settings, output=tmp_path)
    run = compiled(part(own, 0, series=SERIES))
    assert run.folder.series == SERIES
