"""Trainings beside each other: they come to what they come to alone."""

import json
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modules.contract.family import Family, Trained, TrainingRun
from modules.data.splits import Split
from modules.training import progress
from modules.training.folds import Folds
from modules.training.searches import SEARCHES
from modules.training.workers import Workers
from tests.searching import IMAGES, Made, prepared, search
from tests.test_folds import TASK as FOLDS
from tests.test_folds import Learner


class Company:
    """Counts who trains at the same time.

    Attributes:
        most: at once.
        killed_at: the training, counted from 0, that the process is killed in.
    """

    def __init__(self, killed_at: int | None = None) -> None:
        self.most = self.begun = self.now = 0
        self.killed_at = killed_at
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self.begun += 1
            self.now += 1
            self.most = max(self.most, self.now)
            if self.begun - 1 == self.killed_at:
                raise KeyboardInterrupt
        time.sleep(0.002)

    def __exit__(self, *_: Any) -> None:
        with self._lock:
            self.now -= 1


class Paired(Made):
    """Has a companion."""

    def __init__(self, company: Company, **more: Any) -> None:
        super().__init__(**more)
        self.company = company

    def companion(self) -> Family:
        other = type(self)(self.company, resource=self.resource, fails=self.fails)
        other.trained = self.trained
        return other

    def train(self, values: Any, splits: Any, run: TrainingRun) -> Trained:
        with self.company:
            run.tell(0.5, {})
            return super().train(values, splits, run)


@pytest.mark.parametrize("way", SEARCHES)
def test_two_at_a_time_find_the_same(way: str, tmp_path: Path) -> None:
    budget = {"search": way, "budget": 45 * IMAGES, "confirm": 2}
    alone = search(tmp_path / "alone", **budget)
    family = Paired(Company())
    lines: list[str] = []
    with progress.listen(lambda told: lines.append(told.ended)):
        found = search(tmp_path, family, **budget)
    assert family.company.most == 2 and not any("kept" in line for line in lines)
    assert found.table == alone.table and found.best == alone.best and found.worth == alone.worth
    # No guess was wrong here: nothing was trained that was not wanted.
    seen = [(values, run.epochs, run.seed) for values, run in family.trained]
    assert len(seen) == len(found.table) + 2 * 2 * (found.worth != type(found.worth)())


@pytest.mark.parametrize("way", ["hyperband", "bohb", "random", "bayesian"])
def test_a_kill_in_the_midst_of_two_loses_none_that_ended(way: str, tmp_path: Path) -> None:
    budget = {"search": way, "budget": 30 * IMAGES}
    whole = search(tmp_path / "alone", **budget)
    for place in range(len(whole.table)):
        folder, killed = tmp_path / str(place), Paired(Company(place))
        with pytest.raises(KeyboardInterrupt):
            search(folder, killed, **budget)
        ended = len(list((folder / "journal").glob("*.json")))
        after = Paired(Company())
        assert search(folder, after, **budget).table == whole.table
        assert len(after.trained) == len(whole.table) - ended
        assert ended >= place - 1  # besides the killed one, only the one beside it can be lost


@pytest.mark.parametrize("way", SEARCHES)
@pytest.mark.parametrize("resource", ["epochs", "images"])
def test_what_fails_beside_another_is_told_in_its_place(
    way: str, resource: str, tmp_path: Path
) -> None:
    def fails(values: Any) -> bool:
        return bool(values["layers"] == 3)

    budget = {"search": way, "budget": 60 * IMAGES}
    alone = search(tmp_path / "alone", Made(resource, fails), **budget)
    found = search(tmp_path, Paired(Company(), resource=resource, fails=fails), **budget)
    assert found.table == alone.table and any(row["failed"] for row in found.table)


def test_a_mistake_ends_the_search_as_it_does_alone(tmp_path: Path) -> None:
    def fails(values: Any) -> bool:
        if values["layers"] == 3:
            raise ZeroDivisionError("of no use")
        return False

    said = []
    for family in (Made(fails=fails), Paired(Company(), fails=fails)):
        with pytest.raises(Exception, match="a trial failed: of no use") as caught:
            search(tmp_path / type(family).__name__, family, search="random", budget=60 * IMAGES)
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_the_seconds_of_trials_beside_each_other_are_those_of_the_clock(tmp_path: Path) -> None:
    began = time.monotonic()
    found = prepared(tmp_path, Paired(Company()), search="random", budget=45 * IMAGES)
    found.search(verbose=0)
    assert 0 < found.oracle.seconds <= time.monotonic() - began


def wait_for(told: Callable[[], bool]) -> None:
    while not told():
        time.sleep(0.001)


class TestWorkers:
    @pytest.fixture
    def family(self) -> Paired:
        return Paired(Company())

    def test_two_are_at_work_and_the_others_wait_their_turn(self, family: Paired) -> None:
        order: list[int] = []
        both = threading.Barrier(2, timeout=20)

        def work(number: int, family: Family, tell: Any) -> int:
            order.append(number)
            if number < 2:
                both.wait()
            return 10 * number

        with Workers[int](family) as workers:
            for number in range(4):
                workers.begin(number, lambda *more, number=number: work(number, *more))
            found = [workers.result(number, lambda _: None) for number in range(4)]
        assert found == [0, 10, 20, 30]
        assert sorted(order[:2]) == [0, 1] and sorted(order) == [0, 1, 2, 3]

    def test_a_worker_prefers_what_it_has_a_model_for(self, family: Paired) -> None:
        did: dict[int, set[str]] = {}
        all_begun = threading.Event()

        def work(kind: str, family: Family, tell: Any) -> None:
            did.setdefault(id(family), set()).add(kind)
            all_begun.wait(20)

        with Workers[None](family) as workers:
            for place, kind in enumerate("aabbaabb"):
                workers.begin(place, partial(work, kind), kind)
            all_begun.set()
            for place in range(8):
                workers.result(place, lambda _: None)
        # The second one began with what nobody had a model for; one may have helped the other out.
        assert len(did) == 2 and min(map(len, did.values())) == 1

    def test_whoever_waits_is_told_of_all_that_is_done(self, family: Paired) -> None:
        told: list[float] = []
        seen = threading.Event()

        def work(family: Family, tell: Any) -> None:
            tell(3.0)
            seen.wait(20)

        def tell(done: float) -> None:
            told.append(done)
            if done == 6.0:
                seen.set()

        with Workers[None](family) as workers:
            for name in "ab":
                workers.begin(name, work)
            workers.result("a", tell)
        assert told[-1] == 6.0

    def test_what_nobody_wants_any_more_ends_at_once(self, family: Paired) -> None:
        begun, ends = threading.Event(), []

        def work(family: Family, tell: Any) -> None:
            try:
                while True:
                    begun.set()
                    tell(1.0)
                    time.sleep(0.001)
            finally:
                ends.append(family)

        with Workers[None](family) as workers:
            workers.begin("wanted", lambda *_: None)
            workers.begin("other", work)
            begun.wait(20)
            workers.keep_only(["wanted"])
            wait_for(lambda: bool(ends))
            workers.begin("other", work)  # its name is free again
            assert workers.result("wanted", lambda _: None) is None
        assert 1 <= len(ends) <= 2

    @pytest.mark.parametrize("waits", [False, True])
    def test_an_interruption_waits_for_nobody(self, waits: bool, family: Paired) -> None:
        begun, ended = threading.Event(), threading.Event()

        def interrupt(_: float) -> None:
            raise KeyboardInterrupt

        def work(family: Family, tell: Any) -> None:
            begun.set()
            try:
                while True:  # tells nobody, as when a step is traced
                    time.sleep(0.001)
            finally:
                ended.set()

        with pytest.raises(KeyboardInterrupt), Workers[None](family) as workers:
            workers.begin("endless", work)
            assert begun.wait(20)
            if waits:
                workers.result("endless", interrupt)
            interrupt(0.0)
        assert ended.is_set()

    def test_an_error_reaches_whoever_asks_and_nobody_else(self, family: Paired) -> None:
        def fail(*_: Any) -> int:
            raise OSError("no room")

        with Workers[int](family) as workers:
            workers.begin("fails", fail)
            workers.begin("works", lambda *_: 1)
            assert workers.result("works", lambda _: None) == 1
            with pytest.raises(OSError, match="no room"):
                workers.result("fails", lambda _: None)

    def test_without_a_companion_work_is_done_when_it_is_asked_for(self) -> None:
        done: list[str] = []
        workers = Workers[None](Made())
        for name in "abc":
            workers.begin(name, lambda *_, name=name: done.append(name))
        assert not done and not workers.several
        workers.result("b", lambda _: None)
        workers.keep_only(["c"])
        assert done == ["b"]


class LearnsBeside(Learner):
    """Its folds are trained two at a time."""

    def companion(self) -> Family:
        other = type(self)(self.killed_at)
        other.runs, other.splits, other.epochs = self.runs, self.splits, self.epochs
        return other


@pytest.mark.parametrize("killed_at", [None, (8, 0), (9, 1), (12, 2)])
def test_folds_beside_each_other_come_to_the_same(
    killed_at: tuple[int, int] | None, tmp_path: Path
) -> None:
    rng = np.random.default_rng(5)
    split = Split(rng.integers(0, 256, (200, 28, 28), dtype=np.uint8), np.arange(200) % 10)

    def run(folder: str, learner: Learner) -> Any:
        found = Folds(FOLDS, learner, {}, tmp_path / folder).run(lambda: [split])
        return json.dumps([{**entry, "seconds": 0} for entry in found], sort_keys=True)

    alone = run("alone", Learner())
    if killed_at:
        with pytest.raises(BaseException, match="^$"):
            run("beside", LearnsBeside(killed_at))
    after = LearnsBeside()
    assert run("beside", after) == alone
    assert not killed_at or killed_at in after.epochs
