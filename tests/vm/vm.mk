# SPDX-License-Identifier: BSD-2-Clause
# vm.mk - other kernels, and another architecture, in QEMU

.PHONY: test-vm
test-vm: ## the objects, the whole path and the wire lab on Debian's 6.1 and 6.12 kernels (root)
test-vm: all $(WIRE_TESTS)
	$(Q)! dpkg --print-foreign-architectures | grep -qx arm64 || \
		$(MAKE) --no-print-directory CROSS=aarch64-linux-gnu all \
		$(WIRE_TESTS:build/%=build/aarch64-linux-gnu/%)
	$(Q)tests/vm/vm.sh
