# Two commands do all the set-up, each in a virtual environment of its own.
PYTHON ?= python3
PIP_FLAGS ?= --quiet --disable-pip-version-check

# Processes of one thread each, one more than the two cores of a small machine, for a quarter of the time is waiting
# for browsers and processes: a test shares no file, port or cache with another.
PYTEST = OMP_NUM_THREADS=1 .venv-test/bin/python -m pytest -n 3 --dist worksteal

# Where a user's hands are tried: the wheel and what it asks for, nothing of ours, outside the checkout. In the
# second stand all extras and a kernel for notebooks, over the first. In the third another Python, if one is at
# hand, without torch: films of traces need none, and most Pythons here have no small build of it.
USER_PYTHON ?= $(PYTHON)
OTHER_PYTHON ?= $(shell sh tests/user/other-python.sh $(PYTHON))

.PHONY: demo test user fast lint docs measure site chinese-films api bench scale fuzz fuzz-guided kill test-lowest test-newest audit tapes live-counts check-slides clean

demo: .venv/ready
	.venv/bin/toylab run mode-collapse

test: .venv-test/ready user
	$(PYTEST) --durations=25

fast: .venv-test/ready
	$(PYTEST) -m "not slow"

lint: .venv-test/ready
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/pyright --pythonpath .venv-test/bin/python

# Documents, of what is there now: tables, numbers in texts, figures, the gallery's pages; films only where one is
# missing, so that half a minute does when nothing has changed.
docs: .venv-test/ready
	.venv-test/bin/python -m docs.make.reference
	.venv-test/bin/python -m docs.make.papers
	.venv-test/bin/python -m docs.make.course
	.venv-test/bin/python -m docs.make.live_counts
	.venv-test/bin/python -m docs.make.gallery

# Trainings that documents tell of, once more: minutes for the course, far longer for the papers, whose numbers are
# kept where `toylab check` keeps its own.
measure: .venv-test/ready
	.venv-test/bin/python -m docs.make.course --measure
	.venv-test/bin/python -m docs.make.papers --measure 64

# Course, gallery, lab and reference as pages for any web server, a disk or a stick: site/index.html.
site: .venv-test/ready
	.venv-test/bin/python -m docs.make.site site

# All films in Chinese, for a site: the repository keeps those of the course, this trains the others, some half an
# hour on two cores. `make site` takes what is there.
chinese-films: .venv-test/ready
	.venv-test/bin/python -m docs.make.gallery --chinese

# Every public name, from the docstrings: api/index.html.
api: .venv-test/ready
	.venv-test/bin/python -W error -m docs.make.api api

# A hundred times the cases of a test run, not the same ones each time: some two hours.
fuzz: .venv-test/ready
	TOYLAB_FUZZ=100 .venv-test/bin/python -m pytest tests/test_trust.py

# The same doors by a fuzzer that follows the code, in an environment of its own: ten minutes a door.
fuzz-guided:
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/pip install $(PIP_FLAGS) -c constraints.txt -e . atheris
	.venv-fuzz/bin/python tests/checks/guided.py

# Two hundred kills at random moments, of five commands: some half an hour.
kill: .venv-test/ready
	TOYLAB_FUZZ=20 .venv-test/bin/python -m pytest tests/test_stops.py -k killed

# Time and memory at n, 2 n and 4 n steps, seeds, frames and points.
scale: .venv-test/ready
	OMP_NUM_THREADS=1 .venv-test/bin/python tests/bench/scale.py

# The oldest versions that pyproject.toml allows, and the newest there are; each in an environment of its own.
# torch stays as it was tested: other builds of it bring CUDA. TESTS= runs the slow tests too.
TESTS ?= -m "not slow"
test-lowest:
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/pip install $(PIP_FLAGS) -c constraints-lowest.txt -e ".[dev]"
	OMP_NUM_THREADS=1 .venv-lowest/bin/python -m pytest -n 2 --dist worksteal $(TESTS)

test-newest:
	$(PYTHON) -m venv .venv-newest
	.venv-newest/bin/pip install $(PIP_FLAGS) --upgrade "torch==2.13.0" -e ".[dev]"
	OMP_NUM_THREADS=1 .venv-newest/bin/python -m pytest -n 2 --dist worksteal $(TESTS)

# Known faults in the pinned versions; asks PyPI's advisories.
audit:
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install $(PIP_FLAGS) pip-audit
	.venv-audit/bin/pip-audit --no-deps --disable-pip -r constraints.txt

# One table of ratios, some twenty minutes; JAX stands in it if it is installed there (pip install jax).
bench: .venv-test/ready
	.venv-test/bin/python tests/bench

# How near the page that trains comes to Python on Python's draws, game by game.
tapes: .venv-test/ready
	.venv-test/bin/python tests/checks/tapes.py

# Claims counted over 32 seeds of the page's own, in Chromium: hours on two cores. Then `make docs`.
live-counts: .venv-test/ready
	.venv-test/bin/python tests/checks/live_counts.py 32

# Opens decks in LibreOffice, LuaLaTeX, Marp and Quarto, those that are installed; see docs/slides.md.
check-slides: .venv-test/ready
	.venv-test/bin/python tests/checks/slides.py

# Before pip: an old one fetches much before it looks at requires-python.
NEW_ENOUGH = $(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("toylab needs Python 3.11 or \
later; $(PYTHON) is %d.%d. If there is another: make PYTHON=python3.11 $(MAKECMDGOALS)" % sys.version_info[:2])'

.venv/ready: pyproject.toml constraints.txt
	@$(NEW_ENOUGH)
	$(PYTHON) -m venv .venv
	.venv/bin/pip install $(PIP_FLAGS) -c constraints.txt -e .
	touch $@

# The wheel is made anew each time; what it asks for only where that has changed.
user: .venv-test/ready .venv-user/ready
	rm -rf dist/user
	.venv-test/bin/python -m hatchling build -t wheel -d dist/user > /dev/null
	.venv-user/bin/pip install $(PIP_FLAGS) --no-deps --force-reinstall dist/user/*.whl
	.venv-user-full/bin/python -c "import toylab, ipykernel, av, pptx"
	test ! -d .venv-other || .venv-other/bin/pip install $(PIP_FLAGS) --no-deps --force-reinstall dist/user/*.whl

.venv-user/ready: pyproject.toml constraints.txt tests/user/environments.py | .venv-test/ready
	.venv-test/bin/python tests/user/environments.py "$(USER_PYTHON)" "$(OTHER_PYTHON)"
	touch $@

.venv-test/ready: pyproject.toml constraints.txt
	@$(NEW_ENOUGH)
	$(PYTHON) -m venv .venv-test
	.venv-test/bin/pip install $(PIP_FLAGS) -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf .venv .venv-test .venv-user .venv-user-full .venv-other .venv-lowest .venv-newest .venv-audit .venv-fuzz fuzz-findings dist api site
