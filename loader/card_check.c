// SPDX-License-Identifier: BSD-2-Clause
/*
 * card_check.c - what would make a card or its driver refuse, or lose requests without a word
 *
 * Checked before anything is changed. The checks of the
 * card's own verifier come when the program is loaded.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <shunt/nfp.h>

#include "card.h"
#include "iface.h"
#include "zerocopy_check.h"

#define ELEMENT 64        /* bytes of a key and a value, each a multiple of 8 */
#define ENTRIES 3072000   /* of all maps */
#define MAPS 128

/* Does anything behind the interface take maps at all? */
static int check_offload(struct ctl *ctl, const struct iface *iface)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_ifindex = ctl->ifindex);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "nfp_trial", sizeof(__u32), sizeof(__u32), 1,
				&opts);
	int err = errno;
	char driver[IFACE_DRIVER];

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (err == EPERM)
		return fail_bpf(ctl, -err, "cannot make a map on the card of '%s'", ctl->ifname);
	fail(ctl, -EOPNOTSUPP, "'%s' (%s) has no card that takes BPF programs: %s",
	     ctl->ifname, iface_driver(iface, driver), strerror(err));
	hint(ctl,
	     strcmp(iface->driver, "nfp") ? "--offload none uses the driver's native mode"
					  : "the card needs its eBPF firmware ('ethtool -i %s' "
					    "shows which it has): make the link "
					    "/lib/firmware/netronome/nic_AMDA....nffw point to "
					    "bpf/nic_AMDA....nffw, and load nfp again",
	     ctl->ifname);
	return -EOPNOTSUPP;
}

/*
 * A queue that the card may choose must exist: a number that is one too large can slip through the
 * card's own check. And as frames cannot move to another
 * queue's socket, a queue belongs to one core.
 */
static int check_queues(struct ctl *ctl, const struct setup *s, const struct iface *iface)
{
	__u32 nqueues = card_queues(s);

	if (!iface->rx_queues) {
		fail(ctl, -EOPNOTSUPP,
		     "the driver of '%s' does not say how many receive queues it has", ctl->ifname);
		hint(ctl, "the card may choose only among those: see 'ethtool -l %s'", ctl->ifname);
		return -EOPNOTSUPP;
	}
	if (nqueues > SHUNT_NFP_CORES) {
		fail(ctl, -EINVAL,
		     "queue %u is served, but the card chooses among the queues 0 to %u",
		     nqueues - 1, SHUNT_NFP_CORES - 1);
		return -EINVAL;
	}
	if (nqueues > iface->rx_queues) {
		fail(ctl, -EINVAL,
		     "'%s' has %u receive queues, fewer than the card would choose from: %u",
		     ctl->ifname, iface->rx_queues, nqueues);
		hint(ctl, "ethtool -L %s combined %u, or fewer cores", ctl->ifname, nqueues);
		return -EINVAL;
	}
	for (__u32 d = 0; d < s->cfg.ndomains; d++) {
		if (s->domains[d].by_queue || s->domains[d].ncores == 1)
			continue;
		fail(ctl, -EINVAL,
		     "queue %u has %u cores: where the card chooses the queue, each has one",
		     s->domains[d].queue[0], s->domains[d].ncores);
		hint(ctl, "'queues: [0, 1, …]' gives a domain a queue for each core; or say --port "
			  "and --cores");
		return -EINVAL;
	}
	return 0;
}

/* On ordinary rings the card's driver drops redirected frames.
 * Every queue that the card may choose needs a zero-copy socket. */
static int check_zero_copy(struct ctl *ctl, const struct setup *s)
{
	return zerocopy_check(ctl, s,
			      "it would drop what is redirected to any other: it takes a card "
			      "NFP-4000 or NFP-6000 with NFD3, Linux 5.18, and frames that hold "
			      "the MTU ('chunk: 4096')");
}

static int check_rpc(struct ctl *ctl, const struct setup *s)
{
	if (!s->nprograms)
		return 0;
	fail(ctl, -EOPNOTSUPP, "a card does not tell calls of ONC RPC apart ('rpc')");
	hint(ctl, "leave 'rpc' out: rules at offset 16 of the payload see version and procedure; "
		  "or say --offload none");
	return -EOPNOTSUPP;
}

int card_check(struct ctl *ctl, const struct setup *s)
{
	struct iface iface;
	int err = iface_read(ctl, &iface);

	if (!err)
		err = check_offload(ctl, &iface);
	if (!err)
		err = check_rpc(ctl, s);
	if (!err)
		err = check_queues(ctl, s, &iface);
	return err ? err : check_zero_copy(ctl, s);
}

static __u32 round8(__u32 n)
{
	return (n + 7) & ~7U;
}

static int check_map(struct ctl *ctl, const char *path, const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);
	__u32 type = bpf_map__type(map), key = bpf_map__key_size(map),
	      value = bpf_map__value_size(map);

	if (bpf_map__is_internal(map)) {
		fail(ctl, -EINVAL, "'%s' has global variables ('%s'): the card has none", path,
		     name);
		hint(ctl, "what is configured goes into the entry of an array");
	} else if (type != BPF_MAP_TYPE_ARRAY && type != BPF_MAP_TYPE_HASH) {
		fail(ctl, -EINVAL, "map '%s' of '%s' is neither array nor hash table", name, path);
	} else if (bpf_map__map_flags(map)) {
		fail(ctl, -EINVAL, "map '%s' of '%s' has flags: the card takes none", name, path);
	} else if (key > SHUNT_NFP_VALUE || value > SHUNT_NFP_VALUE ||
		   round8(key) + round8(value) > ELEMENT) {
		fail(ctl, -EINVAL,
		     "map '%s' of '%s' has keys of %u and values of %u bytes: the card has %d for "
		     "each, %d for both",
		     name, path, key, value, SHUNT_NFP_VALUE, ELEMENT);
		hint(ctl, "split the value over several maps");
	} else {
		return 0;
	}
	return -EINVAL;
}

int card_check_maps(struct ctl *ctl, const char *path, struct bpf_object *obj)
{
	struct bpf_map *map;
	__u64 entries = 0;
	int err = 0, n = 0;

	bpf_object__for_each_map(map, obj) {
		if (!err)
			err = check_map(ctl, path, map);
		entries += bpf_map__max_entries(map);
		n++;
	}
	if (!err && (entries > ENTRIES || n > MAPS))
		err = fail(ctl, -EINVAL,
			   "'%s' has %d maps with %llu entries: the card has %d with %d", path, n,
			   (unsigned long long)entries, MAPS, ENTRIES);
	return err;
}
