# oncecheck: build, tests and checks. GNU make; Debian 12 is what it is tried on.
#
#   make            build/oncecheck and what it needs at run time (build/python)
#   make deps       install the Debian packages below that are missing
#   make run        verify the shipped Lab 2 solution, then show what is wrong with Lab 1's
#   make test       every test, under the address and undefined-behaviour sanitizers
#   make lint       every rule of style that a tool can check
#   make format     lay out the sources as `make lint` wants them
#   make coverage   lines and branches that the tests reach: build/coverage/html/index.html
#   make mutants    how many of a sample of changes to operators and constants the unit tests notice
#   make browser-test  the HTML report in headless Chromium
#   make corpus     each solution of tests/corpus/corpus.tsv gets its verdict, in Python: three minutes
#   make conformance  the simulated DynamoDB beside dynalite: CASES=N (default 5000), SEED=N
#   make endurance  kill it 200 times in each way, break 250 searches off and go on: half an hour
#   make fuzz       look for inputs that crash or hang what reads them: SECONDS=N each (default 60)
#   make bench      beside SPIN and Rumur, growth, a profile: half an hour; BENCH=quick: two minutes
#   make install    below $(DESTDIR)$(PREFIX)
#   make clean
#
# Variables: CC=gcc|clang, JOBS=N, PREFIX, DESTDIR, V=1 (show commands),
# TESTS="tests/model/test_x.c ..." (only these).

ifeq ($(origin CC),default)
CC := gcc
endif
CXX := g++
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
PREFIX ?= /usr/local
DESTDIR ?=

# group, Debian package, why. `make run` installs the group build; `make test` build and test;
# `make lint` build and lint; `make browser-test` build and browser; `make conformance` build and
# conformance; `make deps` all the others.
define PACKAGES
build gcc             the compiler
build libc6-dev       the C library's headers
build pkg-config      finds the libraries below
build libfyaml-dev    YAML: templates with CloudFormation's tags, scenarios, errors with line and column
build libjansson-dev  JSON: requests, responses, traces, results
build libsqlite3-dev  SQLite: the run database, the handler cache
build libxxhash-dev   XXH3: content hashes of interned values
build libzip-dev      unpacks functions' code that a solution brings as a .zip archive
build libseccomp-dev  the filter of system calls that Python hosts run under
build nettle-dev      MD5 and SHA-256: Kinesis partition keys, handlers' tokens
build python3         runs the Lambda functions
build python3-boto3   the real AWS client that the functions call
test  g++             compiles the reference generator that our PCG32 is compared with
test  libcriterion-dev the test framework
test  libxml2-utils   xmllint checks the JUnit reports
test  python3-jsonschema checks the SARIF reports
test  python3-pytest  runs the tests that counterexamples become
test  libpcg-cpp-dev  that reference generator, by PCG's author
lint  clang           `make CC=clang`, and clang-tidy's headers
lint  clang-format    layout
lint  clang-tidy      bugs, names, recursion, function length
lint  cppcheck        bugs that clang-tidy does not see
lint  shellcheck      bugs in the shell scripts
test  time            peak memory of the programs that tests/benchmarks measures
coverage lcov         the page of `make coverage`
browser chromium      `make browser-test`: shows the HTML report
browser nodejs        runs these tests, with playwright-core and axe-core from npm
npm   npm             brings these two, where the nodejs that is there has no npm of its own
conformance nodejs    runs `make conformance`, with dynalite from npm
fuzz  clang           libFuzzer
bench time            peak memory of the programs measured
bench spin            the model checker to compare with
bench rumur           another one
bench linux-perf      where the time goes
endef
export PACKAGES

LIBRARIES := libfyaml jansson libxxhash libzip nettle sqlite3

# --- sources -------------------------------------------------------------------------------------

SOURCES := $(sort $(wildcard model/base/*.c model/*.c model/dynamodb/*.c model/handlers/*.c \
                             model/python/*.c checker/*.c reports/*.c))
MAIN := $(filter checker/main.c,$(SOURCES))
LIB_SOURCES := $(filter-out checker/main.c,$(SOURCES))

# tests/**/test_*.c: a program each. Other C and C++ files are helpers, linked into the tests of their
# folder and of those below it, and from tests/support into all; but for tests/fuzz and
# tests/benchmarks, which have main() functions of their own.
# tests/cli/*.sh: end-to-end tests of build/oncecheck. tests/tools/*.sh: tests of tools/.
TEST_C := $(sort $(shell find tests -name 'test_*.c' 2>/dev/null))
TEST_SHELL := $(sort $(wildcard tests/cli/*.sh tests/tools/*.sh))
HELPER_C := $(sort $(shell find tests -name '*.c' ! -name 'test_*.c' ! -path tests/fuzz/fuzz.c \
                            ! -path 'tests/benchmarks/*' 2>/dev/null))
HELPER_CC := $(sort $(shell find tests -name '*.cc' 2>/dev/null))
TESTS ?= $(TEST_C) $(TEST_SHELL)

RUNTIME_PY := $(sort $(wildcard model/python/runtime/*.py))
RUNTIME_C := $(wildcard model/python/runtime/*.c)

# --- flags ---------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wvla -Wundef \
            -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wcast-qual -Wwrite-strings \
            -Wformat=2
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Each variant has a directory of its own.
VARIANT ?= release
B_release := build
B_debug-test := build/debug-test
B_coverage := build/coverage
B_mutants := build/mutants
B_fuzz := build/fuzz
FLAGS_release := -O2 -g
FLAGS_debug-test := -O1 -g -Werror $(SANITIZE)
FLAGS_coverage := -O0 -g --coverage
FLAGS_mutants := -O0
FLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link $(SANITIZE)
B := $(B_$(VARIANT))
ifeq ($(B),)
$(error VARIANT is release, debug-test, coverage, mutants or fuzz, not '$(VARIANT)')
endif

CPPFLAGS_ALL := -D_GNU_SOURCE -I. $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null) $(CPPFLAGS)
CFLAGS_ALL := -std=c17 $(WARNINGS) -fno-common -pthread $(FLAGS_$(VARIANT)) $(CFLAGS)
LIBS := $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null) -lm -lpthread
CRITERION_CFLAGS := $(shell pkg-config --cflags criterion 2>/dev/null)
CRITERION_LIBS := $(shell pkg-config --libs criterion 2>/dev/null || echo -lcriterion)

LIBRARY := $(B)/liboncecheck.a
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(B)/obj/%.o)
MAIN_OBJECT := $(MAIN:%.c=$(B)/obj/%.o)
HELPER_OBJECTS := $(HELPER_C:%.c=$(B)/obj/%.o) $(HELPER_CC:%.cc=$(B)/obj/%.o)

# a/b/c: a/b/c a/b a
folders_above = $(if $(filter-out .,$(1)),$(1) $(call folders_above,$(patsubst %/,%,$(dir $(1)))))
# The helpers' objects for a test's path without suffix.
helpers_of = $(foreach folder,$(call folders_above,$(patsubst %/,%,$(dir $(1)))) tests/support,\
               $(foreach object,$(HELPER_OBJECTS),\
                 $(if $(filter $(B)/obj/$(folder)/,$(dir $(object))),$(object))))
TEST_PROGRAMS := $(patsubst %.c,$(B)/%,$(filter %.c,$(TESTS)))
RUNTIME := $(RUNTIME_PY:model/python/runtime/%=build/python/%) \
           $(if $(RUNTIME_C),build/python/libvirtual.so build/python/libjail.so)
PROGRAM := $(if $(MAIN),$(B)/oncecheck)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '%-5s %s\n' $(1) $@)

# A parallel make, unless the caller chose how many jobs.
PARALLEL_MAKE = $(MAKE) --no-print-directory \
                $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS) --output-sync=target)

.PHONY: all deps run test corpus endurance browser-test conformance lint format coverage mutants bench fuzz fuzz-programs install clean
.PHONY: programs tests libraries-present FORCE
.PHONY: lint-all lint-format lint-sources lint-objects lint-cppcheck lint-scripts
.DELETE_ON_ERROR:
.SECONDARY:

all:
	@+$(PARALLEL_MAKE) programs

programs: libraries-present $(LIBRARY) $(PROGRAM) $(RUNTIME)

tests: libraries-present $(TEST_PROGRAMS)

libraries-present:
	@pkg-config --exists $(LIBRARIES) libseccomp || \
	    { echo "libraries are missing ($(LIBRARIES) libseccomp): run 'make deps'" >&2; exit 1; }

# --- build ---------------------------------------------------------------------------------------

# Holds what every object depends on besides its source; changes only when that does.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS)' > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# The list of members: an archive is made again when a source goes away.
$(B)/members: FORCE
	@mkdir -p $(@D)
	@echo '$(LIB_OBJECTS) : $(HELPER_OBJECTS)' > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(B)/obj/tests/%.o: tests/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CRITERION_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# C++ serves reference implementations only. No sanitizers: CC's and CXX's may differ.
$(B)/obj/tests/%.o: tests/%.cc $(B)/flags
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(CXX) -std=c++17 -O1 -g -I. -MMD -MP -c -o $@ $<

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# hold these files as they are
$(B)/obj/reports/pytest.o: $(wildcard reports/pytest_*.py)
$(B)/obj/reports/page_assets.o: $(wildcard reports/page/*)

$(LIBRARY): $(LIB_OBJECTS) $(B)/members
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $(LIB_OBJECTS)

$(B)/oncecheck: $(MAIN_OBJECT) $(LIBRARY)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

.SECONDEXPANSION:
$(B)/tests/%: $(B)/obj/tests/%.o $$(call helpers_of,tests/$$*) $(LIBRARY) $(B)/members
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(CRITERION_LIBS) $(LIBS) \
	    -Wl,--push-state,--as-needed -lstdc++ -Wl,--pop-state

# Preloaded into Python: never sanitized, whatever the variant.
build/python/libvirtual.so: model/python/runtime/virtual.c build/flags
	@mkdir -p $(@D) build/obj
	$(call say,CC)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -I. $(WARNINGS) -O2 -g -shared -fPIC -MMD -MP \
	    -MF build/obj/virtual.d -o $@ $<

# Loaded by the host until it is in jail.
build/python/libjail.so: model/python/runtime/jail.c model/python/jail_layers.c build/flags \
                         model/python/jail_layers.h
	@mkdir -p $(@D) build/obj
	$(call say,CC)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -I. $(WARNINGS) -O2 -g -shared -fPIC \
	    $(shell pkg-config --cflags libseccomp 2>/dev/null) -o $@ $(filter %.c,$^) \
	    $(shell pkg-config --libs libseccomp 2>/dev/null || echo -lseccomp)

build/python/%.py: model/python/runtime/%.py
	@mkdir -p $(@D)
	$(call say,COPY)
	$(Q)cp $< $@

-include $(shell find $(B)/obj build/obj/virtual.d -name '*.d' 2>/dev/null)

# --- lint ----------------------------------------------------------------------------------------

HEADERS := $(sort $(shell find model checker reports tests -name '*.h' 2>/dev/null))
LINT_C := $(SOURCES) $(RUNTIME_C) $(TEST_C) $(HELPER_C)
TIDY_STAMPS := $(LINT_C:%.c=build/lint/%.tidy)
SCRIPTS := $(wildcard tools/*.sh) $(TEST_SHELL) .ci/run

lint-all: lint-format lint-sources lint-objects lint-cppcheck lint-scripts $(TIDY_STAMPS)

# The first place of each file: `make format` mends them all.
lint-format:
	$(call say,FORMAT)
	$(Q)! clang-format --dry-run $(LINT_C) $(HEADERS) 2>&1 | \
	    awk -F: '/clang-formatted/ && !seen[$$1]++ { print $$1 ":" $$2 ": layout (make format)" }' | \
	    grep .

lint-sources:
	$(call say,STYLE)
	$(Q)tools/check_sources.py
	$(Q)tools/coverage.py --check

lint-objects: $(LIB_OBJECTS)
	$(call say,NM)
	$(Q)tools/check_objects.sh build/obj $(LIB_OBJECTS)

# missingReturn: gcc's -Wreturn-type knows that BUG() does not return.
lint-cppcheck:
	@mkdir -p build/lint/cppcheck
	$(call say,CHECK)
	$(Q)cppcheck --quiet --std=c11 -D_GNU_SOURCE -I. -j$(JOBS) --error-exitcode=1 --inline-suppr \
	    --enable=warning,performance,portability --suppress=missingIncludeSystem --suppress=missingReturn \
	    --cppcheck-build-dir=build/lint/cppcheck $(SOURCES) $(RUNTIME_C)

lint-scripts:
	$(call say,SHELL)
	$(Q)shellcheck $(SCRIPTS)

# A finding is printed and leaves no stamp; a change of a header checks again what includes it.
build/lint/%.tidy: %.c .clang-tidy tests/.clang-tidy
	@mkdir -p $(@D)
	$(call say,TIDY)
	$(Q)$(CC) $(CPPFLAGS_ALL) -std=c17 -MM -MP -MT $@ -MF $(@:.tidy=.d) $<
	$(Q)clang-tidy --quiet $< -- -std=c17 $(CPPFLAGS_ALL) >$@.log 2>&1 || \
	    { grep -v 'warnings\? generated' $@.log; exit 1; }
	@touch $@

-include $(shell find build/lint -name '*.d' 2>/dev/null)

# --- what people call ----------------------------------------------------------------------------

deps:
	@tools/install_packages.sh --list build test lint coverage bench

run:
	@tools/install_packages.sh build
	@+$(PARALLEL_MAKE) programs
	build/oncecheck verify scenarios/solutions/lab2
	build/oncecheck verify scenarios/solutions/lab1; test $$? -eq 1

test:
	@tools/install_packages.sh build test
	@+$(PARALLEL_MAKE) programs
	@+$(PARALLEL_MAKE) VARIANT=debug-test tests
	@tools/run_tests.sh build/debug-test $(JOBS) $(TESTS)

lint:
	@tools/install_packages.sh build test lint
	@+$(PARALLEL_MAKE) --keep-going lint-all

format:
	clang-format -i $(LINT_C) $(HEADERS)

# Fewer generated instances than `make test` has, and more time: counting takes its own. What writes
# the counts at the end of a process has no answer to failing allocations: without failures.sh.
coverage:
	@tools/install_packages.sh build test coverage
	@+$(PARALLEL_MAKE) programs
	@+$(PARALLEL_MAKE) VARIANT=coverage programs tests
	@find build/coverage -name '*.gcda' -delete
	@ONCECHECK=build/coverage/oncecheck ONCECHECK_INSTANCES=40 TEST_SECONDS=1500 \
	    tools/run_tests.sh build/coverage $(JOBS) $(filter-out tests/cli/failures.sh,$(TESTS))
	@tools/coverage.py build/coverage

mutants:
	@tools/install_packages.sh build test
	@+$(PARALLEL_MAKE) programs
	@+$(PARALLEL_MAKE) VARIANT=mutants tests
	@tools/mutants.py --jobs $(JOBS)

corpus: all
	$(Q)tests/corpus/corpus.sh
	$(Q)tests/corpus/guide.sh

# What package-lock.json pins, no browser of npm's. nodejs from elsewhere may bring npm and refuse
# Debian's.
browser-test:
	@tools/install_packages.sh build browser
	@command -v npm >/dev/null || tools/install_packages.sh npm
	@+$(PARALLEL_MAKE) programs
	@cd tests/browser && npm ci --silent --no-audit --no-fund && npm test --silent

# Its packages bring sources in C: below build/, where nothing takes them for ours.
conformance:
	@tools/install_packages.sh build conformance
	@command -v npm >/dev/null || tools/install_packages.sh npm
	@+$(PARALLEL_MAKE) programs
	@mkdir -p build/conformance
	@cp tests/conformance/package.json tests/conformance/package-lock.json build/conformance
	@npm ci --prefix build/conformance --silent --no-audit --no-fund
	@NODE_PATH=build/conformance/node_modules node tests/conformance/conformance.js

SECONDS ?= 60
FUZZ_TARGETS := $(shell sed -n 's/^    X(\([a-z]*\)).*/\1/p' tests/fuzz/targets.h)
fuzz-programs: $(FUZZ_TARGETS:%=$(B)/fuzz_%)

$(B)/fuzz_%: tests/fuzz/fuzz.c $(B)/obj/tests/fuzz/targets.o $(LIBRARY)
	$(call say,LINK)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fsanitize=fuzzer -DFUZZ_TARGET=fuzz_$* -o $@ $^ $(LIBS)

endurance:
	@tools/install_packages.sh build test
	@+$(PARALLEL_MAKE) programs
	CHECKPOINT_KILLS=50 tests/cli/checkpoint.sh
	FAILURES_SIGNALS=200 FAILURES_HOSTS=200 tests/cli/failures.sh

fuzz:
	@tools/install_packages.sh build fuzz
	@+$(PARALLEL_MAKE) VARIANT=fuzz CC=clang fuzz-programs
	tests/fuzz/run.sh $(SECONDS)

$(B)/bench/sampling: $(B)/obj/tests/benchmarks/sampling.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

BENCH ?= full
bench:
	@tools/install_packages.sh build bench
	@+$(PARALLEL_MAKE) programs $(B)/bench/sampling
	@mkdir -p build/bench
	tests/benchmarks/bench.py $(BENCH) --json build/bench/results.json

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/oncecheck/python
	install -m 755 build/oncecheck $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(RUNTIME) $(DESTDIR)$(PREFIX)/share/oncecheck/python/
	find scenarios -type f ! -path '*/__pycache__/*' \
	    -exec install -D -m 644 {} $(DESTDIR)$(PREFIX)/share/oncecheck/{} ';'

clean:
	rm -rf build
