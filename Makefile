# profilegen: make run shows it, make test proves it, make help lists the rest.

GO      ?= go
BUILD   := .build
PROGRAM := $(BUILD)/profilegen
OUT     ?= dist
# A folder with a real phone's factory configuration; tests that use it skip without.
export PROFILEGEN_SAMPLES ?= $(abspath $(wildcard ../shared/samples))

# Servers are in sbin; atftpd, which cannot be installed beside tftpd-hpa, is unpacked here.
export PATH := $(PATH):/usr/sbin:/sbin
export PROFILEGEN_TOOLS ?= $(CURDIR)/$(BUILD)/tools

# What the tests call, as command:package. Installed by apt when it is missing.
TEST_TOOLS  := cc:build-essential xmllint:libxml2-utils openssl:openssl strace:strace curl:curl tftp:tftp-hpa atftp:atftp busybox:busybox \
	logger:bsdutils unzip:unzip nginx:nginx-light in.tftpd:tftpd-hpa dnsmasq:dnsmasq-base sipp:sip-tester sipsak:sipsak \
	ip:iproute2 nft:nftables unshare:util-linux mount:mount dhcpd:isc-dhcp-server dhclient:isc-dhcp-client udhcpc:udhcpc \
	kea-dhcp4:kea-dhcp4-server slowhttptest:slowhttptest rsyslogd:rsyslog nsenter:util-linux prlimit:util-linux
BROWSER     := chromium:chromium fc-list:fontconfig
BENCH_TOOLS := cc:build-essential mkfs.ext4:e2fsprogs dnsmasq:dnsmasq-base in.tftpd:tftpd-hpa \
	nginx:nginx-light wrk:wrk ip:iproute2
FUZZTIME    ?= 10s
SOAK        ?= 5m

.DEFAULT_GOAL := help
.PHONY: help run build site dist test check unit wasm e2e soak fuzz bench docs clean test-tools browser bench-tools FORCE

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: site $(PROGRAM) ## build everything, make the sample fleet's profiles in dist/ and serve them with the builder
	$(PROGRAM) -csv examples/phones.csv -out $(OUT)/
	$(PROGRAM) serve -csv examples/phones.csv

build: $(PROGRAM) ## build the program for this machine: .build/profilegen

site: ## build the builder, a static site: dist/site
	@$(GO) run ./cmd/site -out dist/site -embed dist/embedded

$(PROGRAM): FORCE
	@CGO_ENABLED=0 $(GO) build -trimpath -o $@ ./cmd/profilegen

dist: site ## build the site and the program to hand out: dist/site, dist/bin/profilegen
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o dist/bin/ ./cmd/profilegen

test: test-tools browser site check unit wasm e2e ## install what the tests need, then run every test

check: ## format, vet, static analysis
	@files=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); test -z "$$files" || { echo "gofmt would change: $$files"; exit 1; }
	$(GO) vet ./...
	GOOS=js GOARCH=wasm $(GO) vet ./rule ./schema ./gen ./resync ./app/... ./cmd/webapp ./cmd/simulator
	$(GO) vet -tags e2e ./app/e2e
	GOOS=windows $(GO) vet ./cmd/profilegen
	GOOS=darwin $(GO) vet ./cmd/profilegen
	for m in bench/*/go.mod; do (cd $$(dirname $$m) && $(GO) vet ./...) || exit 1; done
	$(GO) tool staticcheck ./...
	@$(GO) tool govulncheck ./... ; status=$$?; \
	 if [ $$status = 3 ]; then exit 1; elif [ $$status != 0 ]; then echo "govulncheck could not reach its database: not checked"; fi

unit: ## the tests in Go, with the race detector
	$(GO) test -race -timeout 20m ./...

wasm: ## the pure packages' tests in WebAssembly, under Node
	GOOS=js GOARCH=wasm $(GO) test -exec "$$($(GO) env GOROOT)/lib/wasm/go_js_wasm_exec" ./rule ./schema ./gen ./resync

e2e: browser ## the builder in a real browser, with the site as it is built
	cd app/e2e && npm ci --ignore-scripts --no-audit --no-fund --silent
	GOOS=js GOARCH=wasm $(GO) test -exec "node $(CURDIR)/app/e2e/dom.cjs" ./app
	PROFILEGEN_SITE=$(CURDIR)/dist/site $(GO) test -tags e2e -timeout 20m ./app/e2e

soak: test-tools ## 200 phones, a bad wire and a server with troubles, for SOAK (5m)
	PROFILEGEN_SOAK=$(SOAK) $(GO) test -count=1 -timeout 24h -run '^TestSoak$$' -v ./cmd/profilegen

fuzz: ## each fuzz target for FUZZTIME (10s)
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
	  done; done

bench: bench-tools browser site $(PROGRAM) ## measure, as ratios against a yardstick in the same run; the builder in milliseconds
	$(GO) test -run '^$$' -bench . -benchmem ./rule ./schema ./gen ./resync
	cd bench/eval && $(GO) test -run '^$$' -bench .
	cd bench/batch && $(GO) run . -program ../../$(PROGRAM)
	cd bench/servers && $(GO) run . -program ../../$(PROGRAM)
	PROFILEGEN_SITE=$(CURDIR)/dist/site $(GO) test -tags e2e -run '^$$' -bench . -benchtime 5x -timeout 20m ./app/e2e

docs: ## write the generated pages anew
	$(GO) test ./schema -run ParametersPage -update
	$(GO) test ./gen -run CSVPage -update
	$(GO) test ./cmd/profilegen -run TestDocs -update

clean: ## remove what was built
	rm -rf $(BUILD) dist/bin

test-tools: $(BUILD)/tools/usr/sbin/atftpd gen/testdata/http_ece/node_modules
	@.ci/install $(TEST_TOOLS)

gen/testdata/http_ece/node_modules: gen/testdata/http_ece/package-lock.json
	@cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --silent && touch node_modules

$(BUILD)/tools/usr/sbin/atftpd:
	@mkdir -p $(BUILD)/tools && cd $(BUILD)/tools && \
	{ apt-get download -qq atftpd 2>/dev/null || { $(sudo) apt-get update -qq && apt-get download -qq atftpd; }; } && \
	dpkg -x atftpd_*.deb . && touch usr/sbin/atftpd

browser:
	@.ci/install $(BROWSER)
	@fc-list | grep -q Noto || .ci/install :fonts-noto-core :fonts-dejavu-core

bench-tools: $(BUILD)/tools/usr/sbin/atftpd
	@.ci/install $(BENCH_TOOLS)
	@python3 -c 'import jinja2' 2>/dev/null || .ci/install :python3-jinja2

sudo := $(if $(filter 0,$(shell id -u)),,sudo)

FORCE:
