"""Imports that import-linter (pyproject.toml) cannot see, because local_runner.py is no package."""

import ast
from pathlib import Path


def test_the_local_front_door_needs_nothing_of_the_cluster(project: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse((project / "local_runner.py").read_text())):
        if isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
        elif isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
    assert "pipeline" in imported and "kubeflow" not in imported
