// SPDX-License-Identifier: BSD-2-Clause
/*
 * cost_least.c - loads the programs of least.bpf.c, which do only what no ingress program can leave
 * out
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cost.h"
#include "tests/prog/packet.h"

const char *const least_name[LEAST] = { "port", "count", "meta", "redirect", "claim" };
struct least least[LEAST];

#define LEAST_REDIRECT 3 /* the first step that hands the request over */

void load_least(void)
{
	struct ingress all = { .obj = bpf_object__open_file("build/bench/least.o", NULL) };
	const struct shunt_port port = { .cls = CORES / 2, .flags = SHUNT_PORT_ON };
	static const __u64 state[18] = { ~0ULL };
	char name[32];

	if (!all.obj || bpf_object__load(all.obj))
		die("cost: cannot load 'build/bench/least.o': %s", strerror(errno));
	ingress_set(&all, "ports", PACKET_PORT, &port);
	ingress_set(&all, "state", 0, state);
	all.sock = socket(AF_XDP, SOCK_RAW, 0);
	if (all.sock < 0)
		die("cost: cannot make an AF_XDP socket: %s", strerror(errno));
	ingress_slot(&all, port.cls, true);
	for (int i = 0; i < LEAST; i++) {
		snprintf(name, sizeof(name), "least_%s", least_name[i]);
		least[i].g = all;
		least[i].g.prog = bpf_program__fd(
			bpf_object__find_program_by_name(all.obj, name));
		least[i].action = i < LEAST_REDIRECT ? XDP_DROP : XDP_REDIRECT;
		keep_known(least[i].g.prog);
	}
}

void free_least(void)
{
	close(least[0].g.sock);
	bpf_object__close(least[0].g.obj);
}
