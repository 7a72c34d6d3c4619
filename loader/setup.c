// SPDX-License-Identifier: BSD-2-Clause
/*
 * setup.c - defaults, the simple case of --port and --cores, and what must agree with the machine
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <shunt/nfp.h>

#include "iface.h"
#include "netdev.h"
#include "setup.h"

#define ONLINE "/sys/devices/system/cpu/online"
#define MAX_CPUS 4096

#define DRIVER_FRAMES 32768 /* no driver has rings for more */

void setup_init(struct setup *s)
{
	memset(s, 0, sizeof(*s));
	s->cfg.abi = SHUNT_ABI;
	s->cfg.fallback = SHUNT_FALLBACK_HOLD;
	s->cfg.ndomains = 1;
	s->cfg.nclasses = 1;
	s->cfg.chunk = 2048;
	s->cfg.core_ring = 256;
	s->cfg.hold_ring = 1024;
	s->cfg.hang_ms = 1000;
	s->cfg.hold_age_ms = 1000;
	s->cfg.hang = SHUNT_HANG_TELL;
	s->cfg.drain_ms = 30000;
	s->cfg.spare_frames = 1024;
	s->cfg.parked_max = 64;
	/* a wakeup costs 20 us */
	s->cfg.watch_us = sysconf(_SC_NPROCESSORS_ONLN) > 4 ? 1000 : 10000;
	strcpy(s->classes[0].name, "default");
	s->classes[0].requeue = SHUNT_TAIL;
	s->domains[0].on = 1;
	setup_join(s, 0, 0);
}

/* Marks the CPUs of a list such as "0-3,8". */
static int read_online(struct ctl *ctl, unsigned char online[MAX_CPUS])
{
	char line[4096] = "", *at = line;
	FILE *f = fopen(ONLINE, "re");

	memset(online, 0, MAX_CPUS);
	if (!f || !fgets(line, sizeof(line), f)) {
		if (f)
			fclose(f);
		return fail(ctl, -EIO, "cannot read '%s'", ONLINE);
	}
	fclose(f);
	while (*at >= '0' && *at <= '9') {
		long first = strtol(at, &at, 10), last = first;

		if (*at == '-')
			last = strtol(at + 1, &at, 10);
		for (long c = first; c <= last && c < MAX_CPUS; c++)
			online[c] = 1;
		at += *at == ',';
	}
	return 0;
}

/* CPUs for workers: all but CPU 0, which has the interrupts, if there is another. */
static int worker_cpus(struct ctl *ctl, __u16 cpus[MAX_CPUS])
{
	unsigned char online[MAX_CPUS];
	int n = 0, err = read_online(ctl, online);

	if (err)
		return err;
	for (int c = 1; c < MAX_CPUS; c++) {
		if (online[c])
			cpus[n++] = c;
	}
	if (!n)
		cpus[n++] = 0;
	return n;
}

int setup_cpus(struct ctl *ctl, struct setup *s, __u32 dom_bare)
{
	__u16 cpus[MAX_CPUS];
	__u32 ndoms = __builtin_popcount(dom_bare), turn = 0;
	int n = worker_cpus(ctl, cpus);

	if (n < 0)
		return n;
	for (__u32 d = 0; d < SHUNT_DOMAINS; d++) {
		struct shunt_domain *dom = &s->domains[d];

		if (!(dom_bare & 1u << d))
			continue;
		if (dom->by_queue) {
			for (__u32 c = 0; c < dom->nqueues; c++)
				dom->cpu[dom->ncores++] = cpus[(turn + c * ndoms) % n];
			turn++;
			continue;
		}
		/* Fewer CPUs than domains: they share. */
		for (__u32 c = turn % n; c < (__u32)n && dom->ncores < SHUNT_CORES; c += ndoms)
			dom->cpu[dom->ncores++] = cpus[c];
		turn++;
	}
	return 0;
}

static void setup_port(struct setup *s, __u32 port)
{
	setup_init(s);
	s->nports = 1;
	s->ports[0].port = port;
	s->ports[0].value.flags = SHUNT_PORT_ON;
}

int setup_simple(struct ctl *ctl, __u32 port, __u32 cores, struct setup *s)
{
	struct shunt_domain *d = &s->domains[0];
	__u16 cpus[MAX_CPUS];
	int n;

	setup_port(s, port);
	if (!cores)
		return setup_cpus(ctl, s, 1);
	n = worker_cpus(ctl, cpus);
	if (n < 0)
		return n;
	d->ncores = cores;
	for (__u32 c = 0; c < cores; c++)
		d->cpu[c] = cpus[c % n];
	return 0;
}

void setup_join(struct setup *s, __u32 domain, __u32 queue)
{
	struct shunt_domain *d = &s->domains[domain];

	s->queues[queue] = (struct shunt_queue){ .domain = domain + 1, .core = d->nqueues };
	d->queue[d->nqueues++] = queue;
}

int setup_queues(struct ctl *ctl, __u32 port, __u32 cores, __u32 rx_queues, struct setup *s)
{
	__u16 cpus[MAX_CPUS];
	__u32 most = rx_queues < SHUNT_NFP_CORES ? rx_queues : SHUNT_NFP_CORES;
	int n = worker_cpus(ctl, cpus);

	if (n < 0)
		return n;
	if (!cores)
		cores = (__u32)n < most ? (__u32)n : most;
	if (cores > SHUNT_NFP_CORES) {
		fail(ctl, -EINVAL, "%u cores, but %d queues at most can have one each", cores,
		     SHUNT_NFP_CORES);
		hint(ctl, "--cores %u", most);
		return -EINVAL;
	}
	setup_port(s, port); /* which has joined queue 0 */
	s->domains[0].by_queue = 1;
	s->domains[0].ncores = cores;
	for (__u32 c = 0; c < cores; c++) {
		if (c)
			setup_join(s, 0, c);
		s->domains[0].cpu[c] = cpus[c % n];
	}
	return 0;
}

/* veth and tun hand on packets that a kernel on this machine
 * sent, with a UDP checksum that was left for a NIC to fill in. */
bool setup_has_local_senders(const char *driver)
{
	return !strcmp(driver, "veth") || !strcmp(driver, "tun");
}

int setup_decide_verify(struct ctl *ctl, struct setup *s)
{
	struct iface iface;
	int err = iface_read(ctl, &iface);

	if (err)
		return err;
	if (s->verify != SETUP_VERIFY_AUTO)
		s->cfg.verify = s->verify - SETUP_VERIFY_OFF;
	else
		s->cfg.verify = setup_has_local_senders(iface.driver) ? SHUNT_VERIFY_OFF
								      : SHUNT_VERIFY_UDP;
	return 0;
}

/* Such a driver fills its rings with frames, as many as they have places. */
int setup_decide_frames(struct ctl *ctl, struct setup *s)
{
	struct iface iface;
	__u64 bits;
	int err = iface_read(ctl, &iface);

	if (err)
		return err;
	if (!(s->cfg.flags & SHUNT_CFG_COPY) &&
	    (netdev_features(ctl->ifindex, &bits) || bits & NETDEV_ZEROCOPY))
		s->cfg.driver_frames = iface.ring_frames < DRIVER_FRAMES ? iface.ring_frames
									 : DRIVER_FRAMES;
	return 0;
}

static int check_queue(struct ctl *ctl, __u32 queue, const struct iface *iface)
{
	if (!iface->rx_queues || queue < iface->rx_queues)
		return 0;
	fail(ctl, -EINVAL, "'%s' has no receive queue %u: it has %u", ctl->ifname, queue,
	     iface->rx_queues);
	hint(ctl, "see 'ethtool -l %s'", ctl->ifname);
	return -EINVAL;
}

static int check_cpus(struct ctl *ctl, const struct setup *s, __u32 d, unsigned char *cpus)
{
	const struct shunt_domain *dom = &s->domains[d];

	for (__u32 c = 0; c < dom->ncores && !s->wire.on; c++) {
		__u16 cpu = dom->cpu[c];

		if (cpu >= MAX_CPUS || !cpus[cpu]) {
			fail(ctl, -EINVAL, "CPU %u of domain %u is not online", cpu, d);
			hint(ctl, "see %s", ONLINE);
			return -EINVAL;
		}
		if (cpus[cpu] == 2 && !dom->seat[c])
			note("CPU %u has more than one core: each spins and gets in the other's "
			     "way",
			     cpu);
		cpus[cpu]++;
	}
	return 0;
}

/* Every request of this machine's own senders would
 * be denied, and the senders would not be told why. */
static void warn_verify(const struct ctl *ctl, const struct setup *s, const struct iface *iface)
{
	if (s->verify != SETUP_VERIFY_UDP || !setup_has_local_senders(iface->driver))
		return;
	note(VERIFY_UNFILLED, ctl->ifname, iface->driver);
	note("%s", VERIFY_CURE);
}

/* Without a card the NIC's hash spreads them. */
static void note_queues(const struct setup *s)
{
	for (__u32 d = 0; d < SHUNT_DOMAINS; d++) {
		if (s->domains[d].by_queue && s->domains[d].nqueues > 1 &&
		    !(s->cfg.flags & SHUNT_CFG_CARD))
			note("the NIC chooses among the %u queues of domain %u: the policy's "
			     "steer() is not asked, and hold limits do not apply",
			     s->domains[d].nqueues, d);
	}
}

int setup_check(struct ctl *ctl, const struct setup *s)
{
	unsigned char cpus[MAX_CPUS];
	struct iface iface;
	char command[96];
	__u32 served = 0;
	int err = iface_read(ctl, &iface);

	if (!err)
		err = read_online(ctl, cpus);
	if (err)
		return err;
	if (iface.mtu > setup_mtu(s->cfg.chunk)) {
		fail(ctl, -EINVAL, "'%s' has MTU %u, but a frame of %u bytes carries %u at most",
		     ctl->ifname, iface.mtu, s->cfg.chunk, setup_mtu(s->cfg.chunk));
		hint(ctl, "%s", s->cfg.chunk < 4096 && iface.mtu <= setup_mtu(4096) ?
		     "say 'chunk: 4096' in the configuration, or lower the MTU" : "lower the MTU");
		return -EINVAL;
	}
	if (s->wire.on && iface.rx_queues > 1) {
		fail(ctl, -EINVAL,
		     "'%s' has %u receive queues: a NIC's port has one, so that its program runs "
		     "on one CPU at a time",
		     ctl->ifname, iface.rx_queues);
		hint(ctl, "%s", iface_set_queues(&iface, ctl->ifname, 1, command));
		return -EINVAL;
	}
	for (__u32 queue = 0; !err && queue < SHUNT_QUEUES; queue++) {
		if (!setup_serves(s, queue))
			continue;
		served++;
		err = check_queue(ctl, queue, &iface);
	}
	for (__u32 d = 0; !err && d < s->cfg.ndomains; d++)
		err = check_cpus(ctl, s, d, cpus);
	if (!err && iface.rx_queues > served)
		note("'%s' has %u receive queues, %u are served: what arrives on the others goes "
		     "to the kernel", ctl->ifname, iface.rx_queues, served);
	if (!err)
		note_queues(s);
	if (!err)
		warn_verify(ctl, s, &iface);
	return err;
}
