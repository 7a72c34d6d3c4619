// SPDX-License-Identifier: GPL-2.0
/*
 * firmware.c - what the card's eBPF firmware says of
 * itself, and the driver's functions that would ask it
 *
 * The capabilities are those of release 2.0.6.124, decoded from the images that Debian ships
 * (firmware-netronome); all twelve have the same.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/netdevice.h>

#include "nfp_app.h"
#include "nfp_main.h"
#include "nfp_net.h"
#include "nfpcore/nfp_cpp.h"
#include "nfpcore/nfp_nffw.h"
#include "bpf/fw.h"

#include "nfpsim.h"

#define MAP_TYPES (BIT(BPF_MAP_TYPE_HASH) | BIT(BPF_MAP_TYPE_ARRAY))

/* Type, length in bytes, value. */
static const u32 capabilities[] = {
	/* flags; least and most offset of the packet; bytes that can always be taken and added */
	NFP_BPF_CAP_TYPE_ADJUST_HEAD, 20, NFP_BPF_ADJUST_HEAD_NO_META, 44, 248, 84, 112,
	/* types; maps; entries in all; bytes of a key, of a value, of both */
	NFP_BPF_CAP_TYPE_MAPS, 24, MAP_TYPES, 128, 3072000, 56, 56, 64,
	/* helper; where it starts */
	NFP_BPF_CAP_TYPE_FUNC, 8, BPF_FUNC_map_lookup_elem, 1149,
	NFP_BPF_CAP_TYPE_FUNC, 8, BPF_FUNC_perf_event_output, 1152,
	NFP_BPF_CAP_TYPE_RANDOM, 0,
	NFP_BPF_CAP_TYPE_QUEUE_SELECT, 0,
	NFP_BPF_CAP_TYPE_ADJUST_TAIL, 0,
};

static struct device *device;

void firmware_set_device(struct device *dev)
{
	device = dev;
}

/* CoreNIC's build of NFD: 2560 instructions from 3072 on,
 * 512 bytes of stack, 1888 bytes of a packet. */
void firmware_fill_bar(u8 __iomem *bar)
{
	writeb(2, bar + NFP_NET_CFG_BPF_ABI);
	writeb(NFP_NET_BPF_CAP_RELO, bar + NFP_NET_CFG_BPF_CAP);
	writew(2560, bar + NFP_NET_CFG_BPF_MAX_LEN);
	writew(3072, bar + NFP_NET_CFG_BPF_START);
	writew(1, bar + NFP_NET_CFG_BPF_DONE);
	writeb(512 / 64, bar + NFP_NET_CFG_BPF_STACK_SZ);
	writeb((1888 + 32) / 64, bar + NFP_NET_CFG_BPF_INL_MTU);
}

u8 __iomem *nfp_rtsym_map(struct nfp_rtsym_table *table, const char *name, const char *id,
			  unsigned int min_size, struct nfp_cpp_area **area)
{
	*area = NULL;
	return strcmp(name, "_abi_bpf_capabilities") ? (u8 __iomem *)ERR_PTR(-ENOENT) :
						       (u8 __iomem *)capabilities;
}

size_t nfp_cpp_area_size(struct nfp_cpp_area *area)
{
	return sizeof(capabilities);
}

void nfp_cpp_area_release_free(struct nfp_cpp_area *area)
{
}

/* The driver wants a parent of what it prints for. */
struct device *nfp_cpp_device(struct nfp_cpp *cpp)
{
	static struct device child;

	child.parent = device;
	return &child;
}

int nfp_net_reconfig(struct nfp_net *nn, u32 update)
{
	if (!(update & NFP_NET_CFG_UPDATE_BPF))
		return 0;
	return nn_readw(nn, NFP_NET_CFG_BPF_SIZE) > nn_readw(nn, NFP_NET_CFG_BPF_MAX_LEN) ? -EIO
											  : 0;
}

int nfp_app_nic_vnic_alloc(struct nfp_app *app, struct nfp_net *nn, unsigned int id)
{
	return 0;
}

void nfp_check_rhashtable_empty(void *ptr, void *arg)
{
	WARN_ON_ONCE(1);
}
