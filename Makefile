.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9

.PHONY: help setup up demo test check format bench texts screens lock clean

help: ## list what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

.venv/done: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv || { apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv .venv; }
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

admin_web/static/vendor: admin_web/package-lock.json admin_web/vendor.mjs
	cd admin_web && npm ci --silent --no-audit --no-fund && node vendor.mjs && touch static/vendor \
		|| echo "The front-end packages could not be fetched; the panel works without them, plainer."

/usr/bin/chromium:
	@echo "The browser tests want Debian's chromium; installing it."
	apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core \
		|| echo "It cannot be installed here; the browser tests will skip, saying so."

setup: .venv/done admin_web/static/vendor ## a .venv with everything, and the panel's front-end files

up: setup ## run Usher: API, panel, worker and bot, with an embedded database
	$(BIN)/usher up

demo: setup ## run Usher with a simulated camera and a chat page; needs no account
	$(BIN)/usher demo

format: setup ## format the code
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

check: setup ## format, lint, types, imports, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

test: setup /usr/bin/chromium ## the whole test suite, on a real mongod, the real models and a real browser
	$(BIN)/pytest --numprocesses auto --dist loadfile

bench: setup ## how fast it is on this machine
	$(BIN)/usher bench all

texts: setup ## bring the catalogues of the chat's texts up to date with the code
	$(BIN)/python -m bot.catalogues

screens: setup /usr/bin/chromium ## the pictures of the chat and the panel that the documents show
	$(BIN)/pytest --quiet tests/bot/test_screens.py tests/admin_web/test_screens.py --screens docs/images

lock: setup ## resolve the dependencies anew
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet --output-file requirements.lock

clean: ## remove the virtual environment and caches
	rm -rf .venv admin_web/node_modules admin_web/static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
