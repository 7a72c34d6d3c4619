// SPDX-License-Identifier: BSD-2-Clause
/*
 * wire.c - the NIC's configuration in its maps
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "maps.h"
#include "netif.h"
#include "wire.h"

static int port_mac(struct ctl *ctl, __u8 mac[6])
{
	int err = netif_mac(ctl->ifname, mac);

	return err ? fail(ctl, err, "cannot read the MAC address of '%s': %s", ctl->ifname,
			  strerror(-err))
		   : 0;
}

int wire_write(struct ctl *ctl, const struct wire_setup *w, __u32 actors)
{
	struct shunt_nic_cfg cfg = w->cfg;
	int err = port_mac(ctl, cfg.mac);

	cfg.actors = actors;
	for (__u32 i = 0; !err && i < w->ncores; i++)
		err = map_set(ctl, "nic_ports", i, &w->core[i], sizeof(w->core[i]));
	return err ? err : map_set(ctl, "nic_cfg", 0, &cfg, sizeof(cfg));
}

int wire_sizes(struct ctl *ctl, struct shunt_nic_sizes *sizes)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	int fd = shunt_pin_open(&ctl->pins, "nic_data"), err = 0;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		err = fail_bpf(ctl, fd < 0 ? fd : -errno,
			       "cannot look at the pinned map 'nic_data'");
	*sizes = (struct shunt_nic_sizes){ .slots = info.max_entries - 1,
					   .frame = info.value_size };
	if (fd >= 0)
		close(fd);
	return err;
}
