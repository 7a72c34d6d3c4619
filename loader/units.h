/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * units.h - times, byte strings and rules as people write them
 *
 * Each parser returns 0, or -errno with the reason in why.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <shunt/abi.h>

#include "why.h"

/* "50us", "1.5ms", "1s" in whole microseconds; "none" and "0" are 0. */
int parse_time_us(const char *text, __u32 *us, struct why *why);
/* The same, for what may be longer than an SLO. */
int parse_time_upto(const char *text, __u32 most_us, __u32 *us, struct why *why);
/* "010", which C takes for 8 and people for 10: refused wherever numbers are read. */
bool looks_octal(const char *text);
/* "02", "7" or "0X02" where bytes (0x…) or text are meant: it may be either. */
bool looks_numeric(const char *text);
/* A whole number from least to most, decimal or 0x. */
int parse_number(const char *text, __u64 least, __u64 most, __u64 *number, struct why *why);
/* "on", "off" or "80%", as the map admit has it. */
int parse_admit(const char *text, __u32 *admit, struct why *why);
/* "5%" of the cores' time, or "none"; 0 is none. */
int parse_least(const char *text, __u32 *least, struct why *why);
/* "none", or a number of objectives; 0 is none. */
int parse_expire(const char *text, __u32 *expire, struct why *why);
const char *format_admit(__u32 admit, char *buf, size_t len);
/* The shortest way to write us, in buf. */
const char *format_time_us(__u32 us, char *buf, size_t len);
/* A measured time in three digits: 999ns, 1.51us, 15.1ms, 1.51s. */
const char *format_ns(double ns, char *buf, size_t len);

/* A rule as written: bytes as 0x… in the order of the packet, or as text. */
struct rule_text {
	__u32 offset;
	const char *value;
	const char *mask; /* NULL: all bits of value */
	__u32 width;      /* bytes; 0: as long as value */
};

/* 0x… or text, 1 to "most" bytes (at most 64): how many, in *n. */
int parse_bytes(const char *text, size_t most, __u8 *out, size_t *n, struct why *why);
int parse_rule(const struct rule_text *text, __u32 cls, struct shunt_rule *rule, struct why *why);
/* Value and mask of a rule as 0x…, cut to its width. */
void format_rule(const struct shunt_rule *rule, char value[20], char mask[20]);
