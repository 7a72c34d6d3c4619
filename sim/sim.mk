# SPDX-License-Identifier: BSD-2-Clause
# sim.mk - shunt-sim, the simulator

# Parts of whole.c and plain.c
SIM_PARTS := sim/loop.c sim/nic.c sim/cores.c sim/waiting.c
SIM_SRC := $(filter-out $(SIM_PARTS),$(wildcard sim/*.c))
SIM_LIBS := -lelf -ljansson -lm -ldl -pthread

.PHONY: sim
all: sim
sim: $(B)/shunt-sim ## the simulator

$(B)/shunt-sim: $(call obj,$(SIM_SRC) $(BUNDLE_SRC) $(MEM_SRC) lib/exe.c lib/file.c lib/why.c)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) $^ -o $@ $(SIM_LIBS)
