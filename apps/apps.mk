# SPDX-License-Identifier: BSD-2-Clause
# apps.mk - the load generator, the key-value server and the baselines

.PHONY: apps
apps: ## the example servers, the load generator, the baselines
apps: $(B)/shunt-spin $(B)/shunt-load $(B)/shunt-compare $(B)/shunt-kv $(B)/shunt-baseline

# RocksDB is there or it is not; shunt-kv says which.
ROCKSDB := $(if $(CROSS),,$(wildcard /usr/include/rocksdb/c.h))
ROCKSDB_LIBS := $(if $(ROCKSDB),-lrocksdb)
KV_SRC := $(filter-out apps/kv/main.c $(if $(ROCKSDB),,apps/kv/engine_rocksdb.c),$(wildcard \
	apps/kv/*.c))
# So is liburing, for one of the baselines.
URING := $(if $(CROSS),,$(wildcard /usr/include/liburing.h))
$(B)/obj/apps/baseline/%.o: CPPFLAGS += $(if $(URING),-DBASELINE_URING)

APP_SRC := apps/app.c apps/work.c apps/gap.c $(KV_SRC) lib/why.c
CLEAN_SRC := $(wildcard apps/clean/*.c) lib/why.c

$(B)/obj/apps/kv/%.o: CPPFLAGS += $(if $(ROCKSDB),-DKV_ROCKSDB)

# Each reading of the clock, the library's, too, is a look for gaps: apps/gap.c.
$(B)/shunt-spin: $(call obj,apps/spin.c apps/work.c apps/gap.c) $(B)/libshunt.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) -Wl,--wrap=clock_gettime \
		$^ -o $@ -pthread -lm

$(B)/shunt-kv: $(call obj,apps/kv/main.c $(APP_SRC)) $(B)/libshunt.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) -Wl,--wrap=clock_gettime \
		$^ -o $@ $(ROCKSDB_LIBS) -pthread -ldl

$(B)/obj/apps/baseline/baseline.bpf.o: apps/baseline/baseline.bpf.c apps/baseline/config.h
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

# The program carries its BPF object.
$(B)/obj/apps/baseline/bpf.o: CPPFLAGS += -DBASELINE_BPF='"$(B)/obj/apps/baseline/baseline.bpf.o"'
$(B)/obj/apps/baseline/bpf.o: $(B)/obj/apps/baseline/baseline.bpf.o

BASELINE_SRC := $(filter-out %.bpf.c,$(wildcard apps/baseline/*.c))

$(B)/shunt-baseline: $(call obj,$(BASELINE_SRC) $(APP_SRC)) $(B)/libshunt.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) $^ -o $@ $(ROCKSDB_LIBS) -lxdp -lbpf \
		$(if $(URING),-luring) -pthread -ldl

$(B)/shunt-load: $(call obj,$(wildcard apps/load/*.c) $(CLEAN_SRC))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) $^ -o $@ -lxdp -lbpf -lm

$(B)/shunt-compare: $(call obj,apps/compare.c apps/load/dist.c $(CLEAN_SRC))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) $^ -o $@ -lm
