# Two commands do all the set-up, each in a virtual environment of its own.
PYTHON ?= python3
PIP_FLAGS ?= --quiet --disable-pip-version-check

# Two processes of one thread each: a test shares no file, port or cache with another.
PYTEST = OMP_NUM_THREADS=1 .venv-test/bin/python -m pytest -n 2 --dist worksteal

.PHONY: demo test fast lint bench scale fuzz kill test-lowest test-newest audit check-slides clean

demo: .venv/ready
	.venv/bin/toylab run mode-collapse

test: .venv-test/ready
	$(PYTEST) --durations=25

fast: .venv-test/ready
	$(PYTEST) -m "not slow"

lint: .venv-test/ready
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/pyright --pythonpath .venv-test/bin/python

# A hundred times the cases of a test run, not the same ones each time: some two hours.
fuzz: .venv-test/ready
	TOYLAB_FUZZ=100 .venv-test/bin/python -m pytest tests/test_trust.py

bench: .venv-test/ready
	.venv-test/bin/python tests/bench/filming.py
	.venv-test/bin/python tests/bench/training.py

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
	rm -rf .venv .venv-test dist
