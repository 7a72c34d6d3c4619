// SPDX-License-Identifier: BSD-2-Clause
/*
 * config.c - a configuration file: refused with its reason and
 * line, or a setup in which every value is within its bounds
 */
/* link: loader/config.c loader/config_read.c loader/config_yaml.c loader/config_lines.c */
/* link: loader/setup.c */
/* link: loader/config_reader.c loader/config_classes.c loader/config_ports.c */
/* link: loader/config_address.c loader/config_auto.c loader/config_short.c */
/* link: loader/config_refuse.c loader/config_rpc.c loader/config_actors.c loader/actors.c */
/* link: loader/config_domains.c loader/config_seats.c */
/* link: loader/config_wire.c lib/key.c loader/units.c loader/iface.c */
/* link: lib/netif.c loader/netdev.c loader/out.c lib/why.c */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "input.h"
#include "loader/setup.h"

static void check_classes(const struct setup *s)
{
	MUST(s->cfg.nclasses >= 1 && s->cfg.nclasses <= SHUNT_CLASSES);
	for (__u32 i = 0; i < s->cfg.nclasses; i++) {
		MUST(memchr(s->classes[i].name, 0, SHUNT_NAME_LEN) && s->classes[i].name[0]);
		MUST(s->slo_us[i] <= SHUNT_SLO_MAX_US && s->quantum_us[i] <= SHUNT_SLO_MAX_US);
		MUST(s->hold_limit[i] <= s->cfg.hold_ring - SHUNT_RING_MARGIN);
		MUST(!s->classes[i].demote_after || s->classes[i].demote_to < s->cfg.nclasses);
	}
}

static void check_ports(const struct setup *s)
{
	MUST(s->nports <= SETUP_PORTS && s->nrules <= SHUNT_RULES);
	for (__u32 i = 0; i < s->nports; i++) {
		const struct shunt_port *p = &s->ports[i].value;

		MUST(s->ports[i].port && p->flags & SHUNT_PORT_ON && p->cls < s->cfg.nclasses);
		MUST(p->flags >> SHUNT_PORT_REFUSAL <= s->nrefusals);
		MUST(p->count <= SHUNT_PORT_RULES && p->first + p->count <= s->nrules);
		MUST(p->key_len <= SHUNT_KEY_MAX &&
		     (p->key_off & SHUNT_OFFSET_MAX) + p->key_len <= SHUNT_OFFSET_MAX);
		MUST(p->flags & SHUNT_PORT_SERVICE ?
		     s->domains[p->key_off >> SHUNT_PORT_DOMAIN].service[0] :
		     !(p->key_off >> SHUNT_PORT_DOMAIN));
	}
	MUST(s->nrefusals < SHUNT_REFUSALS && !s->refuse[0].kind);
	for (__u32 i = 1; i <= s->nrefusals; i++) {
		const struct shunt_refuse *r = &s->refuse[i];

		MUST(r->kind > SHUNT_REFUSE_DROP && r->kind < SHUNT_NR_REFUSE && r->port);
		MUST(r->batch && r->batch <= SHUNT_REFUSE_BATCH && r->step_ns);
		MUST(r->count <= SHUNT_REFUSE_BYTES && r->offset + r->count <= r->length);
	}
	for (__u32 i = 0; i < s->nrules; i++) {
		MUST(s->rules[i].cls < s->cfg.nclasses && s->rules[i].offset <= SHUNT_OFFSET_MAX);
		MUST(!(s->rules[i].value & ~s->rules[i].mask));
	}
}

static void check_domains(const struct setup *s)
{
	MUST(s->cfg.ndomains <= SHUNT_DOMAINS);
	for (__u32 i = 0; i < SHUNT_DOMAINS; i++) {
		const struct shunt_domain *d = &s->domains[i];

		MUST(!!d->on == (i < s->cfg.ndomains));
		MUST(d->ncores <= SHUNT_CORES && d->nqueues <= SHUNT_QUEUES);
		MUST(!d->on || (d->ncores && d->nqueues));
		MUST(!d->by_queue || d->nqueues == d->ncores);
		for (__u32 k = 0; k < d->nqueues; k++)
			MUST(d->queue[k] < SHUNT_QUEUES && s->queues[d->queue[k]].domain == i + 1);
	}
}

static void check_actors(const struct setup *s)
{
	MUST(s->cfg.nactors <= SHUNT_ACTORS);
	MUST(!!s->cfg.nactors == !!(s->cfg.flags & SHUNT_CFG_ACTORS));
	for (__u32 i = 0; i < s->cfg.nactors; i++) {
		const struct shunt_actor_row *r = &s->actors[i];

		MUST(memchr(r->name, 0, SHUNT_NAME_LEN) && r->name[0] && r->gen);
		MUST(memchr(r->kind, 0, SHUNT_NAME_LEN) && r->cls < s->cfg.nclasses);
		MUST(r->domain < SHUNT_DOMAINS && r->core <= s->domains[r->domain].ncores);
	}
	for (__u32 i = 0; i < s->nrules; i++)
		MUST(s->rules[i].actor + s->rules[i].spread <= s->cfg.nactors + 1);
}

static void check(const struct setup *s)
{
	const struct shunt_cfg *c = &s->cfg;

	MUST(c->core_ring >= 2 * SHUNT_RING_MARGIN && c->core_ring <= 65536 &&
	     !(c->core_ring & (c->core_ring - 1)));
	MUST(c->hold_ring >= 2 * SHUNT_RING_MARGIN && c->hold_ring <= 65536 &&
	     !(c->hold_ring & (c->hold_ring - 1)));
	MUST(c->chunk == 2048 || c->chunk == 4096);
	MUST(c->spare_frames <= 1 << 20 && c->parked_max <= SHUNT_PARKED);
	check_classes(s);
	check_ports(s);
	check_domains(s);
	check_actors(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct setup s;
	struct ctl ctl = { 0 };
	static int fd = -1;
	char path[32];

	if (fd < 0)
		fd = memfd_create("config", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST(fd >= 0 && !ftruncate(fd, 0) && pwrite(fd, data, len, 0) == (ssize_t)len);
	if (!setup_from_file(&ctl, path, &s))
		check(&s);
	else
		MUST(ctl.why.text && !strncmp(ctl.why.text, path, strlen(path)));
	ctl_forget(&ctl);
	return 0;
}
