# SPDX-License-Identifier: BSD-2-Clause
# cross.mk - unit tests of what is written for another processor, built for it and run by an emulator; with
# pointer authentication, which it checks (not branch targets: the C library has none)

CROSS_CC ?= aarch64-linux-gnu-gcc
CROSS_RUN ?= qemu-aarch64
CROSS_TESTS := test_ctx test_ctx_stacks test_ctx_move
CROSS := $(if $(filter aarch64,$(HOST_ARCH)),,$(CROSS_TESTS:%=$(B)/tests/aarch64/%.sh))

.PHONY: test-cross

define cross_program
$(B)/tests/aarch64/$(1).sh: tests/unit/$(1).c $(call comment,link,tests/unit/$(1).c) \
		tests/cross/cmocka.h $(wildcard hostlib/*.h tests/unit/*.h)
	$$(call say,CROSS,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CROSS_CC) -Itests/cross $$(TEST_CPPFLAGS) $$(TEST_CFLAGS) -O2 -mbranch-protection=standard \
		-DEMULATED -static $$(filter %.c %.S,$$^) -o $$(@:.sh=) -lm -pthread
	$$(Q)echo 'exec $$(CROSS_RUN) $$(@:.sh=)' >$$@
endef
$(foreach t,$(CROSS_TESTS),$(eval $(call cross_program,$(t))))

test-programs: $(CROSS)

test-cross: $(CROSS) ## unit tests of the aarch64 parts, in an emulator
	$(Q)tests/run.sh $^
