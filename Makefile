# demo   the whole story on this machine, against a sandbox; needs Go and make
# test   unit, script, fuzz-seed and end-to-end tests; installs what is missing where it may
# e2e    only the end-to-end tests, against real servers
# bench  warm credential-process against a bare Go program built in the same run
# lint   golangci-lint, the cross-builds and the release configuration
.PHONY: demo test e2e bench lint

GOLANGCI   := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GORELEASER := github.com/goreleaser/goreleaser/v2@v2.16.0

demo:
	go build -trimpath -o bin/ ./cmd/dbxaccess ./cmd/sandbox
	bin/sandbox -demo -dbxaccess bin/dbxaccess

test:
	go run -C e2e ./prepare
	go vet ./...
	go test -race -parallel 8 ./... # most of them wait for something, as a person does who signs in
	go test -C e2e -count=1 ./...

e2e:
	go run -C e2e ./prepare
	go test -C e2e -count=1 -v ./...

bench:
	go run -C e2e ./prepare -packages
	go test -tags bench -run '^TestWarmPath$$' -count=1 -v ./cmd/dbxaccess

lint:
	go run $(GOLANGCI) run ./...
	cd e2e && go run $(GOLANGCI) run --config ../.golangci.yml ./...
	for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do \
		echo "$$target"; GOOS=$${target%/*} GOARCH=$${target#*/} CGO_ENABLED=0 go vet ./... || exit 1; done
	go run $(GORELEASER) check
