// SPDX-License-Identifier: BSD-2-Clause
/*
 * card.c - a policy's program on a card: found, bound, loaded, attached
 *
 * Beside the host's program, which runs on the queue that the card
 * chose. The link goes when its pin goes, as the host's does.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <shunt/nfp.h>

#include "card.h"
#include "card_log.h"
#include "log.h"
#include "object.h"

#define CARD_INSN 8 /* bytes */

/* The card's refusals, and how to mend the cause. */
static const struct remedy remedies[] = {
	{ "use type conflict",
	  "a word of a map is read by the card or added to, never both: make it two words" },
	{ "map writes", "the card adds to maps and reads them; only the host stores" },
	{ "too large", "a value has at most 56 bytes, key and value together 64" },
	{ "too many",
	  "the card has 3072000 entries and 128 maps, for all of its programs together" },
	{ "function id",
	  "the card looks up, draws random numbers and moves the packet's ends, and no more" },
	{ "value range", "a product needs 32-bit factors: bound them with a 32-bit move before" },
	{ "error -28", "the program is longer than the card's memory for it" },
	{ "error -95", "an instruction or a field of the context that the card has not" },
	{ NULL, NULL },
};

static void pin_name(const struct bpf_map *map, char out[SHUNT_NAME_LEN + 4])
{
	const char *name = bpf_map__name(map);

	snprintf(out, SHUNT_NAME_LEN + 4, "%s%s", strncmp(name, "nfp_", 4) ? "nfp_" : "", name);
}

/* The first line of the file that the build leaves where a policy does not fit. */
static void explain_missing(struct ctl *ctl, const char *policy, const char *dir)
{
	char path[PATH_MAX], line[400] = "";
	FILE *f;

	if ((size_t)snprintf(path, sizeof(path), "%s/../nfp/%s.why", dir, policy) >= sizeof(path))
		return;
	f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(line, sizeof(line), f))
		hint(ctl, "%.*s", (int)strcspn(line, "\n"), line);
	fclose(f);
}

/* Finds the card's program: it lies beside the directory of the policies. */
static int find(struct ctl *ctl, const char *policy, char *path, size_t len)
{
	char dir[PATH_MAX];

	if (strpbrk(policy, "/."))
		return fail(ctl, -EOPNOTSUPP,
			    "only built-in policies have programs for the card, '%s' is a file",
			    policy);
	for (int i = 0; i < BUNDLE_DIRS; i++) {
		if (bundle_dir(i, dir, sizeof(dir))[0] &&
		    (size_t)snprintf(path, len, "%s/../nfp/%s.o", dir, policy) < len &&
		    !access(path, R_OK))
			return 0;
	}
	fail(ctl, -EOPNOTSUPP, "policy '%s' has no program for the card", policy);
	for (int i = 0; i < BUNDLE_DIRS; i++) {
		if (bundle_dir(i, dir, sizeof(dir))[0])
			explain_missing(ctl, policy, dir);
	}
	hint(ctl, "p2c, rss, steal, affinity, part and hint have one");
	return -EOPNOTSUPP;
}

static int bind_maps(struct ctl *ctl, const char *path, bool reuse, struct bpf_object *obj)
{
	char name[SHUNT_NAME_LEN + 4];
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, obj) {
		bpf_map__set_ifindex(map, ctl->ifindex);
		pin_name(map, name);
		if (!err && reuse)
			err = object_reuse_map(ctl, path, map, name);
	}
	return err;
}

static int explain(struct ctl *ctl, const char *policy, int err, int kmsg, char *log)
{
	char reason[400];

	if (ctl->verbose)
		fputs(log, stderr);
	card_log_reason(kmsg, log, reason, sizeof(reason));
	if (!reason[0])
		return fail_bpf(ctl, err, "'%s' takes no program '%s' for the card", ctl->ifname,
				policy);
	fail(ctl, err, "the card of '%s' refuses policy '%s': %s", ctl->ifname, policy, reason);
	hint_known(ctl, remedies, reason);
	return err;
}

static int identify(struct ctl *ctl, struct card *c, struct bpf_program *prog)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	c->prog_fd = bpf_program__fd(prog);
	if (bpf_obj_get_info_by_fd(c->prog_fd, &info, &len))
		return fail_bpf(ctl, -errno, "cannot look at the card's program");
	c->prog_id = info.id;
	c->ninsns = info.jited_prog_len / CARD_INSN;
	return 0;
}

static int load(struct ctl *ctl, const char *policy, const char *path, bool reuse, struct card *c,
		char *log)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(c->obj, SHUNT_NFP_PROG);
	int err = prog ? card_check_maps(ctl, path, c->obj) :
			 fail(ctl, -EINVAL, "'%s' has no program '%s'", path, SHUNT_NFP_PROG), kmsg;

	if (!err)
		err = bind_maps(ctl, path, reuse, c->obj);
	if (err)
		return err;
	bpf_program__set_ifindex(prog, ctl->ifindex);
	kmsg = card_log_open();
	err = bpf_object__load(c->obj);
	if (err)
		return explain(ctl, policy, err, kmsg, log);
	if (kmsg >= 0)
		close(kmsg);
	return identify(ctl, c, prog);
}

int card_load(struct ctl *ctl, const char *policy, bool reuse, struct card *c)
{
	char path[PATH_MAX], *log = calloc(1, LOG_LEN);
	LIBBPF_OPTS(bpf_object_open_opts, opts, .kernel_log_buf = log, .kernel_log_size = LOG_LEN);
	int err = log ? find(ctl, policy, path, sizeof(path)) : fail(ctl, -ENOMEM, "no memory");

	memset(c, 0, sizeof(*c));
	if (!err) {
		log_start(ctl->verbose);
		c->obj = bpf_object__open_file(path, &opts);
		err = c->obj ? load(ctl, policy, path, reuse, c, log)
			     : fail(ctl, -errno, "'%s' is no BPF object that libbpf understands",
				    path);
	}
	if (err)
		card_close(c);
	free(log);
	return err;
}

void card_close(struct card *c)
{
	bpf_object__close(c->obj);
	c->obj = NULL;
}

int card_pin(struct ctl *ctl, const struct card *c)
{
	char name[SHUNT_NAME_LEN + 4];
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, c->obj) {
		pin_name(map, name);
		if (!err)
			err = object_pin(ctl, bpf_map__fd(map), name);
	}
	return err;
}

/* Length, stack and depth are judged only now, and by a number alone. */
static int explain_attach(struct ctl *ctl, const struct card *c, int err)
{
	if (err == -EOPNOTSUPP || err == -EIO) {
		fail(ctl, err, "the card of '%s' does not start the program: %u of %d instructions",
		     ctl->ifname, c->ninsns, CARD_INSNS);
		hint(ctl, "its other limits are 512 bytes of stack, and 1888 bytes of a packet: "
			  "lower the MTU if the policy looks deeper; 'dmesg' may say more");
		return err;
	}
	if (err == -EBUSY || err == -EEXIST) {
		fail(ctl, err, "another program is on the card of '%s'", ctl->ifname);
		hint(ctl,
		     "whoever put it there takes it off: 'ip link set dev %s xdpoffload off', or "
		     "'tc filter' for one of tc's",
		     ctl->ifname);
		return err;
	}
	return fail_bpf(ctl, err, "cannot attach to the card of '%s'", ctl->ifname);
}

int card_attach(struct ctl *ctl, const struct card *c)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_HW_MODE);
	int link = bpf_link_create(c->prog_fd, ctl->ifindex, BPF_XDP, &opts);
	int err = link < 0 ? explain_attach(ctl, c, -errno) : 0;

	if (!err)
		err = object_pin(ctl, link, SHUNT_CARD_LINK);
	if (link >= 0)
		close(link);
	return err;
}

int card_replace(struct ctl *ctl, const struct card *c)
{
	int link = shunt_pin_open(&ctl->pins, SHUNT_CARD_LINK), err = 0;

	if (link < 0)
		return fail_bpf(ctl, link, "cannot open the pinned link of the card of '%s'",
				ctl->ifname);
	if (bpf_link_update(link, c->prog_fd, NULL))
		err = explain_attach(ctl, c, -errno);
	close(link);
	return err;
}

bool card_there(struct ctl *ctl)
{
	int link = shunt_pin_open(&ctl->pins, SHUNT_CARD_LINK);

	if (link >= 0)
		close(link);
	return link >= 0;
}

int card_state(struct ctl *ctl, struct card_state *state)
{
	struct bpf_link_info link = { 0 };
	struct bpf_prog_info prog = { 0 };
	__u32 len = sizeof(link);
	int fd = shunt_pin_open(&ctl->pins, SHUNT_CARD_LINK), err = 0;

	memset(state, 0, sizeof(*state));
	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &link, &len))
		err = fail_bpf(ctl, -errno, "cannot read the pinned link of the card of '%s'",
			       ctl->ifname);
	close(fd);
	if (err)
		return err;
	state->prog_id = link.prog_id;
	state->gone = !link.xdp.ifindex;
	fd = bpf_prog_get_fd_by_id(link.prog_id);
	len = sizeof(prog);
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &prog, &len))
		state->ninsns = prog.jited_prog_len / CARD_INSN;
	if (fd >= 0)
		close(fd);
	return 0;
}
