/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nfpsim.h - a Netronome card of software for the driver's own eBPF code
 *
 * The verifier hooks, the JIT and the map messages are those of the running kernel's source,
 * compiled unmodified. What stands in for the card is the vNIC (card.c), what its firmware says
 * that it can do (firmware.c), and the tables behind the messages (tables.c). No packet is ever
 * seen.
 */
#pragma once

#include <linux/types.h>

#define NFPSIM_BAR_LEN 32768

/* What NFD's configuration of the eBPF firmware puts into the vNIC's control BAR. */
void firmware_fill_bar(u8 __iomem *bar);

/* What the driver would find on its own card: the device that its messages are about. */
void firmware_set_device(struct device *dev);

/* Frees what the driver's maps left: nothing, if it freed them all. */
void tables_free(void);
