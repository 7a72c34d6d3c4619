# SPDX-License-Identifier: BSD-2-Clause
# test-nfp.mk - offload without a card: the kernel's own verifier and JIT of Netronome's cards, in
# QEMU

.PHONY: test-nfp
NFP_EMU_CARD := $(NFP_FIT:%=$(B)/nfp/emu/card/%.o)
NFP_PROBES := $(patsubst tests/nfp/probes/%.bpf.c,$(B)/tests/nfp/probes/%.o,$(wildcard \
	tests/nfp/probes/*.bpf.c))

# A probe may be what no policy should be: it is compiled without warnings.
$(B)/tests/nfp/%.o: tests/nfp/%.bpf.c $(wildcard tests/nfp/probes/*.h)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -w -c $< -o $@

# Programs for lint's tests, which need no guest.
test-programs e2e-programs: $(NFP_PROBES)
test-programs test-prog: nfp-objects $(NFP_EMU_CARD)
test-unit: $(NFP_PROBES) nfp-objects
$(B)/tests/unit/test_lint_fuzz: | $(NFP_PROBES) $(NFP_OBJ)

test-nfp: ## programs for Netronome cards before the driver's own verifier and JIT (root)
test-nfp: all $(NFP_PROBES) $(B)/tests/nfp/small.o
	$(Q)tests/nfp/test.sh $(NFP_OBJ)

# The card's program itself, as a host's kernel can run it, for tests.
$(B)/nfp/emu/card/%.o: bpf/policies/%.c offload/nfp/card.bpf.c $(NFP_HEADERS)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -Wno-unused-function -DSHUNT_TARGET_EMU \
		-DSHUNT_POLICY_FILE='"../../bpf/policies/$*.c"' \
		-c offload/nfp/card.bpf.c -o $@
