/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode.h - a call of SUM, and its two decoders: in files of their own, as both have an args4
 */
#pragma once

#include <stdint.h>

/* The length of a call with credentials of AUTH_SYS, as most clients send it. */
uint32_t write_call(uint8_t *call, uint32_t room);
int decode_shunt(const uint8_t *call, uint32_t len);
int decode_tirpc(const uint8_t *call, uint32_t len);
