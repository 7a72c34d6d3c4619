// SPDX-License-Identifier: BSD-2-Clause
/*
 * count_names.c - the names of counts in JSON and in the tables of stats
 *
 * A count that is added to its enum without a name here does not compile.
 */
#include "count_names.h"

#pragma GCC diagnostic error "-Wswitch"

const char *pass_name(enum shunt_pass count)
{
	switch (count) {
	case SHUNT_PASS_L2: return "not_ip";
	case SHUNT_PASS_IP: return "ip";
	case SHUNT_PASS_PROTO: return "not_udp";
	case SHUNT_PASS_UDP: return "udp";
	case SHUNT_PASS_PORT: return "port";
	case SHUNT_PASS_ADDR: return "address";
	case SHUNT_PASS_MAC: return "mac";
	case SHUNT_PASS_QUEUE: return "queue";
	case SHUNT_PASS_CALL: return "no_call";
	case SHUNT_PASS_SERVICE: return "service";
	case SHUNT_NR_PASS: break;
	}
	return "?";
}

const char *deny_name(enum shunt_deny count)
{
	switch (count) {
	case SHUNT_DENY_MAC: return "group_mac";
	case SHUNT_DENY_SOURCE: return "source";
	case SHUNT_DENY_OWN: return "own_address";
	case SHUNT_DENY_PORT: return "service_port";
	case SHUNT_DENY_IP_SUM: return "ip_checksum";
	case SHUNT_DENY_UDP_SUM: return "udp_checksum";
	case SHUNT_NR_DENY: break;
	}
	return "?";
}

const char *event_name(enum shunt_event_count count)
{
	switch (count) {
	case SHUNT_EV_NO_META: return "no_meta";
	case SHUNT_EV_NO_SOCKET: return "no_socket";
	case SHUNT_EV_BAD_CORE: return "bad_core";
	case SHUNT_EV_BAD_CLASS: return "bad_class";
	case SHUNT_EV_BAD_LOAD: return "bad_load";
	case SHUNT_EV_BAD_BACKLOG: return "bad_backlog";
	case SHUNT_EV_BAD_LIMIT: return "bad_limit";
	case SHUNT_EV_CORE_FULL: return "core_full";
	case SHUNT_EV_CLAIM_LOST: return "claim_lost";
	case SHUNT_NR_EV: break;
	}
	return "?";
}

const char *nic_event_name(enum shunt_nic_event count)
{
	switch (count) {
	case SHUNT_NIC_EV_SHORT: return "short";
	case SHUNT_NIC_EV_VERSION: return "version";
	case SHUNT_NIC_EV_TYPE: return "type";
	case SHUNT_NIC_EV_CORE: return "core";
	case SHUNT_NIC_EV_KEY: return "key";
	case SHUNT_NIC_EV_OLDER: return "older";
	case SHUNT_NIC_EV_COOKIE: return "cookie";
	case SHUNT_NIC_EV_EPOCH: return "epoch";
	case SHUNT_NIC_EV_OLD: return "old";
	case SHUNT_NIC_EV_BAD: return "bad";
	case SHUNT_NIC_EV_TOKEN: return "token";
	case SHUNT_NIC_EV_NO_SLOT: return "no_slot";
	case SHUNT_NIC_EV_NO_ROOM: return "no_room";
	case SHUNT_NIC_EV_LONG: return "long";
	case SHUNT_NIC_EV_WINDOW: return "window";
	case SHUNT_NIC_EV_HELLO: return "hello";
	case SHUNT_NIC_EV_SKIP: return "skip";
	case SHUNT_NIC_EV_NOTE: return "note";
	case SHUNT_NIC_EV_OFF: return "off";
	case SHUNT_NIC_EV_BAD_SELECT: return "bad_select";
	case SHUNT_NIC_EV_NEEDLESS: return "needless";
	case SHUNT_NIC_EV_SERVICE: return "service";
	case SHUNT_NIC_EV_ACTORS: return "actors";
	case SHUNT_NIC_NR_EV: break;
	}
	return "?";
}
