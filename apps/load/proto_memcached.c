// SPDX-License-Identifier: BSD-2-Clause
/*
 * proto_memcached.c - memcached's UDP protocol, text form; a class's name is its command
 *
 * get, gets, set, delete, incr, touch, version; scanN asks shunt-kv to walk N keys and to answer
 * with their sum (its extension `scansum`). A class may
 * have a number or a word after a dash: get-hot.
 *
 * Every datagram begins with 8 bytes, big-endian: request number, datagram number, datagrams, 0.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "load.h"

#define HEADER 8

enum op { OP_GET, OP_GETS, OP_SET, OP_DELETE, OP_INCR, OP_TOUCH, OP_VERSION, OP_SCAN };

static const char *const op_name[] = { "get", "gets", "set", "delete", "incr", "touch", "version",
				       "scan" };

static struct {
	enum op op[MIX_CLASSES];
	int scan[MIX_CLASSES];
	struct zipf keys;
	char value[PACKET_MAX + 1];
} mc;

static int op_parse(int cls, const char *name)
{
	size_t n = strcspn(name, "-0123456789");

	for (size_t i = 0; i < sizeof(op_name) / sizeof(op_name[0]); i++) {
		if (strlen(op_name[i]) != n || strncmp(op_name[i], name, n))
			continue;
		mc.op[cls] = i;
		mc.scan[cls] = atoi(name + n);
		return i == OP_SCAN && mc.scan[cls] < 1 ? -EINVAL : 0;
	}
	return -EINVAL;
}

static int setup(const struct options *o, struct why *why)
{
	for (int i = 0; i < o->mix.classes; i++) {
		if (op_parse(i, o->mix.name[i]))
			return why_fail(why, -EINVAL,
					"what is the command '%s'? (get, gets, set, delete, incr, "
					"touch, version, scanN)",
					o->mix.name[i]);
	}
	if (zipf_init(&mc.keys, o->keys, o->zipf))
		return why_fail(why, -ENOMEM, "no memory for %zu keys", o->keys);
	for (size_t i = 0; i < o->value_size; i++)
		mc.value[i] = 'a' + i % 26;
	return 0;
}

static size_t put_header(uint8_t *to, uint16_t id)
{
	uint16_t h[4] = { htons(id), 0, htons(1), 0 };

	memcpy(to, h, HEADER);
	return HEADER;
}

static size_t put_set(const struct options *o, char *to, size_t room, size_t key)
{
	return snprintf(to, room, "set k%0*zu 0 0 %zu\r\n%.*s\r\n", (int)o->key_size - 1, key,
			o->value_size, (int)o->value_size, mc.value);
}

static size_t build(const struct options *o, const struct request *r, uint8_t *to)
{
	size_t at = put_header(to, r->seq), room = PACKET_MAX - at, key;
	struct rng rng = { r->random };
	char *text = (char *)to + at;
	int width = o->key_size - 1;

	key = zipf_draw(&mc.keys, &rng);
	switch (mc.op[r->cls]) {
	case OP_GET:
	case OP_GETS:
	case OP_DELETE:
		return at +
		       snprintf(text, room, "%s k%0*zu\r\n", op_name[mc.op[r->cls]], width, key);
	case OP_SET:
		return at + put_set(o, text, room, key);
	case OP_INCR:
		return at + snprintf(text, room, "incr k%0*zu 1\r\n", width, key);
	case OP_TOUCH:
		return at + snprintf(text, room, "touch k%0*zu 0\r\n", width, key);
	case OP_SCAN:
		return at +
		       snprintf(text, room, "scansum k%0*zu %d\r\n", width, key, mc.scan[r->cls]);
	default:
		return at + snprintf(text, room, "version\r\n");
	}
}

static bool begins(const uint8_t *from, size_t len, const char *with)
{
	return len >= strlen(with) && !memcmp(from, with, strlen(with));
}

/* Does the datagram begin as a reply's first one? A request that came back unchanged does not. */
static bool is_reply(const uint8_t *from, size_t len)
{
	static const char *const words[] = { "VALUE ", "END\r\n", "STORED\r\n", "NOT_STORED\r\n",
					     "EXISTS\r\n",
		"NOT_FOUND\r\n", "DELETED\r\n", "TOUCHED\r\n", "OK\r\n", "VERSION ", "SUM ",
		"ERROR", "CLIENT_ERROR", "SERVER_ERROR", "BUSY" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (begins(from, len, words[i]))
			return true;
	}
	return len && *from >= '0' && *from <= '9'; /* incr, scansum */
}

static int parse(const uint8_t *from, size_t len, struct answer *a)
{
	uint16_t h[4];

	if (len < HEADER)
		return -EINVAL;
	memcpy(h, from, HEADER);
	if (h[3] || ntohs(h[1]) >= ntohs(h[2]) || (!h[1] && !is_reply(from + HEADER, len - HEADER)))
		return -EINVAL;
	a->seq = ntohs(h[0]);
	a->parts = ntohs(h[2]);
	from += HEADER;
	len -= HEADER;
	a->rejected = h[1] == 0 &&
		      (begins(from, len, "SERVER_ERROR") || begins(from, len, "ERROR") ||
		       begins(from, len, "CLIENT_ERROR"));
	a->missed = (len == 5 && begins(from, len, "END\r\n")) || begins(from, len, "NOT_FOUND");
	return 0;
}

const struct protocol proto_memcached = {
	.name = "memcached", .reply = "a header of 8 bytes and one of memcached's replies",
	.seq_mask = 0xffff, .setup = setup, .build = build, .parse = parse,
};

/* Stores keys one at a time, each sent again until it is answered: a preload that loses keys is
 * none. */
int memcached_preload(const struct options *o, int sock)
{
	char text[PACKET_MAX + 64], reply[2048];

	for (size_t key = 0; key < o->keys; key++) {
		size_t len = put_header((uint8_t *)text, key);
		bool stored = false;

		len += put_set(o, text + len, sizeof(text) - len, key);
		for (int tries = 0; !stored && tries < 20 && !load_stop; tries++) {
			struct pollfd p = { sock, POLLIN, 0 };
			ssize_t n;

			if (send(sock, text, len, 0) < 0 && errno != ECONNREFUSED)
				return -errno;
			while (!stored && poll(&p, 1, 200) > 0) {
				uint16_t id;

				n = recv(sock, reply, sizeof(reply), 0);
				if (n < HEADER)
					break;
				memcpy(&id, reply, sizeof(id));
				stored = ntohs(id) == (uint16_t)key &&
					 begins((uint8_t *)reply + HEADER, n - HEADER, "STORED");
			}
		}
		if (!stored)
			return load_stop ? -EINTR : -ETIMEDOUT;
	}
	return 0;
}
