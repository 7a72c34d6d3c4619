# SPDX-License-Identifier: BSD-2-Clause
# bench.mk - measurements; each writes a JSON file into build/bench/

.PHONY: bench-cost bench-path

bench-cost: bpf $(B)/bench/cost $(POLICIES:%=$(B)/bench/reject/%.o) ## ns per packet of XDP ingress (root)
	$(Q)$(B)/bench/cost

bench-path: all $(B)/bench/pingpong $(B)/bench/udp_echo ## round trips, against a kernel UDP server (root)
	$(Q)bench/path.sh

$(B)/bench/cost: bench/cost.c tests/prog/ingress.c tests/prog/packet.c $(wildcard tests/prog/*.h include/shunt/*.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -I. -std=gnu11 -O2 -g $(WARN) $(filter %.c,$^) -o $@ -lbpf -ljansson -lm

$(B)/bench/reject/%.o: bpf/policies/%.c bench/reject.c bpf/shunt.bpf.c $(wildcard bpf/*.h include/shunt/*.h)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -Ibpf -DSHUNT_POLICY_FILE='"../bench/reject.c"' \
		-DSHUNT_BENCH_POLICY='"policies/$*.c"' -c bpf/shunt.bpf.c -o $@

$(B)/bench/%: bench/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g $(WARN) $< -o $@ -lm
