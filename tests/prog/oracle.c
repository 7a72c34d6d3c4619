// SPDX-License-Identifier: BSD-2-Clause
/*
 * oracle.c - the rules for what is a request and of which
 * class, written from the RFCs and abi.h alone
 *
 * Shares nothing with bpf/parse.h and bpf/classify.h: a cursor that hands out octets, one layer
 * after the other, and rules that are compared octet by octet.
 */
#include <string.h>

#include "oracle.h"

struct cursor {
	const __u8 *at;
	__u32 left;
	__u32 gone;
};

/* The next n octets, or NULL if there are fewer. */
static const __u8 *take(struct cursor *c, __u32 n)
{
	const __u8 *got = c->at;

	if (c->left < n)
		return NULL;
	c->at += n;
	c->left -= n;
	c->gone += n;
	return got;
}

static __u32 word16(const __u8 *at)
{
	return at[0] * 256u + at[1];
}

static struct sight pass(enum shunt_pass why)
{
	return (struct sight){ .why = why, .deny = SHUNT_NR_DENY };
}

/* IEEE 802.1Q: the ethertype behind the tags, 0 if the frame has no room for what it announces. */
static __u32 ethertype_behind_tags(struct cursor *c, __u32 type)
{
	int tags = 0;

	while (type == 0x8100 || type == 0x88a8) {
		const __u8 *tag = take(c, 4);

		if (!tag || ++tags > 2)
			return 0;
		type = word16(tag + 2);
	}
	return type;
}

/* RFC 791. Octets of payload in *l4_len; destination in *to. */
static int ipv4(struct cursor *c, __u32 *l4_len, const __u8 **to)
{
	__u32 there = c->left, total, flags_offset;
	const __u8 *h = take(c, 20);

	if (!h || h[0] >> 4 != 4 || (h[0] & 15) != 5)
		return SHUNT_PASS_IP;
	flags_offset = word16(h + 6);
	if ((flags_offset & 0x2000) || flags_offset % 0x2000)
		return SHUNT_PASS_IP; /* more fragments follow, or it is not the first */
	if (h[9] != 17)
		return SHUNT_PASS_PROTO;
	total = word16(h + 2);
	if (total < 20 || total > there)
		return SHUNT_PASS_IP;
	*l4_len = total - 20;
	*to = h + 16;
	return -1;
}

/* RFC 8200; the list of extension headers is IANA's "IPv6 Extension Header Types". */
static int ipv6(struct cursor *c, __u32 *l4_len, const __u8 **to)
{
	static const __u8 extensions[] = { 0, 43, 44, 50, 51, 60, 135, 139, 140, 253, 254 };
	const __u8 *h = take(c, 40);

	if (!h || h[0] / 16 != 6)
		return SHUNT_PASS_IP;
	if (memchr(extensions, h[6], sizeof(extensions)))
		return SHUNT_PASS_IP;
	if (h[6] != 17)
		return SHUNT_PASS_PROTO;
	*l4_len = word16(h + 4);
	if (*l4_len > c->left)
		return SHUNT_PASS_IP;
	*to = h + 24;
	return -1;
}

/* -1: it is for the receiver. */
static int not_for(const struct oracle *o, const __u8 *eth, bool v6, const __u8 *to)
{
	if (o->cfg.flags & SHUNT_CFG_ANY_ADDR)
		return -1;
	if (v6 ? memcmp(to, o->own6, 16) : memcmp(to, o->own4, 4))
		return SHUNT_PASS_ADDR;
	return memcmp(eth, "\x02\x00\xc6\x12\x00\x02", 6) ? SHUNT_PASS_MAC : -1;
}

/* RFC 6890's blocks that are no source, RFC 4291's; then what a reflection needs. */
static int denied(const struct oracle *o, const __u8 *eth, bool v6, const __u8 *to, const __u8 *udp)
{
	const __u8 *from = v6 ? to - 16 : to - 4;
	static const __u8 zeros[8];

	if (eth[6] % 2)
		return SHUNT_DENY_MAC;
	if (v6 ? from[0] == 255 || !memcmp(from, zeros, 8)
	       : from[0] == 0 || from[0] == 127 || from[0] >= 224)
		return SHUNT_DENY_SOURCE;
	if (!memcmp(from, to, v6 ? 16 : 4) ||
	    (v6 ? !memcmp(from, o->own6, 16) : !memcmp(from, o->own4, 4)))
		return SHUNT_DENY_OWN;
	return o->ports[word16(udp)].flags & SHUNT_PORT_ON ? SHUNT_DENY_PORT : SHUNT_NR_DENY;
}

static bool matches(const struct shunt_rule *r, const __u8 *payload, __u32 len)
{
	const __u8 *value = (const __u8 *)&r->value, *mask = (const __u8 *)&r->mask;

	for (__u32 i = 0; i < 8; i++) {
		__u32 at = r->offset % (SHUNT_OFFSET_MAX + 1) + i;

		if (at >= len ? mask[i] || value[i] : (payload[at] & mask[i]) != value[i])
			return false;
	}
	return true;
}

static __u32 word32(const __u8 *at)
{
	return (__u32)word16(at) << 16 | word16(at + 2);
}

/* RFC 5531: xid, 0 for a call, the version of RPC, program, version, procedure. */
static bool is_call(const __u8 *payload, __u32 len)
{
	return len >= 12 && word32(payload + 4) == 0;
}

static void classify_call(const struct oracle *o, const struct shunt_port *port,
			  const __u8 *payload, struct sight *s)
{
	__u32 n = port->count < SHUNT_PORT_PROGRAMS ? port->count : SHUNT_PORT_PROGRAMS, proc;

	s->cls = port->cls;
	s->spill = true;
	if (s->len < 24 || word32(payload + 8) != 2)
		return;
	proc = word32(payload + 20);
	for (__u32 i = 0; i < n && s->spill; i++) {
		const struct shunt_program *p = &o->programs[(port->first + i) % SHUNT_PROGRAMS];

		if (memcmp(p, payload + 12, 8))
			continue;
		s->cls = p->cls[proc < SHUNT_PROCEDURES ? proc : SHUNT_PROCEDURES - 1];
		s->spill = false;
	}
}

static void classify_by_rules(const struct oracle *o, const struct shunt_port *port,
			      const __u8 *payload, struct sight *s)
{
	__u32 n = port->count < SHUNT_PORT_RULES ? port->count : SHUNT_PORT_RULES;

	s->cls = port->cls;
	s->spill = port->count;
	for (__u32 i = 0; i < n; i++) {
		const struct shunt_rule *r = &o->rules[(port->first + i) % SHUNT_RULES];

		if (matches(r, payload, s->len)) {
			s->cls = r->cls;
			s->spill = false;
			break;
		}
	}
}

static void classify(const struct oracle *o, const struct shunt_port *port, const __u8 *payload,
		     struct sight *s)
{
	if (port->flags & SHUNT_PORT_RPC)
		classify_call(o, port, payload, s);
	else
		classify_by_rules(o, port, payload, s);
	s->bad_class = s->cls >= o->cfg.nclasses || s->cls >= SHUNT_CLASSES;
	if (s->bad_class)
		s->cls = 0;
}

struct sight oracle_look(const struct oracle *o, const __u8 *frame, __u32 len)
{
	struct cursor c = { .at = frame, .left = len };
	const __u8 *eth = take(&c, 14), *udp, *to = NULL;
	const struct shunt_port *port;
	struct sight s = { 0 };
	__u32 type, l4_len = 0;
	int why;

	if (!eth || eth[0] % 2)
		return pass(SHUNT_PASS_L2);
	type = ethertype_behind_tags(&c, word16(eth + 12));
	if (type != 0x0800 && type != 0x86dd)
		return pass(SHUNT_PASS_L2);
	s.v6 = type == 0x86dd;
	why = s.v6 ? ipv6(&c, &l4_len, &to) : ipv4(&c, &l4_len, &to);
	if (why >= 0)
		return pass(why);

	/* RFC 768. Its length may be less than IP's: what is behind is not UDP's. */
	udp = l4_len < 8 ? NULL : take(&c, 8);
	if (!udp || word16(udp + 4) < 8 || word16(udp + 4) > l4_len || !word16(udp))
		return pass(SHUNT_PASS_UDP);
	port = &o->ports[word16(udp + 2)];
	if (!(port->flags & SHUNT_PORT_ON))
		return pass(SHUNT_PASS_PORT);
	why = not_for(o, eth, s.v6, to);
	if (why < 0 && port->flags & SHUNT_PORT_SERVICE &&
	    port->key_off / (SHUNT_OFFSET_MAX + 1)) /* all come through domain 0 */
		why = SHUNT_PASS_SERVICE;
	if (why < 0 && port->flags & SHUNT_PORT_RPC && !is_call(udp + 8, word16(udp + 4) - 8))
		why = SHUNT_PASS_CALL;
	if (why >= 0)
		return pass(why);
	s.deny = denied(o, eth, s.v6, to, udp);
	if (s.deny != SHUNT_NR_DENY)
		return s;
	s.request = true;
	s.payload = c.gone;
	s.len = word16(udp + 4) - 8;
	classify(o, port, c.at, &s);
	return s;
}
