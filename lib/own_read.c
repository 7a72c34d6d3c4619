// SPDX-License-Identifier: BSD-2-Clause
/*
 * own_read.c - an interface's MAC and addresses, and those of what is stacked upon it, by netlink
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "own.h"

#define LINKS_MAX 4096
#define ANSWER_MAX 65536

struct links {
	struct link {
		__u32 index, below, master;
		bool ours;
	} at[LINKS_MAX];
	__u32 n;
};

struct reading {
	unsigned int ifindex;
	struct own_list *list;
	struct links links;
	char buf[ANSWER_MAX] __attribute__((aligned(16)));
};

typedef void hear_fn(struct reading *r, const struct nlmsghdr *h);

/* Asks for all of a kind, and has each answer heard. */
static int dump(struct reading *r, int fd, __u16 type, hear_fn *hear)
{
	struct {
		struct nlmsghdr h;
		struct rtgenmsg g;
	} ask = { { .nlmsg_len = sizeof(ask),
		    .nlmsg_type = type,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		  { .rtgen_family = AF_UNSPEC } };

	if (send(fd, &ask, sizeof(ask), 0) < 0)
		return -errno;
	for (;;) {
		ssize_t n = recv(fd, r->buf, sizeof(r->buf), MSG_TRUNC);
		unsigned int len = n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || (size_t)n > sizeof(r->buf))
			return n < 0 ? -errno : -EMSGSIZE;
		for (struct nlmsghdr *h = (void *)r->buf; NLMSG_OK(h, len);
		     h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR)
				return -EIO;
			hear(r, h);
		}
	}
}

static void find(struct rtattr *a, int len, struct rtattr **out, int max)
{
	memset(out, 0, max * sizeof(*out));
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if ((a->rta_type & NLA_TYPE_MASK) < max)
			out[a->rta_type & NLA_TYPE_MASK] = a;
	}
}

static __u32 word(const struct rtattr *a)
{
	__u32 x = 0;

	if (a && RTA_PAYLOAD(a) >= sizeof(x))
		memcpy(&x, RTA_DATA(a), sizeof(x));
	return x;
}

/* Does it share the MAC of the one below? A veth's "below" is its peer. */
static bool is_stacked(struct rtattr *info)
{
	static const char *const kinds[] = { "vlan", "ipvlan" };
	struct rtattr *a[IFLA_INFO_MAX + 1];

	if (!info)
		return false;
	find(RTA_DATA(info), RTA_PAYLOAD(info), a, IFLA_INFO_MAX + 1);
	for (int i = 0; a[IFLA_INFO_KIND] && i < 2; i++) {
		if (!strncmp(RTA_DATA(a[IFLA_INFO_KIND]), kinds[i], RTA_PAYLOAD(a[IFLA_INFO_KIND])))
			return true;
	}
	return false;
}

static void hear_link(struct reading *r, const struct nlmsghdr *h)
{
	struct ifinfomsg *i = NLMSG_DATA(h);
	struct rtattr *a[IFLA_MAX + 1];
	struct link *l = &r->links.at[r->links.n];

	if (h->nlmsg_type != RTM_NEWLINK || r->links.n == LINKS_MAX)
		return;
	find(IFLA_RTA(i), IFLA_PAYLOAD(h), a, IFLA_MAX + 1);
	*l = (struct link){ .index = i->ifi_index, .master = word(a[IFLA_MASTER]) };
	if (!a[IFLA_LINK_NETNSID] && is_stacked(a[IFLA_LINKINFO]))
		l->below = word(a[IFLA_LINK]);
	l->ours = l->index == r->ifindex;
	if (l->ours && a[IFLA_ADDRESS] && RTA_PAYLOAD(a[IFLA_ADDRESS]) == 6)
		memcpy(r->list->mac, RTA_DATA(a[IFLA_ADDRESS]), 6);
	r->links.n++;
}

static struct link *link_of(struct links *all, __u32 index)
{
	for (__u32 i = 0; index && i < all->n; i++) {
		if (all->at[i].index == index)
			return &all->at[i];
	}
	return NULL;
}

/* Upwards from the interface, until nothing more comes. */
static void climb(struct links *all)
{
	bool more = true;

	while (more) {
		more = false;
		for (__u32 i = 0; i < all->n; i++) {
			struct link *l = &all->at[i], *below = link_of(all, l->below), *up;

			if (!l->ours && below && below->ours)
				l->ours = more = true;
			up = l->ours ? link_of(all, l->master) : NULL;
			if (up && !up->ours)
				up->ours = more = true;
		}
	}
}

static void hear_addr(struct reading *r, const struct nlmsghdr *h)
{
	struct ifaddrmsg *i = NLMSG_DATA(h);
	struct rtattr *a[IFA_MAX + 1], *local;
	struct link *l = link_of(&r->links, i->ifa_index);
	__be32 addr, mask;

	if (h->nlmsg_type != RTM_NEWADDR || !l || !l->ours)
		return;
	find(IFA_RTA(i), IFA_PAYLOAD(h), a, IFA_MAX + 1);
	local = a[IFA_LOCAL] ? a[IFA_LOCAL] : a[IFA_ADDRESS];
	if (!local)
		return;
	if (i->ifa_family == AF_INET6 && RTA_PAYLOAD(local) == 16)
		own_add(r->list, SHUNT_OWN6, RTA_DATA(local));
	if (i->ifa_family != AF_INET || RTA_PAYLOAD(local) != 4)
		return;
	addr = word(local);
	own_add(r->list, SHUNT_OWN4, &addr);
	if (i->ifa_prefixlen && i->ifa_prefixlen < 31) {
		mask = htonl(~0u >> i->ifa_prefixlen);
		addr |= mask;
		own_add(r->list, SHUNT_BROADCAST4, &addr);
	}
}

int own_read(struct own_list *l, unsigned int ifindex)
{
	struct reading *r = calloc(1, sizeof(*r));
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err = 0;

	memset(l, 0, sizeof(*l));
	if (!r || fd < 0)
		err = r ? -errno : -ENOMEM;
	if (!err) {
		r->ifindex = ifindex;
		r->list = l;
		err = dump(r, fd, RTM_GETLINK, hear_link);
	}
	if (!err) {
		climb(&r->links);
		err = dump(r, fd, RTM_GETADDR, hear_addr);
	}
	if (fd >= 0)
		close(fd);
	free(r);
	return err;
}
