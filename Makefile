# Rust, Node.js, make and Debian's packages are all that these targets need.

.PHONY: run test bench lint deb setup web picture clean

CARGO ?= cargo

# The embedded demo on http://localhost:8080, with fresh keys and invented cases.
run: web
	$(CARGO) run --locked -- demo

# Everything: formats, both databases, attacks, and the whole story in a browser.
test: setup web
	npm --prefix web run --silent check
	npm --prefix web test --silent
	$(CARGO) build --locked --all-targets
	$(CARGO) test --locked --no-fail-fast
	npm --prefix web run --silent test:browser

# Figures: seal, open, redaction, receipts; whole submissions over HTTP; the inbox at a million cases on both databases.
bench: web
	$(CARGO) bench --locked

lint: web
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	npm --prefix web run --silent check

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
