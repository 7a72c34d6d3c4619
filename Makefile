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
PKGDIR := $(PREFIX)/lib/shunt

# CROSS=aarch64-linux-gnu: for another architecture, into a folder of its own; deps.sh has what it
# takes.
CROSS ?=
ifneq ($(CROSS),)
CC := $(CROSS)-gcc
AR := $(CROSS)-ar
NM := $(CROSS)-nm
OBJCOPY := $(CROSS)-objcopy
endif
NM ?= nm
OBJCOPY ?= objcopy
CC ?= gcc
CLANG ?= clang
OBJCOPY_BPF ?= llvm-objcopy
, := ,
# SAN=1: with address and undefined-behaviour sanitizers, COVERAGE=1: with counts of lines that ran;
# in folders of their own. With sanitizers gcc knows no ranges of numbers, and warns of texts that
# are cut off.
SAN ?=
COVERAGE ?=
B := build$(CROSS:%=/%)$(SAN:1=/san)$(COVERAGE:1=/coverage)
INSTRUMENT := $(if $(SAN),-DSHUNT_DEBUG -Wno-format-truncation -fsanitize=address$(,)undefined \
	-fsanitize-undefined-trap-on-error \
	-fno-omit-frame-pointer) \
	      $(if $(COVERAGE),--coverage -fprofile-update=atomic -fprofile-abs-path)

HOST_ARCH := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
WARN := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes \
	-Wno-unused-parameter $(if $(CI),-Werror)
CPPFLAGS += -Iinclude -Ilib -D_GNU_SOURCE -DSHUNT_VERSION='"$(VERSION)"' \
	-DSHUNT_LIBDIR='"$(PREFIX)/lib"'
CFLAGS ?= -O2 -g
CFLAGS += $(INSTRUMENT)
# Every symbol is looked up at the start, and what was looked up is read-only from then on.
SHUNT_LDFLAGS := -Wl,-z,relro,-z,now
# The folder that it is built in is nobody's business: debug information and BTF name files from
# there on.
HERE := -ffile-prefix-map=$(CURDIR)=.
SHUNT_CFLAGS := $(HERE) -std=gnu11 -fPIC -fvisibility=hidden $(WARN)
BPF_CFLAGS := $(HERE) -O2 -g -target bpf -mcpu=v3 -fno-finite-loops -Wall -Wextra \
	-Wno-unused-parameter $(if $(CI),-Werror) \
	      -Iinclude -I/usr/include/$(shell $(CC) -print-multiarch)
# By the compiler and with the flags of the BPF code, as `shunt build` has them (loader/build.c says
# why). norelro: it ends at a page, of 64 KiB as far as an aarch64 linker knows, and no bundle has
# room for that.
NATIVE_CC := $(CLANG) $(CROSS:%=--target=%)
NATIVE_CFLAGS := -O2 -std=gnu11 -fno-finite-loops -fPIC -ffreestanding -fvisibility=hidden -Wall \
	-Wextra \
		 -Wno-unused-parameter $(if $(CI),-Werror) -shared -nostdlib \
		 -Wl,--no-undefined,-z,noseparate-code,-z,norelro,--build-id=none -Iinclude \
		 $(if $(filter aarch64%,$(HOST_ARCH)),-mno-outline-atomics) \
		 # libgcc has them out of line

ifeq ($(V),1)
  Q :=
  say = @:
else
  Q := @
  say = @printf '  %-8s %s\n' $(1) $(2)
endif

# The products' fragments add to these. A fragment that is missing is an error; tests/ and bench/
# may be left out as a whole.
.PHONY: all tools demo deps deps-check clean help
all: deps-check bpf tools lib apps ## all that `make install` installs; so does make alone

# --- packages ---------------------------------------------------------------------------------
deps: ## install the Debian packages that are missing (root)
	$(Q)CROSS=$(CROSS) scripts/deps.sh

deps-check: ## fail if a package is missing that building takes
	$(Q)CROSS=$(CROSS) scripts/deps.sh --check

# --- user space -------------------------------------------------------------------------------
LIB_SRC := $(wildcard lib/*.c)
BUNDLE_SRC := $(wildcard lib/bundle/*.c) # with libelf, which shuntd has no use for
MEM_SRC := $(wildcard lib/mem/*.c) # policies of memory, and traces of it: for shunt and shunt-sim
obj = $(patsubst %.S,$(B)/obj/%.o,$(patsubst %.c,$(B)/obj/%.o,$(1)))

$(B)/obj/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SHUNT_CFLAGS) -MMD -MP -c $< -o $@

# Programs that root runs end before a stack that was written over is returned through. Not the
# library that serves requests.
$(call obj,$(filter-out lib/ring.c,$(wildcard lib/*.c lib/*/*.c)) \
	$(wildcard agent/*.c loader/*.c loader/*/*.c sim/*.c)): \
	SHUNT_CFLAGS += -fstack-protector-strong

$(B)/obj/%.o: %.S
	$(call say,AS,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HERE) $(CPPFLAGS) $(CFLAGS) -fPIC -MMD -MP -c $< -o $@

# What knows where it will be installed is made anew for another PREFIX.
$(B)/prefix: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)[ "$$(cat $@ 2>/dev/null)" = "$(PREFIX)" ] || echo "$(PREFIX)" >$@
FORCE:
$(call obj,$(shell grep -l SHUNT_LIBDIR lib/*.c lib/*/*.c loader/*.c agent/*.c sim/*.c)): \
	$(B)/prefix

tools: $(B)/shunt $(B)/shuntd $(B)/mem-split.so ## shunt and shuntd

demo: deps all ## what shunt does, in under a minute (root)
	$(Q)scripts/demo.sh

.PHONY: abi-digest check
check: ## shellcheck, clang -Werror over all C, blanks: without a build
	$(Q)CLANG=$(CLANG) scripts/check.sh

abi-digest: ## note the layouts of what processes share, after SHUNT_ABI was raised (FORCE=1: although it was not)
	$(Q)CLANG=$(CLANG) FORCE=$(FORCE) scripts/abi_digest.sh renew

clean: ## remove build/
	rm -rf $(B)

help: ## this list
	@awk -F ':.*## ' \
		'/^[a-z][a-z0-9%-]*:.*## /{sub("%", "NAME", $$1); printf "  %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

include bpf/bpf.mk hostlib/hostlib.mk hostlib/pass/pass.mk hostlib/rpc/rpc.mk \
	hostlib/actor/actor.mk lib/offload/offload.mk loader/loader.mk \
	agent/agent.mk apps/apps.mk sim/sim.mk \
	offload/nfp/nfp.mk scripts/install.mk
ifneq ($(wildcard tests/.),)
include tests/tests.mk tests/mutants/mutants.mk tests/fuzz/fuzz.mk tests/lang/lang.mk \
	tests/rpc/rpc.mk \
	tests/wire/wire.mk \
	tests/cross/cross.mk tests/vm/vm.mk tests/sched/sched.mk tests/nic/nic.mk \
	tests/nfp/test-nfp.mk
endif
ifneq ($(wildcard bench/.),)
include bench/bench.mk
endif
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

.DELETE_ON_ERROR:
.SECONDARY:
