// SPDX-License-Identifier: BSD-2-Clause
/*
 * ingress.c - loads a policy's object without the loader, configures its maps and runs its programs
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ingress.h"

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void ingress_need(void)
{
	if (geteuid()) {
		puts("1..0 # SKIP not root: BPF programs cannot be loaded");
		exit(77);
	}
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

static void *map_memory(int fd, size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, (len + page - 1) & ~(page - 1), PROT_READ | PROT_WRITE, MAP_SHARED,
			fd, 0);

	if (at == MAP_FAILED)
		die("cannot map a map of %zu bytes: %s", len, strerror(errno));
	return at;
}

static void unmap_memory(void *at, size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);

	munmap(at, (len + page - 1) & ~(page - 1));
}

int ingress_map(const struct ingress *g, const char *map)
{
	int fd = bpf_object__find_map_fd_by_name(g->obj, map);

	if (fd < 0)
		die("the object has no map '%s'", map);
	return fd;
}

void ingress_set(const struct ingress *g, const char *map, __u32 key, const void *value)
{
	if (bpf_map_update_elem(ingress_map(g, map), &key, value, BPF_ANY))
		die("cannot set '%s'[%u]: %s", map, key, strerror(errno));
}

void ingress_get(const struct ingress *g, const char *map, __u32 key, void *value)
{
	if (bpf_map_lookup_elem(ingress_map(g, map), &key, value))
		die("cannot read '%s'[%u]: %s", map, key, strerror(errno));
}

void ingress_slot(struct ingress *g, __u32 slot, bool on)
{
	int xsks = ingress_map(g, "xsks");

	if (on && bpf_map_update_elem(xsks, &slot, &g->sock, BPF_ANY))
		die("cannot put a socket into 'xsks'[%u]: %s", slot, strerror(errno));
	if (!on && bpf_map_delete_elem(xsks, &slot) && errno != ENOENT && errno != EINVAL)
		die("cannot take the socket out of 'xsks'[%u]: %s", slot, strerror(errno));
}

void ingress_up(struct ingress *g, __u64 cores)
{
	struct shunt_view *v = g->view;

	g->dom->up = v->up = cores;
	v->ncores_up = 0;
	for (int i = 0; i < SHUNT_CORES; i++) {
		if (cores >> i & 1)
			v->order[v->ncores_up++] = i;
	}
}

static void put_own(struct shunt_own *own, __u32 hash, enum shunt_own_kind kind, const void *addr,
		    size_t len)
{
	struct shunt_own_slot *s = &own->slot[0][SHUNT_OWN_AT(hash)];

	if (s->kind)
		die("two addresses have one place: take another seed");
	s->kind = kind;
	own->last_bits |= SHUNT_OWN_BIT(((const __u8 *)addr)[len - 1]);
	memcpy((char *)(s->addr + 4) - len, addr, len);
}

void ingress_own(struct ingress *g, const void *addr4, const void *addr6)
{
	static struct shunt_own own;
	__u32 seed = 0x9e3779b1, words[4];

	own = (struct shunt_own){ .use = SHUNT_OWN_USE(0, seed), .mac = "\x02\x00\xc6\x12\x00\x02",
				   .mac_mask = SHUNT_OWN_MAC };
	if (addr4) {
		memcpy(words, addr4, 4);
		put_own(&own, shunt_own_hash4(seed, words[0]), SHUNT_OWN4, addr4, 4);
	}
	if (addr6) {
		memcpy(words, addr6, 16);
		put_own(&own, shunt_own_hash6(seed, words), SHUNT_OWN6, addr6, 16);
	}
	ingress_set(g, "own", 0, &own);
}

void ingress_port(struct ingress *g, __u16 port, struct shunt_port value)
{
	struct shunt_cfg cfg;

	ingress_set(g, "ports", port, &value);
	ingress_get(g, "cfg", 0, &cfg);
	if (value.flags & SHUNT_PORT_ON)
		cfg.port_bits |= SHUNT_PORT_BIT(port);
	ingress_set(g, "cfg", 0, &cfg);
}

static void make_view(struct ingress *g)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	__u32 zero = 0;

	g->view_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "view0", sizeof(zero),
				    sizeof(struct shunt_view), 1, &opts);
	if (g->view_fd < 0)
		die("cannot make a view: %s", strerror(errno));
	ingress_set(g, "views", 0, &g->view_fd);
	g->view = map_memory(g->view_fd, sizeof(struct shunt_view));
}

static int program(const struct ingress *g, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(g->obj, name);

	if (!prog)
		die("the object has no program '%s'", name);
	return bpf_program__fd(prog);
}

void (*ingress_prepare)(struct bpf_object *obj);

struct ingress *ingress_load(const char *object, __u32 cores, __u32 classes)
{
	struct ingress *g = calloc(1, sizeof(*g));
	struct shunt_cfg cfg = {
		.abi = SHUNT_ABI, .ndomains = 1, .nclasses = classes, .chunk = 2048,
		.core_ring = 256, .hold_ring = 1024,
	};

	libbpf_set_print(quiet);
	g->obj = bpf_object__open_file(object, NULL);
	if (g->obj && ingress_prepare)
		ingress_prepare(g->obj);
	if (!g->obj || bpf_object__load(g->obj))
		die("cannot load '%s': %s", object, strerror(errno));
	g->prog = program(g, "shunt_ingress");
	g->ask = program(g, "shunt_ask");
	make_view(g);
	g->in = map_memory(ingress_map(g, "ingress"), (SHUNT_QUEUES + 1) * sizeof(*g->in));
	g->dom = map_memory(ingress_map(g, "domains"), SHUNT_DOMAINS * sizeof(*g->dom));
	ingress_set(g, "cfg", 0, &cfg);
	ingress_own(g, "\xc6\x12\x00\x02", "\xfd\x00\x01\x98\x00\x18\0\0\0\0\0\0\0\0\0\2");
	ingress_set(g, "queues", 0, &(struct shunt_queue){ .domain = 1 });
	g->dom->on = 1;
	g->dom->nqueues = 1;
	g->dom->ncores = cores;
	g->view->abi = SHUNT_ABI;
	g->view->nclasses = classes;
	ingress_up(g, cores < SHUNT_CORES ? (1ULL << cores) - 1 : ~0ULL);

	/* Never bound, so it takes nothing; but the map holds it, and a redirect to it is one. */
	g->sock = socket(AF_XDP, SOCK_RAW, 0);
	if (g->sock < 0)
		die("cannot make an AF_XDP socket: %s", strerror(errno));
	for (__u32 slot = 0; slot < SHUNT_SLOTS; slot++)
		ingress_slot(g, slot, true);
	return g;
}

void ingress_free(struct ingress *g)
{
	if (!g)
		return;
	unmap_memory(g->view, sizeof(*g->view));
	unmap_memory(g->in, (SHUNT_QUEUES + 1) * sizeof(*g->in));
	unmap_memory(g->dom, SHUNT_DOMAINS * sizeof(*g->dom));
	close(g->view_fd);
	close(g->sock);
	bpf_object__close(g->obj);
	free(g);
}

void ingress_repeat(struct ingress *g, const void *data, __u32 len, __u32 repeat, struct verdict *v)
{
	struct xdp_md in = { .data_end = len }, out = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = len,
		    .data_out = v->data, .data_size_out = sizeof(v->data), .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .ctx_out = &out, .ctx_size_out = sizeof(out),
		    .repeat = repeat);

	if (bpf_prog_test_run_opts(g->prog, &opts))
		die("cannot run a packet of %u bytes: %s", len, strerror(errno));
	v->action = opts.retval;
	v->ns = opts.duration;
	v->len = out.data_end - out.data;
	v->has_meta = out.data >= sizeof(v->meta);
	if (v->has_meta) /* the last packet's lies first */
		memcpy(&v->meta, v->data, sizeof(v->meta));
}

void ingress_run(struct ingress *g, const void *data, __u32 len, struct verdict *v)
{
	ingress_repeat(g, data, len, 1, v);
}

int ingress_ask(struct ingress *g, enum shunt_ask_op op, const struct shunt_event *ev)
{
	struct shunt_ask ask = { .op = op, .ev = *ev };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &ask, .ctx_size_in = sizeof(ask));

	if (bpf_prog_test_run_opts(g->ask, &opts))
		die("cannot ask the policy: %s", strerror(errno));
	return opts.retval ? -1000 : ask.answer;
}

__u64 env_number(const char *name, __u64 otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}
