/* SPDX-License-Identifier: BSD-2-Clause */
/* work.h - what the programs share; each is compiled twice, as work_plain() and as work_safe() */
#pragma once

#include <stdint.h>
#include <string.h>

uint64_t WORK(void);

static inline void fill(void *to, size_t len, uint64_t seed)
{
	uint8_t *p = to;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		p[i] = (uint8_t)(seed >> 56);
	}
}
