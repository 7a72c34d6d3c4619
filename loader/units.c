// SPDX-License-Identifier: BSD-2-Clause
/*
 * units.c - times, byte strings and rules as people write them
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

int parse_time_us(const char *text, __u32 *us, struct why *why)
{
	return parse_time_upto(text, SHUNT_SLO_MAX_US, us, why);
}

int parse_time_upto(const char *text, __u32 most_us, __u32 *us, struct why *why)
{
	static const struct {
		const char *name;
		double us;
	} units[] = { { "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "ns", 1e-3 } };
	char *end, *after;
	double sum = -1;

	if (!strcmp(text, "none") || !strcmp(text, "0")) {
		*us = 0;
		return 0;
	}
	/* strtod() takes 0x10 and 1e3, too: then it ends behind the digits. */
	end = (char *)text + strspn(text, "0123456789.");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(end, units[i].name))
			sum = strtod(text, &after) * units[i].us;
	}
	if (sum < 0 || end != after || !isdigit((unsigned char)text[0]))
		return why_fail(why, -EINVAL, "'%.40s' is no time: write 50us, 1.5ms or 1s", text);
	/* 1.1ms is 1100.0000000000002: near enough to a whole number is one. */
	if (!(sum <= most_us) || sum < 1 || fabs(sum - rint(sum)) > 1e-6)
		return why_fail(why, -ERANGE,
				"'%.40s' is not a whole number of microseconds from 1us to %us",
				text, most_us / 1000000);
	*us = (__u32)rint(sum);
	return 0;
}

bool looks_octal(const char *text)
{
	return text[0] == '0' && isdigit((unsigned char)text[1]);
}

bool looks_numeric(const char *text)
{
	return isdigit((unsigned char)text[0]) && strncmp(text, "0x", 2);
}

int parse_number(const char *text, __u64 least, __u64 most, __u64 *number, struct why *why)
{
	char *end;
	__u64 n;

	if (looks_octal(text))
		return why_fail(why, -EINVAL,
				"'%.40s' begins with 0: write it without, or 0x... if it is "
				"hexadecimal",
				text);
	errno = 0;
	n = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)text[0]) || *end || errno || n < least || n > most)
		return why_fail(why, -EINVAL, "'%.40s' is no number from %llu to %llu", text, least,
				most);
	*number = n;
	return 0;
}

static bool is_one_of(const char *text, const char *const words[3])
{
	return !strcmp(text, words[0]) || !strcmp(text, words[1]) || !strcmp(text, words[2]);
}

int parse_admit(const char *text, __u32 *admit, struct why *why)
{
	static const char *const on[] = { "on", "true", "yes" }, *const off[] = { "off", "false",
										  "no" };
	char *end;
	unsigned long percent = strtoul(text, &end, 10);

	if (is_one_of(text, on))
		*admit = 100;
	else if (is_one_of(text, off))
		*admit = SHUNT_ADMIT_ALL;
	else if (isdigit((unsigned char)text[0]) && !strcmp(end, "%") && percent &&
		 percent <= SHUNT_SLACK_MAX)
		*admit = percent;
	else
		return why_fail(why, -EINVAL,
				"'%.40s' is not on, off, or a part of the objective from 1%% to "
				"%d%%",
				text, SHUNT_SLACK_MAX);
	return 0;
}

int parse_least(const char *text, __u32 *least, struct why *why)
{
	char *end;
	unsigned long percent = strtoul(text, &end, 10);

	*least = 0;
	if (!strcmp(text, "none") || !strcmp(text, "0"))
		return 0;
	if (!isdigit((unsigned char)text[0]) || strcmp(end, "%") || !percent ||
	    percent > SHUNT_LEAST_MAX)
		return why_fail(why, -EINVAL,
				"'%.40s' is no part of the cores' time from 1%% to %d%%, nor none",
				text, SHUNT_LEAST_MAX);
	*least = percent;
	return 0;
}

int parse_expire(const char *text, __u32 *expire, struct why *why)
{
	__u64 n = 0;

	int err = strcmp(text, "none") ? parse_number(text, 0, SHUNT_EXPIRE_MAX, &n, why) : 0;

	*expire = n;
	return err;
}

const char *format_admit(__u32 admit, char *buf, size_t len)
{
	if (admit == SHUNT_ADMIT_ALL)
		return "off";
	if (admit == 100)
		return "on";
	snprintf(buf, len, "%u%%", admit);
	return buf;
}

const char *format_time_us(__u32 us, char *buf, size_t len)
{
	if (us && us % 1000000 == 0)
		snprintf(buf, len, "%us", us / 1000000);
	else if (us && us % 1000 == 0)
		snprintf(buf, len, "%ums", us / 1000);
	else
		snprintf(buf, len, "%uus", us);
	return buf;
}

const char *format_ns(double ns, char *buf, size_t len)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	double n;
	int i = 0;

	if (ns < 999.5) {
		snprintf(buf, len, "%.0fns", ns);
		return buf;
	}
	while (i < 2 && ns / units[i].ns >= 999.5)
		i++;
	n = ns / units[i].ns;
	snprintf(buf, len, "%.*f%s", n < 9.995 ? 2 : n < 99.95 ? 1 : 0, n, units[i].name);
	return buf;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ?
	       tolower((unsigned char)c) - 'a' + 10 : -1;
}

int parse_bytes(const char *text, size_t most, __u8 *out, size_t *n, struct why *why)
{
	size_t digits;

	if (strncmp(text, "0x", 2)) {
		*n = strlen(text);
		if (*n < 1 || *n > most)
			return why_fail(why, -EINVAL, "'%.40s' has %zu bytes, and not 1 to %zu",
					text, *n, most);
		memcpy(out, text, *n);
		return 0;
	}
	text += 2;
	digits = strlen(text);
	if (!digits || digits % 2 || digits > 2 * most ||
	    strspn(text, "0123456789abcdefABCDEF") != digits)
		return why_fail(why, -EINVAL,
				"'0x%.40s' is not 1 to %zu bytes of two hex digits each", text,
				most);
	*n = digits / 2;
	for (size_t i = 0; i < *n; i++)
		out[i] = hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]);
	return 0;
}

/* The rule's mask, of as many bytes as its value has, n. */
static int parse_mask(const char *text, const __u8 value[8], size_t n, __u8 mask[8],
		      struct why *why)
{
	size_t mask_n = n;
	int err = 0;

	memset(mask, 0xff, n);
	if (text)
		err = parse_bytes(text, 8, mask, &mask_n, why);
	if (err)
		return err;
	if (mask_n != n)
		return why_fail(why, -EINVAL, "the value has %zu bytes, the mask %zu", n, mask_n);
	for (size_t i = 0; i < n; i++) {
		if (value[i] & ~mask[i])
			return why_fail(why, -EINVAL,
					"byte %zu of the value has bits that the mask lacks: the "
					"rule would never match",
					i);
	}
	return 0;
}

int parse_rule(const struct rule_text *text, __u32 cls, struct shunt_rule *rule, struct why *why)
{
	__u8 value[8] = { 0 }, mask[8] = { 0 };
	size_t n;
	int err;

	if (text->offset > SHUNT_OFFSET_MAX)
		return why_fail(why, -EINVAL, "offset %u is beyond %u", text->offset,
				SHUNT_OFFSET_MAX);
	if (!text->value)
		return why_fail(why, -EINVAL, "a rule needs a value");
	err = parse_bytes(text->value, sizeof(value), value, &n, why);
	if (err)
		return err;
	if (text->width && text->width != n)
		return why_fail(why, -EINVAL, "the value has %zu bytes, width says %u", n,
				text->width);
	err = parse_mask(text->mask, value, n, mask, why);
	if (err)
		return err;
	memset(rule, 0, sizeof(*rule));
	memcpy(&rule->value, value, sizeof(value));
	memcpy(&rule->mask, mask, sizeof(mask));
	rule->offset = text->offset;
	rule->cls = cls;
	return 0;
}

void format_rule(const struct shunt_rule *rule, char value[20], char mask[20])
{
	const __u8 *v = (const __u8 *)&rule->value, *m = (const __u8 *)&rule->mask;
	int n = 8;

	while (n > 1 && !m[n - 1])
		n--;
	strcpy(value, "0x");
	strcpy(mask, "0x");
	for (int i = 0; i < n; i++) {
		sprintf(value + 2 + 2 * i, "%02x", v[i]);
		sprintf(mask + 2 + 2 * i, "%02x", m[i]);
	}
}
