# SPDX-License-Identifier: BSD-2-Clause
# Two commands for a fresh Debian 12: `make demo` and `make test` (as root). All else: `make help`.

VERSION := 0.1.0
SOVERSION := 0

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
UNITDIR ?= $(PREFIX)/lib/systemd/system
DESTDIR ?=

# CROSS=aarch64-linux-gnu: for another architecture, into a folder of its own; deps.sh has what it takes.
CROSS ?=
ifneq ($(CROSS),)
CC := $(CROSS)-gcc
AR := $(CROSS)-ar
endif
CC ?= gcc
CLANG ?= clang
OBJCOPY_BPF ?= llvm-objcopy
B := build$(CROSS:%=/%)

HOST_ARCH := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
WARN := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter $(if $(CI),-Werror)
CPPFLAGS += -Iinclude -Ilib -D_GNU_SOURCE -DSHUNT_VERSION='"$(VERSION)"' -DSHUNT_LIBDIR='"$(LIBDIR)"'
CFLAGS ?= -O2 -g
# The folder that it is built in is nobody's business: debug information and BTF name files from there on.
HERE := -ffile-prefix-map=$(CURDIR)=.
SHUNT_CFLAGS := $(HERE) -std=gnu11 -fPIC -fvisibility=hidden $(WARN)
BPF_CFLAGS := $(HERE) -O2 -g -target bpf -mcpu=v3 -fno-finite-loops -Wall -Wextra -Wno-unused-parameter $(if $(CI),-Werror) \
	      -Iinclude -I/usr/include/$(shell $(CC) -print-multiarch)
# By the compiler and with the flags of the BPF code, as `shunt build` has them (loader/build.c says why).
# norelro: it ends at a page, of 64 KiB as far as an aarch64 linker knows, and no bundle has room for that.
NATIVE_CC := $(CLANG) $(CROSS:%=--target=%)
NATIVE_CFLAGS := -O2 -std=gnu11 -fno-finite-loops -fPIC -ffreestanding -fvisibility=hidden -Wall -Wextra \
		 -Wno-unused-parameter $(if $(CI),-Werror) -shared -nostdlib \
		 -Wl,--no-undefined,-z,noseparate-code,-z,norelro,--build-id=none -Iinclude \
		 $(if $(filter aarch64%,$(HOST_ARCH)),-mno-outline-atomics) # libgcc has them out of line

ifeq ($(V),1)
  Q :=
  say = @:
else
  Q := @
  say = @printf '  %-8s %s\n' $(1) $(2)
endif

POLICIES := $(patsubst bpf/policies/%.c,%,$(wildcard bpf/policies/*.c))

all: deps-check bpf tools lib apps

demo: deps all ## what shunt does, in under a minute (root)
	$(Q)scripts/demo.sh

# --- packages ---------------------------------------------------------------------------------
.PHONY: all deps deps-check bpf tools lib apps man install clean help test test-long demo
deps: ## install the Debian packages that are missing (root)
	$(Q)CROSS=$(CROSS) scripts/deps.sh

deps-check:
	$(Q)CROSS=$(CROSS) scripts/deps.sh --check

# --- policies: the XDP program and the native code of each, in one object ----------------------
bpf: $(POLICIES:%=$(B)/bpf/%.o) $(B)/signal.o ## the policies, and what XDP signals with

$(B)/native/%.so: bpf/policies/%.c bpf/native.c $(wildcard include/shunt/*.h)
	$(call say,NATIVE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(NATIVE_CC) $(NATIVE_CFLAGS) -DSHUNT_POLICY_FILE='"policies/$*.c"' bpf/native.c -o $@

$(B)/bpf/%.o: bpf/policies/%.c bpf/shunt.bpf.c $(B)/native/%.so $(B)/nic/%.o $(wildcard bpf/*.h include/shunt/*.h)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DSHUNT_POLICY_FILE='"policies/$*.c"' -c bpf/shunt.bpf.c -o $@.tmp
	$(Q)$(OBJCOPY_BPF) --add-section .shunt.native.$(HOST_ARCH)=$(B)/native/$*.so \
		--add-section .shunt.nic=$(B)/nic/$*.o $@.tmp $@
	$(Q)rm -f $@.tmp

$(B)/signal.o: bpf/host/signal.bpf.c $(wildcard bpf/*.h include/shunt/*.h)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

# --- user space -------------------------------------------------------------------------------
LIB_SRC := $(wildcard lib/*.c)
HOSTLIB_SRC := $(wildcard hostlib/*.c hostlib/*.S) lib/ring.c
LOADER_SRC := $(wildcard loader/*.c loader/lint/*.c)
AGENT_SRC := $(wildcard agent/*.c)
obj = $(patsubst %.S,$(B)/obj/%.o,$(patsubst %.c,$(B)/obj/%.o,$(1)))

LOADER_LIBS := -lbpf -lelf -lcyaml -lyaml -ljansson -lm
AGENT_LIBS := -lbpf -lcap-ng -lm -pthread

$(B)/obj/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SHUNT_CFLAGS) -MMD -MP -c $< -o $@

$(B)/obj/%.o: %.S
	$(call say,AS,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HERE) $(CPPFLAGS) $(CFLAGS) -fPIC -MMD -MP -c $< -o $@

tools: $(B)/shunt $(B)/shuntd ## shunt and shuntd
lib: $(B)/libshunt.a $(B)/libshunt.so $(B)/libshunt.pc ## the worker library
apps: $(B)/shunt-spin ## the example servers, the load generator, the baselines

$(B)/shunt: $(call obj,$(LOADER_SRC) $(LIB_SRC))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(LOADER_LIBS)

$(B)/shuntd: $(call obj,$(AGENT_SRC) $(LIB_SRC))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(AGENT_LIBS)

$(B)/libshunt.a: $(call obj,$(HOSTLIB_SRC))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/libshunt.so: $(call obj,$(HOSTLIB_SRC)) hostlib/libshunt.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libshunt.so.$(SOVERSION) \
		-Wl,--version-script=hostlib/libshunt.map $(filter %.o,$^) -o $@ -pthread

$(B)/libshunt.pc: hostlib/libshunt.pc.in Makefile
	$(Q)sed 's|@PREFIX@|$(PREFIX)|;s|@LIBDIR@|$(LIBDIR)|;s|@INCLUDEDIR@|$(INCLUDEDIR)|;s|@VERSION@|$(VERSION)|' $< > $@

$(B)/shunt-%: $(B)/obj/apps/%.o $(B)/libshunt.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -pthread -lm

clean: ## remove build/
	rm -rf $(B)

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

include $(wildcard hostlib/ctx.mk hostlib/pass/pass.mk apps/apps.mk sim/sim.mk offload/nfp/nfp.mk \
	tests/tests.mk tests/fuzz/fuzz.mk tests/lang/lang.mk tests/wire/wire.mk tests/cross/cross.mk tests/vm/vm.mk tests/nfp/test-nfp.mk bench/bench.mk scripts/install.mk)
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

.DELETE_ON_ERROR:
.SECONDARY:
