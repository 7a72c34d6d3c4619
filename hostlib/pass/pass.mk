# SPDX-License-Identifier: BSD-2-Clause
# pass.mk - the compiler pass for safepoints, and shunt-cc
#
# The plugin fits the LLVM that it was built with: that of $(CLANG), unless LLVM_CONFIG names another.

CXX ?= g++
CLANG_MAJOR := $(shell $(CLANG) -dumpversion 2>/dev/null | cut -d. -f1)
LLVM_CONFIG ?= $(or $(shell command -v llvm-config-$(CLANG_MAJOR)),llvm-config)
PASS_SRC := $(wildcard hostlib/pass/*.cpp)
PASS_CXXFLAGS := -std=c++17 -O2 -fPIC -fno-exceptions -fvisibility=hidden -fvisibility-inlines-hidden \
		 -Wall -Wextra -Wno-unused-parameter -Wno-deprecated-declarations $(if $(CI),-Werror) \
		 -D_GNU_SOURCE -D__STDC_CONSTANT_MACROS -D__STDC_FORMAT_MACROS -D__STDC_LIMIT_MACROS
P := $(B)/pass

.PHONY: pass install-pass
pass: $(P)/shunt-cc $(P)/safepoints.so $(P)/never.a ## shunt-cc, which puts safepoints into programs
all: $(if $(CROSS),,pass) # the compiler runs here, whatever it compiles for

$(P)/obj/%.o: hostlib/pass/%.cpp hostlib/pass/pass.h
	$(call say,CXX,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) $(PASS_CXXFLAGS) -isystem $$($(LLVM_CONFIG) --includedir) $(if $(filter NO,$(shell \
		$(LLVM_CONFIG) --has-rtti)),-fno-rtti) -c $< -o $@

$(P)/safepoints.so: $(PASS_SRC:hostlib/pass/%.cpp=$(P)/obj/%.o)
	$(call say,LINK,$@)
	$(Q)$(CXX) -shared $^ -o $@

# For programs that are not linked with libshunt: safepoints at which nothing ever happens.
$(P)/never.a: hostlib/pass/never.c $(B)/obj/hostlib/safepoint.o
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -O2 -fPIC -std=gnu11 $(WARN) -c $< -o $(P)/never.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(P)/never.o $(B)/obj/hostlib/safepoint.o

$(P)/shunt-cc: hostlib/pass/shunt-cc.in Makefile
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)sed 's|@CLANG@|$(CLANG)|;s|@MAJOR@|$(shell $(LLVM_CONFIG) --version | cut -d. -f1)|;s|@VERSION@|$(VERSION)|' $< >$@
	$(Q)chmod +x $@

install: install-pass
install-pass: pass man
	$(INSTALL) -d $(call to,$(BINDIR)) $(call to,$(PKGDIR)) $(call to,$(MANDIR)/man1)
	$(INSTALL) -m 755 $(P)/shunt-cc $(call to,$(BINDIR))
	$(INSTALL) -m 755 $(P)/safepoints.so $(call to,$(PKGDIR))
	$(INSTALL) -m 644 $(P)/never.a $(call to,$(PKGDIR))
	$(INSTALL) -m 644 $(B)/man/shunt-cc.1 $(call to,$(MANDIR)/man1)

# --- what safepoints cost: each program twice in one executable, by the same clang -----------------
SAFEPOINT_PROGRAMS := $(patsubst bench/safepoints/%.c,%,$(filter-out %/rounds.c,$(wildcard bench/safepoints/*.c)))
SAFEPOINT_CFLAGS := -O2 -std=gnu11 -Wall -Wextra
SBENCH := $(B)/bench/safepoints
# Where code lies is worth some percent either way: each program is measured in several layouts, alignments of
# functions and loops.
LAYOUTS := 64-32 64-64 32-16 16-1

.PHONY: bench-safepoints safepoint-programs
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
			-falign-functions=$(firstword $(subst -, ,$(1))) -falign-loops=$(lastword $(subst -, ,$(1))) \
			-DWORK=work_$$$$side -c $$< -o $$(@:.bench=).$$$$side.o; \
	done
	$(Q)$(CC) -O2 -std=gnu11 $(WARN) bench/safepoints/rounds.c hostlib/safepoint.S \
		$$(@:.bench=.plain.o) $$(@:.bench=.safe.o) -o $$@
endef
$(foreach l,$(LAYOUTS),$(eval $(call layout,$(l))))
