# SPDX-License-Identifier: BSD-2-Clause
# lang.mk - workers in other languages than C, and one that does what a handler should not
.PHONY: test-lang-programs

$(B)/tests/edges: $(B)/tests/lang/edges.o $(B)/libshunt.a
	$(call say,TEST,$@)
	$(Q)$(CXX) $(CFLAGS) $(LDFLAGS) $^ -o $@ -pthread

$(B)/tests/lang/edges.o: apps/spin.h $(wildcard include/shunt/*.h)

test-programs: $(B)/tests/edges
test-e2e: $(B)/tests/edges
