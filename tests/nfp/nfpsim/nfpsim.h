/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nfpsim.h - a Netronome card of software for the driver's own eBPF code
 *
 * The verifier hooks, the JIT and the map messages are those of the running kernel's source,
 * compiled unmodified. The card itself is simulated: the vNIC (card.c), the abilities that its
 * firmware tells (firmware.c), and the tables behind the messages (tables.c). No packet is ever
 * seen.
 */
#pragma once

#include <linux/types.h>

#define NFPSIM_BAR_LEN 32768

/* Writes the abilities of the eBPF firmware into the vNIC's control BAR, as NFD does. */
void firmware_fill_bar(u8 __iomem *bar);

/* The device that the driver's messages are about. */
void firmware_set_device(struct device *dev);

/* Frees what the driver's maps left: nothing, if it freed them all. */
void tables_free(void);
