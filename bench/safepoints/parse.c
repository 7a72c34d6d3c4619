/* SPDX-License-Identifier: BSD-2-Clause */
/* parse.c - JSON of some 50 KB, recursively: structure checked, numbers and strings summed up */
#include <stdio.h>

#include "work.h"

struct text {
	const char *p, *end;
	uint64_t sum;
};

static int value(struct text *t, int depth);

static void blanks(struct text *t)
{
	while (t->p < t->end && (*t->p == ' ' || *t->p == '\n'))
		t->p++;
}

static int string(struct text *t)
{
	uint64_t sum = 0;

	for (t->p++; t->p < t->end && *t->p != '"'; t->p++) {
		if (*t->p == '\\')
			t->p++;
		sum = sum * 31 + (uint8_t)*t->p;
	}
	t->sum += sum;
	t->p++;
	return 0;
}

static int number(struct text *t)
{
	uint64_t n = 0;
	const char *from = t->p;

	while (t->p < t->end && *t->p >= '0' && *t->p <= '9')
		n = n * 10 + (uint64_t)(*t->p++ - '0');
	t->sum += n;
	return t->p == from ? -1 : 0;
}

/* Members of an object (close is '}') or elements of an array. */
static int list(struct text *t, int depth, char close)
{
	t->p++;
	for (blanks(t); t->p < t->end && *t->p != close; blanks(t)) {
		if (close == '}') {
			if (*t->p != '"' || string(t))
				return -1;
			blanks(t);
			if (*t->p++ != ':')
				return -1;
		}
		if (value(t, depth + 1))
			return -1;
		blanks(t);
		if (*t->p == ',')
			t->p++;
	}
	t->p++;
	return 0;
}

static int value(struct text *t, int depth)
{
	blanks(t);
	if (t->p >= t->end || depth > 100)
		return -1;
	switch (*t->p) {
	case '{':
		return list(t, depth, '}');
	case '[':
		return list(t, depth, ']');
	case '"':
		return string(t);
	default:
		return number(t);
	}
}

uint64_t WORK(void)
{
	static char json[65536];
	static size_t len;

	if (!len) {
		len = (size_t)sprintf(json, "[");
		for (int i = 0; len < 50000; i++)
			len += (size_t)
				sprintf(json + len,
					"%s{\"name\": \"user %d of the list\", \"id\": %d,\n  "
					"\"tags\": [%d, \"a\\\"b\", %d, [1, 2, 3]], \"text\": "
					"\"some words that are longer than the rest of them\"}",
					i ? ", " : "", i, i * 7919, i % 13, i % 7);
		len += (size_t)sprintf(json + len, "]");
	}
	struct text t = { json, json + len, 0 };

	return value(&t, 0) ? 0 : t.sum;
}
