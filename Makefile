# Rust, Node.js, make and Debian's packages are all that these targets need.

.PHONY: run test bench lint format deb setup web picture clean

CARGO ?= cargo

# The embedded demo on http://localhost:8080, with fresh keys and invented cases.
run: web
	$(CARGO) run --locked -- demo

# Formats, both databases, attacks, and the whole story in a browser.
test: setup web
	npm --prefix web test --silent
	CARGO="$(CARGO)" scripts/test.sh
	npm --prefix web run --silent test:browser

# What a merge needs besides passing tests: formatting, lints, documentation. Clippy builds every target.
lint: web
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --workspace --no-deps --document-private-items
	npm --prefix web run --silent check
	npm --prefix web run --silent lint

# Formats Rust and TypeScript.
format: web/node_modules/.installed
	$(CARGO) fmt --all
	npm --prefix web run --silent format

# Figures: seal, open, redaction, receipts; whole submissions over HTTP; the inbox at a million cases on both databases.
bench: web
	$(CARGO) bench --locked

# The README's picture, made from the running program.
picture: web
	$(CARGO) build --locked
	SIGILO_PICTURE=$(CURDIR)/docs/sigilo.png npm --prefix web run --silent test:browser -- picture

# The Debian package, target/debian/sigilo_*.deb. `cargo install cargo-deb` brings what makes it.
deb: web
	$(CARGO) deb --locked

# Debian's chromium, PostgreSQL, exiftool, ffmpeg and qpdf, where they are missing: tests need them, running does not.
setup:
	@scripts/setup.sh

# The browser's part, which the binary embeds.
web: web/dist/manifest.json

web/dist/manifest.json: web/node_modules/.installed $(shell find web/src web/css web/img web/build.mjs -type f 2>/dev/null)
	npm --prefix web run --silent build

web/node_modules/.installed: web/package.json web/package-lock.json
	npm --prefix web ci --no-audit --no-fund --silent
	@touch $@

clean:
	$(CARGO) clean
	rm -rf web/dist web/node_modules
