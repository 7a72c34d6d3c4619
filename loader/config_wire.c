// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_wire.c - the NIC's part of a configuration: read and checked
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "key.h"
#include "units.h"
#include "wire.h"

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

/* Each host's key, by its number: of which there are "hosts".
 * One that two had would let either speak for the other. */
static int read_keys(const struct config_wire *in, struct shunt_key key[SHUNT_NIC_GROUPS],
		     char at[64], char *why, size_t len)
{
	__u32 hosts = in->hosts_count ? in->hosts_count : 1;
	struct why of = { 0 };

	snprintf(at, 64, "wire.key");
	snprintf(why, len, "say 'key: FILE' for a single host, or 'hosts: [{key: FILE}, ...]'");
	if (!in->key == !in->hosts_count)
		return -EINVAL;
	for (__u32 i = 0; i < hosts; i++) {
		if (in->hosts_count)
			snprintf(at, 64, "wire.hosts[%u].key", i);
		if (shunt_read_key(in->key ? in->key : in->hosts[i].key, &key[i], &of)) {
			why_line(&of, why, len);
			why_forget(&of);
			return -EINVAL;
		}
		for (__u32 j = 0; j < i; j++) {
			if (memcmp(&key[j], &key[i], sizeof(*key)))
				continue;
			snprintf(why, len,
				 "hosts %u and %u have the same key: either could speak for the "
				 "other's cores, make another one",
				 j, i);
			return -EINVAL;
		}
	}
	return 0;
}

static int read_host(const struct config_wire *in, __u32 host, char *why, size_t len)
{
	snprintf(why, len, "a NIC feeds at most %d hosts, numbered from 0", SHUNT_NIC_GROUPS);
	if (host >= SHUNT_NIC_GROUPS)
		return -EINVAL;
	if (in->key)
		snprintf(why, len,
			 "'key' is for a single host, number 0: for several, each with a key of "
			 "its own, say 'hosts: [{key: FILE}, ...]'");
	else
		snprintf(why, len, "no such host: 'hosts' has %u, numbered from 0",
			 in->hosts_count);
	return host < (in->key ? 1 : in->hosts_count) ? 0 : -EINVAL;
}

static int read_core(const struct config_wire *in, __u32 i, const struct shunt_key *key,
		     struct wire_setup *w, char at[64], char *why, size_t len)
{
	struct shunt_nic_port *core = &w->core[i];

	snprintf(at, 64, "wire.cores[%u].mac", i);
	snprintf(why, len, "no MAC address, such as \"02:00:00:00:00:01\"");
	if (read_mac(in->cores[i].mac, core->mac))
		return -EINVAL;
	snprintf(why, len, "two cores have this address");
	for (__u32 j = 0; j < i; j++) {
		if (!memcmp(w->core[j].mac, core->mac, sizeof(core->mac)))
			return -EINVAL;
	}
	snprintf(at, 64, "wire.cores[%u].host", i);
	if (read_host(in, in->cores[i].host, why, len))
		return -EINVAL;
	core->group = in->cores[i].host;
	core->key = key[core->group];
	core->on = 1;
	return 0;
}

static int read_late(const char *text, __u32 *ns, char *why, size_t len)
{
	__u32 us;

	if (!text)
		return 0;
	if (parse_time_us(text, &us, why, len))
		return -EINVAL;
	if (!us || us > 1000000) {
		snprintf(why, len, "not from 1us to 1s");
		return -EINVAL;
	}
	*ns = us * 1000;
	return 0;
}

int wire_read(const struct config_wire *in, struct wire_setup *w, char at[64], char *why,
	      size_t len)
{
	struct shunt_key key[SHUNT_NIC_GROUPS];
	int err = 0;

	*w = (struct wire_setup){ .on = true, .ncores = in->cores_count,
		.cfg = { .k = in->k ? in->k : SHUNT_WIRE_K, .flags = in->keep ? SHUNT_NIC_KEEP : 0,
			 .late_ns = LATE_NS, .credit = in->grow ? 0 : CREDIT },
		.sizes = { in->slots, in->frame } };
	if (read_keys(in, key, at, why, len))
		return -EINVAL;
	snprintf(at, 64, "wire.k");
	snprintf(why, len, "not 1 to %d requests", SHUNT_WIRE_K_MAX);
	if (w->cfg.k > SHUNT_WIRE_K_MAX)
		return -EINVAL;
	snprintf(at, 64, "wire.slots");
	snprintf(why, len, "not from %d to 1048576", 2 * SHUNT_NIC_RESERVE);
	if (in->slots && (in->slots < 2 * SHUNT_NIC_RESERVE || in->slots > 1 << 20))
		return -EINVAL;
	snprintf(at, 64, "wire.frame");
	snprintf(why, len, "not a multiple of 8 from 64 to %d", SHUNT_NIC_FRAME);
	if (in->frame && (in->frame < 64 || in->frame > SHUNT_NIC_FRAME || in->frame % 8))
		return -EINVAL;
	snprintf(at, 64, "wire.late");
	err = read_late(in->late, &w->cfg.late_ns, why, len);
	for (__u32 i = 0; !err && i < in->cores_count; i++)
		err = read_core(in, i, key, w, at, why, len);
	return err;
}
