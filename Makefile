# CI is the README's own test command, then make check integration fuzz-ci.
.PHONY: check build vet lint race docs integration tools vuln bench fuzz fuzz-ci fuzz-one update clean

GO ?= go
LINT := .tools/golangci-lint
FUZZTIME ?= 30s

check: build vet lint race docs

build:
	$(GO) build ./...

vet:
	$(GO) vet ./...
	cd integration && $(GO) vet ./...

lint: $(LINT)
	$(LINT) run ./...
	cd integration && ../$(LINT) run ./...

# The linter's version is pinned in tools/go.mod, apart from what we ship.
$(LINT): tools/go.mod tools/go.sum
	@mkdir -p $(@D)
	cd tools && $(GO) build -o ../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

race:
	$(GO) test -race -shuffle=on -timeout 30m ./...

# The generated reference is what the code says. make update rewrites it.
docs:
	$(GO) test -count=1 -run 'TestReference' ./internal/cli

update:
	UPDATE=1 $(GO) test ./internal/cli ./internal/config ./internal/report ./internal/planfile ./internal/demo

# The built programs in real processes, against servers that we did not write, and
# what is in deploy/ as its users have it. Beside Go it needs Chromium, and for
# make tools Python and npm (docs/integration.md).
integration: tools
	cd integration && $(GO) test -count=1 -p 1 -parallel 8 -v . ./cloud ./deploy

# The servers and linters that the integration tests run, each at its version.
tools: .tools/versitygw .tools/aws-lambda-rie .tools/python/.done .tools/npm/.done

.tools/versitygw:
	GOBIN="$(CURDIR)/.tools" GOFLAGS=-mod=mod $(GO) install github.com/versity/versitygw/cmd/versitygw@v1.8.0

.tools/aws-lambda-rie:
	GOBIN="$(CURDIR)/.tools" GOFLAGS=-mod=mod $(GO) install github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@v0.0.0-20261030222936-bef5c4ba774d

.tools/python/.done: integration/deploy/requirements.txt
	python3 -m venv .tools/python
	.tools/python/bin/pip install --quiet --disable-pip-version-check -r integration/deploy/requirements.txt
	@touch $@

.tools/npm/.done:
	npm install --silent --no-audit --no-fund --prefix .tools/npm asl-validator@4.0.0
	@touch $@

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

# Each fuzzer for a minute, two at a time, a line for each. What they learn stays
# in Go's build cache; only an input that fails is written into the tree.
fuzz-ci: FUZZTIME = 1m
fuzz-ci:
	@list=$$($(GO) test -list '^Fuzz' ./internal/...) || { echo "$$list"; exit 1; }; \
	echo "$$list" | awk '/^Fuzz/ { name[n++] = $$1 } /^ok/ { while (n > 0) print "PKG=" $$2, "FUZZER=" name[--n] }' | \
	  xargs -P 2 -n 2 $(MAKE) --no-print-directory fuzz-one FUZZTIME=$(FUZZTIME)

# One of them. Go before 1.27 may say that its own deadline is an error, and then
# there is no input that fails (golang.org/issue/75804).
fuzz-one:
	@out=$$($(GO) test -run '^$$' -fuzz '^$(FUZZER)$$' -fuzztime $(FUZZTIME) -fuzzminimizetime 1x -parallel 1 $(PKG) 2>&1) || \
	  { echo "$$out" | grep -qx ' *context deadline exceeded' && ! echo "$$out" | grep -q 'Failing input\|panic\|terminated'; } || \
	  { echo "$$out"; exit 1; }; \
	echo "$(PKG) $(FUZZER): $$(echo "$$out" | grep '^fuzz: elapsed' | tail -n 1)"

clean:
	rm -rf .tools bin dist bench.txt
