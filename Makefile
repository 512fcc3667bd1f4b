# Thin over cargo: what a person types. CI runs the same targets.
.PHONY: demo build test check fmt bench fuzz agree crash release clean

# Extra arguments for the demo: make demo ARGS=--once
ARGS ?=

# Build the release binary and run the main job on real input.
demo:
	cargo build --release --locked --package channelhub --package testkit
	target/release/demo --hub target/release/channelhub $(ARGS)

# The release binary.
build:
	cargo build --release --locked --package channelhub

# All tests.
test:
	cargo build --locked --workspace --bins
	cargo test --locked --workspace --no-fail-fast

# Layout, lints, licences and advisories.
check:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --locked check; \
	else echo "cargo-deny is not installed: cargo install cargo-deny"; fi

fmt:
	cargo fmt --all

# Ratios against named floors in the same run; figures go to BENCHMARKS.md.
bench:
	cargo bench --locked --workspace
	cargo run --locked --release --manifest-path mappings/engine/bench-vrl/Cargo.toml

# Every fuzz target for that long, from that seed: make fuzz SECONDS=600 SEED=7
SECONDS ?= 60
SEED ?= 1
fuzz:
	FUZZ_SECONDS=$(SECONDS) FUZZ_SEED=$(SEED) \
	cargo test --locked --workspace --no-fail-fast --test fuzz -- --nocapture --test-threads 2

# The checks that run with a map, judged by a schema validator: a million documents.
DOCUMENTS ?= 1000000
agree:
	AGREE_DOCUMENTS=$(DOCUMENTS) cargo test --locked --release --package mapping --test it -- --nocapture agree

# Crash points by the hundred: kill -9 and power cuts while it writes.
crash:
	CRASH_POINTS=500 cargo test --locked --package ledger --test it crash
	CRASH_POINTS=500 cargo test --locked --package integration-tests --test it crash

# A release folder: binary, checksum, bill of what is in it.
release: build
	rm -rf target/dist && mkdir -p target/dist
	cp target/release/channelhub LICENSE README.md README.ja.md CHANGELOG.md target/dist/
	cargo tree --locked --package channelhub --edges normal --prefix none | sort -u > target/dist/DEPENDENCIES
	cd target/dist && sha256sum * > SHA256SUMS && cat SHA256SUMS

clean:
	cargo clean
