# Everything here needs Python 3.11 or newer and nothing else; .venv is made on first use.
# make exits with 2 whenever a command fails; scripts/demo has the run's own exit code.

.DEFAULT_GOAL := help
.PHONY: help demo test lint check format lock compose-test system systems clean
export PYTHON USERS SPAWN_RATE RUN_TIME PROFILE

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' Makefile

demo: .venv/.installed  ## load the reference service with 100 tenants and judge it (USERS, SPAWN_RATE, RUN_TIME, PROFILE)
	@sh scripts/demo

test: .venv/.installed  ## run the whole test suite
	@sh scripts/test

lint: .venv/.installed  ## style, import order and strict types
	@sh scripts/check

check: lint test  ## lint and test: all that has to be true before a change goes in

format: .venv/.installed  ## put the sources into the form that check wants
	@sh scripts/format

lock: .venv/.installed  ## pin the requirements again
	@sh scripts/lock

compose-test:  ## the same as containers: stores, target, one master, two workers
	@sh scripts/compose-ci

system: .venv/.installed  ## load a real system and judge it: NAME=postgraphile [BROKEN=no-row-security]
	@.venv/bin/python -m systems run $(if $(NAME),$(NAME),$(error NAME is missing; python -m systems list shows all)) $(if $(BROKEN),--broken $(BROKEN))

systems: .venv/.installed  ## every real system, as it is meant to be and set up wrongly: are the verdicts right?
	@.venv/bin/python -m systems check

clean:  ## remove the environment, caches and what runs left
	rm -rf .venv .systems .mypy_cache .ruff_cache .pytest_cache .hypothesis runs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.installed: requirements-dev.txt requirements-uv.txt scripts/install
	@sh scripts/install
