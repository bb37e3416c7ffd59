# SPDX-License-Identifier: MIT
# The front door: each target has scripts/deps install what the machine lacks, then builds with CMake.

MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.SUFFIXES:

ARGS ?=
TLS ?=
LOOP ?=
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
export DESTDIR FUZZ_SECONDS

.PHONY: build run test conformance coverage ci bench fuzz nightly install uninstall clean help

build: ## build the program and the library in build/release (the default)
	@scripts/deps build
	@scripts/build release

run: build ## run the server: make run ARGS="--port 9000", make run TLS=1
	@exec scripts/run build/release/navette serve $(if $(filter-out 0,$(TLS)),--dev-tls) $(ARGS)

test: ## run all tests, plain and under ASan and UBSan; make test LOOP=uv: over libuv
	@scripts/deps test
ifeq ($(LOOP),uv)
	@scripts/test uv
else
	@scripts/test release
	@scripts/test asan
endif

conformance: ## tell of each requirement of the RFCs whether it is met
	@scripts/deps conformance >&2
	@scripts/conformance

coverage: ## tell how much of src/proto the tests execute
	@scripts/deps coverage
	@scripts/coverage

ci: ## everything a change has to pass: tests, both compilers, TSan, linters, fuzzers
	@scripts/deps ci
	@scripts/ci

bench: ## measure against the limit of the machine, about seven minutes
	@scripts/bench

fuzz: ## run each fuzzer for FUZZ_SECONDS (60)
	@scripts/fuzz

nightly: ci ## ci, then the long tests
	@scripts/test release long

install: build ## install under PREFIX (/usr/local), below DESTDIR if it is set
	@scripts/install "$(PREFIX)"

uninstall: ## remove what the last install has put there
	@scripts/uninstall "$(PREFIX)"

clean: ## remove all that was built
	@rm -rf build

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s  %s\n", $$1, $$2 }' Makefile
