# Each target does its own set-up: Python 3.11 or newer and make are all that is needed.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
VENV := .venv
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# A virtual environment has no place for what a user's pip is set to install beside it.
export PIP_USER := 0
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' proxy/__init__.py)
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
CLEAR := --clear
endif

$(VENV)/.run: pyproject.toml requirements.lock requirements-keyring.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it: make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(CLEAR) $(VENV) && $(PY) -m pip install -q --require-hashes -r requirements.lock
	$(PY) -m pip install -q --only-binary :all: --require-hashes -r requirements-keyring.lock \
	  || echo "without the keychain, then: breb-proxy login will offer .env" >&2
	$(PY) -m pip install -q --no-deps -e . && pwd -P >$@

$(VENV)/.dev: $(VENV)/.run
	$(PY) -m pip install -q "pip>=25.1" && $(PY) -m pip install -q --group dev && touch $@

run: $(VENV)/.run ## run the proxy; without credentials, the demo
	@$(PY) -m proxy run

# Who has told Python to write no bytecode would have each test's Python compile all it imports.
test: $(VENV)/.dev ## run the tests (ARGS="tests/program/test_guard.py -x" for some)
	@PYTHONDONTWRITEBYTECODE= $(PY) $(if $(COVER),-m coverage run) -m pytest -q -n auto \
	  --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.dev ## format, lint, types, layers, tests with coverage: what CI runs
	@$(VENV)/bin/ruff format --check -q . && $(VENV)/bin/ruff check -q . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports
	@$(MAKE) -s test COVER=1 && $(PY) -m coverage combine -q && $(PY) -m coverage report

format: $(VENV)/.dev ## put the code into its canonical form
	@$(VENV)/bin/ruff check -q --fix . ; $(VENV)/bin/ruff format -q . && $(PY) -m tools.config_example && $(PY) -m tools.chart

image: ## build the container images breb-proxy and breb-simulator, with docker or else podman
	@engine=$$(command -v docker || command -v podman) || { echo "docker or podman is needed" >&2; exit 1; }; \
	about="--build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD 2>/dev/null) \
	  --build-arg SOURCE=$(SOURCE) --build-arg CREATED=$$(git log -1 --format=%cI 2>/dev/null)"; \
	BUILDAH_FORMAT=docker $$engine build -t breb-proxy -t breb-proxy:$(VERSION) $$about . && \
	BUILDAH_FORMAT=docker $$engine build --target sandbox -t breb-simulator:$(VERSION) $$about .

bench: $(VENV)/.dev ## measure against the peers, side by side (QUICK=1 for two minutes)
	@$(PY) -m benchmarks $(if $(QUICK),--quick)

bench-report: $(VENV)/.dev ## write docs/performance.md from the last measurement
	@$(PY) -m benchmarks report

packages: $(VENV)/.run ## .deb, .rpm and .tar.gz for Linux machines without Python
	@$(PY) -m pip install -q "pip>=25.1" && $(PY) -m pip install -q --group packages
	@$(PY) -m tools.packages $(PACKAGED)

release: $(VENV)/.dev ## sdist, wheel, bill of materials; the wheel tried in an empty environment
	@$(PY) -m pip install -q --group release && $(PY) -m tools.release
