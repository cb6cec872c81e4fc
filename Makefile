# Two commands: `make demo` and `make test`. Each installs what it needs.
SHELL := /bin/bash
RUN := scripts/run

.PHONY: help demo run test lint prove setup dialogue train-recogniser clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

setup: ## our own Python environment from the lock file, and the pages
	@scripts/setup
	@scripts/frontend

dialogue: setup ## Rasa's environment, and a trained dialogue model
	@$(RUN) voicebot dialogue env
	@$(RUN) voicebot dialogue train

demo: setup ## start everything, ring it as a citizen, show the call
	@$(RUN) voicebot demo

run: setup ## start everything and stay up
	@$(RUN) voicebot serve

test: setup ## all checks and all tests
	@scripts/system-packages
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@scripts/frontend check
	@$(RUN) voicebot dialogue env
	@scripts/test

lint: setup ## style and types only
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@scripts/frontend check

prove: setup ## long measures; each writes its table into docs/measured.md, and an interrupted run resumes
	@scripts/system-packages
	@scripts/bench-environment
	@$(RUN) pytest -q -m rehearsal
	@$(RUN) python -m tests.prove

train-recogniser: setup ## train the small recogniser again from its seed (hours on a CPU)
	@scripts/train-recogniser

clean: ## forget state, environments and caches of this checkout
	rm -rf var .venv .venv-rasa .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis frontend/node_modules voicebot/web/static
