# SPDX-License-Identifier: BSD-2-Clause
# install.mk - make install, make man. PREFIX, DESTDIR and the *DIR variables are the Makefile's.
#
# The command finds policies and sources relative to itself first (../lib/shunt), so a tree that
# was installed elsewhere than it was configured for works too.

MAN_SRC := $(wildcard docs/man/*.rst)
MAN := $(MAN_SRC:docs/man/%.rst=$(B)/man/%)
PKGDIR := $(LIBDIR)/shunt
COMPLETIONDIR ?= $(DATADIR)/bash-completion/completions
DOCDIR ?= $(DATADIR)/doc/shunt
INSTALLED_APPS := $(addprefix $(B)/shunt-,load kv baseline)
INSTALL ?= install
to = $(DESTDIR)$(1)

man: $(MAN) ## the manual pages

$(B)/man/%: docs/man/%.rst
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rst2man --strict $< $@

.PHONY: install man
install: bpf nfp-objects tools lib sim pass man $(INSTALLED_APPS) ## install below DESTDIR PREFIX
	$(INSTALL) -d $(call to,$(SBINDIR)) $(call to,$(LIBDIR)/pkgconfig) $(call to,$(INCLUDEDIR)/shunt) \
		$(call to,$(PKGDIR)/policies) $(call to,$(PKGDIR)/src/bpf/nic) $(call to,$(PKGDIR)/host) \
		$(call to,$(PKGDIR)/src/include/shunt) $(call to,$(COMPLETIONDIR)) $(call to,$(UNITDIR)) \
		$(call to,$(MANDIR)/man3) $(call to,$(MANDIR)/man8) $(call to,$(MANDIR)/man1) $(call to,$(BINDIR)) $(call to,$(DOCDIR))
	$(INSTALL) -m 755 $(B)/shunt-sim $(P)/shunt-cc $(call to,$(BINDIR))
	$(INSTALL) -m 755 $(P)/safepoints.so $(call to,$(PKGDIR))
	$(INSTALL) -m 644 $(P)/never.a $(call to,$(PKGDIR))
	$(INSTALL) -m 755 $(B)/shunt $(B)/shuntd $(INSTALLED_APPS) $(call to,$(SBINDIR))
	$(INSTALL) -m 644 $(B)/libshunt.a $(call to,$(LIBDIR))
	$(INSTALL) -m 755 $(B)/libshunt.so $(call to,$(LIBDIR))/libshunt.so.$(VERSION)
	ln -sf libshunt.so.$(VERSION) $(call to,$(LIBDIR))/libshunt.so.$(SOVERSION)
	ln -sf libshunt.so.$(SOVERSION) $(call to,$(LIBDIR))/libshunt.so
	$(INSTALL) -m 644 include/shunt/*.h $(call to,$(INCLUDEDIR)/shunt)
	@rm -f $(B)/libshunt.pc # it may have been made for another PREFIX
	$(Q)$(MAKE) --no-print-directory $(B)/libshunt.pc
	$(INSTALL) -m 644 $(B)/libshunt.pc $(call to,$(LIBDIR)/pkgconfig)
	$(INSTALL) -m 644 $(POLICIES:%=$(B)/bpf/%.o) $(call to,$(PKGDIR)/policies)
	$(INSTALL) -m 644 $(B)/signal.o $(call to,$(PKGDIR))
	$(INSTALL) -d $(call to,$(PKGDIR)/nfp)
	$(INSTALL) -m 644 $(NFP_OBJ) $(call to,$(PKGDIR)/nfp)
	$(INSTALL) -m 644 bpf/*.h bpf/shunt.bpf.c bpf/native.c $(call to,$(PKGDIR)/src/bpf)
	$(INSTALL) -m 644 bpf/nic/* $(call to,$(PKGDIR)/src/bpf/nic)
	$(INSTALL) -m 644 $(B)/host/unwrap.o $(call to,$(PKGDIR)/host)
	$(INSTALL) -m 644 $(addprefix include/shunt/,abi.h policy.h policy_view.h native.h wire.h proof.h nic.h) \
		$(call to,$(PKGDIR)/src/include/shunt)
	$(INSTALL) -m 644 $(filter %.1,$(MAN)) $(call to,$(MANDIR)/man1)
	$(INSTALL) -m 644 $(filter %.3,$(MAN)) $(call to,$(MANDIR)/man3)
	$(INSTALL) -m 644 $(filter %.8,$(MAN)) $(call to,$(MANDIR)/man8)
	$(INSTALL) -m 644 scripts/completion.bash $(call to,$(COMPLETIONDIR))/shunt
	$(INSTALL) -m 644 apps/kv/kv.yaml $(call to,$(DOCDIR))
	for unit in $(wildcard agent/*.service); do \
		sed 's|/usr/local/sbin|$(SBINDIR)|' $$unit >$(call to,$(UNITDIR))/$${unit##*/} || exit; \
	done
