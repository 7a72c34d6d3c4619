# SPDX-License-Identifier: BSD-2-Clause
# hostlib.mk - libshunt, the worker library

HOSTLIB_SRC := $(wildcard hostlib/*.c hostlib/*.S hostlib/transport/*.c) lib/ring.c

.PHONY: lib
lib: $(B)/libshunt.a $(B)/libshunt.so ## the worker library

# One object, in which the names that libshunt.so does not export are local: a program may have a
# core_main() of its own.
$(B)/libshunt.a: $(call obj,$(HOSTLIB_SRC)) $(B)/libshunt.so
	$(call say,AR,$@)
	$(Q)$(NM) -D --defined-only $(B)/libshunt.so | sed 's/.* //; s/@.*//' >$(B)/libshunt.names
	$(Q)$(CC) -r -nostdlib $(filter %.o,$^) -o $(B)/libshunt.o
	$(Q)$(OBJCOPY) --keep-global-symbols=$(B)/libshunt.names $(B)/libshunt.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(B)/libshunt.o

$(B)/libshunt.so: $(call obj,$(HOSTLIB_SRC)) hostlib/libshunt.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) -shared \
		-Wl,-soname,libshunt.so.$(SOVERSION) \
		-Wl,--version-script=hostlib/libshunt.map $(filter %.o,$^) -o $@ -pthread

LIBSHUNT_PC = sed \
	-e 's|@PREFIX@|$(PREFIX)|;s|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|;s|@VERSION@|$(VERSION)|' hostlib/libshunt.pc.in
