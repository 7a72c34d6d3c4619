# SPDX-License-Identifier: BSD-2-Clause
# cross.mk - unit tests built for another processor and run by an emulator; with pointer
# authentication, which it checks (not branch targets: the C library has none)
#
# Without CROSS: tests of the code written for that processor, which need no libraries of its own.
# With CROSS: all.

CROSS_CC ?= aarch64-linux-gnu-gcc
CROSS_RUN ?= qemu-aarch64
CROSS_CFLAGS := -O2 -mbranch-protection=standard -DEMULATED

.PHONY: test-cross

ifeq ($(CROSS),)
CROSS_TESTS := test_ctx test_ctx_stacks test_ctx_move
CROSS_UNIT := $(if $(filter aarch64,$(HOST_ARCH)),,$(CROSS_TESTS:%=$(B)/tests/aarch64/%.sh))

define cross_program
$(B)/tests/aarch64/$(1).sh: tests/unit/$(1).c $(call comment,link,tests/unit/$(1).c) \
		tests/cross/cmocka.h $(wildcard hostlib/*.h tests/unit/*.h)
	$$(call say,CROSS,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CROSS_CC) -Itests/cross $$(TEST_CPPFLAGS) $$(TEST_CFLAGS) $$(CROSS_CFLAGS) \
		-static $$(filter %.c %.S,$$^) -o $$(@:.sh=) -lm -pthread
	$$(Q)echo 'exec $$(CROSS_RUN) $$(@:.sh=)' >$$@
endef
$(foreach t,$(CROSS_TESTS),$(eval $(call cross_program,$(t))))
else
# test_torn starts itself anew, which an emulator of one process cannot.
CROSS_UNIT := $(patsubst %,%.sh,$(filter-out %/test_torn,$(UNIT)))

$(CROSS_UNIT): %.sh: %
	$(Q)echo 'exec $(CROSS_RUN) $<' >$@
endif

test-programs: $(CROSS_UNIT)

test-cross: ## unit tests in an emulator: of the aarch64 parts; with CROSS=aarch64-linux-gnu, all
test-cross: $(CROSS_UNIT)
	$(Q)tests/run.sh $^
