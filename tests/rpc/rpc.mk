# SPDX-License-Identifier: BSD-2-Clause
# rpc.mk - servers and clients of calc.x, for the tests of libshunt-rpc
#
# rpcgen's own code is compiled without warnings: it is not ours. shunt-rpcgen's is compiled with
# all of them.

RPC_TESTS := $(B)/tests/rpc
RPCGEN_CFLAGS := $(TIRPC_CFLAGS) -I$(RPC_TESTS) -O2 -g -w
RPC_LIBS := $(B)/libshunt-rpc.a $(B)/libshunt.a
RPC_PROGRAMS := $(addprefix $(RPC_TESTS)/,server server_mt plain views client hello rstat)
ifeq ($(CROSS),)
test-programs e2e-programs: $(RPC_PROGRAMS)
endif

# svc_run() becomes shunt_rpc_run(), and nothing else changes.
$(RPC_TESTS)/calc.h: tests/rpc/calc.x tests/rpc/rpc.mk
	$(call say,RPCGEN,$@)
	$(Q)mkdir -p $(@D) && rm -f $(@D)/calc.[hx] $(@D)/calc_*.c && cp $< $(@D)/calc.x
	$(Q)cd $(@D) && rpcgen -h calc.x >calc.h && rpcgen -c calc.x >calc_xdr.c && \
		rpcgen -l calc.x >calc_clnt.c && rpcgen -m calc.x >calc_dispatch.c && \
		rpcgen -s udp -s tcp calc.x >calc_svc.c
	$(Q)sed 's/svc_run ()/shunt_rpc_run ()/; 1i #include <shunt/rpc.h>' $(@D)/calc_svc.c \
		>$(@D)/calc_by_shunt.c

$(RPC_TESTS)/server: tests/rpc/procedures.c $(RPC_TESTS)/calc.h $(RPC_LIBS)
	$(call say,TEST,$@)
	$(Q)$(CC) $(CPPFLAGS) $(RPCGEN_CFLAGS) $< $(@D)/calc_by_shunt.c $(@D)/calc_xdr.c -o $@ \
		$(RPC_LIBS) -ltirpc -pthread

# With libtirpc's own svc_run().
$(RPC_TESTS)/plain: tests/rpc/procedures.c $(RPC_TESTS)/calc.h
	$(call say,TEST,$@)
	$(Q)$(CC) $(RPCGEN_CFLAGS) $< $(@D)/calc_svc.c $(@D)/calc_xdr.c -o $@ -ltirpc

# Debian's own service.
$(RPC_TESTS)/rstat: tests/rpc/rstat.c $(B)/shunt-rpcgen $(RPC_LIBS) $(wildcard include/shunt/*.h)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(RPC_TESTS)/rstat_gen
	$(Q)$(B)/shunt-rpcgen -o $(RPC_TESTS)/rstat_gen/rstat_shunt /usr/include/rpcsvc/rstat.x
	$(Q)$(CC) $(CPPFLAGS) -I$(RPC_TESTS)/rstat_gen -std=gnu11 -O2 -g $(WARN) $< \
		$(RPC_TESTS)/rstat_gen/rstat_shunt.c -o $@ $(RPC_LIBS) -pthread

# Its procedures may run at the same time.
$(RPC_TESTS)/mt/calc_mt.h: tests/rpc/calc.x tests/rpc/rpc.mk
	$(call say,RPCGEN,$@)
	$(Q)mkdir -p $(@D) && rm -f $(@D)/calc_mt* && cp $< $(@D)/calc_mt.x
	$(Q)cd $(@D) && rpcgen -M -h calc_mt.x >calc_mt.h && rpcgen -M -c calc_mt.x >calc_mt_xdr.c \
		&& rpcgen -M -m calc_mt.x >calc_mt_svc.c

$(RPC_TESTS)/server_mt: tests/rpc/main_mt.c tests/rpc/procedures_mt.c $(RPC_TESTS)/mt/calc_mt.h \
		$(RPC_LIBS)
	$(call say,TEST,$@)
	$(Q)$(CC) $(CPPFLAGS) $(TIRPC_CFLAGS) -I$(RPC_TESTS)/mt -O2 -g -w $(filter %.c,$^) \
		$(RPC_TESTS)/mt/calc_mt_svc.c $(RPC_TESTS)/mt/calc_mt_xdr.c -o $@ \
		$(RPC_LIBS) -ltirpc -pthread

$(RPC_TESTS)/client: tests/rpc/client.c $(RPC_TESTS)/calc.h
	$(call say,TEST,$@)
	$(Q)$(CC) $(RPCGEN_CFLAGS) $< $(@D)/calc_clnt.c $(@D)/calc_xdr.c -o $@ -ltirpc

# In a folder of its own: make knows no rule that writes two files.
$(RPC_TESTS)/gen/calc_shunt.c: tests/rpc/calc.x $(B)/shunt-rpcgen
	$(call say,RPCGEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(B)/shunt-rpcgen -o $(@:.c=) $<

$(RPC_TESTS)/views: tests/rpc/views.c tests/rpc/serve.c $(RPC_TESTS)/gen/calc_shunt.c $(RPC_LIBS) \
		$(wildcard include/shunt/*.h)
	$(call say,TEST,$@)
	$(Q)$(CC) $(CPPFLAGS) -I$(RPC_TESTS)/gen -std=gnu11 -O2 -g $(WARN) $(filter %.c,$^) \
		-o $@ $(RPC_LIBS) -pthread

# hello: the example, by what it says of itself.
$(RPC_TESTS)/hello: examples/hello.c examples/hello.x $(B)/shunt-rpcgen $(RPC_LIBS) \
		$(wildcard include/shunt/*.h)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(RPC_TESTS)/example
	$(Q)$(B)/shunt-rpcgen -o $(RPC_TESTS)/example/hello_shunt examples/hello.x
	$(Q)$(CC) $(CPPFLAGS) -I$(RPC_TESTS)/example -O2 $(WARN) $< \
		$(RPC_TESTS)/example/hello_shunt.c -o $@ $(RPC_LIBS) -pthread

# What shunt-rpcgen wrote is fuzzed with the library's reading of heads.
$(B)/tests/fuzz/rpc_call: $(RPC_TESTS)/gen/calc_shunt.c
