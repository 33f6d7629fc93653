"""What `--prune` decides and does, on a store that was made by hand."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import ml_metadata as mlmd
import pytest
from ml_metadata.proto import metadata_store_pb2

from components.results.summary import FILE as SUMMARY
from modules.training.journal import Attempt, Journal
from pipeline import belonging, output_folder
from pipeline.exit_codes import ExitCode
from pipeline.pruning import command, lineage, plan, rows
from pipeline.settings import BadSetting, make_settings

_Execution, _Event = metadata_store_pb2.Execution, metadata_store_pb2.Event


class Store:
    """An output folder with runs of two nodes, Trainer and Evaluator, as TFX writes them down."""

    def __init__(self, output: Path, relative: bool = False) -> None:
        self.output, self.relative = output, relative
        output.mkdir()
        (output / belonging.FILE).write_text("{}")
        self.store = lineage.open_store(self._new())
        kinds = {"Model": metadata_store_pb2.INT, "ModelBlessing": metadata_store_pb2.INT}
        self.types = {
            name: self.store.put_artifact_type(metadata_store_pb2.ArtifactType(name=name))
            for name in kinds
        }
        self.node = self.store.put_execution_type(metadata_store_pb2.ExecutionType(name="node"))
        self.contexts = {
            name: self.store.put_context_type(metadata_store_pb2.ContextType(name=name))
            for name in ("pipeline", "pipeline_run", "node", "execution_cache")
        }
        self.count = 0

    def _new(self) -> Path:
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(self.output / "metadata.sqlite")
        config.sqlite.connection_mode = config.sqlite.READWRITE_OPENCREATE
        mlmd.MetadataStore(config)
        return self.output / "metadata.sqlite"

    def run(
        self,
        code: int = 0,
        family: str = "vae",
        blessed: bool = True,
        cached: tuple[int, int] | None = None,
        serves: str = "",
    ) -> tuple[str, int, int]:
        """Adds a run; gives its name and the ids of its model and its blessing."""
        name = self.unchanged(code, family, serves)
        model = self._execute(family, name, "Trainer", "Model", cached[0] if cached else 0, {}, ())
        says = {"blessed": int(blessed), "current_model_id": model}
        blessing = self._execute(
            family, name, "Evaluator", "ModelBlessing", cached[1] if cached else 0, says, (model,)
        )
        return name, model, blessing

    def unchanged(self, code: int = 0, family: str = "vae", serves: str = "") -> str:
        """Adds the folder of a run, which the store knows nothing of; gives its name."""
        self.count += 1
        name = f"202601{self.count:02}-000000-000000"
        folder = self.output / family / name
        folder.mkdir(parents=True)
        told = {"verdict": {"exit_code": code}, "pushed": serves or None, "settings": {}}
        (folder / SUMMARY).write_text(json.dumps(told))
        latest = folder.parent / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(name)
        return name

    def _execute(
        self,
        family: str,
        run: str,
        node: str,
        kind: str,
        taken: int,
        says: dict[str, int],
        reads: tuple[int, ...],
    ) -> int:
        state = _Execution.CACHED if taken else _Execution.COMPLETE
        execution = _Execution(type_id=self.node, last_known_state=state)
        [made] = self.store.put_executions([execution])
        output = kind.lower()
        place = Path("artifacts", family, node, output, str(made))
        artifact = taken
        if not taken:
            uri = place if self.relative else self.output / place
            proto = metadata_store_pb2.Artifact(
                type_id=self.types[kind], uri=str(uri), state=metadata_store_pb2.Artifact.LIVE
            )
            for name, value in says.items():
                proto.custom_properties[name].int_value = value
            [artifact] = self.store.put_artifacts([proto])
            (self.output / place).mkdir(parents=True)
            (self.output / place / "file").write_text("x" * 1000)
        events = [_Event(artifact_id=artifact, execution_id=made, type=_Event.OUTPUT)]
        events += [_Event(artifact_id=i, execution_id=made, type=_Event.INPUT) for i in reads]
        for event in events:
            event.path.steps.add().key = "some"
        self.store.put_events(events)
        names = {
            "pipeline": f"triptych-{family}",
            "pipeline_run": run,
            "node": f"triptych-{family}.{node}",
            "execution_cache": f"key of {artifact}",
        }
        for context, called in names.items():
            found = self.store.get_context_by_type_and_name(context, called)
            proto = metadata_store_pb2.Context(type_id=self.contexts[context], name=called)
            ident = found.id if found else self.store.put_contexts([proto])[0]
            self.store.put_attributions_and_associations(
                [metadata_store_pb2.Attribution(artifact_id=artifact, context_id=ident)],
                [metadata_store_pb2.Association(execution_id=made, context_id=ident)],
            )
        return artifact

    def prune(self, dry_run: bool = False) -> list[str]:
        """Prunes the folder; gives the lines that were told."""
        told: list[str] = []
        settings = make_settings(model="vae", output=self.output, data_dir=self.output)
        command.prune(settings, told.append, dry_run)
        return told

    def live(self) -> set[int]:
        found = self.store.get_artifacts()
        return {one.id for one in found if one.state == one.LIVE}

    def there(self) -> set[str]:
        """The ids of the executions whose folders are there."""
        return {path.parent.name for path in self.output.glob("artifacts/*/*/*/*/file")}

    def runs(self, family: str = "vae") -> list[str]:
        folders = (self.output / family).glob("2*")
        return sorted(path.name for path in folders)


@pytest.fixture(params=[False, True], ids=["absolute", "relative"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(tmp_path / "output", relative=request.param)


def test_of_many_pushed_runs_the_last_two_models_stay_and_ten_run_folders(store: Store) -> None:
    made = [store.run() for _ in range(12)]
    told = store.prune()
    assert store.live() == {one for _, *ids in made[-2:] for one in ids}
    assert store.runs() == [name for name, *_ in made[-plan.RUNS :]]
    assert len(told) == 2 * 10 + 2 + 1 and "22 folders" in told[-1]
    assert "20 executions" in told[-1]
    assert store.prune()[-1].startswith("removed 0 folders, 0 B, and 0 executions")


def test_the_blessed_model_survives_any_number_of_refused_runs(store: Store) -> None:
    blessed = [store.run() for _ in range(3)]
    refused = [store.run(ExitCode.REFUSED, blessed=False) for _ in range(15)]
    store.prune()
    kept = {one for _, *ids in (*blessed[1:], refused[-1]) for one in ids}
    assert store.live() == kept


def test_a_blessed_model_that_is_gone_counts_for_none(store: Store) -> None:
    made = [store.run() for _ in range(4)]
    store.run(ExitCode.REFUSED, blessed=False)
    lost = store.store.get_artifacts_by_id([made[2][1]])[0]
    shutil.rmtree(plan.place(lost.uri, store.output))
    store.prune()
    assert {*made[1][1:], *made[3][1:]} <= store.live() and not set(made[0][1:]) & store.live()


def test_what_can_be_resumed_stays_if_it_is_not_too_old(store: Store) -> None:
    old = store.run(ExitCode.FAILED, blessed=False)
    made = [store.run() for _ in range(6)]
    stopped = store.run(ExitCode.INTERRUPTED, blessed=False)
    made += [store.run() for _ in range(4)]
    state = store.output / "state" / "vae" / "tuner"
    state.mkdir(parents=True)
    store.prune()
    assert set(stopped[1:]) <= store.live() and not set(old[1:]) & store.live()
    assert not set(made[0][1:]) & store.live() and state.is_dir()


def test_a_run_that_found_all_unchanged_needs_what_it_found(store: Store) -> None:
    made = [store.run() for _ in range(3)]
    taken = store.run(cached=(made[0][1], made[0][2]))
    repeated = [store.unchanged() for _ in range(2)]
    refused = [store.run(ExitCode.REFUSED, blessed=False) for _ in range(12)]
    store.prune()
    live = store.live()
    assert set(made[0][1:]) <= live and taken[0] not in store.runs()
    assert set(refused[-1][1:]) <= live and not set(refused[0][1:]) & live
    assert repeated[-1] in store.runs() and repeated[0] not in store.runs()


def test_each_family_is_looked_at_by_itself(store: Store) -> None:
    first = store.run(family="gan")
    made = [store.run(family="vae") for _ in range(15)]
    store.prune()
    assert set(first[1:]) <= store.live() and store.runs("gan") == [first[0]]
    assert store.live() == {*first[1:], *(one for _, *ids in made[-2:] for one in ids)}


def test_what_was_taken_from_the_cache_stays_with_the_run_that_took_it(store: Store) -> None:
    first = store.run()
    more = [store.run() for _ in range(3)]
    for _ in range(12):
        store.run(cached=(first[1], first[2]))
    told = store.prune()
    assert set(first[1:]) <= store.live() and not set(more[0][1:]) & store.live()
    # Of twelve that took it, the last one and the one that made it are known.
    executions = store.store.get_executions()
    by_cache = [one for one in executions if one.last_known_state == one.CACHED]
    assert len(by_cache) == 2 and "executions" in told[-1]
    key = store.store.get_context_by_type_and_name("execution_cache", f"key of {first[1]}")
    assert len(store.store.get_executions_by_context(key.id)) == 2


def test_the_run_that_tells_of_what_is_served_stays(store: Store) -> None:
    version = store.output / "serving" / "vae" / "1"
    version.mkdir(parents=True)
    (version / "saved_model.pb").write_text("x")
    serving = "/where/it/was/serving/vae/1" if store.relative else str(version)
    name, *_ = store.run(serves=serving)
    gone, *_ = store.run(serves=serving.replace("/1", "/0"))
    last, *_ = store.run(serves=serving.replace("/1", "/2"))
    for _ in range(12):
        store.run(ExitCode.REFUSED, blessed=False)
    store.prune()
    assert name in store.runs() and gone not in store.runs() and last in store.runs()
    assert (version / "saved_model.pb").is_file()


def test_telling_changes_nothing(store: Store) -> None:
    for _ in range(13):
        store.run()
    live, there, runs = store.live(), store.there(), store.runs()
    told = store.prune(dry_run=True)
    assert (store.live(), store.there(), store.runs()) == (live, there, runs)
    assert "would remove 25 folders" in told[-1] and "22 executions" in told[-1]
    assert told[:-1] == [line.replace("removed", "would remove") for line in store.prune()[:-1]]


@pytest.mark.parametrize("step", ["_remove", "remove", "sweep", "_forget"])
def test_killed_at_any_step_the_next_one_finishes(
    store: Store, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(13):
        store.run()
    real: Callable[..., object] = getattr(command, step)
    calls = 0

    def dies(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == (3 if step == "remove" else 1):
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(command, step, dies)
    with pytest.raises(KeyboardInterrupt):
        store.prune()
    monkeypatch.undo()
    # Whatever is gone, the store does not call alive.
    for artifact in store.store.get_artifacts():
        if not plan.place(artifact.uri, store.output).is_dir():
            assert artifact.state == artifact.DELETED
    store.prune()
    assert len(store.live()) == len(store.there()) == 4
    assert len(store.store.get_executions()) == 4 and len(store.store.get_artifacts()) == 4


def test_half_removed_folders_go(store: Store) -> None:
    store.run()
    left = store.output / "artifacts" / "vae" / "Trainer" / "model" / ".7.123.gone"
    left.mkdir()
    system = store.output / "artifacts" / "vae" / "Trainer" / ".system" / "executor_execution" / "7"
    system.mkdir(parents=True)
    temporary = store.output / ".tmp" / "beam-pipeline-tempx"
    temporary.mkdir(parents=True)
    store.prune()
    assert not temporary.exists() and not left.exists() and not system.parent.parent.exists()


def test_what_lies_elsewhere_is_not_touched(tmp_path: Path) -> None:
    original = Store(tmp_path / "original")
    for _ in range(13):
        original.run()
    before = original.there()
    copy = tmp_path / "copy"
    shutil.copytree(original.output, copy, symlinks=True)
    told: list[str] = []
    command.prune(make_settings(model="vae", output=copy, data_dir=copy), told.append)
    assert original.there() == before
    assert not any("artifacts" in line for line in told[:-1])


def test_no_row_refers_to_one_that_is_gone(store: Store) -> None:
    for _ in range(13):
        store.run()
    store.prune()
    with sqlite3.connect(store.output / "metadata.sqlite") as found:
        for table, column, owner in (
            ("Event", "execution_id", "Execution"),
            ("Event", "artifact_id", "Artifact"),
            ("EventPath", "event_id", "Event"),
            ("Association", "execution_id", "Execution"),
            ("Association", "context_id", "Context"),
            ("Attribution", "artifact_id", "Artifact"),
            ("Attribution", "context_id", "Context"),
            ("ArtifactProperty", "artifact_id", "Artifact"),
        ):
            left = f"SELECT COUNT(*) FROM {table} WHERE {column} NOT IN (SELECT id FROM {owner})"
            assert found.execute(left).fetchone() == (0,), (table, column)
        assert found.execute("SELECT COUNT(*) FROM Event").fetchone() == (6,)
    # No number is given twice: a blessing speaks of its model by it.
    _, model, _ = store.run()
    assert model > 13


def test_a_store_that_cannot_forget_is_told_and_keeps_what_it_knows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(13):
        store.run()

    def full(*_: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(rows, "forget", full)
    told = store.prune()
    assert "disk is full" in told[-2] and "0 executions" in told[-1]
    assert len(store.there()) == 4


def test_no_run_is_disturbed(store: Store) -> None:
    for _ in range(13):
        store.run()
    there = store.there()
    with output_folder.only_run_in(store.output), pytest.raises(output_folder.Busy):
        store.prune()
    assert store.there() == there


def test_a_store_that_cannot_be_read_is_refused(store: Store) -> None:
    made = store.run()
    (store.output / "metadata.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(BadSetting, match=r"metadata\.sqlite cannot be read"):
        store.prune()
    assert len(store.there()) == 2 and store.runs() == [made[0]]


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    settings = make_settings(model="vae", output=tmp_path, data_dir=tmp_path)
    with pytest.raises(BadSetting, match="no runs that could be pruned"):
        command.prune(settings, print)
    assert list(tmp_path.iterdir()) == []


def test_trials_of_a_search_that_has_ended_go_and_those_of_a_killed_one_stay(
    tmp_path: Path,
) -> None:
    made = Store(tmp_path / "output")
    made.run()
    kept = made.output / "state" / "vae" / "kept" / "tuner"
    over, killed = Journal(kept / "over"), Journal(kept / "killed")
    for one in (killed, over):
        one.open()
        one.write(Attempt({"layers": 1}, 0, 1, seed=1), {"metrics": {}})
    over.close([])
    assert any("state/vae/kept/tuner/over" in line for line in made.prune(dry_run=True))
    assert over.folder.is_dir()
    made.prune()
    assert not over.folder.exists() and list(killed.folder.glob("*.json"))
