# profilegen: make run shows it, make test proves it, make help lists the rest.

GO      ?= go
BUILD   := .build
PROGRAM := $(BUILD)/profilegen
OUT     ?= dist
# A folder with a real phone's factory configuration; tests that use it skip without.
export PROFILEGEN_SAMPLES ?= $(abspath $(wildcard ../shared/samples))

# What the tests call, as command:package. Installed by apt when it is missing.
TEST_TOOLS  := xmllint:libxml2-utils openssl:openssl strace:strace curl:curl tftp:tftp-hpa atftp:atftp busybox:busybox
BENCH_TOOLS := cc:gcc mkfs.ext4:e2fsprogs
FUZZTIME    ?= 10s

.DEFAULT_GOAL := help
.PHONY: help run build dist test check unit wasm fuzz bench docs clean test-tools bench-tools FORCE

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(PROGRAM) ## build the program and render the sample fleet into dist/
	$(PROGRAM) -csv examples/phones.csv -out $(OUT)/

build: $(PROGRAM) ## build the program for this machine: .build/profilegen

$(PROGRAM): FORCE
	@$(GO) build -trimpath -o $@ ./cmd/profilegen

dist: ## build the program to hand out: dist/bin/profilegen
	$(GO) build -trimpath -ldflags='-s -w' -o dist/bin/ ./cmd/profilegen

test: test-tools check unit wasm ## install what the tests need, then run every test

check: ## format, vet, static analysis
	@files=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); test -z "$$files" || { echo "gofmt would change: $$files"; exit 1; }
	$(GO) vet ./...
	GOOS=js GOARCH=wasm $(GO) vet ./rule ./schema ./gen ./resync
	GOOS=windows $(GO) vet ./cmd/profilegen
	GOOS=darwin $(GO) vet ./cmd/profilegen
	for m in bench/*/go.mod; do (cd $$(dirname $$m) && $(GO) vet ./...) || exit 1; done
	$(GO) tool staticcheck ./...
	@$(GO) tool govulncheck ./... ; status=$$?; \
	 if [ $$status = 3 ]; then exit 1; elif [ $$status != 0 ]; then echo "govulncheck could not reach its database: not checked"; fi

unit: ## the tests in Go, with the race detector
	$(GO) test -race ./...

wasm: ## the pure packages' tests in WebAssembly, under Node
	GOOS=js GOARCH=wasm $(GO) test -exec "$$($(GO) env GOROOT)/lib/wasm/go_js_wasm_exec" ./rule ./schema ./gen ./resync

fuzz: ## each fuzz target for FUZZTIME (10s)
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
	  done; done

bench: bench-tools $(PROGRAM) ## measure, as ratios against a yardstick in the same run
	$(GO) test -run '^$$' -bench . -benchmem ./rule ./schema ./gen ./resync
	cd bench/eval && $(GO) test -run '^$$' -bench .
	cd bench/batch && $(GO) run . -program ../../$(PROGRAM)

docs: ## write the generated pages anew
	$(GO) test ./schema -run ParametersPage -update
	$(GO) test ./gen -run CSVPage -update
	$(GO) test ./cmd/profilegen -run TestDocs -update

clean: ## remove what was built
	rm -rf $(BUILD) dist/bin

test-tools:
	@$(call install,$(TEST_TOOLS))

bench-tools:
	@$(call install,$(BENCH_TOOLS))
	@python3 -c 'import jinja2' 2>/dev/null || $(call apt,python3-jinja2)

sudo := $(if $(filter 0,$(shell id -u)),,sudo)
apt   = { $(sudo) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(sudo) apt-get install -y -qq --no-install-recommends $(1) >/dev/null; }
install = missing=; for t in $(1); do command -v $${t%%:*} >/dev/null || missing="$$missing $${t\#\#*:}"; done; \
	test -z "$$missing" || { echo "installing$$missing"; $(call apt,$$missing); }

FORCE:
