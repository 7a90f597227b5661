# Assay: `make help` lists the targets. Everything that is built goes under $(BUILD).
BUILD   ?= build
CC      ?= gcc
OPT     ?= -O3
WERROR  ?= -Werror
SANITIZE ?=

PACKAGES := glib-2.0 gio-2.0 gio-unix-2.0 libprotobuf-c libcjson sqlite3 sleef mpfr libpcre2-8 libjpeg libpng libwebp libtiff-4 libopenjp2 libarchive
PKG_CONFIG ?= pkg-config

# Bits must not depend on the compiler: no contraction, no value-changing optimisation (reference/eval/self_test.c checks).
DETERMINISM := -ffp-contract=off -fno-fast-math -fno-strict-aliasing -fwrapv
# Tables leave out fields on purpose: what is not said is zero.
WARNINGS    := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-missing-field-initializers \
               $(WERROR)
PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
PACKAGE_LIBS   := $(shell $(PKG_CONFIG) --libs $(PACKAGES))
CPPFLAGS_ALL = -I. -I$(BUILD)/gen -D_GNU_SOURCE $(PACKAGE_CFLAGS) $(CPPFLAGS)
CFLAGS_ALL   = -std=gnu11 -g $(OPT) $(DETERMINISM) $(WARNINGS) $(SANITIZE) -pthread $(CFLAGS)
LDFLAGS_ALL  = $(SANITIZE) -pthread $(LDFLAGS)
LIBS         = $(PACKAGE_LIBS) -lcsv -lm -ldl

# ---- modules: a folder is a static library, in link order (users before the used) --------------------------------
MODULES := reports backends_under_test/runner generators golden reference

sources_reference  := $(filter-out reference/ops/tests/%,$(sort $(wildcard reference/*.c reference/cli/*.c reference/tensor/*.c \
                        reference/onnx/*.c reference/eval/*.c reference/context/*.c reference/bounds/*.c reference/ops/*/*.c)))
sources_generators := $(sort $(wildcard generators/*.c generators/engine/*.c generators/proposals/*.c generators/experiments/*.c))
sources_golden     := $(sort $(wildcard golden/*.c golden/compare/*.c golden/mutants/*.c))
sources_backends_under_test/runner := $(sort $(wildcard backends_under_test/runner/*.c))
sources_reports    := $(sort $(wildcard reports/*.c reports/writers/*.c reports/writers/*/*.c))

# Adapters written in C: backends_under_test/<name>/adapter.c becomes $(BUILD)/adapters/<name>.
ADAPTERS := $(patsubst backends_under_test/%/adapter.c,%,$(wildcard backends_under_test/*/adapter.c))

# Tests: every tests/ folder is one Criterion program.
TEST_DIRS := $(sort $(patsubst %/,%,$(dir $(wildcard */tests/*.c */*/tests/*.c */*/*/tests/*.c))))
test_program = $(BUILD)/tests/$(subst /,-,$(patsubst %/tests,%,$(1)))

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
library = $(BUILD)/lib/$(subst /,-,$(1)).a
LIBRARIES := $(foreach m,$(MODULES),$(call library,$(m)))
LINKED     = -Wl,--start-group $(LIBRARIES) -Wl,--end-group

.PHONY: all
all: $(LIBRARIES) $(patsubst %.c,$(BUILD)/%,$(wildcard assay.c)) $(ADAPTERS:%=$(BUILD)/adapters/%)

# ---- generated sources ---------------------------------------------------------------------------------------------
GENERATED := $(BUILD)/gen/onnx.pb-c.h $(BUILD)/gen/operators.inc $(BUILD)/gen/proposals.inc $(BUILD)/gen/writers.inc \
             $(BUILD)/gen/subcommands.inc $(BUILD)/gen/experiments.inc $(BUILD)/gen/mutants.inc $(BUILD)/gen/naive.inc $(BUILD)/gen/site.css.inc $(BUILD)/gen/site.js.inc

$(BUILD)/gen/onnx.pb-c.c $(BUILD)/gen/onnx.pb-c.h &: spec/onnx.proto
	@mkdir -p $(BUILD)/gen
	protoc-c --proto_path=spec --c_out=$(BUILD)/gen spec/onnx.proto

# Registries: the sorted names of all NAME_DEFINE(...) lines; rewritten only when they change.
define registry
$(BUILD)/gen/$(1).inc: FORCE
	@mkdir -p $$(@D)
	@scripts/registry $(2) $(3) >$$@.new || { rm $$@.new; exit 1; }; cmp -s $$@.new $$@ && rm $$@.new || mv $$@.new $$@
endef
$(eval $(call registry,operators,OPERATOR_DEFINE,reference/ops))
$(eval $(call registry,proposals,PROPOSAL_DEFINE,generators/proposals))
$(eval $(call registry,experiments,EXPERIMENT_DEFINE,generators/experiments))
$(eval $(call registry,mutants,MUTANT_DEFINE,golden/mutants))
$(eval $(call registry,naive,NAIVE_DEFINE,golden/mutants))
$(eval $(call registry,writers,WRITER_DEFINE,reports/writers))
$(eval $(call registry,subcommands,SUBCOMMAND_DEFINE,reference generators golden backends_under_test/runner reports))
FORCE:

# The site's style and script, compiled in: the program needs no file at run time.
$(BUILD)/gen/site.%.inc: reports/writers/html/site.% scripts/embed
	@mkdir -p $(@D)
	scripts/embed $< >$@
$(BUILD)/obj/reports/writers/html.o: $(BUILD)/gen/site.css.inc $(BUILD)/gen/site.js.inc

# ---- compiling -----------------------------------------------------------------------------------------------------
# A change of compiler or flags rebuilds everything.
STAMP := $(BUILD)/flags
$(STAMP): FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL)' >$@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(BUILD)/obj/%.o: %.c $(STAMP) | $(GENERATED)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# protobuf-c's output is not held to our warnings.
$(BUILD)/obj/gen/onnx.pb-c.o: $(BUILD)/gen/onnx.pb-c.c $(STAMP)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -w -MMD -MP -c -o $@ $<

define module
$(call library,$(1)): $(call objects,$(sources_$(1))) $(2)
	@mkdir -p $$(@D)
	@rm -f $$@
	$(AR) rcs $$@ $$^
endef
$(eval $(call module,reference,$(BUILD)/obj/gen/onnx.pb-c.o))
$(foreach m,$(filter-out reference,$(MODULES)),$(eval $(call module,$(m),)))

$(BUILD)/assay: $(BUILD)/obj/assay.o $(LIBRARIES)
	$(CC) $(LDFLAGS_ALL) -o $@ $< $(LINKED) $(LIBS)

define adapter
$(BUILD)/adapters/$(1): $(call objects,$(wildcard backends_under_test/$(1)/*.c)) $(LIBRARIES)
	@mkdir -p $$(@D)
	$(CC) $(LDFLAGS_ALL) -o $$@ $(call objects,$(wildcard backends_under_test/$(1)/*.c)) $(LINKED) $(LIBS)
endef
$(foreach a,$(ADAPTERS),$(eval $(call adapter,$(a))))

# The other side of scripts/bench: kernels and networks beside ONNX Runtime, in one process.
BENCH_OBJECTS := $(call objects,backends_under_test/ort/bench/kernels.c backends_under_test/ort/engine.c backends_under_test/ort/values.c)
BARE_OBJECTS := $(call objects,backends_under_test/ort/bench/bare.c backends_under_test/ort/session.c backends_under_test/ort/engine.c \
                  backends_under_test/ort/values.c)
$(BUILD)/adapters/bare: $(BARE_OBJECTS) $(LIBRARIES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $(BARE_OBJECTS) $(LINKED) $(LIBS)
$(BUILD)/adapters/kernels: $(BENCH_OBJECTS) $(LIBRARIES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $(BENCH_OBJECTS) $(LINKED) $(LIBS)

# ---- libassay: the evaluator and the judge for other programs (reference/assay.h) ------------------------------------------
VERSION := $(shell sed -n 's/^\#define ASSAY_VERSION "\(.*\)"/\1/p' reference/assay.h)
SONAME  := libassay.so.$(firstword $(subst ., ,$(VERSION)))
LIBASSAY_PACKAGES := $(filter-out gio-2.0 gio-unix-2.0 libcjson sqlite3 libarchive,$(PACKAGES))
sources_libassay  := $(filter-out reference/cmd_% reference/cli/% reference/graph_dot.c,$(sources_reference)) \
                     $(wildcard golden/compare/*.c) golden/library.c
objects_libassay  := $(patsubst %.c,$(BUILD)/pic/%.o,$(sources_libassay)) $(BUILD)/pic/gen/onnx.pb-c.o

$(BUILD)/pic/%.o: %.c $(STAMP) | $(GENERATED)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fPIC -MMD -MP -c -o $@ $<
$(BUILD)/pic/gen/onnx.pb-c.o: $(BUILD)/gen/onnx.pb-c.c $(STAMP)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fPIC -w -MMD -MP -c -o $@ $<
$(BUILD)/$(SONAME): $(objects_libassay) reference/assay.map
	$(CC) $(LDFLAGS_ALL) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=reference/assay.map -Wl,-z,defs -o $@ \
	    $(objects_libassay) $(shell $(PKG_CONFIG) --libs $(LIBASSAY_PACKAGES)) -lm -ldl
# One object whose only global names are assay_*, so that the static library cannot clash with its user either.
$(BUILD)/libassay.a: $(objects_libassay)
	$(LD) -r -o $(BUILD)/libassay.o $(objects_libassay)
	objcopy --wildcard --keep-global-symbol='assay_*' $(BUILD)/libassay.o
	rm -f $@ && $(AR) rcs $@ $(BUILD)/libassay.o
$(BUILD)/assay.pc: reference/assay.pc.in reference/assay.h FORCE
	@sed -e 's|@prefix@|$(PREFIX)|' -e 's|@version@|$(VERSION)|' -e 's|@packages@|$(LIBASSAY_PACKAGES)|' $< >$@

.PHONY: lib install uninstall
lib: $(BUILD)/$(SONAME) $(BUILD)/libassay.a ## libassay, shared and static
PREFIX ?= /usr/local
ROOT    = $(DESTDIR)$(PREFIX)
SHARED  = $(ROOT)/share/assay
# What the program says of itself, as a man page and as completions for shells.
COMPLETIONS := $(addprefix $(BUILD)/assay.,bash zsh fish)
$(BUILD)/assay.1: $(BUILD)/assay scripts/manual
	scripts/manual $< >$@.new && mv $@.new $@
$(COMPLETIONS): $(BUILD)/assay.%: $(BUILD)/assay scripts/completion
	scripts/completion $< $* >$@.new && mv $@.new $@
install: all lib $(BUILD)/assay.pc $(BUILD)/assay.1 $(COMPLETIONS) ## install under DESTDIR and PREFIX (default /usr/local)
	install -d $(ROOT)/bin $(ROOT)/lib/pkgconfig $(ROOT)/include/assay $(ROOT)/libexec/assay/adapters $(SHARED)/golden/manifest
	install $(BUILD)/assay $(ROOT)/bin/assay
	install -m 644 reference/assay.h $(ROOT)/include/assay/assay.h
	install -m 644 $(BUILD)/libassay.a $(ROOT)/lib/libassay.a
	install -m 644 $(BUILD)/$(SONAME) $(ROOT)/lib/$(SONAME).$(VERSION)
	ln -sf $(SONAME).$(VERSION) $(ROOT)/lib/$(SONAME)
	ln -sf $(SONAME) $(ROOT)/lib/libassay.so
	install -D -m 644 $(BUILD)/assay.1 $(ROOT)/share/man/man1/assay.1
	install -D -m 644 $(BUILD)/assay.bash $(ROOT)/share/bash-completion/completions/assay
	install -D -m 644 $(BUILD)/assay.zsh $(ROOT)/share/zsh/site-functions/_assay
	install -D -m 644 $(BUILD)/assay.fish $(ROOT)/share/fish/vendor_completions.d/assay.fish
	install -m 644 $(BUILD)/assay.pc $(ROOT)/lib/pkgconfig/assay.pc
	for a in $(ADAPTERS); do install $(BUILD)/adapters/$$a $(ROOT)/libexec/assay/adapters/ || exit 1; done
	install -m 644 golden/manifest/*.txt $(SHARED)/golden/manifest
	cd spec && find . -type f -exec install -D -m 644 '{}' '$(abspath $(SHARED))/spec/{}' ';'
	find backends_under_test -mindepth 2 -maxdepth 2 -type f ! -path '*/runner/*' ! -name '*.[ch]' \
	    -exec sh -c 'install -D -m "$$(stat -c %a "$$1")" "$$1" "$(SHARED)/$$1"' sh '{}' ';'

uninstall: ## remove what install left under DESTDIR and PREFIX
	rm -f $(ROOT)/bin/assay $(ROOT)/lib/libassay.a $(ROOT)/lib/libassay.so $(ROOT)/lib/$(SONAME) $(ROOT)/lib/$(SONAME).$(VERSION) \
	    $(ROOT)/lib/pkgconfig/assay.pc $(ROOT)/share/man/man1/assay.1 $(ROOT)/share/bash-completion/completions/assay \
	    $(ROOT)/share/zsh/site-functions/_assay $(ROOT)/share/fish/vendor_completions.d/assay.fish
	rm -rf $(ROOT)/include/assay $(ROOT)/libexec/assay $(SHARED)

# ---- tests ---------------------------------------------------------------------------------------------------------
define test_folder
$(call test_program,$(1)): $(call objects,$(wildcard $(1)/*.c)) $(LIBRARIES)
	@mkdir -p $$(@D)
	$(CC) $(LDFLAGS_ALL) -o $$@ $(call objects,$(wildcard $(1)/*.c)) $(LINKED) $(LIBS) -lcriterion
endef
$(foreach d,$(TEST_DIRS),$(eval $(call test_folder,$(d))))
TEST_PROGRAMS := $(foreach d,$(TEST_DIRS),$(call test_program,$(d)))

# Fuzz targets: scripts/fuzz/targets/<name>.c becomes $(BUILD)/fuzzers/<name>, driven by replay.c (files as arguments), or by
# an engine of the compiler: scripts/fuzz/run builds with FUZZ_DRIVER=-fsanitize=fuzzer.
FUZZ_TARGETS := $(patsubst scripts/fuzz/targets/%.c,%,$(wildcard scripts/fuzz/targets/*.c))
FUZZ_DRIVER  ?= $(BUILD)/obj/scripts/fuzz/replay.o
$(FUZZ_TARGETS:%=$(BUILD)/fuzzers/%): $(BUILD)/fuzzers/%: $(BUILD)/obj/scripts/fuzz/targets/%.o $(BUILD)/obj/scripts/fuzz/mutate.o \
                                   $(BUILD)/obj/scripts/fuzz/replay.o $(LIBRARIES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $< $(BUILD)/obj/scripts/fuzz/mutate.o $(FUZZ_DRIVER) $(LINKED) $(LIBS)
$(BUILD)/fuzz-seeds: $(BUILD)/obj/scripts/fuzz/seeds.o $(LIBRARIES)
	$(CC) $(LDFLAGS_ALL) -o $@ $< $(LINKED) $(LIBS)
.PHONY: fuzz-targets fuzz
fuzz-targets: $(FUZZ_TARGETS:%=$(BUILD)/fuzzers/%) $(BUILD)/fuzz-seeds
SECONDS ?= 600
fuzz:  ## fuzz every target for SECONDS (default 600) under the sanitizers
	scripts/fuzz/run $(SECONDS)

.PHONY: portability torture tsan
tsan: ## everything that has threads under the thread sanitizer
	scripts/tsan/run
torture: all ## every write, sync, rename and allocation of a model's size fails in turn
	scripts/torture/run
portability: ## the corpus reproduced by every compiler, flag and locale, under valgrind, and by an aarch64 build
	scripts/portability

.PHONY: test tests check-includes
tests: all $(TEST_PROGRAMS)    ## build the test programs
test:  ## install what is missing, build, run every test
	scripts/test

.PHONY: soak
soak: tests ## every bound rule against valid ways of computing: at least a million evaluations
	scripts/soak
check-includes: ## who may include whom
	scripts/check_includes

.PHONY: demo asan browser-test bench format clean help
demo:  ## install what is missing, build, generate, run the backends, write the report
	scripts/demo
asan:  ## the tests under address and undefined-behaviour sanitizers
	scripts/asan
browser-test: all ## the report's site in a real browser (needs npm and chromium)
	scripts/browser_test
bench: all $(BUILD)/adapters/kernels $(BUILD)/adapters/bare ## time the whole per 1,000 cases, and the evaluator beside onnx and ONNX Runtime
	scripts/bench
	scripts/bench --kernels
	scripts/bench --harness
.PHONY: kill slurm-test
kill: all ## 1,000 SIGKILLs at random moments of everything that writes: nothing is lost, nothing half-written is believed
	scripts/kill
slurm-test: all ## runs cut up by a real Slurm of one node (root; packages slurm-wlm, munge); TAP
	scripts/slurm/test
format: ## clang-format every C file
	git ls-files '*.c' '*.h' '*.inc' | xargs clang-format -i
clean: ## remove everything built
	rm -rf $(BUILD)
help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | sort | column -t -s "$$(printf '\t')"

-include $(shell test -d $(BUILD)/obj && find $(BUILD)/obj $(wildcard $(BUILD)/pic) -name '*.d')
