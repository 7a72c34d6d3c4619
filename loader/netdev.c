// SPDX-License-Identifier: BSD-2-Clause
/*
 * netdev.c - what a driver says that it can do with XDP
 *
 * Two generic netlink requests by hand: libbpf 1.1 does not ask for this yet.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "netdev.h"

/* Linux 6.3's linux/netdev.h, which older headers lack. */
#define DEV_GET 1
#define DEV_IFINDEX 1
#define DEV_XDP_FEATURES 3

struct request {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	struct nlattr attr;
	char value[16];
};

union reply {
	struct nlmsghdr nl;
	char bytes[16384];
};

/* Sends one attribute, receives one message. Returns the message's length, or -errno. */
static int exchange(int fd, __u16 family, __u8 cmd, __u16 attr, const void *value, __u16 len,
		    union reply *reply)
{
	struct request req = {
		.nl = { .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = 1 },
		.genl = { .cmd = cmd, .version = 1 },
		.attr = { .nla_type = attr, .nla_len = NLA_HDRLEN + len },
	};
	ssize_t n;

	memcpy(req.value, value, len);
	req.nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN) + NLA_ALIGN(req.attr.nla_len);
	if (send(fd, &req, req.nl.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(fd, reply, sizeof(*reply), 0);
	if (n < 0)
		return -errno;
	if (!NLMSG_OK(&reply->nl, (size_t)n))
		return -EPROTO;
	if (reply->nl.nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *e = NLMSG_DATA(&reply->nl);

		return e->error ? e->error : -EPROTO;
	}
	return reply->nl.nlmsg_len;
}

/* The attribute's value, at least len bytes of it, or NULL. */
static const void *find_attr(const union reply *reply, __u16 type, size_t len)
{
	size_t at = NLMSG_LENGTH(GENL_HDRLEN), end = reply->nl.nlmsg_len;

	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *a = (const void *)(reply->bytes + at);

		if (a->nla_len < NLA_HDRLEN || a->nla_len > end - at)
			return NULL;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a->nla_len >= NLA_HDRLEN + len ? (const char *)a + NLA_HDRLEN : NULL;
		at += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

static int ask(int fd, unsigned int ifindex, __u64 *features)
{
	union reply reply;
	const void *at;
	__u16 family;
	int n = exchange(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, "netdev",
			 sizeof("netdev"), &reply);

	if (n < 0)
		return n == -ENOENT ? -EOPNOTSUPP : n;
	at = find_attr(&reply, CTRL_ATTR_FAMILY_ID, sizeof(family));
	if (!at)
		return -EPROTO;
	memcpy(&family, at, sizeof(family));
	n = exchange(fd, family, DEV_GET, DEV_IFINDEX, &ifindex, sizeof(ifindex), &reply);
	if (n < 0)
		return n;
	at = find_attr(&reply, DEV_XDP_FEATURES, sizeof(*features));
	if (!at)
		return -EPROTO;
	memcpy(features, at, sizeof(*features));
	return 0;
}

int netdev_features(unsigned int ifindex, __u64 *features)
{
	struct timeval limit = { .tv_sec = 2 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	err = ask(fd, ifindex, features);
	close(fd);
	return err;
}
