# SPDX-License-Identifier: BSD-2-Clause
# rpc.mk - libshunt-rpc: ONC RPC for workers

RPC_SRC := $(wildcard hostlib/rpc/*.c)
# For the code that rpcgen wrote; the rest knows nothing of libtirpc.
RPC_SVC_SRC := hostlib/rpc/svc.c hostlib/rpc/run.c
TIRPC_CFLAGS := -isystem /usr/include/tirpc

.PHONY: rpc
rpc: ## libshunt-rpc, for workers that serve ONC RPC, and shunt-rpcgen
rpc: $(B)/libshunt-rpc.a $(B)/libshunt-rpc.so $(B)/shunt-rpcgen
all: rpc

$(call obj,$(RPC_SVC_SRC)): CPPFLAGS += $(TIRPC_CFLAGS)

# Two objects, so that a program without rpcgen's code needs no libtirpc. Names that do not begin
# with shunt_ are local.
$(B)/libshunt-rpc.a: $(call obj,$(RPC_SRC))
	$(call say,AR,$@)
	$(Q)$(CC) -r -nostdlib $(call obj,$(filter-out $(RPC_SVC_SRC),$(RPC_SRC))) \
		-o $(B)/libshunt-rpc.o
	$(Q)$(CC) -r -nostdlib $(call obj,$(RPC_SVC_SRC)) -o $(B)/libshunt-rpc-svc.o
	$(Q)$(OBJCOPY) -w --keep-global-symbol='shunt_*' $(B)/libshunt-rpc.o
	$(Q)$(OBJCOPY) -w --keep-global-symbol='shunt_*' $(B)/libshunt-rpc-svc.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(B)/libshunt-rpc.o $(B)/libshunt-rpc-svc.o

$(B)/libshunt-rpc.so: $(call obj,$(RPC_SRC)) hostlib/rpc/libshunt-rpc.map $(B)/libshunt.so
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) -shared \
		-Wl,-soname,libshunt-rpc.so.$(SOVERSION) \
		-Wl,--version-script=hostlib/rpc/libshunt-rpc.map $(filter %.o,$^) \
		$(B)/libshunt.so -o $@ -ltirpc -pthread

LIBSHUNT_RPC_PC = sed \
	-e 's|@PREFIX@|$(PREFIX)|;s|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|;s|@VERSION@|$(VERSION)|' \
		hostlib/rpc/libshunt-rpc.pc.in

RPCGEN_SRC := $(wildcard hostlib/rpcgen/*.c)

$(B)/shunt-rpcgen: $(call obj,$(RPCGEN_SRC))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) $^ -o $@
