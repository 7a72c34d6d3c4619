/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * metadata.h - drivers that leave no room for metadata in front of a packet
 *
 * Nothing in the kernel can be asked for it: a driver says so to the program of each packet. What
 * is known beforehand comes from drivers' sources and from trials.
 */
#pragma once

/* Why shunt may find no room on this driver, NULL: nothing is known against it. */
const char *metadata_doubt(const char *driver);

/* Behind the number of requests ("lld") that found none, and the next step. */
#define METADATA_NONE                                                                     \
	"%lld requests went to the kernel: the driver leaves no room for metadata, so "   \
	"shunt cannot serve here"
#define METADATA_STEP                                                                         \
	"use an interface whose driver does (veth, virtio_net, igb, ixgbe, i40e, ice, mlx5_core)"
