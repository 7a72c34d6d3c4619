// SPDX-License-Identifier: BSD-2-Clause
/*
 * zerocopy.c - what to do where a driver refuses AF_XDP sockets without copying
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netif.h"
#include "zerocopy.h"

#define OR_COPY "; with 'zerocopy: auto' packets are copied then"

/* The first that fits; "": any driver, 0: any error. */
static const struct {
	const char *driver;
	int err;
	const char *cure;
} cures[] = {
	{ "virtio_net", -EINVAL,
	  "the device needs iommu_platform=on,disable-legacy=on (QEMU)" OR_COPY },
	{ "", -EOPNOTSUPP, "this driver has none in this kernel" OR_COPY },
	{ "", -EINVAL, "a frame must hold the MTU ('chunk: 4096'); see 'dmesg'" OR_COPY },
	{ "", 0, "see 'dmesg'" OR_COPY },
};

static const char *cure_for(const char *driver, int err)
{
	size_t i = 0;

	while ((cures[i].driver[0] && strcmp(cures[i].driver, driver)) ||
	       (cures[i].err && cures[i].err != err))
		i++;
	return cures[i].cure;
}

int zerocopy_refused(struct why *why, const char *ifname, __u32 queue, int err)
{
	char driver[32];

	netif_driver(ifname, driver);
	why_hint(why, "%s", cure_for(driver, err));
	return why_fail(why, -EOPNOTSUPP,
			"the driver of '%s' (%s) gives no zero-copy AF_XDP socket on queue %u: %s",
			ifname, driver[0] ? driver : "unnamed", queue, strerror(-err));
}
