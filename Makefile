# The commands people type. `make` alone lists them.

CARGO ?= cargo
ARGS ?=

.PHONY: help setup demo test check generate bench fuzz clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

demo: ## build and walk through everything with emulated providers (ARGS="--fresh --exit")
	@scripts/setup.sh demo
	@echo "building; the first time takes five to ten minutes on two cores"
	$(CARGO) build --locked -p gangway
	@echo
	@target/debug/gangway demo $(ARGS)

test: setup ## run every check and test
	@scripts/test.sh

setup: ## install what building and testing need and this machine lacks
	@scripts/setup.sh test

check: ## the quick checks: format, lints
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

generate: setup ## write generated files anew: configuration, command line, API, registry, SDKs, console
	UPDATE=1 $(CARGO) test --locked --workspace -- matches checked_in
	.venv/bin/python sdks/codegen/python.py
	PATH="$$PATH:$(CURDIR)/.venv/bin" npm --prefix sdks/typescript run --silent generate
	PATH="$$PATH:$(CURDIR)/.venv/bin" npm --prefix console run --silent build

bench: ## release build, then measure; results go to docs/benchmarks.md
	@scripts/setup.sh demo
	$(CARGO) build --locked --release -p gangway
	$(CARGO) build --locked --release -p gangway-bench
	target/release/gangway-bench $(ARGS)

fuzz: ## fuzz our own parsers, guided by coverage (ARGS="<target> <seconds>")
	@scripts/fuzz.sh $(ARGS)

clean: ## delete what was built, the demo's data, the Python and the Node packages
	$(CARGO) clean
	rm -rf .venv gangway-data sdks/typescript/node_modules sdks/typescript/dist sdks/typescript/build console/node_modules
