// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_wire.c - the NIC's part of a configuration: read and checked
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_reader.h"
#include "key.h"
#include "units.h"

#define LATE_NS 300000 /* some ten times what a frame is under way */
/* becomes the longest request in place */
#define CREDIT (sizeof(struct shunt_wire_request) + 14 + 1500)

static int read_mac(const char *text, __u8 mac[6])
{
	char rest;

	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0], &mac[1], &mac[2],
		      &mac[3], &mac[4], &mac[5], &rest) == 6
		       ? 0
		       : -EINVAL;
}

/* The key of host i: that of the only one, or its entry of "hosts". */
static int read_key(struct config_reader *r, __u32 i, struct shunt_key *key)
{
	const struct config_wire *in = &r->c->wire;
	struct why of = { 0 };
	char line[200];

	if (!shunt_read_key(in->key ? in->key : in->hosts[i].key, key, &of))
		return 0;
	why_line(&of, line, sizeof(line));
	why_forget(&of);
	return in->key ? config_bad(r, line, "wire.key")
		       : config_bad(r, line, "wire.hosts[%u].key", i);
}

/* Each host's key, by its number: of which there are "hosts".
 * One that two had would let either speak for the other. */
static int read_keys(struct config_reader *r, struct shunt_key key[SHUNT_NIC_GROUPS])
{
	const struct config_wire *in = &r->c->wire;
	__u32 hosts = in->hosts_count ? in->hosts_count : 1;

	if (!in->key == !in->hosts_count)
		return config_bad(r,
				  "say 'key: FILE' for a single host, or 'hosts: [{key: FILE}, "
				  "...]'",
				  "wire.key");
	for (__u32 i = 0; i < hosts; i++) {
		int err = read_key(r, i, &key[i]);

		if (err)
			return err;
		for (__u32 j = 0; j < i; j++) {
			if (memcmp(&key[j], &key[i], sizeof(*key)))
				continue;
			fail(r->ctl, -EINVAL,
			     "hosts %u and %u have the same key: either could speak for the "
			     "other's cores, make another one",
			     j, i);
			return config_at(r, "wire.hosts[%u].key", i);
		}
	}
	return 0;
}

/* Is there the host that core i is of? */
static int check_host(struct config_reader *r, __u32 i)
{
	const struct config_wire *in = &r->c->wire;
	__u32 host = in->cores[i].host;

	if (host < (in->key ? 1 : in->hosts_count))
		return 0;
	if (host >= SHUNT_NIC_GROUPS)
		fail(r->ctl, -EINVAL, "a NIC feeds at most %d hosts, numbered from 0",
		     SHUNT_NIC_GROUPS);
	else if (in->key)
		fail(r->ctl, -EINVAL,
		     "'key' is for a single host, number 0: for several, each with a key of its "
		     "own, say 'hosts: [{key: FILE}, ...]'");
	else
		fail(r->ctl, -EINVAL, "no such host: 'hosts' has %u, numbered from 0",
		     in->hosts_count);
	return config_at(r, "wire.cores[%u].host", i);
}

static int read_core(struct config_reader *r, __u32 i, const struct shunt_key *key)
{
	const struct config_wire_core *in = &r->c->wire.cores[i];
	struct shunt_nic_port *core = r->s->wire.core;
	int err;

	if (read_mac(in->mac, core[i].mac))
		return config_bad(r, "no MAC address, such as \"02:00:00:00:00:01\"",
				  "wire.cores[%u].mac", i);
	for (__u32 j = 0; j < i; j++) {
		if (!memcmp(core[j].mac, core[i].mac, sizeof(core->mac)))
			return config_bad(r, "two cores have this address", "wire.cores[%u].mac",
					  i);
	}
	err = check_host(r, i);
	if (err)
		return err;
	core[i].group = in->host;
	core[i].key = key[in->host];
	core[i].on = 1;
	return 0;
}

static int read_late(struct config_reader *r, __u32 *ns)
{
	const char *text = r->c->wire.late;
	__u32 us;

	if (!text)
		return 0;
	if (parse_time_us(text, &us, &r->ctl->why))
		return config_at(r, "wire.late");
	if (!us || us > 1000000)
		return config_bad(r, "not from 1us to 1s", "wire.late");
	*ns = us * 1000;
	return 0;
}

static int read_sizes(struct config_reader *r)
{
	const struct config_wire *in = &r->c->wire;

	if (in->k > SHUNT_WIRE_K_MAX) {
		fail(r->ctl, -EINVAL, "not 1 to %d requests", SHUNT_WIRE_K_MAX);
		return config_at(r, "wire.k");
	}
	if (in->slots && (in->slots < 2 * SHUNT_NIC_RESERVE || in->slots > 1 << 20)) {
		fail(r->ctl, -EINVAL, "not from %d to 1048576", 2 * SHUNT_NIC_RESERVE);
		return config_at(r, "wire.slots");
	}
	if (in->frame && (in->frame < 64 || in->frame > SHUNT_NIC_FRAME || in->frame % 8)) {
		fail(r->ctl, -EINVAL, "not a multiple of 8 from 64 to %d", SHUNT_NIC_FRAME);
		return config_at(r, "wire.frame");
	}
	return 0;
}

int config_wire(struct config_reader *r)
{
	const struct config_wire *in = &r->c->wire;
	struct wire_setup *w = &r->s->wire;
	struct shunt_key key[SHUNT_NIC_GROUPS];
	int err = read_keys(r, key);

	*w = (struct wire_setup){ .on = true, .ncores = in->cores_count,
		.cfg = { .k = in->k ? in->k : SHUNT_WIRE_K, .flags = in->keep ? SHUNT_NIC_KEEP : 0,
			 .late_ns = LATE_NS, .credit = in->grow ? 0 : CREDIT },
		.sizes = { .slots = in->slots, .frame = in->frame } };
	if (!err)
		err = read_sizes(r);
	if (!err)
		err = read_late(r, &w->cfg.late_ns);
	for (__u32 i = 0; !err && i < in->cores_count; i++)
		err = read_core(r, i, key);
	return err;
}
