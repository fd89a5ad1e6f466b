# Everything runs in a virtual environment that the first command makes; it needs Python 3.11 or newer.
VENV ?= .venv
BIN := $(VENV)/bin
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test test-all lint bench fmt golden clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(BIN)/.simulates ## Compile Abilene, run it with traffic and a broken link, draw what happened
	$(BIN)/contrac examples/congestion-aware.ctr topologies/abilene.json -o demo/abilene
	$(BIN)/contra run demo/abilene --for 6s --traffic examples/abilene-traffic.json \
	  --fail KSCY-IPLS@3s..4.5s --picture demo/abilene.svg

test: lint ## Lint, check types, run the tests (the slow ones excepted)
	@$(BIN)/python -m pytest -m 'not slow'

test-all: lint ## All of it, the slow tests too
	@$(BIN)/python -m pytest

lint: $(BIN)/.tested
	$(BIN)/ruff check contra tests bench bmv2-testbed
	$(BIN)/ruff format --check contra tests bench bmv2-testbed
	$(BIN)/mypy

bench: $(BIN)/.tested ## Measure compile times and switch state
	$(BIN)/python -m bench

fmt: $(BIN)/.tested ## Format the code, fix what can be fixed
	$(BIN)/ruff check --fix contra tests bench bmv2-testbed
	$(BIN)/ruff format contra tests bench bmv2-testbed

golden: $(BIN)/.tested ## Write the expected files of the tests anew; read the diff
	$(BIN)/python -m pytest -q --update-golden

clean: ## Remove everything that was made
	rm -rf build demo dist .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------------------------------------------------

$(BIN)/python:
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "making $(VENV) with $$("$$python" --version)"; \
	    "$$python" -m venv "$(VENV)" && exit 0; \
	    echo "cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; \
	  fi; \
	done; \
	echo "Python 3.11 or newer is needed, and none was found on the PATH" >&2; exit 1

$(BIN)/.simulates: pyproject.toml | $(BIN)/python
	@echo "installing contrac and what simulations need into $(VENV)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[sim]'
	@touch $@

$(BIN)/.tested: pyproject.toml | $(BIN)/python
	@echo "installing contrac and its test tools into $(VENV)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[test]'
	@touch $@ $(BIN)/.simulates
