# SPDX-License-Identifier: BSD-2-Clause
# pass.mk - the compiler pass for safepoints, and shunt-cc
#
# The plugin fits the LLVM that it was built with: that of $(CLANG), unless LLVM_CONFIG names
# another.

CXX ?= g++
CLANG_MAJOR := $(shell $(CLANG) -dumpversion 2>/dev/null | cut -d. -f1)
LLVM_CONFIG ?= $(or $(shell command -v llvm-config-$(CLANG_MAJOR)),llvm-config)
PASS_SRC := $(wildcard hostlib/pass/*.cpp)
PASS_CXXFLAGS := $(HERE) -std=c++17 -O2 -fPIC -fno-exceptions -fvisibility=hidden \
	-fvisibility-inlines-hidden \
		 -Wall -Wextra -Wno-unused-parameter -Wno-deprecated-declarations \
		 $(if $(CI),-Werror) \
		 -D_GNU_SOURCE -D__STDC_CONSTANT_MACROS -D__STDC_FORMAT_MACROS -D__STDC_LIMIT_MACROS
P := $(B)/pass

.PHONY: pass
pass: $(P)/shunt-cc $(P)/safepoints.so $(P)/never.a ## shunt-cc, which puts safepoints into programs
all: $(if $(CROSS),,pass) # the compiler runs here, whatever it compiles for

$(P)/obj/%.o: hostlib/pass/%.cpp hostlib/pass/pass.h
	$(call say,CXX,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) $(PASS_CXXFLAGS) -isystem $$($(LLVM_CONFIG) --includedir) \
		$(if $(filter NO,$(shell \
		$(LLVM_CONFIG) --has-rtti)),-fno-rtti) -c $< -o $@

$(P)/safepoints.so: $(PASS_SRC:hostlib/pass/%.cpp=$(P)/obj/%.o)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(SHUNT_LDFLAGS) -shared $^ -o $@

# For programs that are not linked with libshunt: safepoints at which nothing ever happens.
$(P)/never.a: hostlib/pass/never.c $(B)/obj/hostlib/safepoint.o
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HERE) $(CPPFLAGS) -O2 -fPIC -std=gnu11 $(WARN) -c $< -o $(P)/never.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(P)/never.o $(B)/obj/hostlib/safepoint.o

$(P)/shunt-cc: hostlib/pass/shunt-cc.in Makefile $(B)/prefix
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)sed -e 's|@CLANG@|$(CLANG)|;s|@VERSION@|$(VERSION)|;s|@PKGDIR@|$(PKGDIR)|' \
		-e 's|@MAJOR@|$(shell $(LLVM_CONFIG) --version | cut -d. -f1)|' $< >$@
	$(Q)chmod +x $@
