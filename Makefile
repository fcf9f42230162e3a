# Each target is one line with its help; `make` alone prints them.
CARGO ?= cargo
export CARGO_TERM_COLOR ?= auto

.DEFAULT_GOAL := help
.PHONY: help run test check lint fmt doc bench fuzz chaos clean

help:  ## print this list
	@sed -n 's/^\([a-z]*\):.*##/\1/p' Makefile | awk '{ name = $$1; $$1 = ""; printf "  make %-6s %s\n", name, $$0 }'

run:  ## build and start the demo: three exchanges with a simulated WeChat, then it stays up
	@$(CARGO) run --locked -- demo $(ARGS)

test:  ## install what the tests need and this machine lacks, then run every test
	@sh scripts/test.sh

check:  ## what must hold before a change is handed in: format, lints, docs, dependencies
	@sh scripts/check.sh

lint:  ## clippy with warnings denied
	@$(CARGO) clippy --locked --all-targets -- -D warnings

fmt:  ## format the sources
	@$(CARGO) fmt

doc:  ## build the crate's documentation
	@$(CARGO) doc --locked --no-deps

bench:  ## measure: bytes to answer by stage, and the whole server against a bare one
	@$(CARGO) bench --locked $(ARGS)

fuzz:  ## fuzz every target for a minute each (FUZZ_SECONDS=60); needs cargo-fuzz and nightly
	@sh scripts/fuzz.sh

chaos:  ## kill -9 a station again and again during 20,000 notifications, and count
	@YIZHAN_CHAOS=20000 $(CARGO) test --locked --test it outbox::crash -- --nocapture

clean:  ## remove what was built
	@$(CARGO) clean
