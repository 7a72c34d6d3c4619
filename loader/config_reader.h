/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config_reader.h - the parts that check a configuration file, each its keys
 *
 * Each returns 0, or -errno and has failed with the line of the value that is wrong.
 */
#pragma once

#include "config.h"
#include "setup.h"

#define ANY_SERVICE "any" /* of a port: each service answers its requests */

struct config_reader {
	struct ctl *ctl;
	const char *file;
	char *text;
	size_t len;
	struct config *c;
	struct setup *s;
};

/* Puts "FILE:LINE: PATH: " before the failure of the
 * value at a path such as "classes[1].slo". Returns -EINVAL. */
int config_at(struct config_reader *r, const char *fmt, ...) __printf(2, 3);
/* Fails for the value at the path. */
int config_bad(struct config_reader *r, const char *why, const char *fmt, ...) __printf(3, 4);
/* The number of a class, -ENOENT. */
int config_class_of(const struct setup *s, const char *name);
/* Fails for a class that the file does not define, by the path of the value that names it. */
int config_bad_class(struct config_reader *r, const char *name, const char *fmt, ...)
	__printf(3, 4);

/* config_classes.c */
int config_classes(struct config_reader *r);
/* config_ports.c: ports, and the rules of each. */
int config_ports(struct config_reader *r);
int config_rpc(struct config_reader *r); /* behind the ports, before the rules */
int config_rules(struct config_reader *r);
/* config_ports.c: behind the domains: the service that each port is of. */
int config_port_services(struct config_reader *r);
/* config_actors.c: the rows, before the rules; what a rule says of actors; and, behind the domains,
 * their places. */
int config_actors(struct config_reader *r);
int config_rule_actor(struct config_reader *r, __u32 i, const struct shunt_port *port,
		      struct shunt_rule *rule);
int config_actor_places(struct config_reader *r);
/* config_refuse.c: the i-th port's refusal, and its number in the port's flags. */
int config_refuse(struct config_reader *r, __u32 i, struct shunt_port *port);
/* config_address.c */
int config_address(struct config_reader *r);
/* config_domains.c; *bare: the domains (bit i) that name no CPU. */
int config_domains(struct config_reader *r, __u32 *bare);
/* config_seats.c: behind the domains: the CPUs that services share. */
int config_seats(struct config_reader *r);
/* config_wire.c: the NIC's part. */
int config_wire(struct config_reader *r);
