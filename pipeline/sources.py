"""A hash of the code behind a node, so that an edited file re-runs exactly what depends on it.

TFX's cache keys hold a node's inputs and properties, not the source of what it runs.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("pipeline", "components", "modules", "kubeflow")
DATA = (".npz", ".html.j2")  # endings of what a module brings along


def source_files(*modules: str) -> list[Path]:
    """Lists the project's own files that some modules are made of, by following imports.

    Args:
        modules: dotted names, such as `modules.training.trainer`.

    Returns:
        Their files, all that those import, and the data files of the same names, sorted.

    Raises:
        FileNotFoundError: when a module is not in the project.
    """
    found: set[Path] = set()
    waiting = [_path(name) for name in modules]
    if None in waiting:
        raise FileNotFoundError(f"not all of {modules} are modules of the project")
    while waiting:
        path = waiting.pop()
        if path is None or path in found:
            continue
        found.add(path)
        for ending in DATA:
            found.update(path.parent.glob(f"{path.stem}{ending}"))
        waiting.extend(_path(name) for name in _imports(path))
    return sorted(found)


def source_hash(*modules: str) -> str:
    """Hashes the files that some modules are made of.

    Args:
        modules: dotted names, such as `modules.training.trainer`.

    Returns:
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in source_files(*modules):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _path(module: str) -> Path | None:
    """The file of a module of the project; None for anything else."""
    if module.split(".")[0] not in PACKAGES:
        return None
    path = ROOT.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from modules.data import images` names a module; `from ...images import f` does not.
            names.update([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return names
