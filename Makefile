# Each target does its own set-up: Python 3.11 or newer and make are all that is needed.
PYTHON ?= $(or $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done),python3)
VENV := .venv
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' proxy/__init__.py)
SOURCE ?= $(shell sed -n 's/^Repository = "\(.*\)"/\1/p' pyproject.toml)
PY := $(VENV)/bin/python
# What goes into packages: the distribution's own Python, which it keeps secure, if it is new enough.
PACKAGED ?= $(shell /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo /usr/bin/python3)

.DEFAULT_GOAL := help
.PHONY: help run test check format image bench bench-report packages release

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

# The virtual environment works at the place where it was made, with the Python that made it: else it is made again.
ifneq ($(shell test -x $(PY) && cat $(VENV)/.run 2>/dev/null),$(CURDIR))
.PHONY: $(VENV)/.run
endif

$(VENV)/.run: requirements.lock requirements-keyring.lock tools/setup.py
	@$(PYTHON) -c 'import sys' 2>/dev/null || { echo "not set up: $(PYTHON) does not start;" \
	  "Python 3.11 or newer is needed: install it, or name it: make PYTHON=/FOLDER/python3.13" >&2; exit 1; }
	@$(PYTHON) tools/setup.py run

$(VENV)/.dev: $(VENV)/.run requirements-postgres.lock locks/build.lock locks/dev.lock
	@$(PY) tools/setup.py dev && touch $@

run: $(VENV)/.run ## run the proxy; without credentials, the demo
	@$(PY) -m proxy run

# Who has told Python to write no bytecode would have each test's Python compile all it imports; and
# who has told it to leave out assertions, tests that hold always.
test: $(VENV)/.dev ## run the tests (ARGS="tests/program/test_guard.py -x" for some)
	@PYTHONDONTWRITEBYTECODE= PYTHONOPTIMIZE= $(PY) $(if $(COVER),-m coverage run) -m pytest -p tests.scratch -q -n auto \
	  --dist loadfile --no-loadscope-reorder $(if $(COVER),--thorough) $(ARGS)

check: $(VENV)/.dev ## format, lint, types, layers, tests with coverage: what CI runs
	@$(VENV)/bin/ruff format --check -q . && $(VENV)/bin/ruff check -q . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports
	@$(MAKE) -s test COVER=1 && $(PY) -m coverage combine -q && $(PY) -m coverage report

format: $(VENV)/.dev ## put the code into its canonical form
	@$(VENV)/bin/ruff check -q --fix . ; $(VENV)/bin/ruff format -q . && $(PY) -m tools.config_example && $(PY) -m tools.chart \
	  && $(PY) -m tools.address && $(PY) -m tools.completion

image: ## build the container images breb-proxy and breb-simulator, with docker or else podman
	@VERSION=$(VERSION) SOURCE=$(SOURCE) BASE=$(BASE) sh docker/image/make.sh

bench: $(VENV)/.dev ## measure against the peers, side by side (QUICK=1 for two minutes)
	@$(PY) -m benchmarks $(if $(QUICK),--quick)

bench-report: $(VENV)/.dev ## write docs/performance.md from the last measurement
	@$(PY) -m benchmarks report

packages: $(VENV)/.run ## .deb, .rpm and .tar.gz for Linux machines without Python; .msi and .zip for Windows
	@$(PY) tools/setup.py packages && $(PY) -m tools.packages $(PACKAGED) && $(PY) -m tools.windows_package $(WINDOWS_PYTHON)

release: $(VENV)/.dev ## sdist, wheel, bill of materials; the wheel tried in an empty environment
	@$(PY) tools/setup.py release && $(PY) -m tools.release
