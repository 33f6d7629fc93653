"""The pipeline, as a list of steps. WHERE it runs is decided elsewhere; this is WHAT is run."""

from __future__ import annotations

import json

from tfx.components import ExampleValidator, Pusher, StatisticsGen
from tfx.dsl.components.base import executor_spec
from tfx.dsl.components.common.resolver import Resolver
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import pusher_pb2, trainer_pb2
from tfx.types import Channel, standard_artifacts

from components import pusher as atomic_pusher
from components.baseline import LastBlessedOtherModel
from components.cross_validator import CrossValidator
from components.data_gate import DataGate
from components.evaluator import Evaluator
from components.folds_gate import FoldsGate
from components.inspector import Inspector
from components.judge import SEED, Judge
from components.mnist_example_gen import MnistExampleGen
from components.questions import Served
from components.schema import CuratedSchema, with_derived
from components.serving_check import ServingCheck
from components.trainer import Trainer
from components.tuner import Tuner
from modules import families
from modules.contract.evaluation import FOLDS
from modules.contract.family import Family
from modules.data.dataset import Dataset, to_plain, to_text
from modules.training.export import CLASS_NAMES
from modules.training.tasks import FoldsTask, SearchTask, TrainingTask, to_config
from modules.util.plain import to_json
from pipeline.evaluation import eval_config
from pipeline.metadata import store as metadata_store
from pipeline.nodes import source
from pipeline.settings import Settings
from pipeline.sources import ROOT

# In this process: at this size a pool of Beam workers costs more than it brings. The last option
# keeps TFX from packing itself into an archive before every node. A tuple, since TFX's executors
# add to a list that they are given, and these are part of cache keys.
BEAM_ARGS = (
    "--runner=FnApiRunner",
    "--direct_running_mode=in_memory",
    "--sdk_container_image=none",
)
TRAIN = trainer_pb2.TrainArgs(splits=["train"])
EVAL = trainer_pb2.EvalArgs(splits=["eval"])


def create_pipeline(settings: Settings) -> Pipeline:
    """Describes the whole pipeline of one model family.

    Args:
        settings: what to run.

    Returns:
        A TFX pipeline, ready to be compiled.
    """
    dataset = settings.known_dataset
    family = families.load(settings.family)
    example_gen = MnistExampleGen(
        dataset=dataset,
        transposed=settings.data.transposed,
        source=source("MnistExampleGen", settings.family),
        train_images=settings.data.train_images,
        test_images=settings.data.test_images,
    )
    examples = example_gen.outputs["examples"]

    text = (ROOT / "pipeline" / "schema.pbtxt").read_text()
    schema = CuratedSchema(text=with_derived(text, dataset))
    statistics_gen = StatisticsGen(examples=examples, schema=schema.outputs["schema"])
    example_validator = ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema.outputs["schema"]
    )
    data_gate = DataGate(
        anomalies=example_validator.outputs["anomalies"],
        source=source("DataGate", settings.family),
    )
    steps = [example_gen, statistics_gen, schema, example_validator, data_gate]

    judge = None
    if family.judged and not dataset.is_mnist:
        judge_node = Judge(
            examples=examples,
            dataset=to_text(dataset),
            least=settings.judge.accuracy,
            seed=SEED,
            source=source("Judge", settings.family),
        )
        judge_node.add_upstream_node(data_gate)
        judge = judge_node.outputs["judge"]
        steps.append(judge_node)

    hyperparameters = None
    if settings.tuner != "none":
        tuner = Tuner(
            tuner_fn="modules.training.tuner.tuner_fn",
            examples=examples,
            base_model=judge,
            train_args=TRAIN,
            eval_args=EVAL,
            custom_config=to_config(_search_task(settings)),
        )
        tuner.add_upstream_node(data_gate)
        hyperparameters = tuner.outputs["best_hyperparameters"]
        steps.append(tuner)

    given = {"best_hyperparameters": hyperparameters, "judge": judge}
    folds_judged = {}
    if settings.folds:
        validator = CrossValidator(
            examples=examples,
            task=json.dumps(to_config(_folds_task(settings))),
            **{name: channel for name, channel in given.items() if channel is not None},
        )
        validator.add_upstream_node(data_gate)
        folds_gate = FoldsGate(
            folds=validator.outputs["folds"],
            bound=str(settings.gates.get(FOLDS, "")),
            source=source("FoldsGate", settings.family),
        )
        folds_judged = {"folds_judged": folds_gate.outputs["folds_judged"]}
        steps += [validator, folds_gate]

    trainer = Trainer(
        run_fn="modules.training.trainer.run_fn",
        examples=examples,
        base_model=judge,
        hyperparameters=hyperparameters,
        train_args=TRAIN,
        eval_args=EVAL,
        custom_config=to_config(_training_task(settings)),
    )
    trainer.add_upstream_node(data_gate)
    model = trainer.outputs["model"]

    steps.append(trainer)

    gates, baseline = {n: bound for n, bound in settings.gates.items() if n != FOLDS}, None
    if settings.baseline:
        resolver = Resolver(
            strategy_class=LastBlessedOtherModel,
            candidate=model,
            model=Channel(type=standard_artifacts.Model),
            model_blessing=Channel(type=standard_artifacts.ModelBlessing),
            pushed_model=Channel(type=standard_artifacts.PushedModel),
        ).with_id("Baseline")
        baseline = resolver.outputs["model"]
        steps.append(resolver)
    else:
        # So that what was judged without a comparison is not taken for more.
        gates = {n: bound for n, bound in gates.items() if n not in family.evaluation.allowed}
    evaluator = Evaluator(
        examples=examples,
        example_splits=["test"],
        model=model,
        baseline_model=baseline,
        eval_config=eval_config(settings.family, dataset, settings.gates),
        proposes="" if settings.gated else f"{settings.family}.{settings.profile}",
        family=settings.family,
        dataset=dataset,
        gates=gates,
        judge=judge,
        source=source("Evaluator", settings.family),
    )
    inspector = Inspector(
        model=model,
        examples=examples,
        evaluation=evaluator.outputs["evaluation"],
        family=settings.family,
        dataset=to_text(dataset),
        source=source("Inspector", settings.family),
    )
    serving_check = ServingCheck(
        model=model,
        examples=examples,
        evaluation=evaluator.outputs["evaluation"],
        served=json.dumps(to_json(_served(family, dataset))),
        source=source("ServingCheck", settings.family),
        **folds_judged,
    )
    pusher = Pusher(
        model=model,
        model_blessing=evaluator.outputs["blessing"],
        infra_blessing=serving_check.outputs["blessing"],
        push_destination=pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(
                base_directory=settings.address(settings.serving)
            )
        ),
        custom_config={"source": source("Pusher", settings.family)},
        custom_executor_spec=executor_spec.ExecutorClassSpec(atomic_pusher.Executor),
    )
    pusher.add_upstream_node(inspector)  # in a cluster, the Pusher shows the page of the whole run
    steps += [evaluator, inspector, serving_check, pusher]

    return Pipeline(
        pipeline_name=settings.pipeline_name,
        pipeline_root=settings.address(settings.artifacts),
        components=steps,
        enable_cache=True,
        beam_pipeline_args=list(BEAM_ARGS),
        metadata_connection_config=metadata_store.connection(settings.metadata),
    )


def _served(family: type[Family], dataset: Dataset) -> Served:
    return Served(
        signatures=(*family.served, CLASS_NAMES),
        names=tuple(dataset.names),
        same=family.same,
        figure=family.evaluation.accuracy,
        prediction=family.evaluation.prediction,
    )


def _search_task(settings: Settings) -> SearchTask:
    return SearchTask(
        family=settings.family,
        dataset=to_plain(settings.known_dataset),
        search=settings.tuner,
        max_epochs=settings.tuning.max_epochs,
        factor=settings.tuning.factor,
        budget=settings.tuning.budget,
        images=settings.tuning.images,
        hyperparameters=dict(settings.hyperparameters),
        seed=settings.seed,
        source=source("Tuner", settings.family),
        minutes=settings.tuning.minutes,
        confirm=settings.tuning.confirm,
        begin=dict(settings.begin),
    )


def _folds_task(settings: Settings) -> FoldsTask:
    return FoldsTask(
        family=settings.family,
        dataset=to_plain(settings.known_dataset),
        count=settings.folds,
        epochs=settings.training.epochs,
        hyperparameters=dict(settings.hyperparameters),
        seed=settings.seed,
        source=source("CrossValidator", settings.family),
    )


def _training_task(settings: Settings) -> TrainingTask:
    return TrainingTask(
        family=settings.family,
        dataset=to_plain(settings.known_dataset),
        epochs=settings.training.epochs,
        hyperparameters=dict(settings.hyperparameters),
        seed=(settings.seed + settings.training.repeat) % 2**32,
        source=source("Trainer", settings.family),
        repeat=settings.training.repeat,
    )
