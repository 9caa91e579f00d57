# Two commands do all the set-up, each in a virtual environment of its own.
PYTHON ?= python3
PIP_FLAGS ?= --quiet --disable-pip-version-check

.PHONY: demo test fast lint api bench fuzz check-slides clean

demo: .venv/ready
	.venv/bin/toylab run mode-collapse

test: .venv-test/ready
	.venv-test/bin/python -m pytest

fast: .venv-test/ready
	.venv-test/bin/python -m pytest -m "not slow"

lint: .venv-test/ready
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/pyright --pythonpath .venv-test/bin/python

# Every public name, from the docstrings: api/index.html.
api: .venv-test/ready
	.venv-test/bin/python -W error tests/checks/api.py api

# A hundred times the cases of a test run, not the same ones each time: some two hours.
fuzz: .venv-test/ready
	TOYLAB_FUZZ=100 .venv-test/bin/python -m pytest tests/test_trust.py

# One table of ratios, some twenty minutes; JAX stands in it if it is installed there (pip install jax).
bench: .venv-test/ready
	.venv-test/bin/python tests/bench

# Opens decks in LibreOffice, LuaLaTeX, Marp and Quarto, those that are installed; see docs/slides.md.
check-slides: .venv-test/ready
	.venv-test/bin/python tests/checks/slides.py

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/pip install $(PIP_FLAGS) -c constraints.txt -e .
	touch $@

.venv-test/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-test
	.venv-test/bin/pip install $(PIP_FLAGS) -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf .venv .venv-test dist api
