// SPDX-License-Identifier: BSD-2-Clause
/*
 * maps.c - the maps of an object, from the types of their
 * declarations, and what the card says of them
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

#define MAPS 1024
#define MEMBERS 64

static const struct btf_type *follow(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	for (int depth = 0; t && depth < 32 && (btf_is_mod(t) || btf_is_typedef(t)); depth++)
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* __uint(name, N): a pointer to an array of N. */
static __u32 number_of(const struct btf *btf, const struct btf_member *m)
{
	const struct btf_type *t = follow(btf, m->type);

	t = t && btf_is_ptr(t) ? follow(btf, t->type) : NULL;
	return t && btf_is_array(t) ? btf_array(t)->nelems : 0;
}

/* __type(name, T): a pointer to T. */
static __u32 size_of(const struct btf *btf, const struct btf_member *m)
{
	const struct btf_type *t = follow(btf, m->type);
	__s64 size = t && btf_is_ptr(t) ? btf__resolve_size(btf, t->type) : 0;

	return size > 0 && size <= UINT32_MAX ? size : 0;
}

static void read_member(struct lint_map *map, const struct btf *btf, const struct btf_member *m)
{
	const char *name = btf__str_by_offset(btf, m->name_off);

	if (!name)
		return;
	if (!strcmp(name, "type"))
		map->type = number_of(btf, m);
	else if (!strcmp(name, "max_entries"))
		map->max_entries = number_of(btf, m);
	else if (!strcmp(name, "map_flags"))
		map->flags = number_of(btf, m);
	else if (!strcmp(name, "numa_node"))
		map->numa = true;
	else if (!strcmp(name, "key_size"))
		map->key_size = number_of(btf, m);
	else if (!strcmp(name, "value_size"))
		map->value_size = number_of(btf, m);
	else if (!strcmp(name, "key"))
		map->key_size = size_of(btf, m);
	else if (!strcmp(name, "value"))
		map->value_size = size_of(btf, m);
}

static struct lint_map *add_map(struct lint_object *o, const char *name)
{
	struct lint_map *map;

	if (o->nmaps == MAPS)
		return NULL;
	map = reallocarray(o->maps, o->nmaps + 1, sizeof(*map));
	if (!map)
		return NULL;
	o->maps = map;
	map += o->nmaps++;
	memset(map, 0, sizeof(*map));
	snprintf(map->name, sizeof(map->name), "%s", name);
	return map;
}

/* Declared in .maps: its type has a struct of that name's variable. */
static int declare(struct lint_object *o, const GElf_Sym *sym, const char *name)
{
	const struct btf *btf = o->image->btf;
	__s32 id = btf__find_by_name_kind(btf, name, BTF_KIND_VAR);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;
	struct lint_map *map;

	t = t ? follow(btf, t->type) : NULL;
	if (!t || !btf_is_struct(t) || btf_vlen(t) > MEMBERS)
		return -EINVAL;
	map = add_map(o, name);
	if (!map)
		return -ENOMEM;
	map->sec = sym->st_shndx;
	map->sec_off = sym->st_value;
	for (int i = 0; i < btf_vlen(t); i++)
		read_member(map, btf, &btf_members(t)[i]);
	if (map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
		map->key_size = 4;
		map->value_size = 4;
	}
	return 0;
}

static int add_globals(struct lint_object *o, int sec)
{
	const struct section *s = &o->image->sections[sec];
	struct lint_map *map;

	if (!image_is_data(s->name) || !s->header.sh_size)
		return 0;
	map = add_map(o, s->name);
	if (!map)
		return -ENOMEM;
	map->data = true;
	map->sec = sec;
	map->type = BPF_MAP_TYPE_ARRAY;
	map->key_size = 4;
	map->value_size = s->header.sh_size > UINT32_MAX ? UINT32_MAX : s->header.sh_size;
	map->max_entries = 1;
	return 0;
}

int maps_read(struct lint_object *o, struct why *why)
{
	int at = image_find(o->image, ".maps"), err = 0;
	const char *name;
	GElf_Sym sym;

	if (image_find(o->image, "maps") >= 0)
		return why_fail(why, -EINVAL,
				"its maps are declared in the old way (section 'maps'): use "
				"SEC(\".maps\")");
	if (at >= 0 && !o->image->btf)
		return why_fail(why, -EINVAL,
				"its maps have no type information (.BTF): compile it with -g");
	for (int i = 0; !err && at >= 0 && image_symbol(o->image, i, &sym, &name); i++) {
		if (sym.st_shndx == at && GELF_ST_TYPE(sym.st_info) == STT_OBJECT)
			err = declare(o, &sym, name);
	}
	for (int i = 0; !err && i < o->image->nsections; i++)
		err = add_globals(o, i);
	if (err == -EINVAL)
		why_fail(why, err, "a map's type is not that of a map: '%s'", name);
	return err;
}

static const struct lint_place nowhere = { .sec = -1 };

static __u32 round8(__u32 n)
{
	return n > UINT32_MAX - 7 ? UINT32_MAX & ~7u : (n + 7) & ~7u;
}

static void check_sizes(struct lint_object *o, const struct lint_map *m)
{
	__u64 element = (__u64)round8(m->key_size) + round8(m->value_size);

	if (m->key_size > NFP_KEY)
		lint_finding(o, RULE_MAP_KEY, NULL, nowhere, "map '%s': keys of %u bytes", m->name,
			     m->key_size);
	if (m->value_size > NFP_VALUE)
		lint_finding(o, RULE_MAP_VALUE, NULL, nowhere, "map '%s': values of %u bytes",
			     m->name, m->value_size);
	if (element > NFP_ELEMENT && m->key_size <= NFP_KEY && m->value_size <= NFP_VALUE)
		lint_finding(o, RULE_MAP_ELEMENT, NULL, nowhere,
			     "map '%s': a key of %u and a value of %u bytes are %llu together",
			     m->name, m->key_size, m->value_size, (unsigned long long)element);
}

static void check_map(struct lint_object *o, const struct lint_map *m)
{
	if (m->data) {
		lint_finding(o, RULE_GLOBAL_DATA, NULL, nowhere,
			     "section '%s': %u bytes of globals or constants", m->name,
			     m->value_size);
		return;
	}
	if (m->type != BPF_MAP_TYPE_ARRAY && m->type != BPF_MAP_TYPE_HASH) {
		lint_finding(o, RULE_MAP_TYPE, NULL, nowhere, "map '%s' is of type %s (%u)",
			     m->name,
			     libbpf_bpf_map_type_str(m->type) ?
			     libbpf_bpf_map_type_str(m->type) : "unknown",
			     m->type);
		return;
	}
	if (m->flags || m->numa)
		lint_finding(o, RULE_MAP_FLAGS, NULL, nowhere, "map '%s' has %s", m->name,
			     m->flags ? "flags" : "a NUMA node");
	check_sizes(o, m);
}

/* The card's part: events alone come out on the host, whose map theirs is. */
void maps_check(struct lint_object *o)
{
	__u64 entries = 0;
	int maps = 0;

	for (int i = 0; i < o->nmaps; i++) {
		const struct lint_map *m = &o->maps[i];

		if (m->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			continue;
		check_map(o, m);
		maps++;
		entries += m->max_entries;
		if (entries > NFP_ENTRIES && entries - m->max_entries <= NFP_ENTRIES)
			lint_finding(o, RULE_MAP_ENTRIES, NULL, nowhere,
				     "map '%s': %u entries, %llu with those before", m->name,
				     m->max_entries, (unsigned long long)entries);
	}
	if (maps > NFP_MAPS)
		lint_finding(o, RULE_MAP_COUNT, NULL, nowhere, "%d maps", maps);
}
