# The first two targets are all a newcomer needs: make run, make test.
GO ?= go
BIN := bin/dnispool

.PHONY: run test torture build lint explore mutants independent bench reliability fuzz clean

run: build ## replay every bundled scenario against the in-process reference
	$(BIN) check

build:
	$(GO) build -trimpath -o $(BIN) ./cmd/dnispool

test: ## all tests, with the race detector
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "gofmt: the files above are not formatted"; exit 1; }
	$(GO) vet ./...
	$(GO) test -race ./...

torture: ## what strangers and operating systems do to a simulator, the long form
	$(GO) test -count=1 -timeout 30m -run Torture ./cmd/dnispool -torture

lint: ## what no test shows: the module file, static checks, and that it builds elsewhere
	$(GO) mod tidy -diff
	$(GO) tool staticcheck ./...
	GOOS=windows $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...

explore: build ## no history in a thousand may blame the correct reference, however little is known of it
	$(BIN) explore --seeds 1..1000
	$(GO) test -count=1 -run KnowingLess ./conformance/explore -less 1000

mutants: build ## what finds each of the platforms that are broken on purpose
	$(BIN) mutants
	$(GO) test -count=1 -run Knowledge ./conformance/mutation -knowledge

independent: ## an implementation that shares nothing with ours: what finds each of its defects, and that nothing blames it without
	$(GO) test -count=1 -timeout 30m -run 'DefectsAreFound|NotBlamed' ./conformance/record/recordtest -defects -operations 100000

bench: ## ratios to a baseline measured in the same run
	$(GO) test -run '^$$' -bench . -benchmem ./...

reliability: ## the figures of the README's reliability table; some minutes
	$(GO) test -run '^$$' -bench 'CallsAtOnce|BenchmarkReserve|StrangerInAFlood' -benchtime 10x ./sim ./sim/sipua
	DNISPOOL_SOAK=1 $(GO) test -run '^$$' -bench Soak -benchtime 5x -timeout 30m ./sim

fuzz: ## every fuzz target for ten seconds
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime 10s $$p || exit 1; \
	  done; \
	done

clean:
	rm -rf bin out
