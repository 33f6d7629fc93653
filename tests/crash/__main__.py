"""Sweeps every durable step of small runs: stops a run there, resumes it, and compares.

A run is killed before the Nth step that changes what others see (a rename, a commit of the metadata
store, a file of a push), and, for each file that the project writes itself, finds the disk full.
It has to end as a run does that nothing happened to.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.crash.cases import ALL, CASES, Case, make_data
from tests.crash.lane import BrokenSweep, Lane, Point
from tests.crash.process import FULL, KILL, warm

_FORK = multiprocessing.get_context("fork")
_KEPT = Path("build", "crash")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make test-crash", description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    named = [case.name for case in ALL]
    add("--case", action="append", choices=named, metavar="NAME", help=f"only: {', '.join(named)}")
    add("--family", help="only cases of this family")
    add("--node", help='only steps of this node, of "start" or of "end"')
    add("--fault", choices=(KILL, FULL), help="only this")
    add("--points", type=int, metavar="N", help="only so many, drawn by the seed")
    add("--seed", type=int, default=1, metavar="N", help="of that draw (default: 1)")
    add("--first", type=int, default=1, metavar="N", help="begin with this one (default: 1)")
    add("--jobs", type=int, default=2, metavar="N", help="runs at once (default: 2)")
    options = parser.parse_args(arguments)
    if options.first < 1:
        parser.error("the first point is 1")
    return options


def _cases(options: argparse.Namespace) -> list[Case]:
    """The cases that are asked for, with the places that are."""
    chosen = [case for case in ALL if case.name in options.case] if options.case else CASES
    return [
        case._replace(places=places)
        for case in chosen
        if options.family in (None, case.family)
        and (places := tuple(p for p in case.places if options.node in (None, p)))
    ]


def main(arguments: list[str] | None = None) -> int:
    """Sweeps, and returns the exit code: 0 when all points are as they have to be."""
    options = _parse(arguments)
    cases = _cases(options)
    if not cases:
        sys.stderr.write("make test-crash: no case has such a family and node\n")
        return 2
    warm()
    work = Path(tempfile.mkdtemp(prefix="crash-"))
    try:
        return _Sweep(options, cases, work).run()
    finally:
        shutil.rmtree(work, ignore_errors=True)


class _Sweep:
    """The lanes, what they are asked and what they find."""

    def __init__(self, options: argparse.Namespace, cases: list[Case], work: Path) -> None:
        self._options, self._cases, self._work = options, cases, work
        self._data = make_data(work / "data")
        self._next = _FORK.Value("i", options.first - 1)
        self._started = time.monotonic()
        self._lanes: dict[Connection, BaseProcess] = {}

    def run(self) -> int:
        """Sweeps, and returns the exit code."""
        try:
            for number in range(max(1, self._options.jobs)):
                ours, theirs = _FORK.Pipe(duplex=False)
                lane = _FORK.Process(target=self._lane, args=(number, theirs))
                lane.start()
                theirs.close()
                self._lanes[ours] = lane
            return self._follow()
        except (EOFError, BrokenSweep) as error:
            _say(f"the sweep is broken: {error or 'a lane has died'}")
            return 1
        finally:
            for lane in self._lanes.values():
                lane.terminate()
                lane.join()

    def _follow(self) -> int:
        points = self._unbroken()
        self._count(points)
        points = self._drawn(points)
        failed = []
        first = self._options.first
        for number in range(first, len(points) + 1):
            place, seconds, problems = self._told()
            words = "as unbroken" if not problems else f"FAILED, kept in {_KEPT / str(place + 1)}"
            _say(f"point {number} of {len(points)}  {points[place]}  {seconds:.1f} s  {words}")
            for problem in problems:
                _say(f"    {problem}")
            if problems:
                failed.append(points[place])
        minutes = (time.monotonic() - self._started) / 60
        count = max(0, len(points) - first + 1)
        since = "" if first == 1 else f" from the {first}th on"
        _say(f"{count - len(failed)} of {count} points{since}, in {minutes:.0f} min")
        for point in failed:
            _say(f"failed: {point}")
        return 1 if failed else 0

    def _unbroken(self) -> list[Point]:
        """The points that the lanes found, which have to be the same for each of them."""
        lists = []
        for _ in range(len(self._lanes)):
            found = self._told()
            if isinstance(found, str):
                raise BrokenSweep(found)
            lists.append(found)
        if any([p[:2] for p in points] != [p[:2] for p in lists[0]] for points in lists):
            raise BrokenSweep("two unbroken runs do not have the same steps")
        return lists[0]

    def _told(self) -> Any:
        """What the next lane has to say; those that have finished say nothing more."""
        while True:
            [ours, *_] = connection.wait(self._lanes)
            assert isinstance(ours, Connection)
            try:
                return ours.recv()
            except EOFError:
                lane = self._lanes.pop(ours)
                lane.join()
                if lane.exitcode or not self._lanes:
                    raise

    def _count(self, points: list[Point]) -> None:
        counts = Counter((p.case.name, p.fault.place, p.fault.kind) for p in points)
        for case in self._cases:
            for place in case.places:
                kills, fulls = (counts[case.name, place, kind] for kind in (KILL, FULL))
                _say(f"  {case.name}, {place}: {kills} kills, {fulls} full disks")
        _say(f"{len(points)} points")

    def _lane(self, number: int, told: Connection) -> None:
        lane = Lane(self._work / f"lane-{number}", self._data)
        try:
            points = [point for case in self._cases for point in lane.prepare(case)]
        except BrokenSweep as error:
            told.send(str(error))
            return
        points = [p for p in points if self._options.fault in (None, p.fault.kind)]
        told.send(points)
        points = self._drawn(points)
        while True:
            with self._next.get_lock():
                place = self._next.value
                self._next.value += 1
            if place >= len(points):
                return
            started = time.monotonic()
            problems = lane.broken(points[place])
            if problems:
                lane.keep(_KEPT / str(place + 1))
            told.send((place, time.monotonic() - started, problems))

    def _drawn(self, points: list[Point]) -> list[Point]:
        """As many as are asked for, one from each of so many equal parts of the sweep."""
        parts = self._options.points
        if parts is None or parts >= len(points):
            return points
        bounds = [len(points) * part // parts for part in range(parts + 1)] if parts else [0]
        draw = random.Random(self._options.seed)
        return [points[draw.randrange(*part)] for part in zip(bounds, bounds[1:], strict=False)]


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
