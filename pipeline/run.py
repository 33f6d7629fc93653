"""One run of a pipeline: compiled once, its nodes run one by one, its end told.

The local runner loops over it; a pod calls it for one node, and the last task for its end.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import types
from contextlib import ExitStack

import ml_metadata as mlmd
from tfx.dsl.compiler import compiler
from tfx.proto.orchestration import pipeline_pb2

from components.readers import given
from components.results.forest import find_forest
from components.results.summary import Summary, Verdict
from modules.contract.values import unknown
from modules.training import progress, unfinished
from modules.util.folders import working_in
from pipeline import belonging, killed, proposed, unchanged
from pipeline import node as launching
from pipeline.dag import create_pipeline
from pipeline.exit_codes import ExitCode
from pipeline.history import finished_nodes
from pipeline.metadata.artifacts import Lost, outputs_of, remember
from pipeline.metadata.origin import other_versions, seconds_of
from pipeline.nodes import BY_ID
from pipeline.outcome import Finished, Origin
from pipeline.place import Place, Work
from pipeline.run_folder import RunFolder, in_progress
from pipeline.scratch import clear_system_folders
from pipeline.screen import Screen
from pipeline.series import PUSHER, Part
from pipeline.settings import BadSetting, Settings
from pipeline.summary import summarize
from pipeline.verdict import decide


class Run:
    """A run; enter it before its nodes are run.

    Args:
        settings: what to run; the data have been checked.
        run_id: its name; every process that works on it has the same.
        alone: no other process uses the output folder: what a killed run left behind is cleared
            away, and unfinished work is that of whoever comes next. Otherwise it is the run's own.
        command: that began it; empty where nobody typed one.
        part: what it is in a series of trainings; None for a run by itself.
        place: where its files last; None for the output folder itself.
    """

    def __init__(
        self,
        settings: Settings,
        run_id: str,
        alone: bool,
        command: str = "",
        part: Part | None = None,
        place: Place | None = None,
    ) -> None:
        self.settings, self.id, self.alone = settings, run_id, alone
        self._place = place or Place()
        self._part = part or Part(settings)
        self.folder = RunFolder(settings, run_id, command, self._part.series)
        self._versions = unchanged.versions()
        self._source = unchanged.code(settings.family)
        self._key = self._part.key(self._source) if alone else ""
        self.ir = compiler.Compiler().compile(create_pipeline(settings))
        launching.set_run_id(self.ir, run_id)
        self._handle = launching.open_store(self.ir)
        self._finished: dict[str, Finished] = {}  # by this process
        self._unfinished = settings.state if alone else settings.state / run_id
        self._kept = settings.state / "kept"  # by nodes that may be asked for more
        self._entered = ExitStack()
        self.lost: list[Lost] = []

    def __enter__(self) -> Run:
        """Opens the store, and makes the output folder the working directory.

        What the store names is below that folder, which can so be moved, or have any name.
        """
        settings = self.settings
        self._place.open(self.folder)
        belonging.claim(settings)
        with ExitStack() as entered:
            entered.enter_context(working_in(settings.output))
            entered.enter_context(self._handle)
            os.environ[unfinished.VARIABLE] = str(self._unfinished)
            os.environ[unfinished.KEPT] = str(self._kept)
            os.environ[given.VARIABLE] = str(settings.data_dir)
            if self.alone:
                killed.clear(
                    self.store, settings, self.node_ids, self._unfinished, self._forget_unfinished
                )
                entered.callback(clear_system_folders, settings.artifacts)
            self.lost = self._place.join(self.store, settings, self.alone)
            if self.folder.begin():
                self._place.keep(self.folder)
            self._entered = entered.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[Exception] | None = None,
        exc_value: Exception | None = None,
        exc_tb: types.TracebackType | None = None,
    ) -> None:
        self._entered.__exit__(exc_type, exc_value, exc_tb)

    @property
    def store(self) -> mlmd.MetadataStore:
        """The metadata store."""
        return self._handle.store

    @property
    def _nodes(self) -> list[pipeline_pb2.PipelineNode]:
        return [node.pipeline_node for node in self.ir.nodes]

    @property
    def node_ids(self) -> list[str]:
        """The nodes to run, in an order in which they can."""
        names = [node.node_info.id for node in self._nodes]
        return names if self._part.pushes else [name for name in names if name != PUSHER]

    def anew(self, node_id: str | None) -> None:
        """Takes a node and all that depends on it neither from the cache nor from what was kept.

        In a series, what its runs share is made anew by the first one alone.

        Args:
            node_id: which; None for all nodes.

        Raises:
            BadSetting: the pipeline has no such node.
        """
        names = [node.node_info.id for node in self._nodes]
        if node_id is not None and node_id not in names:
            raise BadSetting(unknown("node", node_id, names))
        chosen = self._and_after(node_id) if node_id else set(names)
        if self._part.anew:
            chosen &= self._and_after(self._part.anew)
        for options in self._nodes:
            name = options.node_info.id
            if name in chosen:
                options.execution_options.caching_options.enable_cache = False
                self._forget_unfinished(name)
                self._place.forget(self._kept / BY_ID[name].unfinished)

    def _and_after(self, node_id: str) -> set[str]:
        """A node and all that depend on it."""
        chosen = {node_id}
        for node in self._nodes:  # in order: what stands upstream has been seen before
            if chosen.intersection(node.upstream_nodes):
                chosen.add(node.node_info.id)
        return chosen

    def node(self, node_id: str, screen: Screen) -> Finished:
        """Runs one node, with its progress and its end on the screen.

        Returns:
            What became of it; its headline is the reason when it did not succeed.

        Raises:
            KeyError: the pipeline has no such node.
            BadFacts: what it took from the cache is of another version of the project.
        """
        screen.start(node_id)
        row = BY_ID[node_id]
        if row.reads_data:
            self._place.bring(self.settings.data_dir)
        name = row.unfinished
        work = Work(self._unfinished / name, self._kept / name) if row.resumes else None
        with progress.listen(screen.show_progress):
            operators = self._place.operators(work)
            outcome = launching.run_node(self.ir, node_id, operators)
        outputs, line = {}, outcome.reason
        if outcome.ok:
            outputs = outputs_of(self.store, outcome.execution_id, self.settings.output)
            self._place.fetch(one for artifacts in outputs.values() for one in artifacts)
            line = BY_ID[node_id].headline(outputs)
        if outcome.state == "done":
            made = [artifact.id for artifacts in outputs.values() for artifact in artifacts]
            remember(self.store, made, self.settings.output, self._versions)
            self._forget_unfinished(node_id)
        screen.finish(node_id, outcome.state, outcome.seconds, line)
        self._finished[node_id] = self._known(Finished(outcome, line, outputs))
        if self.alone:  # of a run that is killed, this is what is known
            so_far = [*self._finished.values()]
            self.folder.write(
                summarize(self.settings, so_far, in_progress(), self.id, self._source)
            )
        return self._finished[node_id]

    def finished(self) -> list[Finished]:
        """The nodes that are done, by whichever process, and the one that stopped this one."""
        known = {
            node.outcome.node_id: self._known(node)
            for node in finished_nodes(
                self.store, self.ir, self.id, self.settings.output, self._place.fetch
            )
        }
        known |= self._finished
        return [known[name] for name in self.node_ids if name in known]

    def end(self, verdict: Verdict | None = None) -> Summary:
        """Decides how the run ended, and writes it down.

        Args:
            verdict: of a run that was stopped from outside; else it follows from nodes and gates.

        Returns:
            What is in summary.json now.
        """
        self._place.history(self.settings)
        finished = self.finished()
        decided = verdict or decide(finished, self.node_ids)
        verdict = proposed.hand_over(self.folder, decided, finished)
        verdict = dataclasses.replace(verdict, reason=self._place.told(verdict.reason))
        summary = summarize(self.settings, finished, verdict, self.id, self._source)
        pushed = summary.pushed and self._place.told(summary.pushed)
        forest = find_forest(self.settings.output, summary, self._place.look)
        summary = self.folder.write(dataclasses.replace(summary, pushed=pushed, forest=forest))
        self.keep()
        if verdict.exit_code in (ExitCode.PUSHED, ExitCode.REFUSED):
            if not self.alone:
                self._place.forget(self._unfinished)
            elif self._part.pushes and all(
                one.outcome.ok for one in finished
            ):  # what refuses otherwise is asked again
                with contextlib.suppress(OSError):  # it saves the next run some time, no more
                    unchanged.remember(self.folder, self._key, [one.outputs for one in finished])
        return summary

    def keep(self) -> None:
        """Keeps what is written down of the run at its end, the report as far as it is there."""
        self._place.keep(self.folder, ended=True)

    def told(self, text: str) -> str:
        """A text with the paths in it as people find them."""
        return self._place.told(text)

    def _known(self, finished: Finished) -> Finished:
        """The same node, with its origin."""
        outcome, output = finished.outcome, self.settings.output
        [node] = [n for n in self._nodes if n.node_info.id == outcome.node_id]
        made = [one for artifacts in finished.outputs.values() for one in artifacts]
        cached = outcome.state == "cached"
        origin = Origin(
            after=tuple(sorted(node.upstream_nodes)),
            took=seconds_of(self.store, made) if cached else outcome.seconds,
            versions=other_versions(made, self._versions) if cached else {},
            folders={
                name: os.path.relpath(artifacts[0].uri, output)
                for name, artifacts in finished.outputs.items()
                if artifacts
            },
        )
        return dataclasses.replace(finished, origin=origin)

    def _forget_unfinished(self, node_id: str) -> None:
        if BY_ID[node_id].resumes or not self.alone:
            self._place.forget(self._unfinished / BY_ID[node_id].unfinished)
