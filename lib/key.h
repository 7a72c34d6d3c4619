/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * key.h - the key that a NIC and its hosts share (wire transport)
 */
#pragma once

#include <linux/types.h>
#include <stddef.h>

/* A file with 16 hexadecimal digits that only its owner may read. 0, or -errno with the reason in why. */
int shunt_read_key(const char *path, __u64 *key, char *why, size_t len);
