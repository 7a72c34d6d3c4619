// SPDX-License-Identifier: BSD-2-Clause
/*
 * rules.c - the rules of the service ports, changed while packets are classified by them
 *
 * A port says where its rules lie. The new ones go where no port's rules are; then the port's 8
 * bytes are stored at once: that is the moment of the change. Slots that became free may still
 * be read by a packet that is on its way through the program, so each command waits for such
 * packets before it writes a slot: whoever freed it may have been killed right after that.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "maps.h"
#include "rules.h"

#define NPORTS 65536

int rules_open(struct ctl *ctl, struct rule_table *t)
{
	int fd = map_open(ctl, "ports", sizeof(struct shunt_port)), err = 0;

	t->ports = NULL;
	if (fd < 0)
		return fd;
	t->ports = shunt_map_mmap(fd, NPORTS * sizeof(*t->ports), true);
	if (!t->ports)
		err = fail_bpf(ctl, -errno, "cannot map the map 'ports'");
	close(fd);
	for (__u32 i = 0; !err && i < SHUNT_RULES; i++)
		err = map_get(ctl, "rules", i, &t->rules[i], sizeof(t->rules[i]));
	if (err)
		rules_close(t);
	return err;
}

void rules_close(struct rule_table *t)
{
	if (!t || !t->ports)
		return;
	munmap(t->ports, NPORTS * sizeof(*t->ports));
	t->ports = NULL;
}

bool rules_by_rpc(const struct rule_table *t, __u32 port)
{
	return t->ports[port].flags & SHUNT_PORT_RPC;
}

bool rules_serves(const struct rule_table *t, __u32 port)
{
	return port < NPORTS && (t->ports[port].flags & SHUNT_PORT_ON);
}

/* As XDP bounds it: bpftool may have written anything. */
static int count_of(const struct shunt_port *p)
{
	if (p->flags & SHUNT_PORT_RPC)
		return 0;
	return p->count < SHUNT_PORT_RULES ? p->count : SHUNT_PORT_RULES;
}

int rules_get(const struct rule_table *t, __u32 port, struct shunt_rule out[SHUNT_PORT_RULES])
{
	const struct shunt_port *p = &t->ports[port];
	int n = count_of(p);

	for (int i = 0; i < n; i++)
		out[i] = t->rules[(p->first + i) % SHUNT_RULES];
	return n;
}

int rules_find_run(const unsigned char used[SHUNT_RULES], int n)
{
	int run = 0;

	if (!n)
		return 0;
	/* Runs may wrap around, as XDP takes the number modulo SHUNT_RULES. */
	for (int i = 0; i < SHUNT_RULES + n - 1; i++) {
		run = used[i % SHUNT_RULES] ? 0 : run + 1;
		if (run == n)
			return i + 1 - n;
	}
	return -ENOSPC;
}

/* Waits until no CPU is in a program that had started before. Where the kernel refuses (nohz_full),
 * the time since the command before is what there is. */
static void wait_for_packets(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

static void mark_used(const struct rule_table *t, unsigned char used[SHUNT_RULES])
{
	memset(used, 0, SHUNT_RULES);
	for (int port = 0; port < NPORTS; port++) {
		const struct shunt_port *p = &t->ports[port];

		for (int i = 0; (p->flags & SHUNT_PORT_ON) && i < count_of(p); i++)
			used[(p->first + i) % SHUNT_RULES] = 1;
	}
}

/* Writes n rules into slots that no port names. A slot that has its rule already may be in use. */
static int write_slots(struct ctl *ctl, struct rule_table *t, const struct shunt_rule *rules, int n,
		       int first)
{
	bool waited = false;
	int err = 0;

	for (int i = 0; !err && i < n; i++) {
		__u32 at = (first + i) % SHUNT_RULES;

		if (!memcmp(&t->rules[at], &rules[i], sizeof(rules[i])))
			continue;
		if (!waited)
			wait_for_packets();
		waited = true;
		err = map_set(ctl, "rules", at, &rules[i], sizeof(rules[i]));
		if (!err)
			err = map_set_card(ctl, "rules", at, &rules[i], sizeof(rules[i]));
		if (!err)
			t->rules[at] = rules[i];
	}
	return err;
}

/* Writes n rules at first, where no other is in use, and makes them the port's. */
static int place(struct ctl *ctl, struct rule_table *t, __u32 port, const struct shunt_rule *rules,
		 int n, int first)
{
	struct shunt_port new = t->ports[port];
	int err = write_slots(ctl, t, rules, n, first);
	__u64 word;

	if (err)
		return err;
	new.first = first;
	new.count = n;
	memcpy(&word, &new, sizeof(word));
	/* Release: the rules are there before the port names them. */
	__atomic_store_n((__u64 *)&t->ports[port], word, __ATOMIC_RELEASE);
	return map_set_card(ctl, "ports", port, &new, sizeof(new));
}

/* Moves one port's rules to a lower place that is free as a whole. 1: done, 0: none can be. */
static int pack_one(struct ctl *ctl, struct rule_table *t)
{
	struct shunt_rule rules[SHUNT_PORT_RULES];
	unsigned char used[SHUNT_RULES];
	int n, to, err;

	mark_used(t, used);
	for (__u32 port = 0; port < NPORTS; port++) {
		if (!rules_serves(t, port) || !count_of(&t->ports[port]))
			continue;
		n = rules_get(t, port, rules);
		to = rules_find_run(used, n);
		if (to < 0 || to >= t->ports[port].first % SHUNT_RULES)
			continue;
		err = place(ctl, t, port, rules, n, to);
		return err ? err : 1;
	}
	return 0;
}

/* Finds a place where n rules fit in a row; if there
 * is none, others move together, each gapless. */
static int find_room(struct ctl *ctl, struct rule_table *t, int n)
{
	unsigned char used[SHUNT_RULES];
	int first, free = 0, moved;

	do {
		mark_used(t, used);
		first = rules_find_run(used, n);
		if (first >= 0)
			return first;
		moved = pack_one(ctl, t);
	} while (moved > 0);
	if (moved < 0)
		return moved;
	for (int i = 0; i < SHUNT_RULES; i++)
		free += !used[i];
	fail(ctl, first, "no room for %d rules in a row: %d of %d slots are free, and the old "
	     "rules stay until the new ones are in", n, free, SHUNT_RULES);
	hint(ctl, "'shunt rule flush PORT' makes room");
	return first;
}

/* The rules' place now, if the old rules are the first of the new and there is room behind them. */
static int find_behind(const struct rule_table *t, __u32 port, const struct shunt_rule *rules,
		       int n)
{
	const struct shunt_port *p = &t->ports[port];
	struct shunt_rule old[SHUNT_PORT_RULES];
	unsigned char used[SHUNT_RULES];
	int count = rules_get(t, port, old);

	if (!count || n < count || memcmp(old, rules, count * sizeof(old[0])))
		return -ENOSPC;
	mark_used(t, used);
	for (int i = count; i < n; i++) {
		if (used[(p->first + i) % SHUNT_RULES])
			return -ENOSPC;
	}
	return p->first % SHUNT_RULES;
}

int rules_put(struct ctl *ctl, struct rule_table *t, __u32 port, const struct shunt_rule *rules,
	      int n)
{
	int first = find_behind(t, port, rules, n);

	if (first < 0)
		first = find_room(ctl, t, n);
	return first < 0 ? first : place(ctl, t, port, rules, n, first);
}
