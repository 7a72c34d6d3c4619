// SPDX-License-Identifier: BSD-2-Clause
/*
 * write.c - writes a setup into the maps of an interface that nobody uses yet
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actor_rows.h"
#include "inforce.h"
#include "maps.h"
#include "own.h"
#include "setup.h"

/* n values of size bytes into the entries 0 … n - 1 of a map. */
static int put(struct ctl *ctl, const char *map, const void *values, size_t size, __u32 n)
{
	int fd = map_open(ctl, map, size), err = fd < 0 ? fd : 0;

	for (__u32 i = 0; !err && i < n; i++) {
		if (bpf_map_update_elem(fd, &i, (const char *)values + i * size, 0))
			err = fail_bpf(ctl, -errno, "cannot write the map '%s'", map);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int put_view(struct ctl *ctl, const struct setup *s, __u32 d)
{
	struct shunt_view *view = aligned_alloc(SHUNT_LINE, sizeof(*view));
	char name[16];
	int err;

	if (!view)
		return fail(ctl, -ENOMEM, "no memory");
	memset(view, 0, sizeof(*view));
	view->abi = SHUNT_ABI;
	view->nclasses = s->cfg.nclasses;
	memcpy(view->slo_us, s->slo_us, sizeof(view->slo_us));
	memcpy(view->quantum_us, s->quantum_us, sizeof(view->quantum_us));
	memcpy(view->admit, s->admit, sizeof(view->admit));
	memcpy(view->least, s->least, sizeof(view->least));
	memcpy(view->knob, s->knobs, sizeof(view->knob));
	shunt_plan_clear(view, s->cfg.policy_gen);
	snprintf(name, sizeof(name), "view%u", d);
	err = put(ctl, name, view, sizeof(*view), 1);
	free(view);
	return err;
}

static struct shunt_cfg with_port_bits(const struct setup *s)
{
	struct shunt_cfg cfg = s->cfg;

	for (__u32 i = 0; i < s->nports; i++)
		cfg.port_bits |= SHUNT_PORT_BIT(s->ports[i].port);
	return cfg;
}

/* The interface's networks say which addresses are
 * broadcast addresses: the file's reader cannot know. */
static int check_address(struct ctl *ctl, const struct shunt_cfg *cfg, const struct own_list *list)
{
	char text[INET_ADDRSTRLEN];

	for (__u32 i = 0; i < list->n && cfg->flags & SHUNT_CFG_ADDR4; i++) {
		if (list->at[i].kind != SHUNT_BROADCAST4 || list->at[i].addr[3] != cfg->addr4)
			continue;
		inet_ntop(AF_INET, &cfg->addr4, text, sizeof(text));
		fail(ctl, -EINVAL,
		     "'address': %s is the broadcast address of a network of '%s', from which "
		     "nobody may reply",
		     text, ctl->ifname);
		hint(ctl, "name one that routers send here, or leave 'address' out for the "
			  "interface's own");
		return -EINVAL;
	}
	return 0;
}

/* shuntd keeps them current; here they are for what arrives before it comes. */
static int put_own(struct ctl *ctl, const struct shunt_cfg *cfg)
{
	struct shunt_own *own = aligned_alloc(SHUNT_LINE, sizeof(*own));
	struct own_list list;
	int err = own ? own_read(&list, ctl->ifindex) : -ENOMEM;

	if (err) {
		free(own);
		return fail(ctl, err, "cannot ask the kernel for the addresses of '%s': %s",
			    ctl->ifname, strerror(-err));
	}
	err = check_address(ctl, cfg, &list);
	if (err) {
		free(own);
		return err;
	}
	memset(own, 0, sizeof(*own));
	own_configure(&list, cfg);
	own_write(own, &list);
	if (list.left_out)
		note("'%s' has %u addresses, which is too many: requests for %u of them go to the "
		     "kernel ('address' or 'any-address: on' in the configuration change that)",
		     ctl->ifname, list.n + list.left_out, list.left_out);
	if (!list.has_own && !(cfg->flags & SHUNT_CFG_ANY_ADDR))
		note("'%s' has no address yet: until it has one, requests go to the kernel "
		     "('address' or 'any-address: on' in the configuration change that)",
		     ctl->ifname);
	err = put(ctl, "own", own, sizeof(*own), 1);
	free(own);
	return err;
}

int setup_write(struct ctl *ctl, const struct setup *s)
{
	struct shunt_cfg cfg = with_port_bits(s);
	int err = 0;

	for (__u32 d = 0; !err && d < SHUNT_DOMAINS; d++) {
		if (s->domains[d].on)
			err = put_view(ctl, s, d);
	}
	if (!err)
		err = put(ctl, "slo_us", s->slo_us, sizeof(__u32), SHUNT_CLASSES);
	if (!err)
		err = put(ctl, "quantum_us", s->quantum_us, sizeof(__u32), SHUNT_CLASSES);
	if (!err)
		err = put(ctl, "hold_limit", s->hold_limit, sizeof(__u32), SHUNT_CLASSES);
	if (!err)
		err = put(ctl, "admit", s->admit, sizeof(__u32), SHUNT_CLASSES);
	if (!err)
		err = put(ctl, "least", s->least, sizeof(__u32), SHUNT_CLASSES);
	if (!err)
		err = put(ctl, "knobs", s->knobs, sizeof(__u64), SHUNT_KNOBS);
	if (!err)
		err = put(ctl, "classes", s->classes, sizeof(struct shunt_class), SHUNT_CLASSES);
	if (!err)
		err = put(ctl, "actors", s->actors, sizeof(struct shunt_actor_row),
			  s->cfg.nactors);
	if (!err)
		err = put(ctl, "rules", s->rules, sizeof(struct shunt_rule), s->nrules);
	if (!err)
		err = put(ctl, "refuse", s->refuse, sizeof(struct shunt_refuse), SHUNT_REFUSALS);
	if (!err)
		err = put(ctl, "programs", s->programs, sizeof(struct shunt_program), s->nprograms);
	if (!err)
		err = put(ctl, "queues", s->queues, sizeof(struct shunt_queue), SHUNT_QUEUES);
	if (!err)
		err = put(ctl, "domains", s->domains, sizeof(struct shunt_domain), SHUNT_DOMAINS);
	if (!err)
		err = put_own(ctl, &s->cfg);
	if (!err && s->wire.on)
		err = wire_write(ctl, &s->wire, shunt_rows_digest(s->actors, s->cfg.nactors));
	if (!err)
		err = put(ctl, "cfg", &cfg, sizeof(cfg), 1);
	for (__u32 i = 0; !err && i < s->nports; i++)
		err = map_set(ctl, "ports", s->ports[i].port, &s->ports[i].value,
			      sizeof(struct shunt_port));
	return err;
}
