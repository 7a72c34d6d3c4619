// SPDX-License-Identifier: BSD-2-Clause
/*
 * rpcbind.c - the programs of ONC RPC that an interface serves, and what rpcbind is told of them
 *
 * rpcbind (RFC 1833, version 4) is asked at its socket in the file system, where it knows our user:
 * root may set and unset what it likes. A call there is a record: four bytes with its length and
 * the mark of the last fragment before it. libtirpc would wait for it for a minute.
 */
#include "rpcbind.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "clock.h"

#define PORTS 65536
#define PROGRAM 100000
#define VERSION 4
#define LIMIT_NS 100000000ULL /* rpcbind.h */
#define LAST_FRAGMENT 0x80000000u
#define MESSAGE_MAX 65536 /* all that rpcbind knows, a hundred bytes each */

enum { PROC_SET = 1, PROC_UNSET = 2, PROC_DUMP = 4 };

/* A connection, and the time until which it may take. */
struct talk {
	int fd;
	__u32 xid;
	__u64 until_ns;
};

struct message {
	__u32 len;
	__u8 bytes[MESSAGE_MAX];
};

static void put(struct message *m, __u32 word)
{
	word = htonl(word);
	memcpy(m->bytes + m->len, &word, 4);
	m->len += 4;
}

static void put_text(struct message *m, const char *text)
{
	__u32 len = strlen(text);

	put(m, len);
	memset(m->bytes + m->len, 0, (len + 3) & ~3u);
	memcpy(m->bytes + m->len, text, len);
	m->len += (len + 3) & ~3u;
}

static __u32 get(const struct message *m, __u32 at)
{
	__u32 word = 0;

	if (at + 4 <= m->len)
		memcpy(&word, m->bytes + at, 4);
	return ntohl(word);
}

/* Addresses as rpcbind has them end with the port's two bytes. */
static void write_address(char *out, size_t size, const char *host, __u16 port)
{
	snprintf(out, size, "%s.%u.%u", host, port >> 8, port & 255);
}

static int wait_no_longer(struct talk *t, int option)
{
	__u64 now = clock_ns();
	struct timeval left = { .tv_usec = now < t->until_ns ? (t->until_ns - now) / 1000 : 0 };

	if (left.tv_usec < 1000)
		return -ETIMEDOUT;
	return setsockopt(t->fd, SOL_SOCKET, option, &left, sizeof(left)) ? -errno : 0;
}

static int receive(struct talk *t, void *to, __u32 len)
{
	ssize_t n;
	int err = wait_no_longer(t, SO_RCVTIMEO);

	if (err)
		return err;
	n = recv(t->fd, to, len, MSG_WAITALL);
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return (__u32)n == len ? 0 : -ECONNRESET;
}

/* The reply, without the words with the lengths of its fragments. */
static int receive_reply(struct talk *t, struct message *m)
{
	__u32 mark = 0, len;
	int err = 0;

	for (m->len = 0; !err && !(mark & LAST_FRAGMENT); m->len += err ? 0 : len) {
		err = receive(t, &mark, 4);
		mark = ntohl(mark);
		len = mark & ~LAST_FRAGMENT;
		if (!err && len > sizeof(m->bytes) - m->len)
			err = -EPROTO;
		if (!err)
			err = receive(t, m->bytes + m->len, len);
	}
	return err;
}

static void write_call(struct message *m, __u32 xid, __u32 proc, const struct rpcbind_program *p,
		       const char *netid, const char *address)
{
	const __u32 head[] = { xid, 0, 2, PROGRAM, VERSION, proc, 0, 0, 0, 0 };

	m->len = 4; /* its length, later */
	for (size_t i = 0; i < sizeof(head) / sizeof(*head); i++)
		put(m, head[i]);
	if (!p)
		return;
	put(m, p->program);
	put(m, p->version);
	put_text(m, netid);
	put_text(m, address);
	put_text(m, "superuser");
}

/* A call about one program, or none; its reply in *m, with the results from byte 24 on. */
static int ask(struct talk *t, __u32 proc, const struct rpcbind_program *p, const char *netid,
	       const char *address, struct message *m)
{
	__u32 mark, xid = ++t->xid;
	int err;

	write_call(m, xid, proc, p, netid, address);
	mark = htonl((m->len - 4) | LAST_FRAGMENT);
	memcpy(m->bytes, &mark, 4);
	err = wait_no_longer(t, SO_SNDTIMEO);
	if (!err && send(t->fd, m->bytes, m->len, MSG_NOSIGNAL) != (ssize_t)m->len)
		err = -EIO;
	if (!err)
		err = receive_reply(t, m);
	if (err)
		return err;
	/* Ours, a reply, accepted, without a verifier, with success. */
	return get(m, 0) == xid && get(m, 4) == 1 && !get(m, 8) && !get(m, 16) && !get(m, 20) ?
		       0 : -EPROTO;
}

static const struct {
	const char *netid, *any;
} families[] = { { "udp", "0.0.0.0" }, { "udp6", "::" } };

/* True, false, or -errno. */
static int told(struct talk *t, __u32 proc, const struct rpcbind_program *p, int family)
{
	struct message m;
	char address[64];
	int err;

	write_address(address, sizeof(address), families[family].any, p->port);
	err = ask(t, proc, p, families[family].netid, address, &m);
	return err ? err : !!get(&m, 24);
}

/* Is it this text that stands there? *at goes on behind it. */
static bool is_text(const struct message *m, __u32 *at, const char *text)
{
	__u32 len = get(m, *at), from = *at + 4;

	*at = len < m->len ? from + ((len + 3) & ~3u) : m->len;
	return *at <= m->len && len == strlen(text) && !memcmp(m->bytes + from, text, len);
}

/* Does it name our port for the program? (What it says of one program, it says for the family of
 * who asks, here none: so all that it knows is gone through.) */
static int names_ours(struct talk *t, const struct rpcbind_program *p, int family)
{
	char address[64];
	struct message m;
	__u32 at = 24;
	int err = ask(t, PROC_DUMP, NULL, "", "", &m);

	write_address(address, sizeof(address), families[family].any, p->port);
	while (!err && get(&m, at) == 1) {
		bool ours = get(&m, at + 4) == p->program && get(&m, at + 8) == p->version;

		at += 12;
		ours &= is_text(&m, &at, families[family].netid);
		ours &= is_text(&m, &at, address);
		is_text(&m, &at, ""); /* the owner */
		if (ours)
			return 1;
	}
	return err;
}

static int set_one(struct talk *t, const struct rpcbind_program *p, int family)
{
	int ok = told(t, PROC_SET, p, family);

	if (ok)
		return ok;
	ok = told(t, PROC_UNSET, p, family); /* another port's */
	return ok < 0 ? ok : told(t, PROC_SET, p, family);
}

static int unset_one(struct talk *t, const struct rpcbind_program *p, int family)
{
	int ours = names_ours(t, p, family);

	return ours > 0 ? told(t, PROC_UNSET, p, family) : ours;
}

static int connect_to(struct talk *t)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = RPCBIND_SOCKET };

	t->until_ns = clock_ns() + LIMIT_NS;
	t->xid = (__u32)t->until_ns;
	t->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (t->fd < 0)
		return -errno;
	if (wait_no_longer(t, SO_SNDTIMEO) || connect(t->fd, (struct sockaddr *)&to, sizeof(to))) {
		int err = -errno;

		close(t->fd);
		return err;
	}
	return 0;
}

/* For IPv4, then for IPv6; counts by IPv4 alone: a machine may know no udp6. */
static int for_all(const struct rpcbind_program *list, int n,
		   int (*one)(struct talk *t, const struct rpcbind_program *p, int family))
{
	struct talk t;
	int err = n ? connect_to(&t) : -ENOENT, done = 0, ok = 0;

	if (err)
		return n ? err : 0;
	for (int i = 0; i < n && ok >= 0; i++) {
		ok = one(&t, &list[i], 0);
		done += ok > 0;
		if (ok >= 0)
			ok = one(&t, &list[i], 1);
	}
	close(t.fd);
	return ok < 0 ? ok : done;
}

int rpcbind_set(const struct rpcbind_program *list, int n)
{
	return for_all(list, n, set_one);
}

int rpcbind_unset(const struct rpcbind_program *list, int n)
{
	return for_all(list, n, unset_one);
}

/* The programs of one port, behind the n that are there. */
static int add_port(int programs, const struct shunt_port *port, __u32 number,
		    struct rpcbind_program *list, int n)
{
	for (__u32 i = 0; i < port->count && i < SHUNT_PORT_PROGRAMS && n < SHUNT_PROGRAMS; i++) {
		__u32 at = (port->first + i) % SHUNT_PROGRAMS;
		struct shunt_program p;

		if (bpf_map_lookup_elem(programs, &at, &p))
			break;
		list[n++] = (struct rpcbind_program){ .program = ntohl(p.program),
						      .version = ntohl(p.version),
						      .port = number };
	}
	return n;
}

int rpcbind_list(const struct shunt_pins *pins, struct rpcbind_program list[SHUNT_PROGRAMS])
{
	int programs = shunt_pin_open(pins, "programs"), fd = shunt_pin_open(pins, "ports"), n = 0;
	struct shunt_port *ports = NULL;

	if (programs >= 0 && fd >= 0)
		ports = shunt_map_mmap(fd, PORTS * sizeof(*ports), false);
	for (__u32 port = 1; ports && port < PORTS; port++) {
		if (ports[port].flags & SHUNT_PORT_ON && ports[port].flags & SHUNT_PORT_RPC)
			n = add_port(programs, &ports[port], port, list, n);
	}
	if (!ports)
		n = programs < 0 ? programs : fd < 0 ? fd : -errno;
	shunt_map_unmap(ports, PORTS * sizeof(*ports));
	if (programs >= 0)
		close(programs);
	if (fd >= 0)
		close(fd);
	return n;
}
