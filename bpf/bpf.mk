# SPDX-License-Identifier: BSD-2-Clause
# bpf.mk - the policies: for each one object with the host's XDP program, the NIC's, and native code
# for workers, and the program for threads

POLICIES := $(patsubst bpf/policies/%.c,%,$(wildcard bpf/policies/*.c))
BPF_HEADERS := $(wildcard bpf/*.h bpf/policies/*.h include/shunt/*.h)
NIC_DEPS := $(BPF_HEADERS) $(wildcard bpf/nic/*)
SCHED_DEPS := $(BPF_HEADERS) $(wildcard bpf/sched/*)

HOST_PARTS := $(B)/signal.o $(B)/stub.o $(B)/seat.o

.PHONY: bpf wire
bpf: $(POLICIES:%=$(B)/bpf/%.o) $(HOST_PARTS) wire ## the policies, and their helpers
# nic-loop: with copies by a loop, for kernels before 5.18.
wire: ## the wire transport's programs
wire: $(POLICIES:%=$(B)/nic/%.o) $(POLICIES:%=$(B)/nic-loop/%.o) $(B)/host/unwrap.o

$(B)/native/%.so: bpf/policies/%.c bpf/native.c $(wildcard bpf/policies/*.h include/shunt/*.h)
	$(call say,NATIVE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(NATIVE_CC) $(NATIVE_CFLAGS) -DSHUNT_POLICY_FILE='"policies/$*.c"' bpf/native.c -o $@

$(B)/bpf/%.o: bpf/policies/%.c bpf/shunt.bpf.c $(B)/native/%.so $(B)/nic/%.o $(B)/sched/%.o \
		$(BPF_HEADERS)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DSHUNT_POLICY_FILE='"policies/$*.c"' -c bpf/shunt.bpf.c \
		-o $@.tmp
	$(Q)$(OBJCOPY_BPF) --add-section .shunt.native.$(HOST_ARCH)=$(B)/native/$*.so \
		--add-section .shunt.nic=$(B)/nic/$*.o \
		--add-section .shunt.sched=$(B)/sched/$*.o $@.tmp $@
	$(Q)rm -f $@.tmp

$(HOST_PARTS): $(B)/%.o: bpf/host/%.bpf.c $(BPF_HEADERS)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(B)/nic/%.o: bpf/policies/%.c $(NIC_DEPS)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DSHUNT_POLICY_FILE='"../policies/$*.c"' -c bpf/nic/nic.bpf.c \
		-o $@

$(B)/sched/%.o: bpf/policies/%.c $(SCHED_DEPS)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DSHUNT_POLICY_FILE='"../policies/$*.c"' \
		-c bpf/sched/sched.bpf.c -o $@

$(B)/nic-loop/%.o: bpf/policies/%.c $(NIC_DEPS)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DSHUNT_NIC_LOOP -DSHUNT_POLICY_FILE='"../policies/$*.c"' \
		-c bpf/nic/nic.bpf.c -o $@

$(B)/host/%.o: bpf/host/%.bpf.c $(NIC_DEPS)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@
