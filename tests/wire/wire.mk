# SPDX-License-Identifier: BSD-2-Clause
# wire.mk - the wire lab: a NIC, a core, and the switch's programs

WIRE_TESTS := $(addprefix $(B)/tests/wire/,nic core forge clock_back.so switch.o faults.o)
test-programs e2e-programs: $(WIRE_TESTS)
all: $(B)/tests/wire/switch.o # for `tests/lab.sh up wire`

$(B)/tests/wire/nic: tests/wire/nic.c agent/nic.c lib/nicsize.c lib/bpfmap.c lib/pins.c lib/why.c \
	agent/nic.h tests/wire/key.h include/shunt/nic.h include/shunt/wire.h include/shunt/proof.h
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(note_headers)
	$(Q)$(CC) $(CPPFLAGS) -I. -std=gnu11 -O2 -g $(WARN) $(filter %.c,$^) -o $@ -lbpf

$(B)/tests/wire/core: tests/wire/core.c tests/wire/key.h tests/wire/spin.h include/shunt/wire.h \
	include/shunt/proof.h apps/spin.h
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(note_headers)
	$(Q)$(CC) $(CPPFLAGS) -I. -std=gnu11 -O2 -g $(WARN) $(filter %.c,$^) -o $@

$(B)/tests/wire/clock_back.so: tests/wire/clock_back.c
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g -fPIC -shared $(WARN) $< -o $@ -ldl

$(B)/tests/wire/%.o: tests/wire/%.bpf.c tests/wire/loss.h
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(B)/tests/wire/forge: tests/wire/forge.c tests/wire/key.h include/shunt/wire.h \
	include/shunt/proof.h tests/rng.h
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(note_headers)
	$(Q)$(CC) $(CPPFLAGS) -I. -std=gnu11 -O2 -g $(WARN) $(filter %.c,$^) -o $@
