# SPDX-License-Identifier: BSD-2-Clause
# bench.mk - measurements; each writes a JSON file into build/bench/

.PHONY: bench-agent bench-cost bench-path bench-plain bench-preempt bench-price bench-wire \
	bench-costs bench-sim bench-overload bench-rpc bench-seat bench-actors \
	bench-offload bench-mem bench-mem-replay

bench-cost: ## ns per packet of XDP ingress (root)
bench-cost: bpf $(B)/bench/cost $(B)/bench/again.o $(B)/bench/least.o \
		$(POLICIES:%=$(B)/bench/reject/%.o)
	$(Q)$(B)/bench/cost

bench-agent: ## what shuntd itself takes of a CPU, idle and under load (root)
bench-agent: all
	$(Q)bench/agent.sh

bench-path: ## round trips, against a kernel UDP server (root)
bench-path: all $(B)/bench/pingpong
	$(Q)bench/path.sh

bench-plain: ## where no order helps: shunt's price beside other systems, 8 minutes (root)
bench-plain: all
	$(Q)bench/plain.sh

bench-price: ## what each step of a request takes of its core (root)
bench-price: all $(B)/bench/price
	$(Q)bench/price.sh

bench-overload: ## goodput against what is offered: 5 minutes (root)
bench-overload: all
	$(Q)bench/overload.sh $(B)/bench/overload.json

bench-seat: ## two services on one CPU: switched to, there, and spinning (root)
bench-seat: all $(B)/bench/line $(B)/bench/handover
	$(Q)bench/seat.sh $(B)/bench/seat.json

bench-actors: ## a message from actor to actor in one place
bench-actors: $(B)/bench/actors
	$(Q)$(B)/bench/actors >$(B)/bench/actors.json && cat $(B)/bench/actors.json

$(B)/bench/actors: bench/actors.c $(filter-out hostlib/actor/serve.c,$(ACTOR_SRC)) \
		$(wildcard hostlib/actor/*.h include/shunt/actor.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -I. -DSHUNT_ACTOR_ALONE $(CFLAGS) $(SHUNT_CFLAGS) $(filter %.c,$^) \
		-o $@

bench-offload: $(B)/bench/offload ## an agent's decisions, asked for and staged
	$(Q)$< $(B)/bench/offload.json

# With policy mq beside it, as workers have it.
$(B)/bench/offload: bench/offload.c bench/line.h bench/ticks.h $(B)/bench/offload_mq.o \
	$(B)/libshunt-offload.a
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) -I. -std=gnu11 -O2 -g $(WARN) $(filter %.c %.o %.a,$^) -o $@ \
		-ljansson -pthread

$(B)/bench/offload_mq.o: bpf/native.c bpf/policies/mq.c $(wildcard include/shunt/*.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(NATIVE_CC) $(filter-out -shared -nostdlib -Wl%,$(NATIVE_CFLAGS)) \
		-DSHUNT_POLICY_FILE='"policies/mq.c"' -Ibpf -c $< -o $@

bench-mem: ## memory that programs do not use, given back: 8 minutes (root)
bench-mem: all $(B)/bench/mem $(if $(ROCKSDB),$(B)/bench/mem_rocksdb)
	$(Q)bench/mem.sh $(B)/bench/mem.json

bench-mem-replay: ## policies of memory on what memcached uses, recorded: 5 minutes (root)
bench-mem-replay: all $(B)/bench/mem
	$(Q)bench/mem_replay.sh $(B)/bench

$(B)/bench/mem: bench/mem_ask.h
$(B)/bench/mem_rocksdb: bench/mem_rocksdb.c bench/mem_ask.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g $(WARN) $< -o $@ $(ROCKSDB_LIBS)

RPC_BENCH := $(addprefix $(B)/bench/rpc/,client server shunt tirpc decode)
bench-rpc: ## ONC RPC: heads in XDP, decoding, round trips against libtirpc's server (root)
bench-rpc: all $(RPC_BENCH) $(B)/bench/line $(B)/bench/cost $(B)/bench/again.o \
		$(B)/bench/reject/fcfs.o
	$(Q)bench/rpc.sh $(B)/bench/rpc.json

RPC_BENCH_CC = mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(TIRPC_CFLAGS) -I. -I$(RPC_TESTS) -O2 -g
RPC_BY_RPCGEN := $(RPC_TESTS)/calc_xdr.c # made with calc.h

$(B)/bench/rpc/client: bench/rpc/client.c $(RPC_TESTS)/calc.h
	$(call say,CC,$@)
	$(Q)$(RPC_BENCH_CC) -w $< $(RPC_TESTS)/calc_clnt.c $(RPC_BY_RPCGEN) -o $@ -ltirpc

# The rest of the service is that of the tests.
$(B)/bench/rpc/server: bench/rpc/server.c tests/rpc/views.c $(RPC_TESTS)/gen/calc_shunt.c \
		$(RPC_LIBS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -I$(RPC_TESTS)/gen -O2 -g -Dsum_1=sum_of_tests -c tests/rpc/views.c \
		-o $@.o
	$(Q)$(RPC_BENCH_CC) $(WARN) -I$(RPC_TESTS)/gen $< $(RPC_TESTS)/gen/calc_shunt.c $@.o -o $@ \
		$(RPC_LIBS) -pthread

$(B)/bench/rpc/shunt $(B)/bench/rpc/tirpc: bench/rpc/by_rpcgen.c tests/rpc/procedures.c \
		$(RPC_TESTS)/calc.h $(RPC_LIBS)
	$(call say,CC,$@)
	$(Q)$(RPC_BENCH_CC) -w -DRUN=$(if $(filter %/shunt,$@),shunt_rpc_run,svc_run) \
		$(filter %.c,$^) $(RPC_TESTS)/calc_dispatch.c $(RPC_BY_RPCGEN) -o $@ \
		$(RPC_LIBS) -ltirpc -pthread

$(B)/bench/rpc/decode: bench/rpc/decode.c bench/rpc/decode_shunt.c bench/rpc/decode_tirpc.c \
		bench/rpc/decode.h tests/rpc/views.c $(RPC_TESTS)/gen/calc_shunt.c \
		$(RPC_TESTS)/calc.h $(RPC_LIBS)
	$(call say,CC,$@)
	$(Q)$(RPC_BENCH_CC) -I$(RPC_TESTS)/gen -w $(filter bench/%.c tests/%.c,$^) \
		$(RPC_BY_RPCGEN) -o $@ $(RPC_LIBS) -ltirpc -pthread

bench-wire: ## requests through a NIC that shares no memory (root)
bench-wire: all $(B)/tests/wire/switch.o $(B)/bench/pingpong
	$(Q)bench/wire.sh

bench-preempt: ## what preemption costs and what it is good for (root)
bench-preempt: all $(B)/bench/preempt bench-switch bench-safepoints
	$(Q)$(B)/bench/preempt $(B)/bench/yield.json
	$(Q)bench/preempt_lab.sh $(B)/bench/preempt_lab.json
	$(Q)jq -n --slurpfile y $(B)/bench/yield.json --slurpfile s $(B)/bench/switch.json \
		--slurpfile p $(B)/bench/safepoints.json --slurpfile l $(B)/bench/preempt_lab.json \
		--arg kernel "$$(uname -r)" --arg commit \
		"$$(git rev-parse --short HEAD 2>/dev/null)" \
		-f bench/preempt.jq >$(B)/bench/preempt.json

bench-costs: ## files of costs for shunt-sim, from what the others left in build/bench (root)
bench-costs: all $(B)/bench/stalls
	$(Q)bench/costs.sh

$(B)/bench/costs.lab.json: | all $(B)/bench/stalls
	$(Q)bench/costs.sh

bench-sim: all $(B)/bench/stalls $(B)/bench/costs.lab.json ## the simulator against the lab (root)
	$(Q)bench/sim_lab.sh $(B)/bench/sim.json

$(B)/bench/preempt: $(wildcard bench/preempt/*) tests/ring.h bench/line.h bench/ticks.h \
	$(call obj,$(HOSTLIB_SRC)) $(wildcard hostlib/*.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -I. -std=gnu11 -O2 -g $(INSTRUMENT) $(WARN) \
		-Wno-missing-field-initializers $(filter %.c %.o,$^) -o $@ \
		-Wl,--wrap=park_put -ljansson -lm -pthread

# shunt-spin, whose library's calls go by bench/price.c.
PRICE_WRAPS := next_take queue_pop policy_ask ctx_get ctx_put ctx_start ctx_enter yield_start \
	park_put park_take queue_end reply_kick frames_recycle idle_over idle_turn work_ns \
	next_prefetch next_prefetch_heads preempt_worker_begin clock_gettime

$(B)/bench/price: bench/price.c $(call obj,$(HOSTLIB_SRC) apps/spin.c apps/work.c apps/gap.c) \
	$(wildcard hostlib/*.h lib/*.h include/shunt/*.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -I. -std=gnu11 -O2 -g $(WARN) $(filter %.c %.o,$^) -o $@ \
		$(SHUNT_LDFLAGS) $(PRICE_WRAPS:%=-Wl,--wrap=%) -pthread -lm

$(B)/bench/cost: bench/cost.c bench/cost_least.c bench/cost_report.c tests/prog/ingress.c \
	tests/prog/packet.c bench/cost.h $(wildcard tests/prog/*.h include/shunt/*.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -I. -std=gnu11 -O2 -g $(WARN) $(filter %.c,$^) -o $@ -lbpf -ljansson \
		-lm

$(B)/bench/again.o $(B)/bench/least.o: $(B)/bench/%.o: bench/%.bpf.c $(wildcard include/shunt/*.h)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(B)/bench/reject/%.o: bpf/policies/%.c bench/reject.c bpf/shunt.bpf.c \
	$(wildcard bpf/*.h bpf/policies/*.h include/shunt/*.h)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -Ibpf -DSHUNT_POLICY_FILE='"../bench/reject.c"' \
		-DSHUNT_BENCH_POLICY='"policies/$*.c"' -c bpf/shunt.bpf.c -o $@

$(B)/bench/pingpong: bench/pingpong.c $(call obj,apps/load/server_gaps.c $(CLEAN_SRC))
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -I. -std=gnu11 -O2 -g $(WARN) $^ -o $@ -lm

$(B)/bench/%: bench/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g $(WARN) $< -o $@ -lm -pthread

# The papers' workloads: bench/tail/. A run that was stopped goes on; MINUTES=3 stops after that
# long.
.PHONY: bench-tail bench-tail-quick bench-rocksdb bench-rocksdb-quick

bench-tail: ## the papers' tail latencies under shunt and its peers: 25 minutes (root)
bench-tail: all $(B)/tests/wire/switch.o $(B)/bench/report
	$(Q)bench/tail/run.sh tail
	$(Q)$(MAKE) --no-print-directory bench-report

bench-tail-quick: ## the same with few points: 3 minutes, not for claims (root)
bench-tail-quick: all $(B)/tests/wire/switch.o $(B)/bench/report
	$(Q)QUICK=1 bench/tail/run.sh tail
	$(Q)$(MAKE) --no-print-directory bench-report

bench-rocksdb: all $(B)/bench/report ## Shinjuku's RocksDB experiments (root)
	$(Q)bench/tail/run.sh rocksdb
	$(Q)$(MAKE) --no-print-directory bench-report

bench-rocksdb-quick: ## the same with few points: 3 minutes, not for claims (root)
bench-rocksdb-quick: all $(B)/bench/report
	$(Q)QUICK=1 bench/tail/run.sh rocksdb
	$(Q)$(MAKE) --no-print-directory bench-report

$(B)/bench/report: $(call obj,$(wildcard bench/report/*.c))
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -ljansson -lm

.PHONY: bench-report
SWEEPS = $(wildcard $(B)/bench/tail*.json $(B)/bench/rocksdb*.json)
bench-report: $(B)/bench/report ## build/bench/report.html of all that was measured
	$(Q)$< $(B)/bench/report.html $(SWEEPS) \
		$(filter-out $(SWEEPS),$(wildcard $(B)/bench/*.json))
	@echo "see $(B)/bench/report.html"

# --- the cost of a switch between a thread and a context -----------------------------------------
.PHONY: bench-switch

CTX_SRC := hostlib/ctx.c hostlib/stacks.c hostlib/ctx_x86_64.S hostlib/ctx_aarch64.S

bench-switch: $(B)/bench/switch ## cycles of a switch between a thread and a context
	$(Q)$(B)/bench/switch

$(B)/bench/switch: bench/switch.c bench/ticks.h $(CTX_SRC) $(wildcard hostlib/*.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -I. -std=gnu11 -O2 -g $(WARN) $(filter %.c %.S,$^) -o $@ -ljansson \
		-lm -pthread

# --- what safepoints cost: each program twice in one executable, by the same clang
# -----------------
SAFEPOINT_PROGRAMS := $(patsubst bench/safepoints/%.c,%,$(filter-out \
	%/rounds.c,$(wildcard bench/safepoints/*.c)))
SAFEPOINT_CFLAGS := -O2 -std=gnu11 -Wall -Wextra
SBENCH := $(B)/bench/safepoints
# Where code lies is worth some percent either way: each program is measured in several layouts,
# alignments of functions and loops.
LAYOUTS := 64-32 64-64 32-16 16-1

.PHONY: bench-safepoints safepoint-programs
safepoint-programs: ## the programs of bench-safepoints
safepoint-programs: $(foreach l,$(LAYOUTS),$(SAFEPOINT_PROGRAMS:%=$(SBENCH)/$(l)/%.bench))
bench-safepoints: safepoint-programs ## what safepoints cost programs, and how far apart they are
	$(Q)bench/safepoints.sh

define layout
$(SBENCH)/$(1)/%.bench: bench/safepoints/%.c bench/safepoints/rounds.c bench/safepoints/work.h \
		hostlib/safepoint.S $(P)/shunt-cc $(P)/safepoints.so
	$$(call say,CC,$$@)
	$(Q)mkdir -p $$(@D)
	$(Q)set -e; for side in plain safe; do \
		$(P)/shunt-cc $$$$([ $$$$side = safe ] || echo --shunt-off) $(SAFEPOINT_CFLAGS) \
			-falign-functions=$(firstword $(subst -, ,$(1))) \
			-falign-loops=$(lastword $(subst -, ,$(1))) \
			-DWORK=work_$$$$side -c $$< -o $$(@:.bench=).$$$$side.o; \
	done
	$(Q)$(CC) -O2 -std=gnu11 $(WARN) bench/safepoints/rounds.c hostlib/safepoint.S \
		$$(@:.bench=.plain.o) $$(@:.bench=.safe.o) -o $$@
endef
$(foreach l,$(LAYOUTS),$(eval $(call layout,$(l))))
