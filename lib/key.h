/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * key.h - the key that a NIC and one of its hosts share (wire transport)
 */
#pragma once

#include <stddef.h>

#include <shunt/proof.h>

#include "why.h"

/* A file with 32 hexadecimal digits that only its owner may
 * read. 0, or -errno with the reason in why. */
int shunt_read_key(const char *path, struct shunt_key *key, struct why *why);
