// SPDX-License-Identifier: BSD-2-Clause
/*
 * pace.c - the publisher's period, from how long services and messages take
 */
#include "pace.h"

#define OUTLIER 4 /* times: of one delay that is longer (a CPU
		   * lost for a while) no more is believed */

static __u64 between(__u64 x, __u64 min, __u64 max)
{
	return x < min ? min : x > max ? max : x;
}

static __u64 average(__u64 was, __u64 now)
{
	return was ? (was * 7 + now) / 8 : now;
}

__u64 pace_period(const struct pace *p, __u64 mean_ns)
{
	__u64 want = p->fixed_ns;

	if (!want)
		want = mean_ns ? between(PACE_SERVICES * mean_ns, PACE_MIN_NS, PACE_MAX_NS)
			       : PACE_BLIND_NS;
	return want > 2 * p->message_ns ? want : 2 * p->message_ns;
}

__u64 pace_age(const struct pace *p, __u64 mean_ns)
{
	return pace_period(p, mean_ns) + p->late_ns + p->message_ns;
}

void pace_note(struct pace *p, __u64 late_ns, __u64 message_ns, __u64 mean_ns)
{
	__u64 age;

	p->late_ns = average(p->late_ns, between(late_ns, 0, OUTLIER * pace_period(p, mean_ns)));
	if (message_ns && p->message_ns)
		message_ns = between(message_ns, 0, OUTLIER * p->message_ns);
	if (message_ns)
		p->message_ns = average(p->message_ns, message_ns);
	age = pace_age(p, mean_ns);
	if (!mean_ns)
		p->behind = false;
	else if (age > PACE_BEHIND * mean_ns)
		p->behind = true;
	else if (age < PACE_CAUGHT_UP * mean_ns)
		p->behind = false;
}
