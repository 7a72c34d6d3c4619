# SPDX-License-Identifier: BSD-2-Clause
# offload.mk - libshunt-offload: events and decisions over shared memory

OFFLOAD_SRC := $(wildcard lib/offload/*.c)

.PHONY: offload-lib
offload-lib: ## libshunt-offload, for mechanisms and agents
offload-lib: $(B)/libshunt-offload.a $(B)/libshunt-offload.so
all: offload-lib

# One object, in which names that do not begin with shunt_ are local.
$(B)/libshunt-offload.a: $(call obj,$(OFFLOAD_SRC))
	$(call say,AR,$@)
	$(Q)$(CC) -r -nostdlib $^ -o $(B)/libshunt-offload.o
	$(Q)$(OBJCOPY) -w --keep-global-symbol='shunt_*' $(B)/libshunt-offload.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(B)/libshunt-offload.o

$(B)/libshunt-offload.so: $(call obj,$(OFFLOAD_SRC)) lib/offload/libshunt-offload.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) -shared \
		-Wl,-soname,libshunt-offload.so.$(SOVERSION) \
		-Wl,--version-script=lib/offload/libshunt-offload.map $(filter %.o,$^) -o $@

LIBSHUNT_OFFLOAD_PC = sed \
	-e 's|@PREFIX@|$(PREFIX)|;s|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|;s|@VERSION@|$(VERSION)|' \
		lib/offload/libshunt-offload.pc.in
