// SPDX-License-Identifier: BSD-2-Clause
/*
 * config.c - from the configuration file to what load writes: every value checked, lines named
 *
 * The keys that have a file of their own are in config_reader.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_reader.h"
#include "units.h"

#define DRAIN_MAX_US 3600000000u /* an hour */
#define CONFIG_MAX (1 << 20) /* bytes of a configuration file */

/* A power of two with room for the rest of a burst. */
static int read_ring(struct config_reader *r, const char *name, __u32 in, __u32 *out)
{
	if (in && (in & (in - 1) || in < 2 * SHUNT_RING_MARGIN || in > 65536))
		return config_bad(r, "not a power of two from 128 to 65536", "%s", name);
	if (in)
		*out = in;
	return 0;
}

static int read_sizes(struct config_reader *r)
{
	struct shunt_cfg *cfg = &r->s->cfg;
	int err = 0;

	if (r->c->chunk && r->c->chunk != 2048 && r->c->chunk != 4096)
		return config_bad(r, "2048 or 4096", "chunk");
	if (r->c->chunk)
		cfg->chunk = r->c->chunk;
	if (r->c->spare > 1 << 20)
		return config_bad(r, "more than 1048576 frames", "spare");
	if (r->c->spare)
		cfg->spare_frames = r->c->spare;
	err = read_ring(r, "core_ring", r->c->core_ring, &cfg->core_ring);
	return err ? err : read_ring(r, "hold_ring", r->c->hold_ring, &cfg->hold_ring);
}

static int read_preempt(struct config_reader *r)
{
	const struct config_preempt *in = &r->c->preempt;
	struct shunt_cfg *cfg = &r->s->cfg;

	cfg->preempt = in->mode;
	if (in->signals)
		cfg->flags |= SHUNT_CFG_SIGNAL;
	if (in->parked > SHUNT_PARKED)
		return config_bad(r, "more than 256 requests", "preempt.parked");
	if (in->parked)
		cfg->parked_max = in->parked;
	if (in->watch && parse_time_us(in->watch, &cfg->watch_us, &r->ctl->why))
		return config_at(r, "preempt.watch");
	if (in->grace && parse_time_us(in->grace, &cfg->grace_us, &r->ctl->why))
		return config_at(r, "preempt.grace");
	return 0;
}

static int read_ms(const char *text, __u32 most_us, __u32 *ms, struct why *why)
{
	__u32 us;

	if (parse_time_upto(text, most_us, &us, why))
		return -EINVAL;
	if (us % 1000)
		return why_fail(why, -EINVAL, "not whole milliseconds");
	*ms = us / 1000;
	return 0;
}

/* A NIC has one queue, and cores that are elsewhere. */
static int read_wire(struct config_reader *r)
{
	struct setup *s = r->s;
	int err;

	if (r->c->domains_count || r->c->auto_domains)
		return config_bad(r,
				  "a NIC's port has one receive queue, and its cores' CPUs are of "
				  "their hosts",
				  "domains");
	if (r->c->zerocopy)
		return config_bad(r, "a NIC's port has no sockets: its program forwards requests",
				  "zerocopy");
	err = config_wire(r);
	if (err)
		return err;
	s->cfg.flags |= SHUNT_CFG_WIRE;
	s->domains[0].ncores = s->wire.ncores;
	return 0;
}

static int read_domains(struct config_reader *r)
{
	__u32 bare;
	int err;

	if (r->c->wire.cores_count)
		return read_wire(r);
	r->s->auto_domains = r->c->auto_domains;
	if (!r->c->domains_count)
		return setup_cpus(r->ctl, r->s, 1);
	err = config_domains(r, &bare);
	return err ? err : setup_cpus(r->ctl, r->s, bare);
}

static int read_rest(struct config_reader *r)
{
	struct shunt_cfg *cfg = &r->s->cfg;
	int err;

	cfg->fallback = r->c->fallback;
	r->s->verify = r->c->verify;
	if (r->c->hold.age) {
		if (read_ms(r->c->hold.age, SHUNT_SLO_MAX_US, &cfg->hold_age_ms, &r->ctl->why))
			return config_at(r, "hold.age");
	}
	cfg->hang = r->c->hang.action;
	if (r->c->stamp)
		cfg->flags |= SHUNT_CFG_STAMP;
	cfg->flags |= r->c->zerocopy;
	if (r->c->hang.after) {
		if (read_ms(r->c->hang.after, SHUNT_SLO_MAX_US, &cfg->hang_ms, &r->ctl->why))
			return config_at(r, "hang.after");
	}
	if (r->c->drain && read_ms(r->c->drain, DRAIN_MAX_US, &cfg->drain_ms, &r->ctl->why))
		return config_at(r, "drain");
	for (__u32 i = 0; i < r->c->knobs_count; i++)
		r->s->knobs[i] = r->c->knobs[i];
	err = read_preempt(r);
	return err ? err : config_address(r);
}

static int read_file(struct config_reader *r)
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
	struct config_reader r = { .ctl = ctl, .file = path, .s = s };
	int err = read_file(&r), line = 0;

	if (!err) {
		r.c = config_read(r.text, r.len, &line, &ctl->why);
		if (!r.c) {
			err = -EINVAL;
			if (line)
				fail_context(ctl, "%s:%d", path, line);
			else
				fail_context(ctl, "%s", path);
			hint(ctl, "what may stand there: man 8 shunt, CONFIGURATION");
		}
	}
	if (!err) {
		setup_init(s);
		err = read_sizes(&r);
	}
	if (!err)
		err = config_classes(&r);
	if (!err)
		err = config_ports(&r);
	if (!err)
		err = config_rpc(&r);
	if (!err)
		err = config_actors(&r);
	if (!err)
		err = config_rules(&r);
	if (!err)
		err = read_domains(&r);
	if (!err)
		err = config_actor_places(&r);
	if (!err)
		err = read_rest(&r);
	if (!err)
		err = config_seats(&r);
	if (!err)
		err = config_port_services(&r);
	config_free(r.c);
	free(r.text);
	return err;
}
