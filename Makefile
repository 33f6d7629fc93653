# The commands of the project. `make help` lists them.

ARGS ?=
PYTHON ?=
export PYTHON

python := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup run test test-all bench lint lock sdist clean clean-all

help: ## list these targets
	@printf 'make TARGET [ARGS="..."] [PYTHON=python3.11]\n\n'
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(firstword $(MAKEFILE_LIST)) | \
	  while IFS='|' read -r target text; do printf '  %-10s %s\n' "$$target" "$$text"; done
	@printf '\nmake ends with 2 whenever a run is not pushed, and names its exit code as "Error 3" (refused),\n'
	@printf '"Error 1" (failed) or "Error 2" (bad input). For the code itself: $(python) local_runner.py\n'

setup: ## make .venv from requirements.lock; PYTHON names the interpreter (default: python3)
	@scripts/setup.sh

run: setup ## run the pipeline; ARGS="--profile smoke" and so on go to local_runner.py
	@$(python) local_runner.py $(ARGS)

test: setup ## run the tests, but for those that take minutes each
	@$(python) -m pytest -m "not slow" $(ARGS)

test-all: setup ## run all tests
	@$(python) -m pytest $(ARGS)

bench: setup ## compare training speed with a tutorial's loops
	@$(python) scripts/benchmark.py $(ARGS)

lint: setup ## check style and types
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .
	@$(python) -m mypy

lock: ## make requirements.lock anew from pyproject.toml
	@scripts/lock.sh $(ARGS)

sdist: setup ## build the packages as a source distribution, dist/triptych-VERSION.tar.gz
	@$(python) setup.py -q sdist

clean: ## delete caches and what was built; .venv and output stay
	@rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	@find pipeline components modules kubeflow tests scripts -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

clean-all: clean ## delete also the environment (.venv, .uv) and all results (output)
	@rm -rf .venv .uv output uv.lock
