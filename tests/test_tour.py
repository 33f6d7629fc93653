"""The notebook that goes through a run of each family: it is sound, and its cells work."""

import ast
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from modules import families
from tests import runs, tour
from tests.conftest import PROJECT

FILE = PROJECT / "docs" / "tour.ipynb"


def tour_of(output: Path, *first: str) -> list[nbformat.NotebookNode]:
    """Executes the notebook as if it lay in its folder, and returns its cells.

    Args:
        output: the folder for its runs.
        first: code to begin with.
    """
    notebook = nbformat.read(FILE, as_version=4)
    notebook.cells = [
        *map(new_code_cell, first),
        *notebook.cells,
    ]
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("TOUR_OUTPUT", str(output))
        patch.setenv("PYTHONPATH", str(PROJECT))  # of what `first` imports
        for name in ("JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(name, folder)
        # By sockets that are files: of two kernels that choose a free port, both may find the same.
        kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")
        place = {"metadata": {"path": str(FILE.parent)}}
        NotebookClient(notebook, kernel, timeout=1200, resources=place).execute(cleanup_kc=True)
    return notebook.cells


def shown_by(cells: Iterable[nbformat.NotebookNode], name: str) -> str:
    """What a cell shows, as text."""
    [cell] = [cell for cell in cells if cell.id == name]
    return "".join(
        output.text if "text" in output else output.data["text/plain"] for output in cell.outputs
    )


def test_it_is_a_sound_notebook_without_outputs() -> None:
    notebook = nbformat.read(FILE, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids) and all(not name.isdigit() for name in ids)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not [cell.id for cell in code if cell.outputs or cell.execution_count is not None]
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(cell.source.strip() for cell in notebook.cells)


def test_it_goes_through_every_family() -> None:
    notebook = nbformat.read(FILE, as_version=4)
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "run"
    ]
    given = [{word.arg: ast.unparse(word.value) for word in call.keywords} for call in calls]
    whole = {ast.literal_eval(words["model"]): words for words in given if "profile" in words}
    assert list(whole) == ["transformer", "vae", "gan"] and {*whole} <= {*families.names()}
    assert {words["profile"] for words in whole.values()} == {"'smoke'"}


def test_its_cells_show_what_they_say(smoke_run: Callable[[str], runs.Run], tmp_path: Path) -> None:
    output = tour.merged(smoke_run, tmp_path / "output")
    check(tour_of(output, tour.RUN_ALREADY))


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_it_runs_the_families(tmp_path: Path) -> None:
    cells = tour_of(tmp_path / "output")
    check(cells)
    assert "Trainer" in shown_by(cells, "run-vae")


def check(cells: Iterable[nbformat.NotebookNode]) -> None:
    """Looks at what the cells of an executed notebook show."""
    assert shown_by(cells, "run-transformer").endswith("%)")
    assert "label=8" in shown_by(cells, "show-slices")
    assert "actual" in shown_by(cells, "show-confusion")
    [plot] = [cell for cell in cells if cell.id == "show-history"]
    assert any("image/png" in output.data for output in plot.outputs)
    assert "class" in shown_by(cells, "predict")
    assert "not float64" in shown_by(cells, "predict-wrong")
    assert "takes no image" in shown_by(cells, "vae-confusion")
    assert "pushed" in shown_by(cells, "results")
    assert "did you mean training.epochs?" in shown_by(cells, "bad-input")
