# `make` or `make help` lists the targets. PROFILE chooses the Cargo profile of run, migrate and
# demo; the server reads CHARTROOM_… and DATABASE_URL (docs/operations.md).

PROFILE ?= quick
LOCKED := $(if $(CI),--locked)
CHARTROOM := cargo run $(LOCKED)
DRIFT := mkdir -p target && $(CHARTROOM) -- schema > target/schema.graphql && diff -u schema.graphql target/schema.graphql

.DEFAULT_GOAL := help
.PHONY: help run test check fmt lint schema schema-check migrate demo doc deny bench audit clients faults prerequisites

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: prerequisites ## Serve the demo on 127.0.0.1:8080 with a PostgreSQL of its own (PROFILE=release builds slower, serves faster)
	$(CHARTROOM) --profile $(PROFILE) -- serve --demo

test: ## Run every test
	@scripts/install-prerequisites tests
	@if cargo nextest --version >/dev/null 2>&1; then set -x; scripts/with-test-postgres cargo nextest run $(LOCKED); else set -x; scripts/with-test-postgres cargo test $(LOCKED) --lib --bins --tests; fi
	cargo test $(LOCKED) --doc

check: lint schema-check ## Everything that can be said without running tests: format, clippy, schema drift, licences
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --log-level error check bans licenses sources; else echo "cargo-deny is not installed: licences and bans were not checked"; fi

fmt: ## Format the code
	cargo fmt

lint: prerequisites ## Check format and clippy
	cargo fmt --check
	cargo clippy $(LOCKED) --all-targets -- -D warnings

schema: prerequisites ## Write schema.graphql
	$(CHARTROOM) -- schema > schema.graphql.new && mv schema.graphql.new schema.graphql

schema-check: prerequisites # Fail if schema.graphql is not what the code says
	@$(DRIFT) || { echo "schema.graphql does not match the code: run 'make schema' and commit it"; exit 1; }

migrate: prerequisites ## Bring the database up to date
	$(CHARTROOM) --profile $(PROFILE) -- migrate

demo: prerequisites ## Load the demo organization into the database
	$(CHARTROOM) --profile $(PROFILE) -- demo

doc: ## Build the documentation of the code
	RUSTDOCFLAGS="-D warnings" cargo doc $(LOCKED) --no-deps --document-private-items

deny: ## Check dependencies: advisories (needs the network), licences, bans, sources
	cargo deny check

audit: ## Run the audits of GraphQL over HTTP against a server with the demo (needs Node; start it with 'make run')
	cd tests/clients/graphql-http && npm ci && npm run audit

clients: ## Compile typed clients against schema.graphql: graphql-codegen, Relay (needs Node)
	cd tests/clients/codegen && npm ci && npm run check
	cd tests/clients/relay && npm ci && npm run check

bench: prerequisites ## Measure against hand-written SQL (ARGS="--quick", "--tenfold", "--only Q2", "--help")
	cargo bench $(LOCKED) -- $(ARGS)

faults: prerequisites ## Kill workers and PostgreSQL under load, and count what is left (some minutes)
	cargo test $(LOCKED) --test faults

prerequisites: # Install what is missing: PostgreSQL, a C compiler
	@scripts/install-prerequisites
