// SPDX-License-Identifier: BSD-2-Clause
/*
 * sight.c - when no reply is right: the replies that came instead, and the probable reason
 */
#include <string.h>

#include "load.h"

void sight_foreign(struct load *l, const uint8_t *data, size_t len)
{
	struct sight *s = &l->sight;

	if (!s->foreign && !l->n.foreign) {
		s->len = len;
		memcpy(s->begin, data, len < sizeof(s->begin) ? len : sizeof(s->begin));
	}
	l->n.foreign++;
}

void sight_add(struct load *l)
{
	struct sight *s = &l->sight;

	for (int c = 0; c < l->o.mix.classes; c++) {
		s->sent += l->n.cls[c].sent;
		s->replies += l->n.cls[c].answered + l->n.cls[c].rejected;
	}
	s->stray += l->n.stray;
	s->foreign += l->n.foreign;
	s->refused += l->n.refused;
}

/* Bytes as in C, no more than fit into a line. */
static void quote(const uint8_t *from, size_t len, char *to, size_t room)
{
	size_t at = 0;

	for (size_t i = 0; i < len && at + 8 < room; i++)
		at += snprintf(to + at, room - at,
			       from[i] < ' ' || from[i] > '~' ? "\\x%02x" : "%c", from[i]);
	to[at] = 0;
}

/* The protocol of which that is a reply, as far as its beginning tells; NULL: none. */
static const struct protocol *whose(const struct load *l, const struct sight *s)
{
	struct answer a;

	for (int i = 0; protocols[i]; i++) {
		size_t len = s->len < sizeof(s->begin) ? s->len : sizeof(s->begin);

		if (protocols[i] != l->proto && !protocols[i]->parse(s->begin, len, &a))
			return protocols[i];
	}
	return NULL;
}

static void say_foreign(const struct load *l, char *text, size_t room)
{
	const struct sight *s = &l->sight;
	const struct protocol *other = whose(l, s);
	char begin[60];

	quote(s->begin, s->len < 16 ? s->len : 16, begin, sizeof(begin));
	snprintf(text, room,
		 "%lu datagrams from %s are no replies of the protocol '%s' (%s): the first has "
		 "%zu bytes and begins with \"%s\"; %s%s%s",
		 s->foreign, l->o.to, l->proto->name, l->proto->reply, s->len, begin,
		 other ? "that is how '"
		       : "another application serves there, or another port is meant",
		 other ? other->name : "",
		 other ? "' answers: -P says the protocol, --to the port" : "");
}

bool sight_says(const struct load *l, char *text, size_t room)
{
	const struct sight *s = &l->sight;

	if (s->foreign)
		say_foreign(l, text, room);
	else if (s->replies || s->stray || !s->sent)
		return false;
	else if (s->refused)
		snprintf(text, room,
			 "nobody listens at %s: that machine says that the port is unreachable",
			 l->o.to);
	else
		snprintf(text, room,
			 "nothing came back from %s: is that where a server of the protocol '%s' "
			 "is (port included), and does a worker serve? A server of another "
			 "protocol may drop what it does not know",
			 l->o.to, l->proto->name);
	return true;
}
