# SPDX-License-Identifier: BSD-2-Clause
# vm.mk - other kernels, in QEMU

.PHONY: test-vm
test-vm: all ## the objects and the whole path on Debian's 6.1 and 6.12 kernels (root)
	$(Q)tests/vm/vm.sh
