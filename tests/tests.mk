# SPDX-License-Identifier: BSD-2-Clause
# tests.mk - tests, by what they need: unit (nothing; sanitizers), prog (root: BPF_PROG_TEST_RUN),
# e2e and fault (root: network namespaces). A C program tests/KIND/test_X.c names in comment lines
# of its own
#   link: lib/ring.c agent/x.c     other sources it is linked with; @core: all that a core of
#                                  hostlib/ runs on
#   links more: …                  the reason why these are more than five of the product's
#                                  (scripts/check.sh)
#   sanitize: thread               instead of address,undefined (unit)
#   define: NAME=VALUE             a macro for all of its sources (unit)

.PHONY: test test-layers test-busy test-long test-unit test-prog test-e2e test-fault test-programs \
	test-san e2e-programs coverage

TEST_CPPFLAGS := $(CPPFLAGS) -I. -DSHUNT_DEBUG
TEST_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer $(WARN) \
	-Wno-missing-field-initializers $(if $(COVERAGE),$(INSTRUMENT))
TEST_LIBS := -Wl,--as-needed -lcmocka -lbpf -lelf -lcyaml -lyaml -ljansson -lcap-ng -lm -ldl \
	-pthread

comment = $(shell sed -n 's|^/\* $(1): \(.*\) \*/$$|\1|p' $(2))

# All that a core of the library runs on, for tests of whole cores, on rings in plain memory.
CORE_SRC := $(addprefix hostlib/,queue.c next.c seat.c ask.c clock.c pin.c preempt.c signal.c \
	frames.c idle.c reply.c park.c \
	transport/shared.c ctx.c stacks.c ctx_x86_64.S ctx_aarch64.S error.c) lib/ring.c
linked = $(patsubst %.cpp,$(B)/%.o,$(foreach \
	s,$(call comment,link,$(1)),$(if $(filter @core,$(s)),$(CORE_SRC),$(s))))

# Without test_exceptions if CROSS: its half in C++ would need the other architecture's C++
# compiler, too.
UNIT_SRC := $(filter-out $(if $(CROSS),tests/unit/test_exceptions.c),$(wildcard \
	tests/unit/test_*.c))
PROG_SRC := $(wildcard tests/prog/test_*.c)
UNIT := $(UNIT_SRC:%.c=$(B)/%)
PROG := $(PROG_SRC:%.c=$(B)/%)
E2E := $(wildcard tests/e2e/*.sh)
FAULT := $(wildcard tests/fault/*.sh)
MODEL := $(wildcard tests/model/*.sh)
# How a script runs, it says itself, in a line "# runs: beside" (it only computes, or asks and
# answers: as many at once as there are CPUs) or "# runs: together" (it serves, but times nothing,
# and waits for a third of its time: one more at once). Without, it has the machine.
scripts = $(shell grep -l '^\# runs: $(1)$$' $(2))
# Longest first: the short ones fill what is left.
BESIDE = $(call scripts,beside,$(MODEL) $(E2E)) $(PROG) $(UNIT) $(CROSS_UNIT)
TOGETHER = $(call scripts,together,$(FAULT) $(E2E))
ALONE = $(filter-out $(BESIDE) $(TOGETHER),$(E2E) $(FAULT))
ALL_TESTS = --beside $(BESIDE) --together $(TOGETHER) --alone $(ALONE)

# As many compilers as CPUs, unless the caller said how many.
SIDE_BY_SIDE := $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

$(B)/%.o: %.cpp
	$(call say,CXX,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) $(CPPFLAGS) -I. -std=c++17 -O1 -g -MMD -MP \
		$(filter-out -Wstrict-prototypes -Wmissing-prototypes,$(WARN)) -c $< -o $@

# The headers of every source: given several sources, gcc writes the file of -MMD anew for each.
# Sources that are gone by the next time are no error, as with -MP for headers.
note_headers = $(Q)$(CC) $(CPPFLAGS) -I. -MM -MP -MT $@ $(filter %.c %.S,$^) >$@.d && \
	printf '%s:\n' $(filter %.c %.S,$^) >>$@.d

# One command compiles and links: such a program is a handful of files. C++ is compiled before.
define unit_program
$(B)/tests/unit/$(1): tests/unit/$(1).c $(call linked,tests/unit/$(1).c)
	$$(call say,TEST,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(note_headers)
	$$(Q)$$(CC) $$(TEST_CPPFLAGS) $$(TEST_CFLAGS) \
		$(patsubst %,-D%,$(call comment,define,tests/unit/$(1).c)) \
		$(if $(CROSS),$$(CROSS_CFLAGS),-fsanitize=$(or \
		$(call comment,sanitize,tests/unit/$(1).c),address$(,)undefined) \
		-fno-sanitize-recover=all) $$(filter %.c %.S %.o,$$^) \
		-o $$@ $$(TEST_LIBS) $$(if $$(filter %.o,$$^),-lstdc++)
endef
define prog_program
$(B)/tests/prog/$(1): tests/prog/$(1).c $(call comment,link,tests/prog/$(1).c)
	$$(call say,TEST,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(note_headers)
	$$(Q)$$(CC) $$(TEST_CPPFLAGS) $$(TEST_CFLAGS) -O2 \
		$$(filter %.c %.S,$$^) -o $$@ $$(TEST_LIBS)
endef
$(foreach t,$(UNIT_SRC:tests/unit/%.c=%),$(eval $(call unit_program,$(t))))
$(foreach t,$(PROG_SRC:tests/prog/%.c=%),$(eval $(call prog_program,$(t))))

# Policies that exist for tests alone, made as bpf/policies/ are.
TEST_POLICIES := $(patsubst tests/prog/policies/%.c,$(B)/tests/bpf/%.o,$(wildcard \
	tests/prog/policies/*.c))

$(B)/tests/bpf/%.o: tests/prog/policies/%.c bpf/shunt.bpf.c bpf/native.c \
	$(wildcard bpf/*.h include/shunt/*.h)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(NATIVE_CC) $(NATIVE_CFLAGS) -DSHUNT_POLICY_FILE='"../$<"' bpf/native.c -o $@.so
	$(Q)$(CLANG) $(BPF_CFLAGS) -DSHUNT_POLICY_FILE='"../$<"' -c bpf/shunt.bpf.c -o $@.tmp
	$(Q)$(OBJCOPY_BPF) --add-section .shunt.native.$(HOST_ARCH)=$@.so $@.tmp $@
	$(Q)rm -f $@.tmp $@.so

# Policies for tests alone, for a NIC that schedules.
NIC_POLICIES := $(B)/tests/nic/says.o $(B)/tests/nic/told.o

$(B)/tests/nic/%.o: tests/prog/policies/%.c $(wildcard bpf/*.h bpf/nic/* include/shunt/*.h)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DSHUNT_POLICY_FILE='"../../$<"' -c bpf/nic/nic.bpf.c -o $@

$(B)/tests/flood: tests/flood.c apps/spin.h
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(note_headers)
	$(Q)$(CC) $(TEST_CPPFLAGS) $(TEST_CFLAGS) -O2 $(filter %.c,$^) -o $@ -lbpf

BARE := $(addprefix $(B)/tests/,peer harm riot tamper rogue seat_watch)

$(BARE): $(B)/tests/%: tests/%.c lib/ring.c lib/broker.h lib/layout.h tests/bare.h \
	tests/wreck.h tests/with_fd.h tests/rng.h $(wildcard include/shunt/*.h)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(note_headers)
	$(Q)$(CC) $(TEST_CPPFLAGS) $(TEST_CFLAGS) -O2 $(filter %.c,$^) -o $@

# Libraries that shunt and shuntd are run with.
PRELOADED := $(addprefix $(B)/tests/,strict.so bound.so holds.so outlived.so)

$(PRELOADED): $(B)/tests/%.so: tests/%.c tests/at_bind.h
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CPPFLAGS) $(TEST_CFLAGS) -fPIC -shared $< -o $@ -ldl

$(B)/tests/successor: tests/successor.c agent/handover.c agent/handover.h
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CPPFLAGS) -Iagent $(TEST_CFLAGS) $(filter %.c,$^) -o $@

# shuntd as its next version would be, of the same ABI; and one of another ABI.
$(B)/tests/next/shuntd: agent/main.c $(filter-out \
	%/agent/main.o,$(call obj,$(AGENT_SRC) $(AGENT_OFFLOAD_SRC) $(LIB_SRC)))
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -USHUNT_VERSION -DSHUNT_VERSION='"next"' $(CFLAGS) $(SHUNT_CFLAGS) \
		$^ -o $@ $(AGENT_LIBS)

$(B)/tests/abi/shuntd: $(AGENT_SRC) $(AGENT_OFFLOAD_SRC) $(LIB_SRC) \
	$(wildcard agent/*.h lib/*.h include/shunt/*.h)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)/include/shunt
	$(Q)sed 's/^#define SHUNT_ABI .*/#define SHUNT_ABI 4000/' include/shunt/abi.h \
		>$(@D)/include/shunt/abi.h
	$(Q)$(CC) -I$(@D)/include $(CPPFLAGS) $(SHUNT_CFLAGS) $(filter %.c,$^) -o $@ $(AGENT_LIBS)

DAEMON_PROGRAMS := $(B)/tests/successor $(B)/tests/next/shuntd $(B)/tests/abi/shuntd

APP_TEST_PROGRAMS := $(B)/tests/delay_server $(B)/bench/report $(B)/bench/preempt $(B)/bench/price \
	$(B)/bench/offload

$(B)/tests/delay_server: tests/delay_server.c apps/spin.h
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g $(WARN) $< -o $@

test-programs: ## what the tests run, built
test-programs: $(UNIT) $(PROG) $(TEST_POLICIES) $(NIC_POLICIES) $(B)/tests/flood $(BARE) \
	$(PRELOADED) $(DAEMON_PROGRAMS) $(APP_TEST_PROGRAMS)

test: deps ## all tests, within 10 minutes (root)
	$(Q)$(MAKE) --no-print-directory $(SIDE_BY_SIDE) all test-programs
	$(Q)tests/run.sh $(ALL_TESTS)

test-busy: deps ## all tests, beside two processes that spin (root)
	$(Q)$(MAKE) --no-print-directory $(SIDE_BY_SIDE) all test-programs
	$(Q)tests/busy.sh tests/run.sh $(ALL_TESTS)

test-long: deps ## all tests with their heavy counts, and test-busy (root)
	$(Q)$(MAKE) --no-print-directory $(SIDE_BY_SIDE) all test-programs
	$(Q)long=0; LONG=1 LIMIT=7200 tests/run.sh $(ALL_TESTS) || long=1; \
		$(MAKE) --no-print-directory test-mutants || long=1; \
		$(MAKE) --no-print-directory test-san || long=1; \
		LONG=1 $(MAKE) --no-print-directory test-nic || long=1; \
		$(MAKE) --no-print-directory test-busy && exit $$long

test-unit: $(UNIT) ## unit tests, under sanitizers
	$(Q)tests/run.sh $^

test-prog: ## the XDP programs and policies, by BPF_PROG_TEST_RUN (root)
test-prog: bpf $(PROG) $(TEST_POLICIES) $(NIC_POLICIES)
	$(Q)tests/run.sh $(PROG)

test-e2e: all e2e-programs ## client to worker and back through a veth pair (root)
	$(Q)tests/run.sh $(E2E)

e2e-programs: ## what test-e2e runs beside the products
e2e-programs: $(B)/tests/flood $(PRELOADED) $(DAEMON_PROGRAMS) $(APP_TEST_PROGRAMS)

# For the tests, build/san is mounted over build/. Every report is a file there, of whichever
# process: shuntd's keeper would start a new agent for one that ended, and the test might not
# notice. Undefined behaviour ends in SIGILL, which is reported like the rest; SIGSEGV is not, since
# tests have workers die of it.
in_place = unshare -m sh -c 'mount --bind $(B)/$(1) build && exec "$$@"' in_place
SAN_TESTS := $(addprefix tests/e2e/,cli_json cli_place cli_rule cli_tune)
test-san: deps ## shunt and shuntd under sanitizers, in tests of the command (root)
	$(Q)$(MAKE) --no-print-directory $(SIDE_BY_SIDE) SAN=1 all e2e-programs
	$(Q)rm -rf $(B)/san/reports && mkdir -p -m 1777 $(B)/san/reports
	$(Q)log=$(CURDIR)/build/reports/asan; \
		ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_sigill=1:log_path=$$log \
		SLOWER=4 LIMIT=1800 $(call in_place,san) tests/run.sh $(SAN_TESTS:%=%.sh); \
		failed=$$?; ! grep . -r $(B)/san/reports >&2 && exit $$failed

# Processes that are killed leave no counts: more runs than is counted. The unit tests, and what
# asks and answers.
coverage: deps ## which lines of the products unit tests and tests of the command run (root)
	$(Q)$(MAKE) --no-print-directory $(SIDE_BY_SIDE) COVERAGE=1 all e2e-programs \
		$(UNIT:$(B)/%=$(B)/coverage/%)
	$(Q)find $(B)/coverage -name '*.gcda' -delete
	$(Q)$(call in_place,coverage) tests/run.sh --beside $(UNIT) \
		$(filter tests/e2e/cli_%,$(call scripts,beside,$(E2E)))
	$(Q)[ ! -d $(B)/coverage/coverage ] || { cp -r $(B)/coverage/coverage/. $(B)/coverage; rm \
		-r $(B)/coverage/coverage; } # build was another folder
	$(Q)scripts/coverage.py $(B)/coverage

test-fault: ## things that die at bad moments (root)
test-fault: all $(BARE) $(DAEMON_PROGRAMS)
	$(Q)tests/run.sh $(FAULT)

test-layers: ## who calls whom, by the object files: no arrow against the documented order, no circle
test-layers: all
	$(Q)tests/layers.py

-include $(wildcard $(B)/tests/*.d $(B)/tests/*/*.d)
