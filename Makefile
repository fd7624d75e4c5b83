# make check is all that CI does beside the README's own test command.
.PHONY: check build vet lint race docs vuln bench fuzz update clean

GO ?= go
LINT := .tools/golangci-lint
FUZZTIME ?= 30s

check: build vet lint race docs

build:
	$(GO) build ./...

vet:
	$(GO) vet ./...

lint: $(LINT)
	$(LINT) run ./...

# The linter's version is pinned in tools/go.mod, apart from what we ship.
$(LINT): tools/go.mod tools/go.sum
	@mkdir -p $(@D)
	cd tools && $(GO) build -o ../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

race:
	$(GO) test -race -shuffle=on ./...

# The generated reference is what the code says. make update rewrites it.
docs:
	$(GO) test -count=1 -run 'TestReference' ./internal/cli

update:
	UPDATE=1 $(GO) test ./internal/cli ./internal/config ./internal/report ./internal/demo

vuln:
	cd tools && $(GO) build -o ../.tools/govulncheck golang.org/x/vuln/cmd/govulncheck
	.tools/govulncheck ./...

# make bench writes files that benchstat compares.
bench:
	$(GO) test -run '^$$' -bench . -benchmem -count 6 ./internal/... | tee bench.txt

# Each fuzzer for FUZZTIME.
fuzz:
	@for pkg in $$($(GO) list ./internal/...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$pkg || exit 1; \
	  done; \
	done

clean:
	rm -rf .tools bin dist bench.txt
