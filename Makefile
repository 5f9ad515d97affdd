# Everything lives inside the checkout: the environment is .venv, what it installs is constraints.txt, and .cache is
# for what is otherwise left in the home directory and in the folder for temporary files.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
TEMPORARY := .cache/tmp
MERMAID := tests/mermaid/node_modules/.ready

export TMPDIR := $(CURDIR)/$(TEMPORARY)
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export NPM_CONFIG_CACHE := $(CURDIR)/.cache/npm
export UV_CACHE_DIR := $(CURDIR)/.cache/uv

.PHONY: help setup demo bench test test-lowest check format lock clean dist

help:            ## list these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/ -/'

setup: $(READY) | $(TEMPORARY)  ## create .venv from constraints.txt

$(TEMPORARY):
	@mkdir -p $@

$(READY): constraints.txt pyproject.toml | $(TEMPORARY)
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(MERMAID): tests/mermaid/package.json
	@rm -rf $(@D)
	@cd tests/mermaid && npm install --silent --no-package-lock --no-audit --no-fund --ignore-scripts --fetch-retries=0 \
		&& touch $(notdir $(@D))/.ready || echo "Mermaid cannot be installed: the tests that need it are skipped."

demo: setup      ## show the whole story on a pretend AWS, on this machine
	@$(BIN)/orgkit demo

test: setup $(MERMAID)  ## run the tests
	$(BIN)/python -m pytest -n auto

test-lowest: $(MERMAID) | $(TEMPORARY)  ## run the tests with the lowest version of every dependency that pyproject.toml allows
	$(PYTHON) -m venv --clear .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet uv
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct \
		--editable '.[sandbox,login]' --group test
	.venv-lowest/bin/python -m pytest -n auto -m "not locked"

bench: setup     ## count calls and seconds, beside the least possible and other tools: benchmarks/README.md
	$(BIN)/python benchmarks/bench.py

check: setup     ## check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup    ## format the code, and correct what lint can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

dist: setup      ## build sdist, wheel and what an offline machine needs to install it: CONTRIBUTING.md
	rm -rf dist
	$(BIN)/python -m build --no-isolation
	$(BIN)/twine check --strict dist/*
	$(BIN)/python .ci/release.py dist
	$(BIN)/python -m pip download --quiet --require-hashes --only-binary :all: --find-links dist --dest dist/wheels \
		-r dist/requirements-login.txt
	$(PYTHON) -m venv --clear $(TEMPORARY)/offline
	$(TEMPORARY)/offline/bin/python -m pip install --quiet --no-index --find-links dist/wheels --require-hashes \
		-r dist/requirements-login.txt
	$(TEMPORARY)/offline/bin/orgkit --version

lock: setup      ## choose versions again and write constraints.txt
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-annotate --no-header --extra sandbox --extra login --group dev \
		--output-file constraints.txt pyproject.toml
	rm -rf .venv-lock

clean:           ## remove everything that make created
	rm -rf .venv .venv-lock .venv-lowest .cache dist build tests/mermaid/node_modules benchmarks/.peers .mypy_cache .pytest_cache .ruff_cache .hypothesis
