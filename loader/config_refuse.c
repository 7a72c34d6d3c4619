// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_refuse.c - 'refuse' of a port: the reply that says no, and how many of them a second
 */
#include <errno.h>

#include "config_reader.h"
#include "units.h"

#define LENGTH_MAX 1472 /* of a reply: a datagram in a frame of Ethernet */
#define NS 1000000000ULL

/* A batch is worth half a millisecond, so that the clock is read now and then. */
static void set_rate(struct shunt_refuse *out, __u32 rate)
{
	__u32 batch = rate / 2000;

	out->rate = rate;
	out->batch = batch < 1 ? 1 : batch > SHUNT_REFUSE_BATCH ? SHUNT_REFUSE_BATCH : batch;
	out->step_ns = (out->batch * NS + rate - 1) / rate;
	out->burst_ns = SHUNT_REFUSE_BURST_NS;
}

static int read_reply(struct config_reader *r, __u32 i, struct shunt_refuse *out)
{
	const struct config_refuse *in = &r->c->ports[i].refuse;
	size_t count;
	__u32 end;

	if (in->protocol)
		return config_bad(r, "the protocol has a reply of its own: say one of the two",
				  "ports[%u].refuse.reply", i);
	if (parse_bytes(in->reply, SHUNT_REFUSE_BYTES, out->bytes, &count, &r->ctl->why))
		return config_at(r, "ports[%u].refuse.reply", i);
	end = in->offset + count;
	if (in->offset > LENGTH_MAX || end > LENGTH_MAX)
		return config_bad(r, "the reply would end beyond 1472 bytes",
				  "ports[%u].refuse.offset", i);
	if (in->length > LENGTH_MAX)
		return config_bad(r, "more than 1472 bytes", "ports[%u].refuse.length", i);
	if (in->length && in->length < end) {
		fail(r->ctl, -EINVAL, "the reply's bytes end at %u, behind so short a reply", end);
		return config_at(r, "ports[%u].refuse.length", i);
	}
	out->kind = SHUNT_REFUSE_REPLY;
	out->offset = in->offset;
	out->count = count;
	out->length = in->length ? in->length : end;
	return 0;
}

/* Of a reply whose bytes the protocol has. */
static int check_protocol(struct config_reader *r, __u32 i)
{
	const struct config_refuse *in = &r->c->ports[i].refuse;

	if (in->offset || in->length)
		return config_bad(r, "offset and length belong to 'reply'", "ports[%u].refuse.%s",
				  i, in->offset ? "offset" : "length");
	if (!in->protocol && in->rate)
		return config_bad(r, "there is no reply to be sent: name a protocol, or a reply",
				  "ports[%u].refuse.rate", i);
	return 0;
}

int config_refuse(struct config_reader *r, __u32 i, struct shunt_port *port)
{
	const struct config_refuse *in = &r->c->ports[i].refuse;
	struct shunt_refuse out = { .kind = in->protocol, .port = r->c->ports[i].port };
	struct setup *s = r->s;
	int err = in->reply ? read_reply(r, i, &out) : check_protocol(r, i);

	if (err || !out.kind)
		return err;
	if (in->rate && (!*in->rate || *in->rate > SHUNT_REFUSE_RATE_MAX))
		return config_bad(r, *in->rate ? "more than 100000000 replies a second"
					       : "no reply a second: 'refuse: drop' sends none",
				  "ports[%u].refuse.rate", i);
	if (s->nrefusals == SHUNT_REFUSALS - 1)
		return config_bad(r, "more than 31 ports that refuse by a reply",
				  "ports[%u].refuse", i);
	set_rate(&out, in->rate ? *in->rate : SHUNT_REFUSE_RATE);
	s->refuse[++s->nrefusals] = out;
	port->flags |= s->nrefusals << SHUNT_PORT_REFUSAL;
	return 0;
}
