/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plural.h - the noun behind a number: "1 port", "2 ports"
 */
#pragma once

static inline const char *plural(long long n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}
