"""Finds a judge for a generator's data, and refuses data that no judge can read."""

from pathlib import Path

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import io_utils

from components.gates import AT_LEAST, Failure, Refusal, write_record
from modules.data.dataset import from_text
from modules.data.images import list_files, load_split
from modules.metrics.judge import shipped
from modules.training import unfinished
from modules.training.judge import folder_of
from modules.training.judge_training import fits, trained_or_kept
from modules.util.files import digest, digest_files

JUDGE = "Judge"
SEED = 1  # of every judge: what different ones have read cannot be compared


@component
def Judge(
    examples: InputArtifact[standard_artifacts.Examples],
    judge: OutputArtifact[standard_artifacts.Model],
    dataset: Parameter[str],
    least: Parameter[float],
    seed: Parameter[int],
    source: Parameter[str],
) -> None:
    """Keeps the shipped judge where it reads the data, else trains one.

    What it says is recorded beside the judge or, since a node that fails leaves no artifact of its
    own, beside the Examples. A judge that is refused is kept among unfinished work, so that asking
    again costs no training.

    Args:
        examples: with the splits `train`, to learn from, and `eval`, to measure it on.
        judge: the folder of its serving model is what modules.metrics.judge.load reads.
        dataset: what the data say they are, as JSON.
        least: the part of the eval split that it has to read right.
        seed: of a training.
        source: a hash of this component's code, so that its change is noticed.

    Raises:
        Refusal: it reads the eval split worse.
    """
    kind = from_text(dataset)
    patterns = {
        split: io_utils.all_files_pattern(artifact_utils.get_split_uri([examples], split))
        for split in ("train", "eval")
    }
    held_out = load_split(patterns["eval"], kind.side)
    found = fits(shipped(), held_out, kind.classes, least)
    kept, work = found is not None, None
    if found is None:
        read = [digest_files(list_files(pattern)) for pattern in patterns.values()]
        name = digest([kind.side, kind.classes, seed, source, read])
        work = unfinished.folder("judge", Path(judge.uri)) / f"judge-{name}"
        train = load_split(patterns["train"], kind.side)
        found = trained_or_kept(train, held_out, kind.classes, seed, work)
    if found.accuracy < least:
        failure = Failure(
            *(JUDGE, "judge accuracy", "eval", found.accuracy, AT_LEAST, least),
            examples=len(held_out.images),
        )
        write_record(examples.uri, JUDGE, [failure])
        raise Refusal([failure])
    found.save(folder_of(judge))
    write_record(judge.uri, JUDGE, [])
    judge.set_string_custom_property("fingerprint", found.fingerprint)
    judge.set_float_custom_property("accuracy", found.accuracy)
    judge.set_int_custom_property("kept", int(kept))
    if work:
        unfinished.finished(work)
