PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
INSTALLED := .venv/.installed
OLDEST := .venv-oldest/.installed
DOCS_INSTALLED := .venv/.docs-installed
AVX2_TESTS := tests/modules tests/losses tests/training/test_device.py \
	tests/estimators/test_inputs.py tests/estimators/test_precision.py \
	tests/persistence/test_round_trip.py

.DEFAULT_GOAL := help
.PHONY: help .venv demo test test-slow test-avx2 test-oldest bench docs lint clean

help: ## List the targets
	@awk -F ':.*## ' '/^[.a-z0-9-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv: $(INSTALLED) ## Create the virtual environment with the pinned dependencies

$(INSTALLED): pyproject.toml constraints.txt
	@echo "Installing the pinned dependencies into .venv (minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

demo: $(INSTALLED) ## Find ten digits from two coarse labels: a table, a picture, a report
	$(BIN)/python -m examples.demo

# One thread per worker, so that the workers do not fight for the cores.
test: $(INSTALLED) ## Run the test suite
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

test-slow: $(INSTALLED) ## Run the tests marked slow
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m slow

# The tests that touch bfloat16 or last digits, as on a CPU without AVX512.
test-avx2: $(INSTALLED) ## Run the tests that depend on the instruction set, on AVX2
	ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 OMP_NUM_THREADS=1 \
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(AVX2_TESTS)

test-oldest: $(OLDEST) ## Run the test suite on the oldest supported dependencies
	OMP_NUM_THREADS=1 .venv-oldest/bin/python -m pytest -q -n $(WORKERS) --dist worksteal

$(OLDEST): pyproject.toml constraints-oldest.txt
	@echo "Installing the oldest supported dependencies into .venv-oldest (minutes the first time)"
	@test -x .venv-oldest/bin/python || $(PYTHON) -m venv .venv-oldest
	@.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-oldest.txt -e ".[dev]"
	@touch $@

bench: $(INSTALLED) ## Run the benchmarks; BENCH=--quick takes less than 3 minutes
	$(BIN)/python -m examples.studies.benchmarks $(BENCH)

$(DOCS_INSTALLED): $(INSTALLED)
	@echo "Installing what builds the documentation into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	@touch $@

docs: $(DOCS_INSTALLED) ## Build the documentation: docs/_build/html/index.html
	OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -W --keep-going -q docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

lint: $(INSTALLED) ## Check style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean: ## Remove the virtual environment, caches and build outputs
	rm -rf .venv .venv-oldest .data build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf docs/_build docs/api docs/gallery
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
