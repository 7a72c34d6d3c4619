// SPDX-License-Identifier: BSD-2-Clause
/*
 * mem.c - a client of memcached, over a UNIX socket, for bench/mem.sh
 *
 *   mem fill SOCKET KEYS            KEYS values, one after the other
 *   mem gets SOCKET KEYS FIRST STEP SECONDS RATE SEED
 *
 * "gets" asks for a tenth of the keys, in an order drawn by SEED: each STEPth from FIRST on. With
 * STEP 1 they lie side by side, with STEP 10 everywhere. Prints a JSON object.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "mem_ask.h"

struct client {
	int fd;
	unsigned long keys, first, step;
};

static void die(const char *what)
{
	fprintf(stderr, "mem: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int connect_to(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die(path);
	return fd;
}

static void send_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n <= 0)
			die("write");
		text += n;
		len -= n;
	}
}

static bool get(void *arg, unsigned long key)
{
	const struct client *c = arg;
	char text[8192];
	size_t len = snprintf(text, sizeof(text), "get k%lu\r\n", key);
	ssize_t n;

	send_all(c->fd, text, len);
	for (len = 0; len < 5 || memcmp(text + len - 5, "END\r\n", 5); len += n) {
		n = read(c->fd, text + len, sizeof(text) - len);
		if (n <= 0)
			die("read");
	}
	return len > BYTES;
}

static unsigned long key(void *arg)
{
	const struct client *c = arg;

	return c->first + draw() % (c->keys / HOT) * c->step;
}

static int fill(struct client *c)
{
	char text[BYTES + 64], value[BYTES + 1];
	size_t at;

	for (unsigned long i = 0; i < c->keys; i++) {
		make_value(value);
		at = snprintf(text, 64, "set k%lu 0 0 %d noreply\r\n", i, BYTES);
		memcpy(text + at, value, BYTES);
		memcpy(text + at + BYTES, "\r\n", 2);
		send_all(c->fd, text, at + BYTES + 2);
	}
	return !get(c, c->keys - 1);
}

int main(int argc, char **argv)
{
	struct client c = { .keys = argc > 3 ? strtoul(argv[3], NULL, 10) : 0 };

	if (c.keys >= HOT && argc == 4 && !strcmp(argv[1], "fill")) {
		c.fd = connect_to(argv[2]);
		return fill(&c);
	}
	if (c.keys >= HOT && argc == 9 && !strcmp(argv[1], "gets")) {
		c.fd = connect_to(argv[2]);
		c.first = strtoul(argv[4], NULL, 10);
		c.step = strtoul(argv[5], NULL, 10);
		draw_state ^= strtoul(argv[8], NULL, 10) << 20;
		return !ask(strtod(argv[6], NULL), strtod(argv[7], NULL), get, key, &c);
	}
	fprintf(stderr, "usage: mem fill SOCKET KEYS | mem gets SOCKET KEYS FIRST STEP SECONDS "
			"RATE SEED\n");
	return 2;
}
