// SPDX-License-Identifier: BSD-2-Clause
/*
 * gather.c - runs of memory accesses as the driver joins
 * them: copies, and packet bytes read at once
 */
#include "walk.h"

#define COPY_MOST 128  /* bytes of one command */
#define CACHE_MOST 64

/* --- a load and a store of the same register, several in a row, are one copy ------------------ */

struct chain {
	struct walk *w;
	__s64 head, last; /* loads; -1: none */
	int count;
};

static bool is_copy(const struct walk *w, __u32 i)
{
	const struct bpf_insn *load = &w->insns[i].insn, *store = &w->insns[i + 1].insn;

	return is_load(load) && is_store(store) && w->seen[i].has_ptr && w->seen[i + 1].has_ptr &&
	       (w->seen[i].ptr.type == R_PACKET || w->seen[i].ptr.type == R_VALUE) &&
	       w->seen[i + 1].ptr.type == R_PACKET &&
	       BPF_SIZE(load->code) == BPF_SIZE(store->code) && load->dst_reg == store->src_reg &&
	       !w->seen[i + 1].jump_target;
}

/* The next bytes, or those before, of the same places. */
static bool continues(const struct chain *c, __u32 i)
{
	const struct lint_insn *insns = c->w->insns;
	const struct bpf_insn *load = &insns[i].insn, *store = &insns[i + 1].insn;
	const struct bpf_insn *before, *stored;
	int size, size_before;

	if (c->last < 0)
		return true;
	before = &insns[c->last].insn;
	stored = &insns[c->last + 1].insn;
	size = access_size(load->code);
	size_before = access_size(before->code);
	if (load->dst_reg != before->dst_reg || load->src_reg != before->src_reg ||
	    store->dst_reg != stored->dst_reg || size != size_before || c->w->seen[i].jump_target)
		return false;
	return (before->off + size == load->off && stored->off + size == store->off) ||
	       (load->off + size == before->off && store->off + size == stored->off);
}

/* Would a later load read what an earlier store wrote? */
static bool crosses(const struct chain *c, __u32 i)
{
	const struct seen *load = &c->w->seen[c->head], *store = &c->w->seen[c->head + 1];
	__s16 from = c->w->insns[c->head].insn.off + load->ptr.off;
	__s16 to = c->w->insns[c->head + 1].insn.off + store->ptr.off;
	__s16 now = c->w->insns[i].insn.off + load->ptr.off;

	if (load->ptr.type != store->ptr.type)
		return false;
	if (load->ptr.id != store->ptr.id)
		return true;
	return (now > from && from < to && now >= to) || (now < from && from > to && now <= to);
}

static void end_chain(struct chain *c)
{
	struct seen *head = &c->w->seen[c->head];
	const struct lint_insn *insns = c->w->insns;
	__s64 lowest = insns[c->last].insn.off < insns[c->head].insn.off ? c->last : c->head;

	if (c->count > 1) {
		head->copy_from = insns[lowest].insn.off;
		head->copy_to = insns[lowest + 1].insn.off;
		if (lowest == c->last)
			head->gather = -head->gather;
		c->w->seen[c->head + 1].skip = true;
	} else {
		head->gather = 0;
	}
	c->head = -1;
	c->last = -1;
	c->count = 0;
}

static void extend_chain(struct chain *c, __u32 i)
{
	if (c->head < 0) {
		c->head = i;
	} else {
		c->w->seen[i].skip = true;
		c->w->seen[i + 1].skip = true;
	}
	c->w->seen[c->head].gather += access_size(c->w->insns[i].insn.code);
	c->last = i;
	c->count++;
}

void gather_copies(struct walk *w)
{
	struct chain c = { w, -1, -1, 0 };

	for (__u32 i = 0; i + 1 < w->n; i++) {
		bool copy = is_copy(w, i);

		if (c.count && (!copy || !continues(&c, i) || crosses(&c, i) ||
				w->seen[c.head].gather >= COPY_MOST))
			end_chain(&c);
		if (copy)
			extend_chain(&c, i++);
	}
	if (c.count)
		end_chain(&c);
}

/* --- loads near each other, with nothing between that may change the packet ------------------- */

struct cache {
	struct walk *w;
	__s64 first; /* the load that fills it; -1: none */
	bool open;
	__s16 start, end;
};

static bool ends_cache(const struct walk *w, __u32 i)
{
	const struct bpf_insn *insn = &w->insns[i].insn;
	const struct seen *s = &w->seen[i];

	if (is_store(insn))
		return s->has_ptr && s->ptr.type == R_PACKET;
	if (is_load(insn))
		return s->ptr.type != R_PACKET || s->gather;
	return is_call(insn);
}

static void close_cache(struct cache *c)
{
	if (c->first < 0)
		return;
	c->w->seen[c->first].cache_start = c->start;
	c->w->seen[c->first].cache_end = c->end;
}

/* True: the load's bytes fit what is read at once. */
static bool widen(struct cache *c, __u32 i)
{
	const struct seen *s = &c->w->seen[i], *first = &c->w->seen[c->first];
	const struct bpf_insn *insn = &c->w->insns[i].insn;
	__s16 start = insn->off < c->start ? insn->off : c->start;
	__s16 end = insn->off + access_size(insn->code) > c->end
			    ? insn->off + access_size(insn->code)
			    : c->end;

	if (s->ptr.id != first->ptr.id || s->ptr.off != first->ptr.off || end - start > CACHE_MOST)
		return false;
	c->start = start;
	c->end = end;
	return true;
}

static void load_cached(struct cache *c, __u32 i)
{
	const struct bpf_insn *insn = &c->w->insns[i].insn;

	if (c->open && widen(c, i))
		return;
	close_cache(c);
	c->open = true;
	c->first = i;
	c->start = insn->off;
	c->end = insn->off + access_size(insn->code);
	c->w->seen[i].cache_fill = true;
}

void cache_packet(struct walk *w)
{
	struct cache c = { .w = w, .first = -1 };

	for (__u32 i = 0; i < w->n; i++) {
		if (w->seen[i].jump_target)
			c.open = false;
		if (w->seen[i].skip)
			continue;
		if (ends_cache(w, i))
			c.open = false;
		else if (is_load(&w->insns[i].insn))
			load_cached(&c, i);
	}
	close_cache(&c);
	for (__u32 i = 0; i < w->n; i++) {
		struct seen *s = &w->seen[i];

		if (s->skip || !is_load(&w->insns[i].insn) || s->ptr.type != R_PACKET || s->gather)
			continue;
		if (s->cache_fill) {
			c.start = s->cache_start;
			c.end = s->cache_end;
		}
		s->cache_start = c.start;
		s->cache_end = c.end;
	}
}
