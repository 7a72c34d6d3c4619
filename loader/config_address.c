// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_address.c - 'address' of the configuration file: one that a host can have
 */
#include <arpa/inet.h>

#include "config_reader.h"

#define INSTEAD ": name one that routers send here, or leave 'address' out for the interface's own"

/* Why no request can be for it, or no reply from it; NULL: it is a host's. */
static const char *no_host4(__be32 addr)
{
	__u32 a = ntohl(addr);

	if (!a)
		return "0.0.0.0 is no host's address: for requests to whatever address say "
		       "'any-address: on' in place of 'address'";
	if (a >> 24 == 127)
		return "a loopback address, which no packet from a network has" INSTEAD;
	if (a == ~0U)
		return "the broadcast address, from which nobody may reply" INSTEAD;
	if (a >> 28 == 14)
		return "a multicast address, from which nobody may reply" INSTEAD;
	return a >> 24 == 0 || a >> 28 == 15 ? "a reserved address, which no host has" INSTEAD
					     : NULL;
}

static const char *no_host6(const void *addr)
{
	const struct in6_addr *a = addr;

	if (IN6_IS_ADDR_UNSPECIFIED(a))
		return ":: is no host's address: for requests to whatever address say "
		       "'any-address: on' in place of 'address'";
	if (IN6_IS_ADDR_LOOPBACK(a))
		return "the loopback address, which no packet from a network has" INSTEAD;
	if (IN6_IS_ADDR_MULTICAST(a))
		return "a multicast address, from which nobody may reply" INSTEAD;
	if (IN6_IS_ADDR_V4MAPPED(a))
		return "an IPv4 address in IPv6's form: write it as 192.0.2.1";
	return NULL;
}

int config_address(struct config_reader *r)
{
	struct shunt_cfg *cfg = &r->s->cfg;
	const char *wrong;

	if (r->c->any_address)
		cfg->flags |= SHUNT_CFG_ANY_ADDR;
	if (r->c->any_address && r->c->address_count)
		return config_bad(r, "with 'any-address: on' no address makes a difference: say "
				     "one of them", "address");
	for (__u32 i = 0; i < r->c->address_count; i++) {
		__u32 flag;

		if (inet_pton(AF_INET, r->c->address[i], &cfg->addr4) == 1)
			flag = SHUNT_CFG_ADDR4;
		else if (inet_pton(AF_INET6, r->c->address[i], cfg->addr6) == 1)
			flag = SHUNT_CFG_ADDR6;
		else
			return config_bad(r, "no IPv4 or IPv6 address", "address[%u]", i);
		wrong = flag == SHUNT_CFG_ADDR4 ? no_host4(cfg->addr4) : no_host6(cfg->addr6);
		if (wrong)
			return config_bad(r, wrong, "address[%u]", i);
		if (cfg->flags & flag)
			return config_bad(r, "one address of each family", "address[%u]", i);
		cfg->flags |= flag;
	}
	return 0;
}
