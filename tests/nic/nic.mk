# SPDX-License-Identifier: BSD-2-Clause
# nic.mk - NICs of several queues, in guests of QEMU

.PHONY: test-nic
test-nic: ## shunt on virtio-net and igb, six CPUs, Linux 5.10 to 6.18, in QEMU (root)
test-nic: all $(B)/tests/peer $(WIRE_TESTS)
	$(Q)tests/nic/test.sh
