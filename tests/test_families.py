"""One conformance test for every family, and a broken family for every clause of the contract."""

import dataclasses
import functools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

from components import ask_model, asking, serving_check
from modules import families
from modules.contract import check
from modules.contract.check import BrokenFamily
from modules.contract.evaluation import EvaluationSpec, Gate, Scale
from modules.contract.family import Family, Objective, Output, Signature, Trained, TrainingRun
from modules.contract.hyperparameters import number, resolve, share, whole
from modules.contract.profile import PROFILE_NAMES, Data, Profile, Training, Tuning
from modules.contract.seen import broken_clauses_of_views
from modules.data.splits import Split, Splits
from modules.training import keras_file, rehearsal
from modules.training.export import class_names, export
from tests import bad_requests, examples
from tests.datasets import MNIST

HEAVY = {"tensorflow", "keras", "keras_tuner", "sklearn", "tfx", "apache_beam", "pandas"}


class Known(NamedTuple):
    """A family after a short training: its model's answers to real images."""

    family: Family
    trained: Trained
    signatures: dict[str, Signature]
    labels: np.ndarray
    serialized: list[bytes]
    model_dir: Path


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory, mnist_dir: Path) -> Callable[[str], Known]:
    """Trains a family of that name for an epoch on few images, and exports the model."""

    @functools.cache
    def make(name: str) -> Known:
        family = families.load(name)(MNIST)
        values = resolve(family.hyperparameters, None, family.profiles["smoke"].hyperparameters)
        train = Split(*examples.cut(mnist_dir, 0, 256))
        held_out = Split(*examples.cut(mnist_dir, 256, 320))
        trained = family.train(values, Splits(train, held_out), TrainingRun(epochs=1, seed=1))
        signatures = {**trained.signatures(train.images, 1), **class_names(MNIST)}
        folder = tmp_path_factory.mktemp(name) / "model"
        export(trained.trackable, folder, signatures)
        records = list(examples.records(held_out.images, held_out.labels))
        return Known(family, trained, signatures, held_out.labels, records, folder)

    return make


@pytest.mark.parametrize("name", families.names())
def test_what_a_family_declares_keeps_to_the_contract(name: str) -> None:
    assert check.broken_clauses(families.load(name)(MNIST)) == []


def test_no_familys_file_imports_a_framework(project: Path) -> None:
    code = (
        "import sys\nfrom modules import families\n"
        "for name in families.names(): families.load(name)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(done.stdout.split())


@pytest.mark.parametrize("name", families.names())
def test_what_a_training_gives_keeps_to_the_contract(
    name: str, known: Callable[[str], Known]
) -> None:
    found = known(name)
    assert check.broken_clauses_of_trained(found.family, found.trained, found.signatures) == []
    for picture in found.trained.pictures(np.zeros((50, 28, 28), np.uint8)).values():
        assert picture.dtype == np.uint8 and picture.ndim == 2


@pytest.mark.parametrize("name", families.names())
def test_every_signature_that_is_served_answers_in_a_session(
    name: str, known: Callable[[str], Known]
) -> None:
    found = known(name)
    loaded = tf.saved_model.load(str(found.model_dir))
    asked = {served: loaded.signatures[served] for served in found.family.served}
    requests = serving_check.make_requests(asked, found.serialized, MNIST.classes)
    answers = ask_model.ask(str(found.model_dir), requests)
    assert set(answers) == set(found.family.served)
    for outputs in answers.values():
        for array in outputs.values():
            assert len(array) == len(found.serialized) and np.isfinite(array).all()


def asked_of(found: Known, count: int) -> tuple[dict[str, Any], ask_model.Tensors]:
    """Every signature of a model, and a request of so many examples for each."""
    served = tf.saved_model.load(str(found.model_dir)).signatures
    asked = {name: served[name] for name in found.signatures}
    assert {*found.family.served, found.family.evaluation.signature, "class_names"} <= set(asked)
    return asked, serving_check.make_requests(asked, found.serialized[:count], MNIST.classes)


def tensors(inputs: dict[str, np.ndarray]) -> dict[str, tf.Tensor]:
    return {
        key: tf.constant(array.tolist(), tf.string) if array.dtype == object else tf.constant(array)
        for key, array in inputs.items()
    }


@pytest.mark.parametrize("name", families.names())
def test_every_signature_answers_an_empty_batch_with_an_empty_answer(
    name: str, known: Callable[[str], Known]
) -> None:
    found = known(name)
    asked, requests = asked_of(found, 3)
    with ask_model.loaded(str(found.model_dir)) as ask:
        for signature, inputs in requests.items():
            nobody = {key: array[:0] for key, array in inputs.items()}
            here = asked[signature](**tensors(nobody))
            wanted = ask(signature, inputs)
            for answer in (ask(signature, nobody), {k: v.numpy() for k, v in here.items()}):
                assert set(answer) == set(wanted)
                for key, array in answer.items():
                    assert array.shape == (0, *wanted[key].shape[1:]), (signature, key)
                    assert array.dtype == wanted[key].dtype, (signature, key)


@pytest.mark.parametrize("name", families.names())
def test_a_bad_example_is_named_by_its_place_and_by_what_was_expected(
    name: str, known: Callable[[str], Known]
) -> None:
    found = known(name)
    asked, requests = asked_of(found, 4)
    with ask_model.loaded(str(found.model_dir)) as ask:
        for signature, inputs in requests.items():
            [(key, good)] = inputs.items()
            for bad, words in bad_requests.of(key, good, place=2):
                with pytest.raises(tf.errors.InvalidArgumentError) as here:
                    asked[signature](**tensors({key: bad}))
                assert words in str(here.value).replace("\\'", "'"), signature
                # A session of Python's looks at shapes itself, and says it in other words.
                with pytest.raises((tf.errors.InvalidArgumentError, ValueError)) as served:
                    ask(signature, {key: bad})
                if bad.shape[1:] == good.shape[1:]:
                    assert words in str(served.value).replace("\\'", "'"), signature


@pytest.mark.parametrize("name", families.names())
def test_what_is_called_the_same_is_declared_to_be_the_same(
    name: str, known: Callable[[str], Known]
) -> None:
    found = known(name)
    asked, requests = asked_of(found, 3)
    answers = ask_model.ask(str(found.model_dir), requests)
    groups = [set(group) for group in found.family.same]
    assert {output.signature for group in groups for output in group} <= set(answers)
    said: dict[str, set[Output]] = {}
    for signature in found.family.served:
        if set(requests[signature]) & {"examples", "images"}:  # asked about the same images
            for output in answers[signature]:
                said.setdefault(output, set()).add(Output(signature, output))
    for alike in said.values():
        assert len(alike) == 1 or any(alike <= group for group in groups), alike


@pytest.mark.parametrize("name", families.names())
@pytest.mark.parametrize("count", [1, 40])
def test_figures_of_a_slice_are_all_there_even_of_one_example(
    count: int, name: str, known: Callable[[str], Known]
) -> None:
    found = known(name)
    evaluation = found.family.evaluation
    request = {evaluation.signature: {"examples": np.array(found.serialized[:count], object)}}
    facts = ask_model.ask(str(found.model_dir), request)[evaluation.signature]
    figures = found.family.figures(found.labels[:count], facts)
    assert check.broken_clauses_of_figures(found.family, figures) == []
    rows = {key: fact.reshape(count, *(fact.shape[1:] or [1])) for key, fact in facts.items()}
    each = found.family.each(found.labels[:count], rows)  # as TFMA hands them over
    assert check.broken_clauses_of_each(found.family, count, each, figures) == []
    assert {gate.figure for gate in evaluation.gates if gate.change} <= set(each)
    assert all(values.dtype.kind == "f" for values in each.values())


@pytest.mark.parametrize("name", families.names())
def test_views_and_what_is_trivial_keep_to_the_contract(
    name: str, known: Callable[[str], Known], mnist_dir: Path
) -> None:
    found = known(name)
    splits = Splits(*(Split(*examples.cut(mnist_dir, *part)) for part in ((0, 256), (256, 320))))
    views = found.family.views(asking.load(found.model_dir), splits)
    assert broken_clauses_of_views(views) == []
    trivial = found.family.trivial(splits)
    evaluation = found.family.evaluation
    measured = {*evaluation.figures, *(figure for _, figure in evaluation.standard)}
    assert set(trivial) <= measured and np.isfinite([*trivial.values()]).all()


# Opens what is named, compiled and not, and writes down its answers and all of its numbers; then
# the compiled one learns on.
FRESH = """
import sys
import keras
import numpy as np
import modules.networks.registered

folder, *names = sys.argv[1:]
given = dict(np.load(f"{folder}/given.npz"))
for name in names:
    for compiled in (True, False):
        model = keras.models.load_model(f"{folder}/{name}.keras", compile=compiled)
        answers = keras.tree.flatten(model(given["images"]))
        found = {f"answer{n}": one for n, one in enumerate(answers)}
        lasting = [one for one in model.variables if "seed_generator" not in one.path]
        found |= {f"model{n}": one for n, one in enumerate(lasting)}
        if compiled:
            two = model.optimizer, getattr(model, "discriminator_optimizer", model.optimizer)
            state = [one for optimizer in two for one in optimizer.variables]
            found |= {f"optimizer{n}": one for n, one in enumerate(state)}
        kept = {key: np.array(keras.ops.convert_to_numpy(one)) for key, one in found.items()}
        np.savez(f"{folder}/{name}-{compiled}.npz", **kept)
        if compiled:
            model.run_eagerly = True
            before = [np.array(one) for one in model.trainable_variables]
            model.fit(given["images"], given["labels"], batch_size=8, verbose=0)
            now = zip(before, model.trainable_variables)
            assert any((old != np.array(new)).any() for old, new in now), name
"""


def test_what_was_saved_answers_the_same_in_a_fresh_process_and_learns_on(
    known: Callable[[str], Known], tmp_path: Path, project: Path, mnist_dir: Path
) -> None:
    models = {name: known(name).trained.keras for name in families.names()}
    models = {name: model for name, model in models.items() if model is not None}
    assert {"transformer", "vae", "gan"} <= set(models)
    images, labels = examples.cut(mnist_dir, 256, 280)
    np.savez(tmp_path / "given.npz", images=images, labels=labels)
    for name, model in models.items():
        keras_file.save(model, tmp_path / f"{name}.keras")
    subprocess.run(
        [sys.executable, "-c", FRESH, str(tmp_path), *models],
        cwd=tmp_path,  # not the project's folder: being on the path is all that it takes
        env={**os.environ, "PYTHONPATH": str(project)},
        check=True,
    )
    for name, model in models.items():
        answers = [np.array(one) for one in keras.tree.flatten(model(images))]
        # What noise begins with is a training's own, and no part of a model.
        lasting = [one for one in model.variables if "seed_generator" not in one.path]
        numbers = [np.array(keras.ops.convert_to_numpy(one)) for one in lasting]
        two = model.optimizer, getattr(model, "discriminator_optimizer", model.optimizer)
        state = [np.array(one) for optimizer in two for one in optimizer.variables]
        for compiled in (True, False):
            found = np.load(tmp_path / f"{name}-{compiled}.npz")
            wanted = {f"answer{n}": one for n, one in enumerate(answers)}
            wanted |= {f"model{n}": one for n, one in enumerate(numbers)}
            wanted |= {f"optimizer{n}": one for n, one in enumerate(state) if compiled}
            assert set(found.files) == set(wanted), (name, compiled)
            for key, one in wanted.items():
                np.testing.assert_allclose(
                    found[key], one, rtol=1e-5, atol=1e-6, err_msg=f"{name}: {key}"
                )


# From here on: the check itself.


class Sound(Family):
    """A family with nothing wrong about it."""

    objective = Objective("val_error", "min")
    served = ("serving_default",)
    hyperparameters = (whole("depth", 2, "depth", [1, 2]), number("rate", 0.5, "rate"))
    evaluation = EvaluationSpec(
        signature="serving_default",
        figures=("error", "spread"),
        overall=("spread",),
        by_class=("errors",),
        gates=(Gate("error", "error", at_least=False, by="label", change="error_rise"),),
        headline=("error",),
    )
    profiles = {
        name: Profile(
            data=Data(),
            tuning=Tuning(max_epochs=1, factor=2, images=None),
            training=Training(epochs=1),
            hyperparameters={"depth": 1},
        )
        for name in PROFILE_NAMES
    }

    def train(self, values: Any, splits: Any, run: Any) -> Trained:
        raise AssertionError("nothing is trained here")

    def figures(self, labels: Any, facts: Any) -> dict[str, Any]:
        return {"error": 0.0, "spread": 0.0, "errors": [0.0] * 10}

    def each(self, labels: Any, facts: Any) -> dict[str, Any]:
        return {"error": np.zeros(len(labels))}


def broken(**changes: Any) -> Family:
    """A sound family with other class attributes; None takes one away."""
    kept = {name: value for name, value in vars(Sound).items() if not name.startswith("__")}
    made = {name: value for name, value in (kept | changes).items() if value is not None}
    return type("Broken", (Family,), made)(MNIST)


def evaluation(**changes: Any) -> EvaluationSpec:
    return Sound.evaluation._replace(**changes)


def profiles(**changes: Any) -> dict[str, Any]:
    return {**Sound.profiles, "full": dataclasses.replace(Sound.profiles["full"], **changes)}


DEFAULT, OTHER = Output("serving_default", "error"), Output("other", "error")
BROKEN: list[tuple[str, Family, str]] = [
    ("objective", broken(objective=None), "has to be an Objective"),
    ("objective", broken(objective=Objective("val_error", "down")), "not 'down'"),
    ("served", broken(served=("sample",)), "serving_default is not among them"),
    ("served", broken(served=None), "tuple of names"),
    ("served", broken(same=[DEFAULT, DEFAULT]), "a tuple of groups"),
    ("served", broken(same=((DEFAULT,),)), "two of Output or more"),
    ("served", broken(same=((Output("encode", "mean"), DEFAULT),)), "encode, which is not served"),
    ("served", broken(same=((DEFAULT, dataclasses.replace(DEFAULT, of=OTHER)),)), "of other, "),
    ("served", broken(same=((dataclasses.replace(DEFAULT, of=DEFAULT), DEFAULT),)), "stands first"),
    ("hyperparameters", broken(hyperparameters=None), "tuple of Hyperparameter"),
    ("hyperparameters", broken(hyperparameters=(share("a", 1.5, ""),)), "not 1.5"),
    ("hyperparameters", broken(hyperparameters=(whole("a", 3, "", [1]),)), "among its choices"),
    ("hyperparameters", broken(hyperparameters=(number("a", 1, ""),)), "1 is not a float"),
    ("hyperparameters", broken(hyperparameters=Sound.hyperparameters * 2), "there twice"),
    ("evaluation", broken(evaluation=None), "has to be an EvaluationSpec"),
    ("evaluation", broken(evaluation=evaluation(headline=("loss",))), "names loss"),
    ("evaluation", broken(evaluation=evaluation(signature="")), "no signature"),
    ("evaluation", broken(evaluation=evaluation(standard=(("A", "a"),))), "need a prediction"),
    ("gates", broken(evaluation=evaluation(gates=())), "nothing could ever be refused"),
    ("gates", broken(evaluation=evaluation(gates=(Gate("loss", "error"),))), "stands on loss"),
    ("gates", broken(evaluation=evaluation(gates=(Gate("error", "e", by="ink"),))), "by ink"),
    ("gates", broken(evaluation=evaluation(gates=(Gate("spread", "e", by="label"),))), "means"),
    ("gates", broken(evaluation=evaluation(across=("error",))), "by label, where error means"),
    (
        "gates",
        broken(
            evaluation=evaluation(
                of_class=("error",), gates=(Gate("error", "e", change="rise", of_class=True),)
            )
        ),
        "rise is of each class's own figure",
    ),
    (
        "gates",
        broken(evaluation=evaluation(gates=(Gate("error", "e", change="rise", allowed=-1),))),
        "what rise allows must be a number from 0",
    ),
    (
        "gates",
        broken(
            evaluation=evaluation(gates=(Gate("error", "e"), Gate("spread", "e", scale=Scale.PART)))
        ),
        "e stands on figures of several scales",
    ),
    ("profiles", broken(profiles=None), "smoke, default, full"),
    ("profiles", broken(profiles={"smoke": Sound.profiles["smoke"]}), "smoke, default, full"),
    ("profiles", broken(profiles=profiles(hyperparameters={"width": 1})), "full: unknown"),
    ("check", broken(check=lambda self: None), "does not take (values)"),
    ("train", broken(train=None), "is not written"),
    ("train", broken(train=lambda self, values: None), "does not take (values, splits, run)"),
    ("figures", broken(figures=None), "is not written"),
    ("figures", broken(figures="error"), "has to be a method"),
    ("each", broken(each="error"), "has to be a method"),
    ("views", broken(views=lambda self, ask: ()), "does not take (ask, splits)"),
    ("trivial", broken(trivial=0.1), "has to be a method"),
    ("notes", broken(notes="none"), "has to be a method"),
    ("notes", broken(notes=lambda self: {"judge": object()}), "plain JSON values"),
    ("notes", broken(notes=lambda self: 1 / 0), "ZeroDivisionError"),
    ("notes", broken(notes=lambda self: ["judge"]), "not a dict"),
]


@pytest.mark.parametrize(("clause", "family", "words"), BROKEN)
def test_a_broken_clause_is_named(clause: str, family: Family, words: str) -> None:
    found = check.broken_clauses(family)
    assert {one.clause for one in found} == {clause} and words in found[0].problem


def test_every_clause_has_a_broken_family_and_a_sound_one_none() -> None:
    assert {clause for clause, _, _ in BROKEN} == set(check.DECLARED)
    assert {clause for clause, _, _, _ in BROKEN_TRAININGS} == set(check.TRAINED)
    assert check.broken_clauses(Sound(MNIST)) == []


def test_an_object_that_is_no_family_at_all_is_told_everything() -> None:
    found = {one.clause for one in check.broken_clauses(SimpleNamespace())}
    assert found == set(check.DECLARED) - {"gates", "profiles"}  # which rest on what is missing


@pytest.mark.parametrize(("clause", "family", "words"), BROKEN)
def test_a_run_with_a_broken_family_does_not_start(
    clause: str, family: Family, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(families, "load", lambda _: lambda _: family)
    with pytest.raises(BrokenFamily, match=f"the family 'mine' does not keep .* {clause}: "):
        families.check("mine", {}, MNIST)


ANSWERS = {"serving_default": Signature(lambda examples: {}, [])}
GIVEN = Trained({"val_error": [0.5]}, 3, object(), lambda images, seed: ANSWERS)

BROKEN_TRAININGS: list[tuple[str, Any, Any, str]] = [
    ("trained", {"history": {}}, ANSWERS, "gives a dict"),
    ("history", dataclasses.replace(GIVEN, history={}), ANSWERS, "the objective val_error"),
    ("history", dataclasses.replace(GIVEN, history={"val_error": []}), ANSWERS, "not a list"),
    ("size", dataclasses.replace(GIVEN, size=0), ANSWERS, "0 is not a count"),
    ("signatures", GIVEN, {}, "there is no serving_default"),
    ("signatures", GIVEN, {"serving_default": len}, "is not a Signature"),
    ("keras", None, "it answers otherwise", "answers otherwise"),
    ("figures", None, {"error": 0.0, "errors": [0.0] * 10}, "gives no spread"),
    ("figures", None, {"error": 0.0, "spread": 0.0, "errors": [0.0]}, "has 1 rows"),
    ("figures", None, [0.0], "gives a list"),
    ("each", None, [0.0], "gives a list"),
    ("each", None, {}, "each gives no error, which is compared"),
    ("each", None, {"error": np.zeros((3, 1))}, "error is not one number an Example"),
    ("each", None, {"error": np.ones(3)}, "error is 1 on average, and 0 by figures"),
]


@pytest.mark.parametrize(("clause", "trained", "gave", "words"), BROKEN_TRAININGS)
def test_a_broken_clause_of_a_training_is_named(
    clause: str, trained: Any, gave: Any, words: str
) -> None:
    if clause == "figures":
        found = check.broken_clauses_of_figures(Sound(MNIST), gave)
    elif clause == "keras":
        found = check.broken_clauses_of_saved(gave)
    elif clause == "each":
        figures = Sound(MNIST).figures(None, None)
        found = check.broken_clauses_of_each(Sound(MNIST), 3, gave, figures)
    else:
        found = check.broken_clauses_of_trained(Sound(MNIST), trained, gave)
    assert {one.clause for one in found} == {clause} and words in found[0].problem


@pytest.mark.parametrize("name", ["nonesuch", "transformer.x", "", "__init__", "../families/vae"])
def test_a_family_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(families.UnknownFamily, match="unknown model '.*; choose transformer, "):
        families.load(name)


class Nameless(keras.Model):
    """A model that answers images, and of which Keras can write down nothing."""

    def __init__(self, scale: Callable[[Any], Any]) -> None:
        super().__init__()
        self.scale, self.built = scale, True

    def call(self, images: Any) -> Any:
        return self.scale(images)


class Mute(keras.Model):
    """A model that does not take images."""

    def call(self, images: Any) -> Any:
        raise NotImplementedError("ask encode instead")


def test_a_rehearsal_finds_what_only_a_training_can_show(
    known: Callable[[str], Known], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mnist_dir: Path
) -> None:
    family = known("transformer").family
    images, labels = examples.cut(mnist_dir, 0, 100)
    split = Split(images, labels)
    file = examples.write(tmp_path / "eval.gz", images, labels)
    values = resolve(family.hyperparameters, None, {})

    def rehearse(source: str) -> None:
        rehearsal.rehearse("mine", source, family, values, Splits(split, split), [file])

    trained = known("transformer").trained
    given = [trained]
    monkeypatch.setattr(type(family), "train", lambda *_: given.pop())
    rehearse("whole")
    rehearse("whole")  # once is enough: nothing is left to be given
    given.append(dataclasses.replace(trained, history={"loss": [0.1]}))
    with pytest.raises(BrokenFamily, match="history: the objective val_accuracy is not in"):
        rehearse("without its objective")
    given.append(dataclasses.replace(trained, keras=Mute()))
    with pytest.raises(BrokenFamily, match="keras: called with images.* it fails .*ask encode"):
        rehearse("with a model that takes no images")
    given.append(dataclasses.replace(trained, keras=Nameless(lambda images: images)))
    with pytest.raises(BrokenFamily, match="keras: it cannot be saved and loaded .*modules/netw"):
        rehearse("with a model that Keras does not know")
    given.append(trained)
    monkeypatch.setattr(type(family), "figures", lambda *_: {"auc_macro": 0.5})
    with pytest.raises(BrokenFamily, match="figures: figures gives no precision_macro"):
        rehearse("without its figures")
