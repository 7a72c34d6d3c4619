# SPDX-License-Identifier: BSD-2-Clause
# actor.mk - libshunt-actor: state and handlers that requests and messages find by id

ACTOR_SRC := $(wildcard hostlib/actor/*.c)

.PHONY: actor
actor: ## libshunt-actor, for workers of actors
actor: $(B)/libshunt-actor.a $(B)/libshunt-actor.so
all: actor

# One object, in which names that do not begin with shunt_ are local.
$(B)/libshunt-actor.a: $(call obj,$(ACTOR_SRC))
	$(call say,AR,$@)
	$(Q)$(CC) -r -nostdlib $^ -o $(B)/libshunt-actor.o
	$(Q)$(OBJCOPY) -w --keep-global-symbol='shunt_*' $(B)/libshunt-actor.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(B)/libshunt-actor.o

$(B)/libshunt-actor.so: $(call obj,$(ACTOR_SRC)) hostlib/actor/libshunt-actor.map $(B)/libshunt.so
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) -shared \
		-Wl,-soname,libshunt-actor.so.$(SOVERSION) \
		-Wl,--version-script=hostlib/actor/libshunt-actor.map $(filter %.o,$^) \
		$(B)/libshunt.so -o $@ -pthread

LIBSHUNT_ACTOR_PC = sed \
	-e 's|@PREFIX@|$(PREFIX)|;s|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|;s|@VERSION@|$(VERSION)|' \
		hostlib/actor/libshunt-actor.pc.in
