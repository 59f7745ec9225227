# Each target does its own set-up; all that is needed is the Rust toolchain that rust-toolchain.toml
# names (rustup fetches it by itself) and a C compiler for two dependencies.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The lock file is part of the source: a command that would change it fails.
CARGO := cargo
LOCKED := --locked
ARGS :=
# Where `make run` keeps the shop. Deleted, the next one begins anew.
DATA := shop

.PHONY: help
help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: export ECICOMM__DEMO ?= true
run: toolchain ## The shop with the demo catalogue, kept in ./shop (DATA=DIR, ARGS="--import FILE" and the like)
	$(CARGO) run $(LOCKED) --release -- serve --data $(DATA) $(ARGS)

# Simulated days without a driver, minutes long. Power cuts have one.
ABOVE := --skip a_day_under_faults_and_crashes_breaks_no_rule --skip a_seed_repeats_itself_to_the_last_step

.PHONY: test
test: toolchain ## All tests, first without drivers, then with all of them; then what make lint says
	@echo "== 1 of 3: the shop in memory, no driver in the dependency graph"
	$(CARGO) test $(LOCKED) --no-default-features
	@echo "== 2 of 3: every feature (but what the simulation does without a driver, which ran above)"
	$(CARGO) test $(LOCKED) -- $(ABOVE)
	@echo "== 3 of 3: lint"
	@$(MAKE) --no-print-directory lint

.PHONY: lint
lint: toolchain ## Formatting and clippy over both feature sets, warnings are errors
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy $(LOCKED) --all-targets --no-default-features -- -D warnings
	$(CARGO) clippy $(LOCKED) --all-targets -- -D warnings

.PHONY: bench
bench: toolchain ## The benchmarks
	$(CARGO) bench $(LOCKED)

.PHONY: planted
planted: toolchain ## Plants each known bug in a copy of the tree and expects the tests to find it
	@tests/planted/run.sh $(ARGS)

# The counts of the fault harness in full; the environment wins.
.PHONY: chaos
chaos: export ECICOMM_CHAOS_KILLS ?= 300
chaos: export ECICOMM_CHAOS_DATABASE_KILLS ?= 30
chaos: export ECICOMM_CHAOS_REDIS_KILLS ?= 30
chaos: export ECICOMM_CHAOS_SECONDS ?= 20
chaos: export ECICOMM_CHAOS_FLASH ?= 10
chaos: export ECICOMM_CHAOS_RESTARTS ?= 60
chaos: export ECICOMM_CHAOS_HANG_UPS ?= 10000
chaos: toolchain ## The fault harness in full: kills of servers, of Postgres and of Redis, restarts, troubles of the provider, flash sales
	$(CARGO) test $(LOCKED) --profile chaos --test it chaos:: -- --nocapture --test-threads=1

.PHONY: openapi
openapi: toolchain ## Writes the OpenAPI document to openapi.json
	@mkdir -p target
	$(CARGO) run $(LOCKED) --quiet -- openapi > target/openapi.json
	mv target/openapi.json openapi.json

.PHONY: deny
deny: toolchain ## Licences, advisories and sources of the dependencies (needs cargo-deny)
	@$(CARGO) deny --version >/dev/null 2>&1 \
		|| { echo "cargo-deny is missing: cargo install cargo-deny --locked" >&2; exit 1; }
	$(CARGO) deny $(LOCKED) check

.PHONY: toolchain
toolchain:
	@command -v $(CARGO) >/dev/null \
		|| { echo "cargo is missing: install Rust by rustup, see https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null \
		|| { echo "a C compiler is missing: install gcc or clang (Debian: apt install gcc)" >&2; exit 1; }
