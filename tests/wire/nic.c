// SPDX-License-Identifier: BSD-2-Clause
/*
 * nic.c - the NIC of the wire lab: nic OBJECT IFNAME MAC... ; one core for each MAC
 *
 * Environment: K, KEEP=1, GROUPS=1 (each core is a process group of its own, with a key of its
 * own), SILENT_MS, QUANTUM_US, SLOTS. Class 1 is what begins with byte 2, class 0 the rest of port
 * 9000. Prints its state as JSON at SIGUSR1 and when it ends.
 */
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "agent/nic.h"
#include "key.h"


static volatile sig_atomic_t stop, show;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		show = 1;
	else
		stop = 1;
}

static __u64 number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : 0;
}

static int parse_mac(const char *text, __u8 *mac)
{
	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3,
		      mac + 4, mac + 5) == 6
		       ? 0
		       : -1;
}

static void print(const struct nic *n)
{
	const struct shunt_nic *s = n->state;
	__u64 arrived = 0, refused = 0, done = 0, lost = 0, requeued = 0, parked = 0, resumed = 0;
	__u64 kept = 0, out = 0, held = 0, lent = 0;

	for (int i = 0; i < SHUNT_CLASSES; i++) {
		const struct shunt_ingress_class *in = &n->in->cls[i];

		arrived += in->arrived;
		held += in->held;
		refused += in->dropped + in->rejected + in->passed;
		done += s->cls[i].done;
		lost += s->cls[i].lost;
		requeued += s->cls[i].requeued;
		parked += s->cls[i].parked;
		resumed += s->cls[i].resumed;
		kept += s->cls[i].kept;
	}
	for (int i = 0; i < SHUNT_CORES; i++) {
		for (int j = 0; j < SHUNT_WIRE_WINDOW; j++) {
			const struct shunt_nic_out *o = &n->core[i].out[j];

			out += o->state == SHUNT_OUT_SENT || o->state == SHUNT_OUT_TAKEN;
			lent += o->state != SHUNT_OUT_NONE && o->slot;
		}
	}
	printf("{\"up\":%d,\"arrived\":%llu,\"refused\":%llu,\"held\":%llu,\"done\":%llu,"
	       "\"lost\":%llu,\"requeued\":%llu,\"parked\":%llu,\"resumed\":%llu,\"kept\":%llu,"
	       "\"queued\":%u,\"out\":%llu,\"slots_missing\":%lld,\"preempts\":%llu,"
	       "\"silent\":%llu,\"life\":%u,\"process\":%u,\"ev\":[",
	       __builtin_popcountll(n->view->up), arrived, refused, held, done, lost, requeued,
	       parked, resumed, kept, s->queued, out,
	       (long long)s->fresh - s->nfree - s->queued - (long long)lent, n->preempts, n->silent,
	       s->life, SHUNT_WIRE_NUMBER(s->process[0]));
	for (int i = 0; i < SHUNT_NIC_NR_EV; i++)
		printf("%s%llu", i ? "," : "", s->ev[i]);
	printf("]}\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct nic_opts opts = { .object = argv[1], .silent_ms = number("SILENT_MS"),
				 .sizes.slots = number("SLOTS") };
	struct shunt_cfg cfg = { .abi = SHUNT_ABI, .flags = SHUNT_CFG_ANY_ADDR, .nclasses = 2,
				 .ndomains = 1 };
	struct shunt_nic_cfg wire = {
		.flags = number("KEEP") ? SHUNT_NIC_KEEP : 0, .k = number("K"),
		.late_ns = 300000, .credit = 1514 + sizeof(struct shunt_wire_request),
	};
	struct shunt_rule rule = { .mask = 0xff, .value = 2, .cls = 1 };
	__u64 quantum[SHUNT_CLASSES] = { 0 };
	struct nic n;
	struct why why = { 0 };
	char text[200];
	__u32 zero = 0;
	__u8 mac[6];
	FILE *f;

	if (argc < 4)
		return 2;
	for (int i = 0; i < SHUNT_CLASSES; i++)
		quantum[i] = number("QUANTUM_US") * 1000;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGUSR1, on_signal);
	snprintf(text, sizeof(text), "/sys/class/net/%s/address", argv[2]);
	f = fopen(text, "r"); /* of this namespace, if /sys is; else the lab's own numbering */
	if (!f || !fgets(text, sizeof(text), f) || parse_mac(text, wire.mac))
		memcpy(wire.mac, (__u8[]){ 2, 0, 0xc6, 0x12, 0, 2 }, 6);
	if (f)
		fclose(f);
	if (nic_load(&n, &opts, &why))
		goto failed;
	if (nic_configure(&n, &cfg, &wire) ||
	    bpf_map_update_elem(bpf_object__find_map_fd_by_name(n.obj, "rules"), &zero, &rule, 0)) {
		why_fail(&why, -EINVAL, "cannot configure");
		goto failed;
	}
	n.port[9000] = (struct shunt_port){ .count = 1, .flags = SHUNT_PORT_ON };
	for (int i = 3; i < argc; i++) {
		__u32 group = number("GROUPS") ? i - 3 : 0;

		if (parse_mac(argv[i], mac) ||
		    nic_set_core(&n, i - 3, mac, group, lab_key(group))) {
			why_fail(&why, -EINVAL, "bad core '%s'", argv[i]);
			goto failed;
		}
	}
	if (nic_attach(&n, if_nametoindex(argv[2]), &why))
		goto failed;
	while (!stop) {
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC, &t);
		nic_tick(&n, t.tv_sec * 1000000000ULL + t.tv_nsec, quantum);
		if (show) {
			show = 0;
			print(&n);
		}
		usleep(number("QUANTUM_US") ? 20 : 1000);
	}
	print(&n);
	nic_unload(&n);
	return 0;
failed:
	fprintf(stderr, "nic: %s\n", why_text(&why));
	return 1;
}
