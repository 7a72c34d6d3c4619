/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.h - the configuration file as libcyaml reads it, before it means anything
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "why.h"

struct config_domain {
	uint32_t *queue;  /* NULL: not said, see queues */
	uint32_t *queues; /* if queue is not said: a queue of each core */
	uint32_t queues_count;
	char **cpu_words; /* "3" or "4-7", in the file's order … */
	uint32_t cpu_words_count;
	uint32_t *cpus;   /* the values, as they are meant */
	uint32_t cpus_count;
	char *user; /* NULL: any user that shuntd lets in */
	char *service; /* NULL: it shares no CPU as a seat */
};

struct config_class {
	char *name;
	char *slo;
	char *quantum;
	uint32_t hold;
	int requeue; /* enum shunt_requeue + 1; 0: not said */
	uint32_t demote_after;
	char *expire;
	char *admit;
	char *least;
	char *demote_to;
};

struct config_preempt {
	int mode; /* enum shunt_preempt */
	uint32_t parked;
	char *watch;
	char *grace;
	int signals; /* 1: by XDP too */
};

struct config_key {
	uint32_t offset;
	uint32_t length;
};

struct config_refuse {
	int protocol; /* enum shunt_refuse_kind */
	char *reply;
	uint32_t offset;
	uint32_t length;
	uint32_t *rate; /* NULL: not said */
};

struct config_port {
	uint32_t port;
	char *dflt;
	struct config_key key;
	struct config_refuse refuse;
	char *service; /* NULL: not said */
};

struct config_rule {
	uint32_t port;
	uint32_t offset;
	char *value;
	char *mask;
	uint32_t width;
	char *cls;   /* or: */
	char *actor;
};

struct config_actor {
	char *name;
	char *kind;
	char *cls;
	char *place;
	uint32_t *count; /* NULL: one */
	uint32_t exclusive;
};

struct config_rpc {
	uint32_t port;
	uint32_t program;
	uint32_t version;
	char *cls;
	uint32_t *procedures; /* NULL: all */
	uint32_t procedures_count;
};

struct config_wire_core {
	char *mac;
	uint32_t host;
};

struct config_wire_host {
	char *key;
};

struct config_wire {
	char *key; /* of the only host; or: */
	struct config_wire_host *hosts;
	uint32_t hosts_count;
	uint32_t k;
	int keep; /* 1: on */
	int grow; /* 1: on */
	char *late;
	uint32_t slots;
	uint32_t frame;
	struct config_wire_core *cores;
	uint32_t cores_count; /* 0: there is no "wire" */
};

struct config_seats {
	char *quantum;
	char *hold;
};

struct config_hang {
	char *after;
	int action;
};

struct config_hold {
	char *age;
};

struct config {
	struct config_domain *domains;
	uint32_t domains_count;
	bool auto_domains; /* "domains: auto" */
	struct config_class *classes;
	uint32_t classes_count;
	struct config_port *ports;
	uint32_t ports_count;
	struct config_rule *rules;
	uint32_t rules_count;
	struct config_actor *actors;
	uint32_t actors_count;
	struct config_rpc *rpc;
	uint32_t rpc_count;
	uint64_t *knobs;
	uint32_t knobs_count;
	char **address;
	uint32_t address_count;
	struct config_seats seats;
	struct config_hang hang;
	struct config_hold hold;
	char *drain;
	struct config_preempt preempt;
	struct config_wire wire;
	int fallback;
	int any_address; /* 1: on */
	int verify; /* enum setup_verify */
	int share_cpus; /* 1: on */
	int stamp; /* 1: on */
	uint32_t zerocopy; /* of enum shunt_cfg_flags; 0: auto */
	uint32_t chunk;
	uint32_t core_ring;
	uint32_t hold_ring;
	uint32_t spare;
};

/* Reads text, and changes it where it says "domains: auto"; NULL with the reason in why and its
 * line (0: none). */
struct config *config_read(char *text, size_t len, int *line, struct why *why);
void config_free(struct config *c);
/* The line of the value at a path such as "classes[1].slo", or of its nearest parent; 0: none. */
int config_line(const char *text, size_t text_len, const char *path);
