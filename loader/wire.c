// SPDX-License-Identifier: BSD-2-Clause
/*
 * wire.c - the NIC's configuration: read, checked, written
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "key.h"
#include "maps.h"
#include "units.h"
#include "wire.h"

#define LATE_NS 300000 /* some ten times what a frame is under way */
#define CREDIT (sizeof(struct shunt_wire_request) + 14 + 1500) /* becomes the longest request in place */

static int read_mac(const char *text, __u8 mac[6])
{
	char rest;

	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0], &mac[1], &mac[2], &mac[3],
		      &mac[4], &mac[5], &rest) == 6 ? 0 : -EINVAL;
}

static int read_core(const struct config_wire *in, __u32 i, struct wire_setup *w, char at[64], char *why,
		     size_t len)
{
	struct shunt_nic_port *core = &w->core[i];

	snprintf(at, 64, "wire.cores[%u].mac", i);
	snprintf(why, len, "no MAC address, such as \"02:00:00:00:00:01\"");
	if (read_mac(in->cores[i].mac, core->mac))
		return -EINVAL;
	snprintf(why, len, "two cores have this address");
	for (__u32 j = 0; j < i; j++) {
		if (!memcmp(w->core[j].mac, core->mac, sizeof(core->mac)))
			return -EINVAL;
	}
	snprintf(at, 64, "wire.cores[%u].host", i);
	snprintf(why, len, "a NIC feeds at most %d hosts, numbered from 0", SHUNT_NIC_GROUPS);
	if (in->cores[i].host >= SHUNT_NIC_GROUPS)
		return -EINVAL;
	core->group = in->cores[i].host;
	core->on = 1;
	return 0;
}

static int read_late(const char *text, __u32 *ns, char *why, size_t len)
{
	__u32 us;

	if (!text)
		return 0;
	if (parse_time_us(text, &us, why, len))
		return -EINVAL;
	if (!us || us > 1000000) {
		snprintf(why, len, "not from 1us to 1s");
		return -EINVAL;
	}
	*ns = us * 1000;
	return 0;
}

int wire_read(const struct config_wire *in, struct wire_setup *w, char at[64], char *why, size_t len)
{
	int err = 0;

	*w = (struct wire_setup){ .on = true, .ncores = in->cores_count,
		.cfg = { .k = in->k ? in->k : SHUNT_WIRE_K, .flags = in->keep ? SHUNT_NIC_KEEP : 0,
			 .late_ns = LATE_NS, .credit = in->grow ? 0 : CREDIT },
		.sizes = { in->slots, in->frame } };
	snprintf(at, 64, "wire.key");
	if (shunt_read_key(in->key, &w->cfg.key, why, len))
		return -EINVAL;
	snprintf(at, 64, "wire.k");
	snprintf(why, len, "not 1 to %d requests", SHUNT_WIRE_K_MAX);
	if (w->cfg.k > SHUNT_WIRE_K_MAX)
		return -EINVAL;
	snprintf(at, 64, "wire.slots");
	snprintf(why, len, "not from %d to 1048576", 2 * SHUNT_NIC_RESERVE);
	if (in->slots && (in->slots < 2 * SHUNT_NIC_RESERVE || in->slots > 1 << 20))
		return -EINVAL;
	snprintf(at, 64, "wire.frame");
	snprintf(why, len, "not a multiple of 8 from 64 to %d", SHUNT_NIC_FRAME);
	if (in->frame && (in->frame < 64 || in->frame > SHUNT_NIC_FRAME || in->frame % 8))
		return -EINVAL;
	snprintf(at, 64, "wire.late");
	err = read_late(in->late, &w->cfg.late_ns, why, len);
	for (__u32 i = 0; !err && i < in->cores_count; i++)
		err = read_core(in, i, w, at, why, len);
	return err;
}

static int port_mac(struct ctl *ctl, __u8 mac[6])
{
	struct ifreq req = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	memcpy(req.ifr_name, ctl->ifname, sizeof(req.ifr_name) - 1);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &req))
		err = fail(ctl, -errno, "cannot read the MAC address of '%s': %s", ctl->ifname,
			   strerror(errno));
	else
		memcpy(mac, req.ifr_hwaddr.sa_data, 6);
	if (fd >= 0)
		close(fd);
	return err;
}

int wire_write(struct ctl *ctl, const struct wire_setup *w)
{
	struct shunt_nic_cfg cfg = w->cfg;
	int err = port_mac(ctl, cfg.mac);

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
		err = fail_bpf(ctl, fd < 0 ? fd : -errno, "cannot look at the pinned map 'nic_data'");
	*sizes = (struct shunt_nic_sizes){ info.max_entries - 1, info.value_size };
	if (fd >= 0)
		close(fd);
	return err;
}
