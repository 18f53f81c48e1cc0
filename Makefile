# Each target does its own set-up: Python 3.11 or newer and make are all that is needed.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test check format bench bench-report soak release

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.run: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV) && $(PY) -m pip install -q --require-hashes -r requirements.lock
	$(PY) -m pip install -q --no-deps -e . && touch $@

$(VENV)/.dev: $(VENV)/.run
	$(PY) -m pip install -q "pip>=25.1" && $(PY) -m pip install -q --group dev && touch $@

run: $(VENV)/.run ## run the proxy, or the where there are no credentials
	@$(PY) -m proxy run

test: $(VENV)/.dev ## run the tests
	@$(PY) -m pytest -q

check: $(VENV)/.dev ## format, lint, types, layers, tests with coverage (what CI runs)
	@$(VENV)/bin/ruff format --check -q . && $(VENV)/bin/ruff check -q . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports
	@$(VENV)/bin/coverage run -m pytest -q && $(VENV)/bin/coverage combine -q && $(VENV)/bin/coverage report

format: $(VENV)/.dev ## put the code into its canonical form
	@$(VENV)/bin/ruff check -q --fix . ; $(VENV)/bin/ruff format -q .

bench: $(VENV)/.run ## measure against the peers, side by side (QUICK=1 for two minutes)
	@$(PY) -m benchmarks $(if $(QUICK),--quick)

bench-report: ## write docs/performance.md from the last measurement
	@$(PY) -m benchmarks report

soak: $(VENV)/.dev ## minutes of mixed load with faults: nothing lost, doubled or leaked
	@$(PY) -m tests.soak

release: $(VENV)/.dev ## sdist, wheel, bill of materials; the wheel tried in an empty environment
	@$(PY) -m pip install -q --group release && $(PY) -m tools.release
