# SPDX-License-Identifier: BSD-2-Clause
# install.mk - make install, uninstall, dist, man. PREFIX, DESTDIR and the *DIR variables are the
# Makefile's.
#
# Files that only shunt's own programs read are in PREFIX/lib/shunt, whatever LIBDIR is. The
# programs look for them relative to themselves (../lib/shunt), then where they were built for: a
# tree that was installed elsewhere works, too. `make uninstall` goes by two lists: of the installed
# files, in lib/shunt/installed, and of the folders that were made for them, in lib/shunt/folders.

MAN_SRC := $(wildcard docs/man/*.rst)
MAN := $(MAN_SRC:docs/man/%.rst=$(B)/man/%)
COMPLETIONDIR ?= $(DATADIR)/bash-completion/completions
DOCDIR ?= $(DATADIR)/doc/shunt
INSTALLED_APPS := $(addprefix $(B)/shunt-,load compare spin kv baseline)
INSTALL ?= install
LIST = $(DESTDIR)$(PKGDIR)/installed
FOLDERS = $(DESTDIR)$(PKGDIR)/folders
# FOLDER: makes it.
folder = INSTALL="$(INSTALL)" scripts/make_folder.sh "$(DESTDIR)" $(1) $(FOLDERS)

.PHONY: man install uninstall dist
man: $(MAN) ## the manual pages

$(B)/man/%: docs/man/%.rst
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rst2man --strict $< $@

# MODE,FOLDER,FILES; ends with a line's end, for put_each.
define put
	@$(call folder,$(2))
	$(INSTALL) -m $(1) $(3) $(DESTDIR)$(2)
	@printf '%s\n' $(addprefix $(2)/,$(notdir $(3))) >>$(LIST).new

endef
# Installs the files of each folder into a folder of its name: PARENT,FOLDERS
put_each = $(foreach d,$(2),$(call put,644,$(1)/$(d),$(sort \
	$(shell find $(d) -maxdepth 1 -type f))))
# NAME: a shared library, and the links by which it is found.
define put_library
	$(INSTALL) -m 755 $(B)/$(1).so $(DESTDIR)$(LIBDIR)/$(1).so.$(VERSION)
	ln -sf $(1).so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(1).so.$(SOVERSION)
	ln -sf $(1).so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/$(1).so
	$(call note,$(addprefix $(LIBDIR)/$(1).so,.$(VERSION) .$(SOVERSION)) $(LIBDIR)/$(1).so)

endef
# PATH: a file that was made there.
note = @printf '%s\n' $(1) >>$(LIST).new

install: ## install below DESTDIR PREFIX
install: bpf nfp-objects tools lib rpc actor offload-lib sim pass man $(INSTALLED_APPS)
	@$(call folder,$(PKGDIR))
	@: >$(LIST).new
	$(call put,755,$(BINDIR),$(B)/shunt-sim $(B)/shunt-rpcgen $(P)/shunt-cc)
	$(call put,755,$(SBINDIR),$(B)/shunt $(B)/shuntd $(INSTALLED_APPS))
	$(call put,644,$(LIBDIR),$(B)/libshunt.a $(B)/libshunt-rpc.a $(B)/libshunt-actor.a \
		$(B)/libshunt-offload.a)
	$(call put_library,libshunt)
	$(call put_library,libshunt-rpc)
	$(call put_library,libshunt-actor)
	$(call put_library,libshunt-offload)
	@$(call folder,$(LIBDIR)/pkgconfig)
	$(LIBSHUNT_PC) >$(DESTDIR)$(LIBDIR)/pkgconfig/libshunt.pc
	$(LIBSHUNT_RPC_PC) >$(DESTDIR)$(LIBDIR)/pkgconfig/libshunt-rpc.pc
	$(LIBSHUNT_ACTOR_PC) >$(DESTDIR)$(LIBDIR)/pkgconfig/libshunt-actor.pc
	$(LIBSHUNT_OFFLOAD_PC) >$(DESTDIR)$(LIBDIR)/pkgconfig/libshunt-offload.pc
	$(call note,$(addprefix $(LIBDIR)/pkgconfig/libshunt,.pc -rpc.pc -actor.pc -offload.pc))
	$(call put,644,$(INCLUDEDIR)/shunt,$(wildcard include/shunt/*.h))
	$(call put,644,$(PKGDIR)/policies,$(POLICIES:%=$(B)/bpf/%.o))
	$(call put,644,$(PKGDIR)/nfp,$(NFP_OBJ))
	$(call put,644,$(PKGDIR)/host,$(B)/host/unwrap.o)
	$(call put,644,$(PKGDIR),$(HOST_PARTS) $(P)/never.a)
	$(call put,755,$(PKGDIR),$(P)/safepoints.so $(B)/mem-split.so)
	$(call put,644,$(PKGDIR)/src/bpf,$(wildcard bpf/*.h) bpf/shunt.bpf.c bpf/native.c)
	$(call put,644,$(PKGDIR)/src/bpf/nic,$(wildcard bpf/nic/*))
	$(call put,644,$(PKGDIR)/src/bpf/sched,$(wildcard bpf/sched/*))
	$(call put,644,$(PKGDIR)/src/include/shunt,$(wildcard include/shunt/*.h))
	$(call put,644,$(MANDIR)/man1,$(filter %.1,$(MAN)))
	$(call put,644,$(MANDIR)/man3,$(filter %.3,$(MAN)))
	$(call put,644,$(MANDIR)/man8,$(filter %.8,$(MAN)))
	@$(call folder,$(COMPLETIONDIR))
	@$(call folder,$(UNITDIR))
	$(INSTALL) -m 644 scripts/completion.bash $(DESTDIR)$(COMPLETIONDIR)/shunt
	sed 's|/usr/local/sbin|$(SBINDIR)|' agent/shuntd@.service \
		>$(DESTDIR)$(UNITDIR)/shuntd@.service
	$(call note,$(COMPLETIONDIR)/shunt $(UNITDIR)/shuntd@.service)
	$(call put,644,$(DOCDIR),$(wildcard *.md) apps/kv/kv.yaml)
	$(call put_each,$(DOCDIR),$(filter-out \
		docs/man,$(patsubst %/.,%,$(wildcard LICENSES/. docs/. docs/*/. examples/. \
		examples/*/.))))
	$(call note,$(PKGDIR)/installed $(PKGDIR)/folders)
	@# Removes files that an earlier make install put there, and this one did not.
	@[ ! -f $(LIST) ] || grep -vxF -f $(LIST).new $(LIST) | sed 's|^|$(DESTDIR)|' | xargs -r \
		-d '\n' rm -f
	@mv $(LIST).new $(LIST)
	@[ -n "$(DESTDIR)" ] || scripts/ldconfig.sh $(LIBDIR)

uninstall: ## remove what make install put there, with the same DESTDIR and PREFIX
	@[ -f $(LIST) ] || { echo \
		"there is no $(LIST): nothing was installed there, or with another PREFIX or DESTDIR" >&2; exit 1; }
	@# Folders below others first; those in which others have something stay.
	@folders=$$(cat $(FOLDERS) 2>/dev/null | sed 's|^|$(DESTDIR)|' | sort -ru); \
	sed 's|^|$(DESTDIR)|' $(LIST) | xargs -d '\n' rm -f; \
	for d in $(PKGDIR) $(INCLUDEDIR)/shunt $(DOCDIR); do \
		[ ! -d $(DESTDIR)$$d ] || find $(DESTDIR)$$d -depth -type d -empty -delete; \
	done; \
	for d in $$folders; do \
		[ ! -d $$d ] || rmdir --ignore-fail-on-non-empty $$d; \
	done
	@[ -n "$(DESTDIR)" ] || scripts/ldconfig.sh

dist: ## build/shunt-VERSION.tar.gz, the sources of the last commit
	@git rev-parse --git-dir >/dev/null || { echo \
		"make dist packs what git knows: run it in a clone" >&2; exit 1; }
	@git diff --quiet HEAD || echo "make dist: what is not committed is left out" >&2
	$(Q)mkdir -p $(B)
	git archive --prefix=shunt-$(VERSION)/ HEAD | gzip -n >$(B)/shunt-$(VERSION).tar.gz
