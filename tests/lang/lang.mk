# SPDX-License-Identifier: BSD-2-Clause
# lang.mk - workers in other languages than C, and one that does what a handler should not

$(B)/tests/edges: $(B)/tests/lang/edges.o $(B)/libshunt.a
	$(call say,TEST,$@)
	$(Q)$(CXX) $(CFLAGS) $(LDFLAGS) $^ -o $@ -pthread

$(B)/tests/lang/edges.o: apps/spin.h $(wildcard include/shunt/*.h)

ifeq ($(CROSS),)
test-programs e2e-programs test-fault: $(B)/tests/edges
endif

# The compilers of the other languages, where Debian has them: without, their tests are skipped.
.PHONY: lang-deps
test-long: lang-deps
lang-deps: ## install the compilers of Go and Rust (root)
	-$(Q)command -v go >/dev/null && command -v rustc >/dev/null || \
		DEBIAN_FRONTEND=noninteractive apt-get install -y \
		--no-install-recommends golang-go rustc
