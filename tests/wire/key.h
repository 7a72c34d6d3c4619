/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * key.h - the wire lab's keys: one a host, made of its number
 */
#pragma once

#include <shunt/proof.h>

static inline struct shunt_key lab_key(unsigned int group)
{
	return (struct shunt_key){ { 0x1122334455667788, 0x99aabbccddeeff00 + group } };
}
