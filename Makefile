# `make` alone lists the targets. Every target sets up what it needs by itself.
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.8
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# Two stamps: what runs, and what tests and checks need beside it.
.venv/run.stamp: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Dambo needs Python 3.11, 3.12 or 3.13; say which: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip -q install --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $@

.PHONY: setup
setup: .venv/dev.stamp ## install everything into .venv

.PHONY: demo
demo: .venv/run.stamp ## the main job on embedded defaults: three deliveries, three decisions
	@$(BIN)/dambo demo

.PHONY: up
up: .venv/run.stamp ## serve Airflow with Dambo's pages on loopback until Ctrl-C
	@$(BIN)/dambo up

.PHONY: check
check: .venv/dev.stamp ## lint, types, imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: test
test: .venv/dev.stamp ## the tests
	@$(BIN)/pytest -n 2

.PHONY: test-services
test-services: .venv/dev.stamp ## the tests with real servers: Ceph radosgw, PostgreSQL, Redis, Airflow with two workers (installs them if root)
	@tests/integration/services/install.sh
	@$(BIN)/pytest -m services -n 0 -vv --no-header

.PHONY: lock
lock: .venv/run.stamp ## compile requirements*.txt from requirements*.in
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements.in -o requirements.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements-dev.in -o requirements-dev.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements-video.in -o requirements-video.txt

.PHONY: attacks
attacks: .venv/dev.stamp ## every named attack with the refusal it meets
	@$(BIN)/pytest tests/attacks -n 2 --attack-table -p no:randomly

.PHONY: bench-evidence
bench-evidence: .venv/dev.stamp ## a verification, and 200,000 objects hashed into a manifest
	@$(BIN)/python benchmarks/evidence.py

.PHONY: bench-line
bench-line: .venv/dev.stamp ## time a small delivery from marker to signed decision under Airflow
	@$(BIN)/python benchmarks/line.py

.PHONY: bench-log
bench-log: .venv/dev.stamp ## what logging a statement costs, every fsync included
	@$(BIN)/python benchmarks/log.py

.PHONY: bench-rows
bench-rows: .venv/dev.stamp ## five million rows against ten rules: CPU, time, memory
	@$(BIN)/python benchmarks/rows.py

.PHONY: bench-labels
bench-labels: .venv/dev.stamp ## label JSON beside json.loads, and 1.4 million boxes in 150,000 files
	@$(BIN)/python benchmarks/labels.py

.PHONY: bench-media
bench-media: .venv/dev.stamp ## JPEGs proven whole, hashed twice: CPU beside Pillow's load alone
	@$(BIN)/python benchmarks/media.py

.PHONY: bench-media-agreement
bench-media-agreement: .venv/dev.stamp ## boxes of several raters, and mAP: CPU beside pycocotools
	@$(BIN)/python benchmarks/media_agreement.py

PEERS := agreement cuallee duckdb great_expectations pandas pandera pointblank polars

.dambo/bench-venvs/%/stamp: benchmarks/peers/%/requirements.txt .venv/dev.stamp
	@echo "environment of $*"
	@$(BIN)/uv venv -q --clear --python $(BIN)/python .dambo/bench-venvs/$*
	@$(BIN)/uv pip install -q --python .dambo/bench-venvs/$*/bin/python --require-hashes -r $<
	@touch $@

.PHONY: bench
bench: .venv/dev.stamp $(PEERS:%=.dambo/bench-venvs/%/stamp) ## suite T, its parts and labelled media against the peers, each in its own environment
	@$(BIN)/python benchmarks/suite_t.py
	@$(BIN)/python benchmarks/two_cores.py
	@$(BIN)/python benchmarks/parts.py
	@$(BIN)/python benchmarks/media.py
	@$(BIN)/python benchmarks/media_agreement.py
	@$(BIN)/python benchmarks/labels.py
