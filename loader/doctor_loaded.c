// SPDX-License-Identifier: BSD-2-Clause
/*
 * doctor_loaded.c - findings about what is loaded on an interface: ABI, link, agent, cores
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent_state.h"
#include "clock.h"
#include "doctor.h"
#include "iface.h"
#include "maps.h"
#include "metadata.h"
#include "netdev.h"
#include "pick.h"
#include "plural.h"
#include "setup.h"
#include "steering.h"
#include "pindir.h"

static void check_link(struct ctl *ctl, struct findings *f, const struct shunt_cfg *cfg)
{
	char text[256], step[256];
	struct steering s;

	if (steering_read(ctl, cfg, &s))
		return;
	steering_tell(&s, text, sizeof(text), step, sizeof(step));
	if (s.state == STEERING_ATTACHED || s.state == STEERING_SWITCHING)
		finding(f, "link", LEVEL_OK, NULL, "policy '%s', program %u", s.live.desc.name,
			s.live.prog_id);
	else
		finding(f, "link", s.state == STEERING_INTERRUPTED ? LEVEL_WARN : LEVEL_FAIL, step,
			"%s", text);
}

/* Requests that found no room for metadata, of all queues. */
static void check_metadata(struct ctl *ctl, struct findings *f)
{
	struct shunt_ingress in;
	long long n = 0;

	for (__u32 q = 0; q < SHUNT_QUEUES; q++) {
		if (map_get(ctl, "ingress", q, &in, sizeof(in)))
			return;
		n += in.ev[SHUNT_EV_NO_META];
	}
	if (n)
		finding(f, "metadata", LEVEL_FAIL, METADATA_STEP, METADATA_NONE, n);
}

/* The warning that 'shunt load' gives: warn_verify() in setup.c. */
static void check_verify(struct ctl *ctl, struct findings *f, const struct shunt_cfg *cfg)
{
	struct iface iface;

	if (cfg->verify != SHUNT_VERIFY_UDP || iface_read(ctl, &iface))
		return;
	if (setup_has_local_senders(iface.driver))
		finding(f, "verify", LEVEL_WARN, VERIFY_CURE, VERIFY_UNFILLED, ctl->ifname,
			iface.driver);
	else
		finding(f, "verify", LEVEL_OK, NULL, "UDP checksums are verified");
}

/* Copy or zero copy: asked for, and given by the driver. */
static void check_zero_copy(struct ctl *ctl, struct findings *f, const struct shunt_cfg *cfg,
			    __u32 d, const struct shunt_agent *agent)
{
	const char *asked = cfg->flags & SHUNT_CFG_ZEROCOPY ? "on" :
			    cfg->flags & SHUNT_CFG_COPY ? "off" : "auto";
	__u64 bits = 0;
	bool offered;

	if (cfg->flags & SHUNT_CFG_WIRE || !agent->frames)
		return;
	offered = !netdev_features(ctl->ifindex, &bits) && bits & NETDEV_ZEROCOPY;
	if (agent->zero_copy || !offered || cfg->flags & SHUNT_CFG_COPY)
		finding(f, "zerocopy", LEVEL_OK, NULL, "domain %u: %s, with 'zerocopy: %s'", d,
			agent->zero_copy ? "zero copy" : "copy", asked);
	else
		finding(f, "zerocopy", LEVEL_WARN,
			"load with 'zerocopy: on', which tells why the driver refuses, or 'off'",
			"domain %u: packets are copied, with 'zerocopy: %s', although the driver "
			"offers zero copy", d, asked);
}

static void check_queues(struct ctl *ctl, struct findings *f)
{
	struct shunt_queue queue;
	struct iface iface;
	unsigned int served = 0, beyond = 0, last = 0;
	char command[96], fix[256];

	if (iface_read(ctl, &iface) || !iface.rx_queues)
		return;
	for (__u32 q = 0; q < SHUNT_QUEUES; q++) {
		if (map_get(ctl, "queues", q, &queue, sizeof(queue)))
			return;
		if (!queue.domain)
			continue;
		beyond += q >= iface.rx_queues;
		last = q;
		served++;
	}
	/* drivers change no queues below a program */
	snprintf(fix, sizeof(fix),
		 "shunt unload, then '%s' (or as 'shunt fit --dev IF' proposes), and load again",
		 iface_set_queues(&iface, ctl->ifname, last + 1, command));
	if (beyond)
		finding(f, "domains", LEVEL_FAIL, fix,
			"queue %u is served, but '%s' has %u now", last, ctl->ifname,
			iface.rx_queues);
	else if (served < iface.rx_queues)
		finding(f, "domains", LEVEL_WARN, fix,
			"%u of %u queues %s served: what arrives on the others goes to the kernel",
			served, iface.rx_queues, plural(served, "is", "are"));
	else if (served == 1)
		finding(f, "domains", LEVEL_OK, NULL, "the only queue is served");
	else
		finding(f, "domains", LEVEL_OK, NULL, "all %u queues are served", served);
}

static void check_cores(struct findings *f, __u32 d, const struct shunt_domain *dom)
{
	for (__u32 c = 0; c < dom->ncores && c < SHUNT_CORES; c++) {
		for (__u32 other = 0; other < c; other++) {
			if (dom->cpu[c] != dom->cpu[other])
				continue;
			finding(f, "cores", LEVEL_WARN, "one core a CPU",
				"domain %u has cores %u and %u on CPU %u: they spin against each "
				"other",
				d, other, c, dom->cpu[c]);
			return;
		}
	}
	finding(f, "cores", LEVEL_OK, NULL, "domain %u: %u %s, %d up", d, dom->ncores,
		plural(dom->ncores, "core", "cores"), __builtin_popcountll(dom->up));
}

static void check_agent(struct ctl *ctl, struct findings *f, __u32 d,
			const struct shunt_agent *agent)
{
	json_t *j = json_pack("{s:i, s:s, s:I}", "pid", (int)agent->pid, "state",
			      agent_state_name(agent_state(ctl, agent)), "silent_ms",
			      (json_int_t)(clock_ns() > agent->beat_ns
						   ? (clock_ns() - agent->beat_ns) / 1000000
						   : 0));
	char words[256];

	if (!agent->pid) {
		finding(f, "agent", LEVEL_WARN, "start it: shuntd --dev IF",
			"no shuntd has served domain %u yet", d);
	} else if (agent_state_step(j)) {
		agent_state_tell(j, words, sizeof(words));
		finding(f, "agent", LEVEL_FAIL, agent_state_step(j), "domain %u: %s", d, words);
	} else {
		finding(f, "agent", LEVEL_OK, NULL, "shuntd (pid %u) serves domain %u", agent->pid,
			d);
	}
	json_decref(j);
	if (agent->no_frame)
		finding(f, "frames", LEVEL_WARN, "raise 'spare', lower hold limits",
			"%llu %s of domain %u found no free frame",
			(unsigned long long)agent->no_frame,
			plural(agent->no_frame, "arrival", "arrivals"), d);
}

void doctor_loaded(struct ctl *ctl, struct findings *f)
{
	struct shunt_domain dom;
	struct shunt_agent agent;
	bool waits = false;
	struct shunt_cfg cfg;
	int fd;

	if (pindir_check_folder(ctl)) {
		finding(f, "loaded", LEVEL_FAIL, ctl->why.advice, "%s", ctl->why.text);
		return;
	}
	fd = shunt_pin_open(&ctl->pins, "cfg");
	if (fd < 0) {
		if (fd == -ENOENT)
			finding(f, "loaded", LEVEL_OK, NULL, "nothing yet on '%s'",
				ctl->ifname);
		return;
	}
	close(fd);
	if (pick_loaded(ctl)) {
		finding(f, "loaded", LEVEL_FAIL,
			ctl->why.advice ? ctl->why.advice : "shunt unload, shunt load", "%s",
			ctl->why.text ? ctl->why.text : "cannot be read");
		return;
	}
	if (map_cfg(ctl, &cfg))
		return;
	finding(f, "abi", LEVEL_OK, NULL, "%u here and there", cfg.abi);
	check_link(ctl, f, &cfg);
	check_metadata(ctl, f);
	check_verify(ctl, f, &cfg);
	check_queues(ctl, f);
	doctor_services(ctl, f, &cfg);
	if (!(cfg.flags & SHUNT_CFG_WIRE))
		doctor_irqs(ctl, f, &cfg);
	for (__u32 d = 0; d < cfg.ndomains; d++) {
		if (map_get(ctl, "domains", d, &dom, sizeof(dom)) || !dom.on ||
		    map_get(ctl, "agent", d, &agent, sizeof(agent)))
			continue;
		check_cores(f, d, &dom);
		check_agent(ctl, f, d, &agent);
		check_zero_copy(ctl, f, &cfg, d, &agent);
		waits |= agent_alive(&agent) && !agent.frames;
	}
	if (waits)
		doctor_sockets(ctl, f);
}
