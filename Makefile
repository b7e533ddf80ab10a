# The first two targets are all a newcomer needs: make run, make test.
GO ?= go
BIN := bin/dnispool

# What is built says what it was built from. The time is that of the commit, so that the same commit gives the same files.
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
REVISION := $(shell git rev-parse --verify -q HEAD 2>/dev/null || echo unknown)
EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
# All that is built, vetted or run without the race detector is compiled in the same way, and so only once.
ALIKE := CGO_ENABLED=0 GOFLAGS='-trimpath -buildvcs=false' $(GO)
STATIC := $(ALIKE) build -ldflags '-s -w -buildid= -X main.release=$(VERSION) -X main.revision=$(REVISION)'

.PHONY: run test torture build lint explore soak mutants independent bench reliability fuzz clean

run: build ## replay every bundled scenario against the in-process reference
	$(BIN) check

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN) ./cmd/dnispool

.PHONY: image release
IMAGE ?= dnispool
ARCH ?= $(shell $(GO) env GOARCH)

image: ## a container image of the static binary
	mkdir -p out/image/$(ARCH)
	GOOS=linux GOARCH=$(ARCH) $(STATIC) -o out/image/$(ARCH)/dnispool ./cmd/dnispool
	docker build $(if $(filter-out $(shell $(GO) env GOHOSTARCH),$(ARCH)),--platform linux/$(ARCH)) --quiet --tag $(IMAGE) --file Dockerfile \
	  --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) --build-arg CREATED=$$(date -u -d @$(EPOCH) +%Y-%m-%dT%H:%M:%SZ) out/image/$(ARCH)
	docker image prune --force --filter label=org.opencontainers.image.title=dnispool >/dev/null # what the tag was before

PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64
DIST ?= out/release

release: ## archives with checksums, the same for the same commit (GNU tar)
	rm -rf $(DIST) && mkdir -p $(DIST)
	@for p in $(PLATFORMS); do \
	  name=dnispool-$(VERSION)-$$(echo $$p | tr / -); exe=dnispool; [ $${p%/*} != windows ] || exe=dnispool.exe; \
	  mkdir -p $(DIST)/$$name && cp README.md LICENSE $(DIST)/$$name/ && \
	  GOOS=$${p%/*} GOARCH=$${p#*/} $(STATIC) -o $(DIST)/$$name/$$exe ./cmd/dnispool && chmod 755 $(DIST)/$$name/$$exe && \
	  tar -C $(DIST) --sort=name --mtime=@$(EPOCH) --owner=0 --group=0 --numeric-owner --mode=go-w -cf - $$name | gzip -9n > $(DIST)/$$name.tar.gz && \
	  rm -r $(DIST)/$$name && echo $(DIST)/$$name.tar.gz || exit 1; \
	done
	cd $(DIST) && sha256sum *.tar.gz > SHA256SUMS

test: ## all tests, with the race detector
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "gofmt: the files above are not formatted"; exit 1; }
	$(ALIKE) vet ./...
	$(GO) test -race -p 4 -timeout 20m ./... # many tests wait for other processes

torture: ## what strangers and operating systems do to a simulator, the long form
	$(GO) test -count=1 -timeout 30m -run Torture ./cmd/dnispool -torture

.PHONY: rehearse
rehearse: ## every broken client is found by its lesson and every right one passes, also those in other languages, 100 times while all processors are busy; an hour
	$(GO) test -count=1 -timeout 12h -run 'TestLessons$$' ./conformance/rehearse -rounds 100 -hog
	$(GO) test -count=1 -timeout 12h -parallel 16 -run 'TestForeignClients$$' ./conformance/rehearse -rounds 100 -hog # their processes wait most of the time

.PHONY: agent
agent: ## the echo agent as an ADK project in every scenario of the built-in one, as make test does too, and 1,000 calls at a project that does harm
	$(GO) test -count=1 -run AsAProject ./scenarios
	$(GO) test -count=1 -timeout 30m -run HostileCalls ./fakes/agent/adk -hostile 1000

lint: ## what no test shows: the module file, static checks, and that it builds elsewhere
	$(GO) mod tidy -diff
	$(GO) tool staticcheck ./...
	GOOS=windows $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...

explore: build ## no history in a thousand may blame the correct reference, however little is known of it
	$(BIN) explore --seeds 1..1000
	$(ALIKE) test -count=1 -run KnowingLess ./conformance/explore -less 1000

soak: ## a million reservations in virtual time with every fault on, judged by all checks; some minutes
	$(GO) test -count=1 -timeout 60m -v -run Soak ./conformance/explore -reservations 100000 -soaks 5

.PHONY: soak-load
soak-load: ## a load test of ten hours at 100 calls a second in virtual time: the memory that it takes; half an hour of one processor, 8 GB on disk
	$(ALIKE) test -count=1 -timeout 12h -v -run 'TestSoak$$' ./conformance/load -soak 10h -soak-rate 100

mutants: build ## what finds each of the platforms that are broken on purpose
	$(BIN) mutants
	$(ALIKE) test -count=1 -run 'Knowledge|EveryMutant' ./conformance/mutation -knowledge

independent: ## an implementation that shares nothing with ours: what finds each of its defects, and that nothing blames it without
	$(GO) test -count=1 -timeout 30m -run 'DefectsAreFound|NotBlamed' ./conformance/record/recordtest -defects -operations 100000
	$(GO) test -count=1 -timeout 60m -parallel 40 -run 'DefectsAreFound|NamesTheCause' ./conformance/aim -defects # they wait most of the time
	$(GO) test -count=1 -timeout 60m -run OnAnIndependentPlatform ./conformance/suite -whole

.PHONY: container
container: ## every scenario on a simulator in a container of the image, by its control API
	$(ALIKE) test -count=1 -run OnASimulatorInAContainer ./conformance/suite -whole

bench: ## ratios to a baseline measured in the same run
	$(GO) test -run '^$$' -bench . -benchmem ./...

reliability: ## the figures of the README's reliability table, all but those of make soak, row by row; some minutes
	$(GO) test -run '^$$' -bench CallsAtOnce -benchtime 10x ./sim
	$(GO) test -run '^$$' -bench Reserve -benchtime 300x ./sim
	DNISPOOL_SOAK=1 $(GO) test -run '^$$' -bench Soak -benchtime 5x -timeout 30m ./sim
	$(GO) test -count=1 -v -run 'TestTortureLongRequests|TestTortureTerminated' ./cmd/dnispool
	$(GO) test -run '^$$' -bench StrangerInAFlood -benchtime 10x ./sim/sipua
	$(GO) test -count=1 -v -run 'TestPhones|TestSIPp' ./sim

.PHONY: peers
peers: ## other load generators that are on the PATH (vegeta, fortio, k6, SIPp) beside ours, in turn; on an idle machine, four minutes
	$(GO) test -count=1 -timeout 20m -run 'TestPeers$$' ./conformance/load -peers

fuzz: ## every fuzz target for ten seconds
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime 10s $$p || exit 1; \
	  done; \
	done

clean:
	rm -rf bin out
