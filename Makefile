# The verbs of this repository. `make` lists them.

GO          ?= go
LINTER      ?= $(or $(wildcard $(HOME)/.cache/gatehouse-ci/$(LINT_VERSION)/golangci-lint),golangci-lint)
LINT_VERSION := $(shell sed -n 's/^lint_version=//p' .ci/run)
FUZZ_TIME   ?= 2000000x
CHAOS       ?=
BENCH       ?=
MODULES     := $(shell sed -n 's|^[[:space:]]*\./||p' go.work)
UPSTREAM    := reference/client/1.6.9/node_modules

.PHONY: help
help: ## List the verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 21

.PHONY: dev
dev: ## Run a server on http://localhost:3000, as the README does
	$(GO) run ./cmd/gatehouse dev

.PHONY: build
build: bin/gatehouse ## Build bin/gatehouse, a static binary

.PHONY: bin/gatehouse
bin/gatehouse:
	CGO_ENABLED=0 $(GO) build -trimpath -o $@ ./cmd/gatehouse

.PHONY: test
test: ## Run every test of every module
	$(GO) test work

.PHONY: race
race: ## Run every test under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race work

.PHONY: test-services
test-services: ## Run what every storage has to pass, on all of them; count it in one table
	$(GO) run ./tools/services

.PHONY: fmt
fmt: ## Format the Go files
	$(LINTER) fmt $(MODULES)

.PHONY: lint
lint: ## Run the linters of .golangci.yml
	$(LINTER) run $(MODULES:%=./%/...)

.PHONY: vectors
vectors: $(UPSTREAM) ## Have Better Auth 1.6.9 read what Gatehouse signs, encrypts and hashes
	$(GO) run ./reference/vectors/emit >$(UPSTREAM)/.made.json
	node reference/vectors/check.mjs $(UPSTREAM) $(UPSTREAM)/.made.json

$(UPSTREAM):
	reference/client/run.sh install

.PHONY: client
client: ## Run the published better-auth clients against a fresh server (needs Node)
	reference/client/run.sh upstream
	reference/client/run.sh gatehouse

.PHONY: shared
shared: ## Have Better Auth 1.6.9 and Gatehouse work on one database (Node, PostgreSQL, MariaDB, Redis)
	reference/shared-database/run.sh

.PHONY: parity
parity: ## Compare with Better Auth's inventory and write docs/parity
	$(GO) run ./tools/parity

.PHONY: parity-check
parity-check: ## Fail where docs/parity is stale, or calls done what is not or what nothing shows
	$(GO) run ./tools/parity --check

.PHONY: recordings
recordings: ## Record Better Auth 1.6.9 again and compare (Node; takes minutes)
	reference/upstream-better-auth/install.sh
	node tools/upstream/record.mjs --check

.PHONY: fuzz
fuzz: ## Run each fuzz target FUZZ_TIME (2000000x) times
	GATEHOUSE_FUZZ_TIME=$(FUZZ_TIME) bash .ci/run fuzz

.PHONY: soak
soak: bin/gatehouse ## Flood a server, compare the times of its answers, then run each race 200 times on every storage
	$(GO) run ./tools/soak -binary bin/gatehouse
	GATEHOUSE_TEST_ROUNDS=200 $(GO) run ./tools/services -only races -timeout 6h

.PHONY: chaos
chaos: bin/gatehouse ## Break what a server depends on, with CHAOS="-quick" or "-scenario NAME" less of it
	$(GO) run ./tools/chaos -binary bin/gatehouse $(CHAOS)
	$(GO) test -count=1 -run 'Clock' ./core/routes ./core/ratelimit

.PHONY: bench
bench: ## Measure beside Better Auth and a handler written by hand, with BENCH="-quick" less of it (Node, PostgreSQL; an hour or more)
	$(GO) run ./tools/bench $(BENCH)

.PHONY: ci
ci: ## Everything that CI checks, with its time
	bash .ci/run

.PHONY: clean
clean: ## Remove what was built and installed here; dev's data stay
	rm -rf bin reference/client/*/node_modules reference/shared-database/node_modules
