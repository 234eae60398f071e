# The front door. meson does the building; `make` alone gives build/kurir and build/libexec/*.
PREFIX ?= /usr/local
DESTDIR ?=
SYSCONFDIR ?= /etc
ONCE ?=
BUILD := build
ROLES := master smtpd queue relay resolver lookup auth fetch ledger deliver

.PHONY: all demo check deps install bench fuzz crash format lint clean
all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) kurir $(ROLES:%=libexec/%)

$(BUILD)/build.ninja:
	@tools/deps build
	@meson setup $(BUILD) --prefix=$(PREFIX) >$(BUILD)-setup.log 2>&1 || { cat $(BUILD)-setup.log; exit 1; }
	@rm -f $(BUILD)-setup.log

deps:
	@tools/deps test

demo:
	@tools/deps build
	@$(MAKE) --no-print-directory all
	@ONCE=$(ONCE) exec tools/demo

check:
	@tools/deps test
	@tools/check

install: all
	@tools/install "$(DESTDIR)" "$(PREFIX)" "$(SYSCONFDIR)"

bench:
	@tools/deps bench
	@$(MAKE) --no-print-directory all
	@python3 test/bench/bench.py
	@build/test/bench/bench_exempt

fuzz:
	@tools/deps test
	@tools/fuzz

crash:
	@tools/deps test
	@$(MAKE) --no-print-directory all
	@tools/crash
	@ninja -C $(BUILD) >/dev/null
	@python3 test/scenario/run.py --build $(BUILD) --filter crash --rounds 100

format:
	@find src test -name '*.[ch]' | xargs clang-format-14 -i

lint:
	@tools/lint

clean:
	rm -rf build build-*
