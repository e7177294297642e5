# make setup   virtual environment, packages, compiled llama.cpp, default model
# make demo    setup, then the main job once on the seeds' scenes
# make run     setup, then the Telegram bot; the same bot on a chat page of this machine when no token is set
# make test    everything the tests need, then lint and tests
# make lint    ruff, mypy, import rules, the container file
# make bench   the measurements
# make conformance  the bot against a Bot API emulator by other people (needs node and npm)
# make clean   removes what make made here; models stay in their cache
#
# PYTHON=python3.12 chooses the interpreter; HYPERBRIDGE_BACKEND=cuda (metal, vulkan) the accelerator.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# pip shows its bars to a person and only errors to a log.
QUIET := $(shell [ -t 2 ] || echo -qq)
PIP := $(BIN)/python -m pip install --disable-pip-version-check
pinned = $(shell sed -n 's/^ *"\($(1)==[^";]*\)".*/\1/p' pyproject.toml)

.PHONY: setup demo run test lint bench conformance clean compile packages
.DELETE_ON_ERROR:

setup: packages
	@echo "Model: the default one (1.1 GB at the first time)"
	@$(BIN)/hyperbridge models pull

demo: setup
	@$(BIN)/hyperbridge demo

run: setup
	@$(BIN)/hyperbridge bot --or-sandbox

test: packages
	@echo "Model: the small one for tests (98 MB at the first time)"
	@$(BIN)/hyperbridge models pull smollm2-135m
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

lint: packages
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@if [ -x $(BIN)/hadolint ]; then $(BIN)/hadolint deploy/Containerfile; fi

bench: setup
	@$(BIN)/python -m tests.bench

conformance: packages
	@npm install --silent --no-audit --no-fund --prefix $(VENV)/node telegram-test-api@4.2.1
	@$(BIN)/hyperbridge models pull smollm2-135m
	@$(BIN)/python -m pytest tests/bot/test_conformance.py

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What follows is called by the targets above.

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "HyperBridge needs Python 3.11 or newer: install it and say which, for example make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 2; }
	@echo "Virtual environment: $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "python -m venv failed: install it (Debian, Ubuntu: apt install python3-venv) and run make again" >&2; exit 2; }

# Torch first and alone, so that no other package pulls another build of it.
$(VENV)/.torch: pyproject.toml | $(BIN)/python
	@echo "Packages: $(call pinned,rich), $(call pinned,torch)"
	@$(PIP) -qq "$(call pinned,rich)"
	@$(PIP) $(QUIET) "$(call pinned,torch)"
	@touch $@

compile: $(VENV)/.torch
	@$(BIN)/python -m models.build

$(VENV)/.packages: pyproject.toml | compile
	@echo "Packages: the rest"
	@$(PIP) $(QUIET) -e '.[dev]'
	@touch $@

packages: $(VENV)/.packages
