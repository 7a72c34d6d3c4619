// SPDX-License-Identifier: BSD-2-Clause
/*
 * flood.c - spin requests at the rate of the kernel: BPF live frames out of an interface
 *
 * usage: flood IFNAME SECONDS. Sends frames from 198.18.0.1 to 198.18.0.2:9000 between the lab's
 * MACs until the time is over; prints how many. (xdp-trafficgen does the same, where the kernel has
 * the tracepoints it wants.)
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apps/spin.h"

#ifndef BPF_F_TEST_XDP_LIVE_FRAMES
#define BPF_F_TEST_XDP_LIVE_FRAMES (1U << 1)
#endif

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	struct spin_msg msg;
} __attribute__((packed));

static uint16_t ip_sum(const void *ip)
{
	uint16_t word[10];
	uint32_t sum = 0;

	memcpy(word, ip, sizeof(word));
	for (int i = 0; i < 10; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

static void make(struct frame *f)
{
	*f = (struct frame){
		.eth = { .h_dest = { 2, 0, 0xc6, 0x12, 0, 2 },
			 .h_source = { 2, 0, 0xc6, 0x12, 0, 1 },
			 .h_proto = htons(ETH_P_IP) },
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
			.tot_len = htons(sizeof(*f) - sizeof(f->eth)),
			.saddr = htonl(0xc6120001), .daddr = htonl(0xc6120002) },
		.udp = { .source = htons(4000), .dest = htons(SPIN_PORT),
			 .len = htons(sizeof(f->udp) + sizeof(f->msg)) },
		.msg = { .type = 1, .spin_ns = 200 },
	};
	f->ip.check = ip_sum((const char *)f + sizeof(f->eth));
}

/* An XDP program that sends whatever it is given out of an interface. */
static int load_redirect(int ifindex)
{
	struct bpf_insn prog[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1, .imm = ifindex },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "flood", "GPL", prog,
			     sizeof(prog) / sizeof(prog[0]), NULL);
}

int main(int argc, char **argv)
{
	int ifindex = argc == 3 ? (int)if_nametoindex(argv[1]) : 0, prog;
	time_t end = time(NULL) + (argc == 3 ? atoi(argv[2]) : 0);
	unsigned long sent = 0;
	struct frame f;

	if (!ifindex) {
		fprintf(stderr, "usage: flood IFNAME SECONDS\n");
		return 2;
	}
	prog = load_redirect(ifindex);
	if (prog < 0) {
		perror("flood: cannot load");
		return 1;
	}
	make(&f);
	while (time(NULL) < end) {
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = &f, .data_size_in = sizeof(f),
			    .repeat = 8192, .batch_size = 64, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

		if (bpf_prog_test_run_opts(prog, &run)) {
			perror("flood: cannot run with live frames (needs Linux 5.18)");
			return 1;
		}
		sent += 8192;
	}
	printf("%lu\n", sent);
	return 0;
}
