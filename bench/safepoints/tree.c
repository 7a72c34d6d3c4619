/* SPDX-License-Identifier: BSD-2-Clause */
/* tree.c - look-ups in a binary search tree of 4096 nodes, and a scan of it in order */
#include "work.h"

struct node {
	struct node *less, *more;
	uint32_t key, value;
};

static __attribute__((noinline)) const struct node *find(const struct node *n, uint32_t key)
{
	while (n && n->key != key)
		n = key < n->key ? n->less : n->more;
	return n;
}

static uint64_t scan(const struct node *n)
{
	uint64_t sum = 0;

	for (; n; n = n->more)
		sum = (sum + scan(n->less)) * 3 + n->value;
	return sum;
}

uint64_t WORK(void)
{
	static struct node nodes[4096], *root;
	uint64_t sum = 0;

	if (!root) {
		fill(nodes, sizeof(nodes), 4);
		for (int i = 0; i < 4096; i++) {
			struct node **at = &root;

			nodes[i].less = nodes[i].more = NULL;
			while (*at)
				at = nodes[i].key < (*at)->key ? &(*at)->less : &(*at)->more;
			*at = &nodes[i];
		}
	}
	for (uint32_t i = 0; i < 8192; i++)
		sum += find(root, nodes[i * 2654435761u >> 20].key)->value;
	return sum + scan(root);
}
