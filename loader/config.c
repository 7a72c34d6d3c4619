// SPDX-License-Identifier: BSD-2-Clause
/*
 * config.c - from the configuration file to what load writes: every value checked, lines named
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "setup.h"
#include "units.h"

#define DRAIN_MAX_US 3600000000u /* an hour */
#define CONFIG_MAX (1 << 20) /* bytes of a configuration file */

struct reader {
	struct ctl *ctl;
	const char *file;
	char *text;
	size_t len;
	struct config *c;
	struct setup *s;
};

/* Fails for the value at a path such as "classes[1].slo". */
static int __printf(3, 4) bad(struct reader *r, const char *why, const char *fmt, ...)
{
	char path[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	return fail(r->ctl, -EINVAL, "%s:%d: %s: %s", r->file,
		    config_line(r->text, r->len, path), path, why);
}

static int class_of(const struct setup *s, const char *name)
{
	for (__u32 i = 0; i < s->cfg.nclasses; i++) {
		if (!strcmp(s->classes[i].name, name))
			return i;
	}
	return -ENOENT;
}

/* Fails for a class that the file does not define, by the path of the value that names it. */
static int __printf(3, 4) bad_class(struct reader *r, const char *name, const char *fmt, ...)
{
	char path[64], why[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	snprintf(why, sizeof(why), "there is no class '%s' in 'classes'", name);
	return bad(r, why, "%s", path);
}

static int read_class(struct reader *r, __u32 i)
{
	const struct config_class *in = &r->c->classes[i];
	struct setup *s = r->s;
	char why[160];

	if (strspn(in->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
	    strlen(in->name))
		return bad(r, "a name is made of letters, digits, _ and -", "classes[%u].name", i);
	if (class_of(s, in->name) >= 0)
		return bad(r, "two classes have this name", "classes[%u].name", i);
	snprintf(s->classes[i].name, SHUNT_NAME_LEN, "%s", in->name);
	s->classes[i].requeue = in->requeue ? in->requeue - 1 : SHUNT_TAIL;
	s->cfg.nclasses = i + 1;
	if (in->slo && parse_time_us(in->slo, &s->slo_us[i], why, sizeof(why)))
		return bad(r, why, "classes[%u].slo", i);
	if (in->quantum && parse_time_us(in->quantum, &s->quantum_us[i], why, sizeof(why)))
		return bad(r, why, "classes[%u].quantum", i);
	if (in->hold > s->cfg.hold_ring - SHUNT_RING_MARGIN) {
		snprintf(why, sizeof(why), "%u is more than hold_ring - %u = %u", in->hold,
			 SHUNT_RING_MARGIN, s->cfg.hold_ring - SHUNT_RING_MARGIN);
		return bad(r, why, "classes[%u].hold", i);
	}
	s->hold_limit[i] = in->hold;
	return 0;
}

/* Once all classes are known: the one that it is demoted to may come later in the file. */
static int read_demotion(struct reader *r, __u32 i)
{
	const struct config_class *in = &r->c->classes[i];
	struct shunt_class *out = &r->s->classes[i];
	int to = in->demote_to ? class_of(r->s, in->demote_to) : -ENOENT;

	if (!in->demote_after && !in->demote_to)
		return 0;
	if (!in->demote_after || !in->demote_to)
		return bad(r, "demote_after and demote_to go together", "classes[%u].%s", i,
			   in->demote_to ? "demote_to" : "demote_after");
	if (in->demote_after > 0xffff)
		return bad(r, "more than 65535 quanta", "classes[%u].demote_after", i);
	if (to < 0)
		return bad_class(r, in->demote_to, "classes[%u].demote_to", i);
	out->demote_after = in->demote_after;
	out->demote_to = to;
	return 0;
}

/* The chain of demotions from class i must end: one that leads back to a class of it is refused. */
static int check_circle(struct reader *r, __u32 i)
{
	const struct shunt_class *classes = r->s->classes;
	__u32 at = i, steps = 0;
	char why[200];

	while (classes[at].demote_after && steps++ <= r->s->cfg.nclasses) {
		at = classes[at].demote_to;
		if (at != i)
			continue;
		snprintf(why, sizeof(why),
			 "demotion leads from '%s' back to '%s': let the last class of the chain "
			 "have no demote_to",
			 classes[i].name, classes[i].name);
		return bad(r, why, "classes[%u].demote_to", i);
	}
	return 0;
}

static int read_classes(struct reader *r)
{
	int err = 0;

	if (!r->c->classes_count)
		return 0;
	r->s->cfg.nclasses = 0;
	for (__u32 i = 0; !err && i < r->c->classes_count; i++)
		err = read_class(r, i);
	for (__u32 i = 0; !err && i < r->c->classes_count; i++)
		err = read_demotion(r, i);
	for (__u32 i = 0; !err && i < r->c->classes_count; i++)
		err = check_circle(r, i);
	return err;
}

static int read_port(struct reader *r, __u32 i)
{
	const struct config_port *in = &r->c->ports[i];
	struct shunt_port *out = &r->s->ports[i].value;
	int cls = in->dflt ? class_of(r->s, in->dflt) : 0;

	if (!in->port || in->port > 65535)
		return bad(r, "not a UDP port (1 to 65535)", "ports[%u].port", i);
	for (__u32 j = 0; j < i; j++) {
		if (r->s->ports[j].port == in->port)
			return bad(r, "named twice", "ports[%u].port", i);
	}
	if (cls < 0)
		return bad_class(r, in->dflt, "ports[%u].default", i);
	if (in->key.length > SHUNT_KEY_MAX)
		return bad(r, "a key has at most 32 bytes", "ports[%u].key.length", i);
	if (in->key.offset > SHUNT_OFFSET_MAX - SHUNT_KEY_MAX)
		return bad(r, "too far into the payload", "ports[%u].key.offset", i);
	r->s->ports[i].port = in->port;
	out->flags = SHUNT_PORT_ON;
	out->cls = cls;
	out->key_len = in->key.length;
	out->key_off = in->key.offset;
	return 0;
}

static int read_ports(struct reader *r)
{
	int err = 0;

	if (r->c->ports_count > SETUP_PORTS)
		return bad(r, "more than 64 ports", "ports[%d]", SETUP_PORTS);
	r->s->nports = r->c->ports_count;
	for (__u32 i = 0; !err && i < r->c->ports_count; i++)
		err = read_port(r, i);
	return err;
}

static int read_rule(struct reader *r, __u32 i, __u32 at)
{
	const struct config_rule *in = &r->c->rules[i];
	struct rule_text text = { in->offset, in->value, in->mask, in->width };
	int cls = class_of(r->s, in->cls), err;
	char why[160];

	if (cls < 0)
		return bad_class(r, in->cls, "rules[%u].class", i);
	err = parse_rule(&text, cls, &r->s->rules[at], why, sizeof(why));
	return err ? bad(r, why, "rules[%u]", i) : 0;
}

/* A port's rules lie together, in the order of the file. */
static int read_rules(struct reader *r)
{
	struct setup *s = r->s;
	__u32 n = 0, i, p;
	int err;

	for (i = 0; i < r->c->rules_count; i++) {
		for (p = 0; p < s->nports && s->ports[p].port != r->c->rules[i].port; p++)
			;
		if (p == s->nports)
			return bad(r, "not one of 'ports'", "rules[%u].port", i);
	}
	for (p = 0; p < s->nports; p++) {
		s->ports[p].value.first = n;
		for (i = 0; i < r->c->rules_count; i++) {
			if (r->c->rules[i].port != s->ports[p].port)
				continue;
			if (s->ports[p].value.count == SHUNT_PORT_RULES)
				return bad(r, "a port has at most 32 rules", "rules[%u]", i);
			err = read_rule(r, i, n);
			if (err)
				return err;
			s->ports[p].value.count++;
			n++;
		}
	}
	s->nrules = n;
	return 0;
}

/* A NIC has one queue, and cores that are elsewhere. */
static int read_wire(struct reader *r)
{
	struct setup *s = r->s;
	char at[64] = "wire",
	     why[200] =
		     "a NIC's port has one receive queue, and its cores' CPUs are of their hosts";

	if (r->c->domains_count)
		return bad(r, why, "domains");
	if (wire_read(&r->c->wire, &s->wire, at, why, sizeof(why)))
		return bad(r, why, "%s", at);
	s->cfg.flags |= SHUNT_CFG_WIRE;
	s->domains[0].ncores = s->wire.ncores;
	return 0;
}

static int read_domains(struct reader *r)
{
	char at[CONFIG_PATH], why[160];
	__u32 bare;

	if (r->c->wire.cores_count)
		return read_wire(r);
	if (!r->c->domains_count)
		return setup_cpus(r->ctl, r->s, 1);
	if (domains_read(r->c, r->s, &bare, at, why, sizeof(why)))
		return bad(r, why, "%s", at);
	return setup_cpus(r->ctl, r->s, bare);
}

#define INSTEAD ": name one that routers send here, or leave 'address' out for the interface's own"

/* Why no request can be for it, or no reply from it; NULL: it is a host's. */
static const char *no_host4(__be32 addr)
{
	__u32 a = ntohl(addr);

	if (!a)
		return "0.0.0.0 is no host's address: for requests to whatever address say "
		       "'any-address: on' in place of 'address'";
	if (a >> 24 == 127)
		return "a loopback address, which no packet from a network has" INSTEAD;
	if (a == ~0U)
		return "the broadcast address, from which nobody may reply" INSTEAD;
	if (a >> 28 == 14)
		return "a multicast address, from which nobody may reply" INSTEAD;
	return a >> 24 == 0 || a >> 28 == 15 ? "a reserved address, which no host has" INSTEAD
					     : NULL;
}

static const char *no_host6(const void *addr)
{
	const struct in6_addr *a = addr;

	if (IN6_IS_ADDR_UNSPECIFIED(a))
		return ":: is no host's address: for requests to whatever address say "
		       "'any-address: on' in place of 'address'";
	if (IN6_IS_ADDR_LOOPBACK(a))
		return "the loopback address, which no packet from a network has" INSTEAD;
	if (IN6_IS_ADDR_MULTICAST(a))
		return "a multicast address, from which nobody may reply" INSTEAD;
	if (IN6_IS_ADDR_V4MAPPED(a))
		return "an IPv4 address in IPv6's form: write it as 192.0.2.1";
	return NULL;
}

static int read_address(struct reader *r)
{
	struct shunt_cfg *cfg = &r->s->cfg;
	const char *wrong;

	if (r->c->any_address)
		cfg->flags |= SHUNT_CFG_ANY_ADDR;
	if (r->c->any_address && r->c->address_count)
		return bad(r,
			   "with 'any-address: on' no address makes a difference: say one of them",
			   "address");
	for (__u32 i = 0; i < r->c->address_count; i++) {
		__u32 flag;

		if (inet_pton(AF_INET, r->c->address[i], &cfg->addr4) == 1)
			flag = SHUNT_CFG_ADDR4;
		else if (inet_pton(AF_INET6, r->c->address[i], cfg->addr6) == 1)
			flag = SHUNT_CFG_ADDR6;
		else
			return bad(r, "no IPv4 or IPv6 address", "address[%u]", i);
		wrong = flag == SHUNT_CFG_ADDR4 ? no_host4(cfg->addr4) : no_host6(cfg->addr6);
		if (wrong)
			return bad(r, wrong, "address[%u]", i);
		if (cfg->flags & flag)
			return bad(r, "one address of each family", "address[%u]", i);
		cfg->flags |= flag;
	}
	return 0;
}

/* A power of two with room for the rest of a burst. */
static int read_ring(struct reader *r, const char *name, __u32 in, __u32 *out)
{
	if (in && (in & (in - 1) || in < 2 * SHUNT_RING_MARGIN || in > 65536))
		return bad(r, "not a power of two from 128 to 65536", "%s", name);
	if (in)
		*out = in;
	return 0;
}

static int read_sizes(struct reader *r)
{
	struct shunt_cfg *cfg = &r->s->cfg;
	int err = 0;

	if (r->c->chunk && r->c->chunk != 2048 && r->c->chunk != 4096)
		return bad(r, "2048 or 4096", "chunk");
	if (r->c->chunk)
		cfg->chunk = r->c->chunk;
	if (r->c->spare > 1 << 20)
		return bad(r, "more than 1048576 frames", "spare");
	if (r->c->spare)
		cfg->spare_frames = r->c->spare;
	err = read_ring(r, "core_ring", r->c->core_ring, &cfg->core_ring);
	return err ? err : read_ring(r, "hold_ring", r->c->hold_ring, &cfg->hold_ring);
}

static int read_preempt(struct reader *r)
{
	const struct config_preempt *in = &r->c->preempt;
	struct shunt_cfg *cfg = &r->s->cfg;
	char why[160];

	cfg->preempt = in->mode;
	if (in->signals)
		cfg->flags |= SHUNT_CFG_SIGNAL;
	if (in->parked > SHUNT_PARKED)
		return bad(r, "more than 256 requests", "preempt.parked");
	if (in->parked)
		cfg->parked_max = in->parked;
	if (in->watch && parse_time_us(in->watch, &cfg->watch_us, why, sizeof(why)))
		return bad(r, why, "preempt.watch");
	if (in->grace && parse_time_us(in->grace, &cfg->grace_us, why, sizeof(why)))
		return bad(r, why, "preempt.grace");
	return 0;
}

static int read_ms(const char *text, __u32 most_us, __u32 *ms, char *why, size_t len)
{
	__u32 us;

	if (parse_time_upto(text, most_us, &us, why, len))
		return -EINVAL;
	if (us % 1000) {
		snprintf(why, len, "not whole milliseconds");
		return -EINVAL;
	}
	*ms = us / 1000;
	return 0;
}

static int read_rest(struct reader *r)
{
	struct shunt_cfg *cfg = &r->s->cfg;
	char why[160];
	int err;

	cfg->fallback = r->c->fallback;
	r->s->verify = r->c->verify;
	if (r->c->hold.age) {
		if (read_ms(r->c->hold.age, SHUNT_SLO_MAX_US, &cfg->hold_age_ms, why, sizeof(why)))
			return bad(r, why, "hold.age");
	}
	cfg->hang = r->c->hang.action;
	if (r->c->stamp)
		cfg->flags |= SHUNT_CFG_STAMP;
	if (r->c->hang.after) {
		if (read_ms(r->c->hang.after, SHUNT_SLO_MAX_US, &cfg->hang_ms, why, sizeof(why)))
			return bad(r, why, "hang.after");
	}
	if (r->c->drain && read_ms(r->c->drain, DRAIN_MAX_US, &cfg->drain_ms, why, sizeof(why)))
		return bad(r, why, "drain");
	for (__u32 i = 0; i < r->c->knobs_count; i++)
		r->s->knobs[i] = r->c->knobs[i];
	err = read_preempt(r);
	return err ? err : read_address(r);
}

static int read_file(struct reader *r)
{
	FILE *f = fopen(r->file, "re");
	int err = 0;

	r->text = malloc(CONFIG_MAX);
	if (!f || !r->text) {
		err = fail(r->ctl, f ? -ENOMEM : -errno, "cannot open '%s': %s", r->file,
			   strerror(f ? ENOMEM : errno));
	} else {
		r->len = fread(r->text, 1, CONFIG_MAX, f);
		if (ferror(f) || r->len == CONFIG_MAX)
			err = fail(r->ctl, -EFBIG, "cannot read '%s': %s", r->file,
				   ferror(f) ? strerror(errno) : "it has a megabyte or more");
	}
	if (f)
		fclose(f);
	return err;
}

int setup_from_file(struct ctl *ctl, const char *path, struct setup *s)
{
	struct reader r = { .ctl = ctl, .file = path, .s = s };
	char why[320];
	int err = read_file(&r), line = 0;

	if (!err) {
		r.c = config_read(r.text, r.len, &line, why, sizeof(why));
		if (!r.c) {
			err = line ? fail(ctl, -EINVAL, "%s:%d: %s", path, line, why) :
				     fail(ctl, -EINVAL, "%s: %s", path, why);
			hint(ctl, "what may stand there: man 8 shunt, CONFIGURATION");
		}
	}
	if (!err) {
		setup_init(s);
		err = read_sizes(&r);
	}
	if (!err)
		err = read_classes(&r);
	if (!err)
		err = read_ports(&r);
	if (!err)
		err = read_rules(&r);
	if (!err)
		err = read_domains(&r);
	if (!err)
		err = read_rest(&r);
	config_free(r.c);
	free(r.text);
	return err;
}
