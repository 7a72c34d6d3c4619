// SPDX-License-Identifier: BSD-2-Clause
/*
 * nic.c - loads, attaches and feeds the NIC's program; watches its cores
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpfmap.h"
#include "nic.h"

#define AGAIN_NS 100000ULL /* a PREEMPT may get lost: repeated while it has not helped */

static size_t whole_pages(size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (len + page - 1) & ~(page - 1);
}


/* A descriptor of a map, the caller's. */
static int open_map(const struct nic *nic, const char *map)
{
	int fd;

	if (!nic->obj)
		return shunt_pin_open(&nic->pins, map);
	fd = dup(bpf_object__find_map_fd_by_name(nic->obj, map));
	return fd < 0 ? -errno : fd;
}

static int set(const struct nic *nic, const char *map, __u32 key, const void *value)
{
	int fd = open_map(nic, map), err;

	if (fd < 0)
		return fd;
	err = bpf_map_update_elem(fd, &key, value, BPF_ANY) ? -errno : 0;
	close(fd);
	return err;
}

static int get(const struct nic *nic, const char *map, __u32 key, void *value)
{
	int fd = open_map(nic, map), err;

	if (fd < 0)
		return fd;
	err = bpf_map_lookup_elem(fd, &key, value) ? -errno : 0;
	close(fd);
	return err;
}

static void *map_named(const struct nic *nic, const char *map, size_t len)
{
	int fd = open_map(nic, map);
	void *at;

	if (fd < 0)
		return NULL;
	at = shunt_map_mmap(fd, len, true);
	close(fd);
	return at;
}

static int map_all(struct nic *nic)
{
	nic->view = shunt_map_mmap(nic->view_fd, sizeof(struct shunt_view), true);
	nic->state = map_named(nic, "nic", sizeof(struct shunt_nic));
	nic->core = map_named(nic, "nic_cores", SHUNT_CORES * sizeof(struct shunt_nic_core));
	nic->cmd = map_named(nic, "nic_cmd", sizeof(struct shunt_nic_cmd));
	nic->in = map_named(nic, "ingress", (SHUNT_QUEUES + 1) * sizeof(struct shunt_ingress));
	nic->port = map_named(nic, "ports", 65536 * sizeof(struct shunt_port));
	return nic->view && nic->state && nic->core && nic->cmd && nic->in && nic->port ? 0
											: -ENOMEM;
}

static int make_view(struct nic *nic)
{
	int err;

	nic->view_fd = shunt_map_make_view("view0");
	if (nic->view_fd < 0)
		return nic->view_fd;
	err = set(nic, "views", 0, &nic->view_fd);
	if (err)
		return err;
	return map_all(nic);
}

int nic_load(struct nic *nic, const struct nic_opts *opts, struct why *why)
{
	int err;

	memset(nic, 0, sizeof(*nic));
	nic->opts = *opts;
	nic->view_fd = nic->sock = nic->link = -1;
	nic->obj = bpf_object__open_file(opts->object, NULL);
	if (!nic->obj)
		return why_fail(why, -errno, "cannot read '%s': %s", opts->object, strerror(errno));
	err = shunt_nic_set_sizes(nic->obj, &opts->sizes);
	if (err) {
		why_fail(why, err, "'%s' is no NIC program, or cannot have slots of %u bytes",
			 opts->object, opts->sizes.frame);
	} else {
		err = bpf_object__load(nic->obj);
		if (!err)
			err = make_view(nic);
		if (err)
			why_fail(why, err, "cannot load '%s': %s", opts->object, strerror(-err));
	}
	if (err) {
		nic_unload(nic);
		return err;
	}
	nic->prog = bpf_program__fd(bpf_object__find_program_by_name(nic->obj, "shunt_nic"));
	return 0;
}

int nic_configure(struct nic *nic, const struct shunt_cfg *cfg, const struct shunt_nic_cfg *nic_cfg)
{
	int err = set(nic, "cfg", 0, cfg);

	nic->cfg = *nic_cfg;
	nic->view->nclasses = cfg->nclasses;
	nic->view->abi = SHUNT_ABI;
	return err ? err : set(nic, "nic_cfg", 0, nic_cfg);
}

/* A cookie that nobody can guess. */
static int refresh(struct nic *nic, __u32 core)
{
	struct shunt_nic_port *p = &nic->cores[core];

	do {
		if (getrandom(&p->cookie, sizeof(p->cookie), 0) != sizeof(p->cookie))
			return -EIO;
	} while (!p->cookie || p->cookie == nic->core[core].cookie);
	return set(nic, "nic_ports", core, p);
}

int nic_set_core(struct nic *nic, __u32 core, const __u8 *mac, __u32 group, struct shunt_key key)
{
	if (core >= SHUNT_CORES || group >= SHUNT_NIC_GROUPS)
		return -EINVAL;
	memcpy(nic->cores[core].mac, mac, 6);
	nic->cores[core].group = group;
	nic->cores[core].key = key;
	nic->cores[core].on = 1;
	return refresh(nic, core);
}

static int open_sock(struct nic *nic, int ifindex, struct why *why)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = ifindex,
				  .sll_protocol = htons(SHUNT_WIRE_PROTO) };

	nic->sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (nic->sock < 0 || bind(nic->sock, (struct sockaddr *)&to, sizeof(to)))
		return why_fail(why, -errno, "cannot send frames: %s", strerror(errno));
	return 0;
}

/* Cores as the loader wrote them, each with a cookie that is fresh. */
static int adopt_cores(struct nic *nic)
{
	int err = get(nic, "nic_cfg", 0, &nic->cfg);

	for (__u32 i = 0; !err && i < SHUNT_CORES; i++) {
		err = get(nic, "nic_ports", i, &nic->cores[i]);
		if (!err && nic->cores[i].on && (!nic->cores[i].cookie ||
						 nic->cores[i].cookie == nic->core[i].cookie))
			err = refresh(nic, i);
	}
	return err;
}

int nic_open(struct nic *nic, const struct shunt_pins *pins, int ifindex, __u32 silent_ms,
	     struct why *why)
{
	int err;

	memset(nic, 0, sizeof(*nic));
	nic->pins = *pins;
	nic->opts.silent_ms = silent_ms;
	nic->sock = nic->link = -1;
	nic->view_fd = shunt_pin_open_view(pins, 0);
	err = nic->view_fd < 0 ? nic->view_fd : map_all(nic);
	if (!err)
		err = adopt_cores(nic);
	if (err)
		why_fail(why, err, "cannot use the pinned maps of '%s': %s", pins->ifname,
			 strerror(-err));
	else
		err = open_sock(nic, ifindex, why);
	if (err)
		nic_unload(nic);
	return err;
}

int nic_attach(struct nic *nic, int ifindex, struct why *why)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);

	nic->link = bpf_link_create(nic->prog, ifindex, BPF_XDP, &opts);
	if (nic->link < 0)
		return why_fail(why, -errno, "cannot attach to interface %d in native mode: %s",
				ifindex, strerror(errno));
	return open_sock(nic, ifindex, why);
}

bool nic_ask(struct nic *nic, enum shunt_nic_op op, __u32 core)
{
	__u64 nr = nic->cmd->nr;

	if (__atomic_load_n(&nic->state->cmd, __ATOMIC_ACQUIRE) != nr)
		return false;
	nic->cmd->op = op;
	nic->cmd->core = core;
	__atomic_store_n(&nic->cmd->nr, nr + 1, __ATOMIC_RELEASE);
	return true;
}

/* Something waits that this core may run, be it in its own ring, behind what runs. */
static bool something_waits(const struct nic *nic, const struct shunt_nic_core *c)
{
	return (c->load > 1 && c->sent != c->run) || nic->state->waiting[0] ||
	       (c->group < SHUNT_NIC_GROUPS && nic->state->waiting[1 + c->group]);
}

static void preempt(struct nic *nic, __u32 core, __u64 id, __u64 now_ns)
{
	const struct shunt_nic_core *c = &nic->core[core];
	struct shunt_wire_preempt f = {
		.w = { .proto = htons(SHUNT_WIRE_PROTO), .version = SHUNT_WIRE,
		       .type = SHUNT_WIRE_PREEMPT, .core = core, .bytes = sizeof(f),
		       .epoch = c->epoch, .cookie = c->cookie },
		.id = id,
	};
	__u8 frame[SHUNT_WIRE_MIN] = { 0 };

	memcpy(f.w.to, nic->cores[core].mac, 6);
	memcpy(f.w.from, nic->cfg.mac, 6);
	memcpy(frame, &f, sizeof(f));
	if (send(nic->sock, frame, sizeof(frame), MSG_DONTWAIT) == (ssize_t)sizeof(frame))
		nic->preempts++;
	nic->marked[core] = id;
	nic->marked_ns[core] = now_ns;
}

/*
 * Has the core seen none of the numbers that were sent to it for so long, be it that it says
 * credits all the time? Then no frame reaches it: its host has no shuntd, nor shuntd's program.
 */
static bool is_deaf(struct nic *nic, __u32 core, __u64 now_ns, __u64 limit_ns)
{
	const volatile struct shunt_nic_core *c = &nic->core[core];
	struct nic_hearing *was = &nic->hearing[core];
	__u32 epoch = c->epoch, high = c->high;

	if (epoch != was->epoch || high != was->high || high == c->sent) {
		*was = (struct nic_hearing){ epoch, high, now_ns };
		return false;
	}
	return now_ns > was->since_ns && now_ns - was->since_ns > limit_ns;
}

/* Ends the epoch of a core that is silent, or deaf. */
static bool end_silent(struct nic *nic, __u32 core, __u64 now_ns)
{
	__u64 limit_ns = nic->opts.silent_ms * 1000000ULL, heard = nic->core[core].heard_ns;
	bool silent = now_ns > heard && now_ns - heard > limit_ns;
	bool deaf = is_deaf(nic, core, now_ns, limit_ns) && !silent;

	if (!limit_ns || !(silent || deaf))
		return false;
	if (!nic_ask(nic, SHUNT_NIC_OFF, core))
		return true;
	nic->silent += silent;
	nic->deaf |= (__u64)deaf << core;
	return true;
}

void nic_tick(struct nic *nic, __u64 now_ns, const __u64 quantum_ns[SHUNT_CLASSES])
{
	for (__u32 i = 0; i < SHUNT_CORES; i++) {
		const volatile struct shunt_nic_core *c = &nic->core[i];
		__u64 id = c->run_id, since = c->run_ns;
		__u64 quantum = quantum_ns[c->run_cls % SHUNT_CLASSES];

		if (!nic->cores[i].on)
			continue;
		if (c->cookie == nic->cores[i].cookie)
			refresh(nic, i);
		if (!c->cookie || end_silent(nic, i, now_ns))
			continue;
		if (!id || !quantum || now_ns < since + quantum ||
		    !something_waits(nic, (const struct shunt_nic_core *)c))
			continue;
		if (nic->marked[i] != id || now_ns > nic->marked_ns[i] + AGAIN_NS)
			preempt(nic, i, id, now_ns);
	}
}

static void unmap(void *at, size_t len)
{
	if (at)
		munmap(at, whole_pages(len));
}

void nic_unload(struct nic *nic)
{
	unmap(nic->view, sizeof(struct shunt_view));
	unmap(nic->state, sizeof(struct shunt_nic));
	unmap(nic->core, SHUNT_CORES * sizeof(struct shunt_nic_core));
	unmap(nic->cmd, sizeof(struct shunt_nic_cmd));
	unmap(nic->in, (SHUNT_QUEUES + 1) * sizeof(struct shunt_ingress));
	unmap(nic->port, 65536 * sizeof(struct shunt_port));
	if (nic->view_fd >= 0)
		close(nic->view_fd);
	if (nic->link >= 0)
		close(nic->link);
	if (nic->sock >= 0)
		close(nic->sock);
	bpf_object__close(nic->obj);
	memset(nic, 0, sizeof(*nic));
	nic->view_fd = nic->sock = nic->link = -1;
}
