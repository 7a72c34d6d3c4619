// SPDX-License-Identifier: BSD-2-Clause
/*
 * text.c - memcached's text protocol, and two commands more
 *
 *   scan KEY N       N items from KEY on: VALUE lines as of get, then END
 *   scansum KEY N    the same walk over keys and values, answered with SUM items bytes hash
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define WORDS 24

struct command {
	struct kv *kv;
	struct kv_out *o;
	struct kv_key word[WORDS];
	int words;
	const char *body; /* after the line */
	size_t body_len;
	bool noreply;
};

static const char bad_format[] = "CLIENT_ERROR bad command line format\r\n";

static void answer(struct command *c, const char *text)
{
	if (!c->noreply)
		out_add(c->o, text, strlen(text));
}

static bool is(const struct kv_key *w, const char *text)
{
	return w->len == strlen(text) && !memcmp(w->data, text, w->len);
}

/* A decimal number that is the whole word; signed ones only if low < 0. */
static bool number(const struct kv_key *w, int64_t low, int64_t high, int64_t *value)
{
	char text[24], *end;

	if (!w->len || w->len >= sizeof(text))
		return false;
	memcpy(text, w->data, w->len);
	text[w->len] = 0;
	*value = strtoll(text, &end, 10);
	return !*end && !isspace((unsigned char)text[0]) && *value >= low && *value <= high;
}

static bool number64(const struct kv_key *w, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < w->len; i++) {
		if (!isdigit((unsigned char)w->data[i]) ||
		    __builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(w->data[i] - '0'), value))
			return false;
	}
	return w->len > 0;
}

static void tell(struct command *c, enum kv_status st, const char *done)
{
	switch (st) {
	case KV_OK: answer(c, done); break;
	case KV_NOT_FOUND: answer(c, "NOT_FOUND\r\n"); break;
	case KV_EXISTS: answer(c, "EXISTS\r\n"); break;
	case KV_NOT_STORED: answer(c, "NOT_STORED\r\n"); break;
	case KV_NOT_NUMBER:
		answer(c, "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n");
		break;
	case KV_TOO_LARGE: answer(c, "SERVER_ERROR object too large for cache\r\n"); break;
	case KV_NO_MEMORY: answer(c, "SERVER_ERROR out of memory storing object\r\n"); break;
	}
}

/* --- get, gets, gat, gats --- */
struct getting {
	struct command *c;
	bool with_cas, found;
};

static void visit_get(void *ctx, const struct kv_key *key, const struct kv_item *it)
{
	struct getting *g = ctx;
	struct kv_out *o = g->c->o;

	if (kv_expired(g->c->kv, it))
		return;
	g->found = true;
	out_add(o, "VALUE ", 6);
	out_add(o, key->data, key->len);
	out_printf(o, " %" PRIu32 " %zu", it->flags, it->len);
	if (g->with_cas)
		out_printf(o, " %" PRIu64, it->cas);
	out_add(o, "\r\n", 2);
	out_add(o, it->data, it->len);
	out_add(o, "\r\n", 2);
}

static void get(struct command *c, int first, bool with_cas, const uint32_t *touch)
{
	if (c->words <= first) {
		answer(c, "ERROR\r\n");
		return;
	}
	for (int i = first; i < c->words; i++) {
		struct getting g = { c, with_cas, false };

		if (c->word[i].len > KV_KEY_MAX) {
			c->o->len = 0;
			answer(c, bad_format);
			return;
		}
		if (touch)
			kv_touch(c->kv, &c->word[i], *touch);
		c->kv->cmd_get++;
		c->kv->engine->read(c->kv, &c->word[i], visit_get, &g);
		if (g.found)
			c->kv->get_hits++;
		else
			c->kv->get_misses++;
	}
	answer(c, "END\r\n");
}

static void do_get(struct command *c) { get(c, 1, false, NULL); }
static void do_gets(struct command *c) { get(c, 1, true, NULL); }

static void gat(struct command *c, bool with_cas)
{
	int64_t exptime;
	uint32_t expires;

	if (c->words < 3) {
		answer(c, "ERROR\r\n");
	} else if (!number(&c->word[1], INT32_MIN, INT32_MAX, &exptime)) {
		answer(c, "CLIENT_ERROR invalid exptime argument\r\n");
	} else {
		expires = kv_expiry(c->kv, exptime);
		get(c, 2, with_cas, &expires);
	}
}

static void do_gat(struct command *c) { gat(c, false); }
static void do_gats(struct command *c) { gat(c, true); }

/* --- set and its kin --- */
static void set(struct command *c, enum kv_mode mode)
{
	int64_t flags, exptime, len;
	struct kv_item it = { 0 };
	uint64_t cas = 0, now_cas;

	if (c->words != (mode == KV_CAS ? 6 : 5)) {
		answer(c, "ERROR\r\n");
		c->body_len = 0;
		return;
	}
	if (c->word[1].len > KV_KEY_MAX || !number(&c->word[2], 0, UINT32_MAX, &flags) ||
	    !number(&c->word[3], INT32_MIN, INT32_MAX, &exptime) ||
	    !number(&c->word[4], INT32_MIN, INT32_MAX, &len) ||
	    (mode == KV_CAS && !number64(&c->word[5], &cas))) {
		answer(c, bad_format);
		c->body_len = 0;
		return;
	}
	if (len < 0 || (size_t)len + 2 > c->body_len || memcmp(c->body + len, "\r\n", 2)) {
		answer(c, "CLIENT_ERROR bad data chunk\r\n");
		c->body_len = 0;
		return;
	}
	it.flags = flags;
	it.expires = kv_expiry(c->kv, exptime);
	it.data = c->body;
	it.len = len;
	c->body += len + 2;
	c->body_len -= len + 2;
	tell(c, kv_set(c->kv, &c->word[1], mode, &it, cas, &now_cas), "STORED\r\n");
}

static void do_set(struct command *c) { set(c, KV_SET); }
static void do_add(struct command *c) { set(c, KV_ADD); }
static void do_replace(struct command *c) { set(c, KV_REPLACE); }
static void do_append(struct command *c) { set(c, KV_APPEND); }
static void do_prepend(struct command *c) { set(c, KV_PREPEND); }
static void do_cas(struct command *c) { set(c, KV_CAS); }

/* --- the rest --- */
static void do_delete(struct command *c)
{
	if (c->words < 2) {
		answer(c, "ERROR\r\n");
		return;
	}
	if (c->words > 2 && !(c->words == 3 && is(&c->word[2], "0"))) {
		answer(c,
		       "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n");
		return;
	}
	if (c->word[1].len > KV_KEY_MAX)
		answer(c, bad_format);
	else
		tell(c, kv_delete(c->kv, &c->word[1], 0), "DELETED\r\n");
}

static void delta(struct command *c, bool down)
{
	struct kv_delta d = { .down = down };
	enum kv_status st;

	if (c->words != 3) {
		answer(c, "ERROR\r\n");
	} else if (c->word[1].len > KV_KEY_MAX) {
		answer(c, bad_format);
	} else if (!number64(&c->word[2], &d.by)) {
		answer(c, "CLIENT_ERROR invalid numeric delta argument\r\n");
	} else {
		st = kv_delta(c->kv, &c->word[1], &d, 0);
		if (st != KV_OK)
			tell(c, st, "");
		else if (!c->noreply)
			out_printf(c->o, "%" PRIu64 "\r\n", d.value);
	}
}

static void do_incr(struct command *c) { delta(c, false); }
static void do_decr(struct command *c) { delta(c, true); }

static void do_touch(struct command *c)
{
	int64_t exptime;

	if (c->words != 3)
		answer(c, "ERROR\r\n");
	else if (c->word[1].len > KV_KEY_MAX)
		answer(c, bad_format);
	else if (!number(&c->word[2], INT32_MIN, INT32_MAX, &exptime))
		answer(c, "CLIENT_ERROR invalid exptime argument\r\n");
	else
		tell(c, kv_touch(c->kv, &c->word[1], kv_expiry(c->kv, exptime)), "TOUCHED\r\n");
}

static void do_version(struct command *c)
{
	answer(c, "VERSION " SHUNT_VERSION "\r\n");
}

static void do_verbosity(struct command *c)
{
	answer(c, c->words < 2 ? "ERROR\r\n" : "OK\r\n");
}

static void do_flush_all(struct command *c)
{
	int64_t delay = 0;

	if (c->words > 2 || (c->words == 2 && !number(&c->word[1], INT32_MIN, INT32_MAX, &delay))) {
		answer(c, bad_format);
	} else if (delay > 0) {
		answer(c, "SERVER_ERROR flush_all with a delay is not supported\r\n");
	} else {
		c->kv->engine->flush(c->kv);
		answer(c, "OK\r\n");
	}
}

static void do_stats(struct command *c)
{
	struct kv_stat s[24];
	int n;

	if (c->words > 1) {
		answer(c, "END\r\n"); /* no such group of statistics */
		return;
	}
	n = kv_stats(c->kv, s, 24);
	for (int i = 0; i < n; i++)
		out_printf(c->o, "STAT %s %s\r\n", s[i].name, s[i].value);
	answer(c, "END\r\n");
}

static void do_noop(struct command *c)
{
	answer(c, "MN\r\n");
}

struct summing {
	const struct kv *kv;
	uint64_t items, bytes, hash;
};

static void visit_sum(void *ctx, const struct kv_key *key, const struct kv_item *it)
{
	struct summing *s = ctx;

	if (kv_expired(s->kv, it))
		return;
	s->items++;
	s->bytes += it->len;
	for (size_t i = 0; i < it->len; i++)
		s->hash = (s->hash ^ (uint8_t)it->data[i]) * 0x100000001b3ULL;
}

static bool scan_words(struct command *c, int64_t *n)
{
	if (c->words == 3 && c->word[1].len <= KV_KEY_MAX &&
	    number(&c->word[2], 1, KV_SCAN_MAX, n)) {
		c->kv->cmd_scan++;
		return true;
	}
	answer(c, "CLIENT_ERROR bad command line format.  Usage: scan <key> <items, at most "
	       "1000000>\r\n");
	return false;
}

static void do_scan(struct command *c)
{
	struct getting g = { c, false, false };
	int64_t n;

	if (!scan_words(c, &n))
		return;
	c->kv->engine->scan(c->kv, &c->word[1], n, visit_get, &g);
	answer(c, "END\r\n");
}

static void do_scansum(struct command *c)
{
	struct summing s = { .kv = c->kv, .hash = 0xcbf29ce484222325ULL };
	int64_t n;

	if (!scan_words(c, &n))
		return;
	c->kv->engine->scan(c->kv, &c->word[1], n, visit_sum, &s);
	out_printf(c->o, "SUM %" PRIu64 " %" PRIu64 " %016" PRIx64 "\r\n", s.items, s.bytes,
		   s.hash);
}

static const struct {
	const char *name;
	void (*run)(struct command *c);
} commands[] = {
	{ "get", do_get }, { "gets", do_gets }, { "set", do_set }, { "scan", do_scan },
	{ "scansum", do_scansum }, { "add", do_add }, { "replace", do_replace },
	{ "append", do_append },
	{ "prepend", do_prepend }, { "cas", do_cas }, { "delete", do_delete }, { "incr", do_incr },
	{ "decr", do_decr }, { "touch", do_touch }, { "gat", do_gat }, { "gats", do_gats },
	{ "version", do_version }, { "verbosity", do_verbosity }, { "flush_all", do_flush_all },
	{ "stats", do_stats }, { "mn", do_noop },
};

static void split(struct command *c, const char *at, const char *end)
{
	for (c->words = 0; c->words < WORDS; c->words++) {
		while (at < end && *at == ' ')
			at++;
		if (at == end)
			break;
		c->word[c->words].data = at;
		while (at < end && *at != ' ')
			at++;
		c->word[c->words].len = at - c->word[c->words].data;
	}
	c->noreply = c->words > 1 && is(&c->word[c->words - 1], "noreply");
	c->words -= c->noreply;
}

/* Is it a server's reply? Whoever answers one is answered in turn, without end. */
static bool is_error(const struct kv_key *w)
{
	return is(w, "ERROR") || is(w, "CLIENT_ERROR") || is(w, "SERVER_ERROR");
}

/* Executes a datagram's commands one after the other, as long as there are lines. */
void kv_text(struct kv *kv, const char *at, size_t len, struct kv_out *o)
{
	struct command c = { .kv = kv, .o = o, .body = at, .body_len = len };

	while (c.body_len) {
		const char *line = c.body, *end = memchr(line, '\n', c.body_len);
		size_t i, took;

		if (!end) {
			/* half a line: memcached waits for the rest, which over UDP never comes */
			kv->malformed++;
			return;
		}
		took = end + 1 - line;
		c.body += took;
		c.body_len -= took;
		split(&c, line, end > line && end[-1] == '\r' ? end - 1 : end);
		if (c.words && is_error(&c.word[0])) {
			kv->malformed++;
			return;
		}
		for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
			if (c.words && is(&c.word[0], commands[i].name))
				break;
		}
		if (i < sizeof(commands) / sizeof(commands[0]))
			commands[i].run(&c);
		else
			out_printf(o, "ERROR\r\n");
	}
}
