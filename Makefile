# Every target sets up what it needs; a second run costs no installation.
#
#   PYTHON=...   the interpreter for .venv (else the first working 3.11 or newer)
#   DB=...       database of the demo: sqlite (default) or postgres
#   PORT=...     port of the demo
#   SCALE=...    size of the data of the bench
#   PART=...     one part of the bench: organizations or row-security
#   JSON=...     file that the bench writes its figures to as well
#   CHART=...    file that the bench draws its picture to, as SVG

SHELL := /bin/bash
DB ?= sqlite
SCALE ?= 0.05
VENV := .venv
BIN := $(VENV)/bin

export PYTHON
# The suites choose their own settings and servers; a shell's must not leak in.
unexport DJANGO_SETTINGS_MODULE PYTHONPATH VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help demo test quick test-slow test-core test-pooler test-browser gallery pictures test-all coverage bench lint format docs clean demo-env dev-env

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: demo-env  ## set up, fill and serve the demo (DB=sqlite or DB=postgres)
	cd demo && ../$(BIN)/python manage.py demo --db $(DB) $(if $(PORT),--port $(PORT))

test: dev-env  ## lint, types, house rules and the suite, on SQLite and PostgreSQL
	@tools/test.sh lint house normal

quick: dev-env  ## the inner loop: lint, and the suite on SQLite alone
	$(BIN)/python -m ruff check .
	ORGKIT_DB=sqlite $(BIN)/python -m pytest -n 2 --ignore tests/house/test_wheel.py
	ORGKIT_DB=sqlite $(BIN)/python -m pytest --ds tests.tenancy.settings tests/tenancy

test-slow: dev-env  ## the big tests: long state machines, 200-round races, large upgrades
	@tools/test.sh slow

test-core: dev-env  ## the suite in a copy without the optional apps, on SQLite
	@tools/without_wings.sh

test-browser: dev-env  ## the pages in a real browser (installs Chromium and Java as root)
	@browser=$$(tools/browser.sh | tail -n 1) && checkers=$$(tools/checkers.sh | tail -n 1) && \
		ORGKIT_CHROMIUM=$$browser ORGKIT_CHECKERS=$$checkers tools/test.sh browser

gallery: dev-env  ## every page in every view as a picture, listed in build/gallery/index.html
	@rm -rf build/gallery
	@browser=$$(tools/browser.sh | tail -n 1) && checkers=$$(tools/checkers.sh | tail -n 1) && \
		ORGKIT_CHROMIUM=$$browser ORGKIT_CHECKERS=$$checkers ORGKIT_GALLERY=build/gallery \
		ORGKIT_DB=sqlite $(BIN)/python -m pytest -m browser tests/browser/test_gallery.py

test-pooler: dev-env  ## scopes and policies behind PgBouncer (installs it as root)
	@pooler=$$(tools/pgbouncer.sh | tail -n 1) && ORGKIT_PGBOUNCER=$$pooler tools/test.sh pooler

pictures: dev-env  ## take the pictures of the README and the documentation anew
	@browser=$$(tools/browser.sh | tail -n 1) && ORGKIT_CHROMIUM=$$browser ORGKIT_KEEP_PICTURES=1 \
		$(BIN)/python -m pytest -m browser tests/browser/test_pictures.py

test-all: dev-env  ## most of the suite on the other supported pairs of Python and Django
	@tools/matrix.sh

coverage: dev-env  ## branch coverage of the suite, on SQLite and PostgreSQL together
	ORGKIT_DB=sqlite $(BIN)/python -m pytest -n 2 --cov --cov-report=
	ORGKIT_DB=postgres $(BIN)/python -m pytest -n 2 --cov --cov-append --cov-report=term-missing:skip-covered

bench: dev-env  ## measure beside the peers and SQL by hand (SCALE=0.05; 1 is 5 million rows)
	SCALE=$(SCALE) $(BIN)/python -m bench $(PART) $(if $(JSON),--json $(JSON)) $(if $(CHART),--chart $(CHART))

lint: dev-env  ## format check, lint, types, missing migrations
	@tools/test.sh lint

catalogues: dev-env  ## put new texts into the catalogues of translations, and compile them
	$(BIN)/python -m tools.catalogues

format: dev-env  ## sort imports and format the code
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

docs: dev-env  ## build the documentation; a warning is an error
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

clean:  ## remove environments, caches and everything that was built
	rm -rf .venv .venv-* .checkers build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

demo-env:
	@tools/venv.sh $(VENV) demo

dev-env:
	@tools/venv.sh $(VENV) dev
