# Everything a newcomer types. The work itself is in CMakePresets.json, scripts/, tests/ and demo/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

JOBS := $(shell nproc)
BUILD := build/dev
PYTHON := /usr/bin/python3
SOURCES = $(shell find src apps demo tests bench -name '*.h' -o -name '*.cc')
# The benchmarks are listed when they are there.
HIDDEN := $(if $(wildcard bench/run.py),none,bench)

.PHONY: help deps build fetch demo test soak bench format lint asan tsan fuzz largefile clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / && $$1 != "$(HIDDEN)" {printf "  make %-9s %s\n", $$1, $$2}' Makefile

deps: ## install the Debian packages the build needs
	@scripts/install-deps.sh

build: deps ## build everything (preset dev, in build/dev)
	@cmake --preset dev
	@cmake --build --preset dev --parallel $(JOBS)

fetch: deps ## unpack MySQL 5.6 and MySQL 9.7 below build/servers
	@$(PYTHON) tests/support/sandbox.py fetch

demo: deps fetch ## a live MySQL 5.6 becomes 9.7, comes back, and goes again
	@cmake --preset dev
	@cmake --build --preset dev --parallel $(JOBS) --target flyover shop_generate shop_app shop_check
	@$(PYTHON) demo/run_demo.py --bin $(BUILD)

test: build fetch ## unit tests, tests against both real servers, the demo in small
	@ctest --test-dir $(BUILD) --output-on-failure --parallel $(JOBS)

soak: build fetch ## random migrations, judged by bytes (SEED=1 MINUTES=1, or SEEDS=150 START=1000)
	@$(if $(SEEDS),$(PYTHON) tests/soak/series.py --flyover $(BUILD)/apps/flyover/flyover \
	  --start $(or $(START),1000) --seeds $(SEEDS) --jobs $(JOBS) $(if $(PAIR),--pair $(PAIR)), \
	  $(PYTHON) tests/soak/soak.py --flyover $(BUILD)/apps/flyover/flyover --seed $(or $(SEED),1) \
	  $(if $(MINUTES),--minutes $(MINUTES)) $(if $(PAIR),--pair $(PAIR)))

bench: build fetch ## measure everything beside the peers and the servers' limits (BENCH_ARGS=...)
	@cmake --build --preset dev --parallel $(JOBS) --target decode_benchmark
	@$(PYTHON) bench/run.py --bin $(BUILD) $(BENCH_ARGS)

format: deps ## format the C++ sources
	@clang-format -i $(SOURCES)

lint: build ## formatting, layers, clang-tidy
	@scripts/check_format.sh
	@$(PYTHON) scripts/check_layers.py . $(BUILD)/modules.txt
	@run-clang-tidy -quiet -extra-arg=-Wno-unknown-warning-option -p $(BUILD) -j $(JOBS) '/(src|apps|demo)/'

asan: deps ## unit tests under AddressSanitizer and UBSan
	@cmake --preset asan
	@cmake --build --preset asan --parallel $(JOBS) --target unit_tests
	@ctest --test-dir build/asan --output-on-failure -L unit

tsan: deps ## unit tests under ThreadSanitizer
	@cmake --preset tsan
	@cmake --build --preset tsan --parallel $(JOBS) --target unit_tests
	@ctest --test-dir build/tsan --output-on-failure -L unit

fuzz: deps ## feed the decoders what they do not expect (SECONDS=60 TARGET=rows)
	@cmake --preset fuzz
	@cmake --build --preset fuzz --parallel $(JOBS) --target $(if $(TARGET),fuzz_$(TARGET),fuzz_targets)
	@$(PYTHON) tests/fuzz/run.py --programs build/fuzz/tests/fuzz --work build/fuzz/work \
	  --seconds $(or $(SECONDS),60) $(if $(TARGET),--target $(TARGET))

largefile: deps fetch ## read a real binary log above 4 GiB: minutes, 10 GB of disk
	@cmake --preset dev
	@cmake --build --preset dev --parallel $(JOBS) --target large_file_integration_test
	@$(PYTHON) tests/support/with_servers.py $(BUILD)/pairs/largefile \
	  $(BUILD)/tests/integration/large_file_integration_test

clean: ## remove build/
	@rm -rf build
