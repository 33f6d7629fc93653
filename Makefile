# The commands of the project. `make help` lists them.

ARGS ?=
PYTHON ?=
export PYTHON
MODEL ?=
PROFILE ?=
OUTPUT ?= output
FILES ?=

python := .venv/bin/python
kfp_python := .venv-kubeflow/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup setup-kubeflow run ask test test-all test-crash tensorboard bench compare-tuners kubeflow kubeflow-local image test-image lint lock sdist \
  clean clean-all

help: ## list these targets
	@printf 'make TARGET [ARGS="..."] [PYTHON=python3.11]\n\n'
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(firstword $(MAKEFILE_LIST)) | \
	  while IFS='|' read -r target text; do printf '  %-15s %s\n' "$$target" "$$text"; done
	@printf '\nmake ends with 2 whenever a run is not pushed, and names its exit code as "Error 3" (refused),\n'
	@printf '"Error 1" (failed) or "Error 2" (bad input). For the code itself: $(python) local_runner.py\n'

setup: ## make .venv from requirements.lock; PYTHON names the interpreter (default: python3)
	@scripts/setup.sh

setup-kubeflow: ## make .venv-kubeflow, the environment that compiles for Kubeflow and submits to it
	@scripts/setup.sh kubeflow

run: setup ## run the pipeline; ARGS="--profile smoke" and so on go to local_runner.py
	@$(python) local_runner.py $(ARGS)

ask: setup ## ask the pushed model about FILES="a.png b.png"; OUTPUT=..., and options in ARGS
	@$(python) -m components.ask $(OUTPUT) $(FILES) $(ARGS)

test: setup setup-kubeflow ## run the tests, but for those that are marked slow
	@scripts/test.sh -m "not slow" $(ARGS)

test-all: setup setup-kubeflow ## run all tests
	@scripts/test.sh $(ARGS)

test-crash: setup ## stop small runs at every durable step, resume and compare; ARGS="--node Pusher" chooses
	@$(python) -m tests.crash $(ARGS)

tensorboard: setup ## open TensorBoard on the newest run of OUTPUT=output; MODEL=, ARGS="--run RUN" choose another
	@$(python) scripts/board.py "$(or $(OUTPUT),output)" $(if $(MODEL),--model $(MODEL)) $(ARGS)

bench: setup ## compare training speed with a tutorial's loops
	@$(python) scripts/benchmark.py $(ARGS)

compare-tuners: setup ## replay every search on recorded learning curves; writes docs/results.md's table and picture
	@$(python) scripts/compare_tuners.py $(ARGS)

kubeflow: setup setup-kubeflow ## compile for Kubeflow; MODEL=..., PROFILE=..., and options in ARGS
	@$(kfp_python) kubeflow/compile.py $(if $(MODEL),--model $(MODEL)) $(if $(PROFILE),--profile $(PROFILE)) $(ARGS)

kubeflow-local: ## compile (PROFILE=smoke, if not told), execute here, and compare with local_runner.py
	@$(MAKE) --no-print-directory kubeflow PROFILE=$(or $(PROFILE),smoke)
	@$(kfp_python) kubeflow/run_local.py build/kubeflow/triptych-$(or $(MODEL),transformer)-$(or $(PROFILE),smoke).yaml

image: ## build the pods' image; CONTAINER_ENGINE=, BASE_IMAGE=, IMAGE= and TARGET=cpu|gpu choose
	@scripts/image.sh $(ARGS)

test-image: setup setup-kubeflow ## run the compiled smoke pipeline's commands in the image, as a pod would
	@$(kfp_python) kubeflow/compile.py --profile smoke --to build/kubeflow/in-image.yaml \
	  --metadata-store /mnt/triptych/metadata.sqlite $(if $(IMAGE),--image $(IMAGE)) $(ARGS)
	@$(kfp_python) scripts/run_in_image.py build/kubeflow/in-image.yaml --volume build/kubeflow/in-image

lint: setup ## check style, types and which way imports go
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .
	@$(python) -m mypy
	@.venv/bin/lint-imports --no-logo --no-cache

lock: ## make requirements.lock anew from pyproject.toml
	@scripts/lock.sh $(ARGS)

sdist: setup ## build the packages as a source distribution, dist/triptych-VERSION.tar.gz
	@$(python) setup.py -q sdist

clean: ## delete caches and what was built; .venv and output stay
	@rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	@find pipeline components modules kubeflow tests scripts -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

clean-all: clean ## delete also the environments (.venv, .venv-kubeflow, .uv) and all results (output)
	@rm -rf .venv .venv-kubeflow .uv output uv.lock kubeflow/deploy/uv.lock
