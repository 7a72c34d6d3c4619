# SPDX-License-Identifier: BSD-2-Clause
# nfp.mk - the card's programs: the policies that fit, and why the others do not; and what emulates
# a card

NFP_FIT := affinity hint p2c part rss steal
NFP_UNFIT := $(filter-out $(NFP_FIT),$(POLICIES))
NFP_OBJ := $(NFP_FIT:%=$(B)/nfp/%.o)
NFP_EMU := $(NFP_FIT:%=$(B)/nfp/emu/%.o)
NFP_WHY := $(NFP_UNFIT:%=$(B)/nfp/%.why)

# select() is the host's, so it is unused here. A function that the card leaves out is a warning,
# also where warnings are errors.
NFP_CFLAGS := $(BPF_CFLAGS) -Wno-unused-function -Wno-error=\#warnings -DSHUNT_TARGET_NFP
NFP_HEADERS := $(wildcard bpf/*.h bpf/policies/*.h include/shunt/*.h offload/nfp/*.h)

.PHONY: nfp nfp-objects
all: nfp-objects
nfp-objects: $(NFP_OBJ) $(NFP_WHY) $(NFP_EMU) ## the same, without the table
nfp: nfp-objects ## the policies as programs for Netronome cards, and why some cannot be
	$(Q)offload/nfp/table.sh $(NFP_OBJ) $(NFP_WHY)

$(B)/nfp/%.o: bpf/policies/%.c offload/nfp/card.bpf.c $(NFP_HEADERS)
	$(call say,NFP,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(NFP_CFLAGS) -DSHUNT_POLICY_FILE='"../../bpf/policies/$*.c"' \
		-c offload/nfp/card.bpf.c -o $@

# A policy that the card cannot run must be refused for one of its rules, and say so.
$(B)/nfp/%.why: bpf/policies/%.c offload/nfp/card.bpf.c offload/nfp/why.sh $(NFP_HEADERS)
	$(call say,NFP-WHY,$@)
	$(Q)mkdir -p $(@D)
	$(Q)offload/nfp/why.sh $< $(CLANG) $(NFP_CFLAGS) \
		-DSHUNT_POLICY_FILE='"../../bpf/policies/$*.c"' \
		-c offload/nfp/card.bpf.c -o $@.o >$@

# The host's program with what a card would know: a bundle as bpf/*.o.
$(B)/nfp/emu/%.o: bpf/policies/%.c bpf/shunt.bpf.c $(B)/native/%.so $(NFP_HEADERS)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -Wno-unused-function -DSHUNT_TARGET_EMU \
		-DSHUNT_POLICY_FILE='"policies/$*.c"' \
		-c bpf/shunt.bpf.c -o $@.tmp
	$(Q)$(OBJCOPY_BPF) --add-section .shunt.native.$(HOST_ARCH)=$(B)/native/$*.so $@.tmp $@
	$(Q)rm -f $@.tmp
