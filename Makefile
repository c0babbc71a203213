# check      vet, lint of what changed, unit and script tests: without root or apt, and after the first time, which builds the linter, without
#            network and in less than a minute
# generate   what is written by programs: completions, screens, the map's schema, lists in docs, golden files
# fuzz       each fuzz target for FUZZTIME, 10s unless told otherwise
# cover      how much of each package the unit and script tests run
# demo       the whole story on this machine, against a sandbox; needs Go and make. STEP=1 waits between its steps,
#            SHELL=1 leaves you in a shell where you are signed in
# test       unit, script, fuzz-seed and end-to-end tests; installs what is missing where it may
# e2e        only the end-to-end tests, against real servers
# soak       twenty readers under exec for ten minutes, with two lost logins
# bench      warm starts against a bare Go program built in the same run, and what is recorded: docs/performance.md
# lint       golangci-lint, go vet for each system, and the release configuration
# vulncheck  known vulnerabilities in what the programs call
# snapshot   a release that is not published, in dist: built for all systems
# release-check  a snapshot, whose packages are installed, used and removed, and which is made a second time; Linux, and root for that
# release    what .github/workflows/release.yml does with a tag
.PHONY: check linter generate fuzz cover demo test e2e soak bench lint vulncheck releaser snapshot release-check release

# SHELL is make's own word for what runs recipes. As a yes it is meant for the demo; before the first recipe or $(shell).
ifeq ($(origin SHELL),command line)
ifneq ($(filter 1 y yes true,$(SHELL)),)
DEMO_SHELL := -shell
override SHELL := /bin/sh
endif
endif

# Built once for each version, outside the tree, and with each version of Go: a linter refuses what a newer one than its own is for.
GOVERSION      := $(shell go env GOVERSION)
LINTER_VERSION := v2.15.0
LINTER_DIR     := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/dbxaccess-tools/golangci-lint-$(LINTER_VERSION)-$(GOVERSION)
LINTER         := $(LINTER_DIR)/golangci-lint$(shell go env GOEXE)
GOVULNCHECK    := golang.org/x/vuln/cmd/govulncheck@v1.9.0
GORELEASER     := github.com/goreleaser/goreleaser/v2@v2.16.0
RELEASER_DIR   := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/dbxaccess-tools/goreleaser-v2.16.0-$(GOVERSION)
RELEASER       := $(RELEASER_DIR)/goreleaser$(shell go env GOEXE)

linter:
	@test -x '$(LINTER)' || GOBIN='$(LINTER_DIR)' go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINTER_VERSION)

# What changed: the packages with files that differ from where the branch left main. Without such a place it is all.
BASE    = $(shell git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null)
CHANGED = $(if $(BASE),$(shell { git diff --name-only --diff-filter=d $(BASE); git ls-files --others --exclude-standard; } | \
	sed -n '/^e2e/d; s|^\(.*\)/[^/]*\.go$$|./\1|p' | sort -u),./...)

check: linter
	go vet -tags bench ./...
	$(if $(CHANGED),'$(LINTER)' run --allow-parallel-runners $(addprefix --new-from-rev=,$(BASE)) $(CHANGED))
	go test ./...
	@go test -v -run '^TestEveryProgramIsHere$$' ./internal/needed | grep SKIPPED || true

generate:
	go test ./internal/cli -run Completions -update
	go test ./internal/accessmap -run 'Schema|Docs' -update
	go test ./internal/accessmap/desired -run PagesOfProviders -update
	go test ./internal/profiles -run Golden -update
	go test ./internal/mcpclients -run Golden -update
	go test ./internal/sandbox -run Kinds -update
	go test ./internal/doctor -run Docs -update
	go test ./internal/drift -run Docs -update
	go test ./internal/workspace/verify -run Docs -update
	go test ./internal/posture -run Docs -update
	go test ./internal/statickeys -run Docs -update
	go test ./internal/admincli/tracecmd -run Report -update
	go test ./internal/audit/trace/tracesql -run Golden -update
	go test ./internal/ui -run Docs -update
	go test -C e2e ./statickeys -run Recall -update
	go test ./cmd/dbxaccess -run "Screens|ThePageOn|ManualPages|CommandPages|TheGitLabTemplate" -update

# PART=2/4 is one of four parts, which together are all. A target's name says which it is in: a new target moves no other, and what was found
# for it is where it was left. One that falls does not keep others from their turn.
# Go would make each new input smaller for up to a minute, and a short run do nothing else.
FUZZTIME := 10s
PART     := 1/1
fuzz:
	@grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9]+' cmd internal | sort | { \
		part='$(PART)'; \
		while IFS=: read -r file target; do \
			target=$${target#func } dir=$$(dirname $$file); \
			sum=$$(printf %s "$$dir/$$target" | cksum); \
			test $$(($${sum%% *} % $${part#*/})) = $$(($${part%/*} % $${part#*/})) || continue; \
			echo "$$target in $$file"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s ./$$dir </dev/null || fell="$$fell $$target"; \
		done; \
		test -z "$$fell" || { echo "fell:$$fell"; exit 1; }; }

cover:
	rm -rf bin/cover && mkdir -p bin/cover
	GOCOVERDIR='$(CURDIR)/bin/cover' go test -count=1 -coverpkg=./... ./... -args -test.gocoverdir='$(CURDIR)/bin/cover'
	@go tool covdata percent -i bin/cover
	@go tool covdata textfmt -i bin/cover -o bin/cover.txt && go tool cover -func bin/cover.txt | tail -1

# As releases are built.
STATIC = CGO_ENABLED=0

demo:
	$(STATIC) go build -trimpath -o bin/ ./cmd/dbxaccess ./cmd/dbxaccess-admin ./cmd/sandbox
	bin/sandbox -demo $(if $(filter-out 0 n no false,$(STEP)),-step) $(DEMO_SHELL) -dbxaccess bin/dbxaccess

# vet is the linters': make lint. Ten minutes, go's own limit for a package, are too few for a slow machine. Twice as many packages at once as
# there are processors, as many wait for most of their time.
ATONCE := $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((2 * n)))
TEST   = go test -vet=off -timeout 25m -p $(ATONCE)
# Under the race detector, without the second that it has each program sleep at its end.
RACE   = GORACE=atexit_sleep_ms=0 $(TEST) -race
# The packages that the race detector may find something in: what starts a goroutine or a server, or says that it may be used by several,
# in its tests or without them. All others run without it, and so do the tests that compute alone: with -short these are skipped, and of
# scripts only those run that serve for long, which wait while others compute.
STARTS = (^|[^a-z/"])go (func|[A-Za-z.]+)\(|\.Go\(|AfterFunc\(|net\.Listen|\b(sync|atomic|httptest|sandbox|errgroup)\.[A-Z]
COMPUTE = testing\.Short\(\)|needed\.FullSpeed\(
RACED  = $(shell grep -rlE --include='*.go' '$(STARTS)' cmd internal | xargs -n1 dirname | sort -u | sed 's|^|./|')
# Waits the longest, and so comes first.
LONGEST = ./internal/store/pass
ALONE  = $(shell grep -rlE --include='*_test.go' '$(COMPUTE)' internal | xargs -n1 dirname | sort -u | sed 's|^|./|')
OTHERS = $(filter-out $(RACED),$(shell go list ./... | sed 's|^github.com/dbxaccess/dbxaccess|.|'))

# Scripts, which start programs by the thousand, come when nothing is compiled beside them.
SCRIPTS = ./cmd/dbxaccess

# What is compiled without the race detector is compiled as the tests have the programs built, once.
test:
	go run -C e2e ./prepare
	$(RACE) -short $(LONGEST) $(filter-out $(SCRIPTS) $(LONGEST),$(RACED))
	$(RACE) -short $(SCRIPTS)
	$(STATIC) $(TEST) -trimpath $(sort $(filter-out $(SCRIPTS),$(OTHERS) $(ALONE)))
	$(STATIC) $(TEST) -trimpath $(SCRIPTS)
	cd e2e && $(TEST) -count=1 ./...

e2e:
	go run -C e2e ./prepare
	cd e2e && $(TEST) -count=1 -v ./...

soak:
	go run -C e2e ./prepare
	DBXACCESS_E2E_SOAK=10m go test -C e2e -count=1 -timeout 20m -v -run '^TestSoak$$' .

bench:
	go run -C e2e ./prepare -packages
	go test -tags bench -run '^TestWarmPath$$' -count=1 -timeout 30m -v ./cmd/dbxaccess
	go test -tags bench -run '^TestTracing' -count=1 -v ./internal/audit/trace
	go test -tags bench -run '^TestReadingTheRecord$$' -count=1 -v ./internal/audit/verify
	go test -tags bench -run '^TestScanningKeepsUp' -count=1 -v ./internal/statickeys

# Where the programs are released for, besides linux/amd64, which the linters see. Cold, go vet takes minutes for each.
SYSTEMS = linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

lint: linter releaser
	'$(LINTER)' run ./...
	cd e2e && '$(LINTER)' run --config ../.golangci.yml ./...
	cd e2e/clients/databricksgo && '$(LINTER)' run --config ../../../.golangci.yml ./...
	go run -C e2e ./systems -C .. $(if $(filter-out linux/amd64,$(shell go env GOOS)/$(shell go env GOARCH)),linux/amd64) $(SYSTEMS)
	'$(RELEASER)' check

vulncheck:
	go run $(GOVULNCHECK) ./...

releaser:
	@test -x '$(RELEASER)' || GOBIN='$(RELEASER_DIR)' go install $(GORELEASER)

# Not here: containers need Docker, signatures and SBOMs the workflow's programs. Go writes the commit into programs in a clone alone, and
# goreleaser knows neither it nor its time where there is no remote, of which a snapshot needs no more than the name.
snapshot: releaser
	@test -d .git || { echo "make $@ asks for a clone, not a worktree: git clone . DIR && make -C DIR $@" >&2; exit 1; }
	'$(RELEASER)' check
	GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=https://github.com/dbxaccess/dbxaccess \
		'$(RELEASER)' release --snapshot --clean --skip=sign,sbom,docker,notarize

# One of the tests makes the snapshot again.
release-check: snapshot
	go run -C e2e ./prepare -packages
	DBXACCESS_RELEASE='$(CURDIR)/dist' DBXACCESS_RELEASER='$(RELEASER)' go test -C e2e -count=1 -timeout 40m -v ./release

release: releaser
	'$(RELEASER)' release --clean
