# SPDX-License-Identifier: BSD-2-Clause
# fuzz.mk - fuzzers (libFuzzer, so clang): tests/fuzz/NAME.c, what it found worth keeping in
# tests/fuzz/corpus/NAME, words of the input's language in tests/fuzz/NAME.dict. Comment lines of a
# NAME.c, as in tests.mk:
#   link: lib/ring.c agent/x.c     other sources it is linked with
#   flags: -Itests/fuzz/native     more for the compiler

.PHONY: fuzz-programs test-fuzz

FUZZ_SRC := $(wildcard tests/fuzz/*.c)
FUZZ_NAMES := $(FUZZ_SRC:tests/fuzz/%.c=%)
FUZZ := $(FUZZ_NAMES:%=$(B)/tests/fuzz/%)
FUZZ_TIME ?= 60 # seconds
FUZZ_FLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined \
	      -fno-sanitize-recover=all $(WARN) -Wno-missing-field-initializers \
	      -Wno-missing-prototypes

define fuzz_program
$(B)/tests/fuzz/$(1): tests/fuzz/$(1).c $(call comment,link,tests/fuzz/$(1).c)
	$$(call say,FUZZ,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CLANG) $$(TEST_CPPFLAGS) $$(FUZZ_FLAGS) $(call comment,flags,tests/fuzz/$(1).c) \
		-MMD -MP -MT $$@ $$(filter %.c %.S,$$^) -o $$@ $$(filter-out -lcmocka,$$(TEST_LIBS))
endef
$(foreach f,$(FUZZ_NAMES),$(eval $(call fuzz_program,$(f))))

# clang takes the sources of one command one by one, and writes the prerequisites of the last: all
# headers it may be are named.
$(FUZZ): $(wildcard tests/fuzz/*.h tests/fuzz/*/*.h agent/*.h apps/kv/*.h bpf/*.h bpf/*/*.h \
	hostlib/*.h include/shunt/*.h lib/*.h lib/bundle/*.h lib/mem/*.h loader/*.h \
	offload/nfp/lint/*.h)

fuzz-programs: $(FUZZ) ## the fuzzers
ifeq ($(CROSS),)
test-programs: fuzz-programs
BESIDE += tests/fuzz/fuzz.sh
endif

test-fuzz: $(FUZZ) ## what the fuzzers have found, once more
	$(Q)tests/run.sh tests/fuzz/fuzz.sh

fuzz-%: $(B)/tests/fuzz/% ## FUZZ_TIME seconds (60) of a fuzzer; what is new goes to build/fuzz/NAME
	$(Q)mkdir -p $(B)/fuzz/$* tests/fuzz/corpus/$*
	$(Q)$< $(wildcard tests/fuzz/$*.dict:%=-dict=%) -max_total_time=$(FUZZ_TIME) -timeout=10 \
		-print_final_stats=1 \
		-artifact_prefix=$(B)/fuzz/$*- $(FUZZ_ARGS) $(B)/fuzz/$* tests/fuzz/corpus/$*

# The least set that reaches all that build/fuzz and the corpus reach, and what has a name and not a
# hash; run it when the fuzzer has found new ground.
fuzz-keep-%: $(B)/tests/fuzz/% ## the corpus of a fuzzer anew, as small as it can be
	$(Q)rm -rf $(B)/fuzz/$*-kept && mkdir -p $(B)/fuzz/$*-kept $(B)/fuzz/$* tests/fuzz/corpus/$*
	$(Q)$< -set_cover_merge=1 -use_counters=0 $(B)/fuzz/$*-kept tests/fuzz/corpus/$* \
		$(B)/fuzz/$* 2>&1 | tail -n 1
	$(Q)find tests/fuzz/corpus/$* -type f -regextype egrep ! -regex '.*/[0-9a-f]{40}' -exec cp \
		-t $(B)/fuzz/$*-kept {} +
	$(Q)rm -rf tests/fuzz/corpus/$* && mv $(B)/fuzz/$*-kept tests/fuzz/corpus/$*
