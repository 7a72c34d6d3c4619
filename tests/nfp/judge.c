// SPDX-License-Identifier: BSD-2-Clause
/*
 * judge.c - the card's verdict on BPF objects: judge DEV OBJECT...
 *
 * Runs in the guest. One line an object on stdout, "accepts NAME INSTRUCTIONS" (of the card's) or
 * "refuses NAME REASON". A program is attached too: its length, its stack and how far it looks
 * into a packet are judged only then. Exit status 0: everything was judged.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <libgen.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loader/card_log.h"

#define LOG_LEN (1 << 20)
#define CARD_INSN 8 /* bytes of the card's instructions */

static char verifier_log[LOG_LEN];
static char extack[256]; /* what netlink added to a refusal */
static char card[512];   /* its own words */
static char reason[512];

/* libbpf has the kernel's own words of a netlink request only here. */
static int listen_in(enum libbpf_print_level level, const char *fmt, va_list args)
{
	static const char mark[] = "Kernel error message: ";
	char line[512], *at;

	vsnprintf(line, sizeof(line), fmt, args);
	at = strstr(line, mark);
	if (at)
		snprintf(extack, sizeof(extack), "%.*s",
			 (int)strcspn(at + sizeof(mark) - 1, "\n"), at + sizeof(mark) - 1);
	return 0;
}

/* The reason of a refusal, by the best source that gave one: the card, netlink, the kernel's
 * verifier, errno. */
static void find_reason(int kmsg, int err)
{
	char *end = strstr(verifier_log, "\nprocessed "), *last;

	if (end)
		*end = 0;
	last = strrchr(verifier_log, '\n');
	snprintf(reason, sizeof(reason), "%s", strerror(-err));
	if (verifier_log[0])
		snprintf(reason, sizeof(reason), "%.500s", last ? last + 1 : verifier_log);
	if (extack[0])
		snprintf(reason, sizeof(reason), "%s", extack);
	card_log_reason(kmsg, verifier_log, card, sizeof(card));
	if (card[0])
		snprintf(reason, sizeof(reason), "%s", card);
}

static int attach(unsigned int ifindex, int prog)
{
	int err = bpf_xdp_attach(ifindex, prog, XDP_FLAGS_HW_MODE, NULL);

	if (!err)
		bpf_xdp_detach(ifindex, XDP_FLAGS_HW_MODE, NULL);
	return err;
}

static void bind_to(unsigned int ifindex, struct bpf_object *obj)
{
	struct bpf_program *prog;
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj) {
		/* The card's events come out on the host: their map is the host's. */
		if (bpf_map__type(map) != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			bpf_map__set_ifindex(map, ifindex);
	}
	bpf_object__for_each_program(prog, obj) {
		bpf_program__set_ifindex(prog, ifindex);
		bpf_program__set_log_buf(prog, verifier_log, sizeof(verifier_log));
		bpf_program__set_log_level(prog, 1);
	}
}

/* 0 with the number of the card's instructions, or -errno. */
static int try_all(unsigned int ifindex, struct bpf_object *obj, unsigned int *ninsns)
{
	struct bpf_program *prog;
	int err = bpf_object__load(obj);

	*ninsns = 0;
	bpf_object__for_each_program(prog, obj) {
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);

		if (!err)
			err = attach(ifindex, bpf_program__fd(prog));
		if (!err && bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
			err = -errno;
		*ninsns += info.jited_prog_len / CARD_INSN;
	}
	return err;
}

static int judge(unsigned int ifindex, char *path)
{
	int kmsg = card_log_open(), err;
	struct bpf_object *obj = bpf_object__open(path);
	char *name = basename(path);
	unsigned int ninsns;

	if (!obj || !bpf_object__next_program(obj, NULL) || kmsg < 0) {
		fprintf(stderr,
			"%s: cannot be judged: no object with a program, or no kernel log\n", name);
		bpf_object__close(obj);
		return -EINVAL;
	}
	verifier_log[0] = extack[0] = 0;
	bind_to(ifindex, obj);
	err = try_all(ifindex, obj, &ninsns);
	if (err) {
		find_reason(kmsg, err);
		printf("refuses %s %s\n", name, reason);
	} else {
		printf("accepts %s %u\n", name, ninsns);
		close(kmsg);
	}
	bpf_object__close(obj);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int ifindex = argc > 1 ? if_nametoindex(argv[1]) : 0;
	int err = 0;

	if (!ifindex) {
		fprintf(stderr, "usage: judge DEV OBJECT...: no such interface\n");
		return 2;
	}
	libbpf_set_print(listen_in);
	for (int i = 2; i < argc; i++)
		err |= judge(ifindex, argv[i]);
	return err ? 1 : 0;
}
