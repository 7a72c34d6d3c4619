// SPDX-License-Identifier: GPL-2.0
/*
 * tables.c - the card's maps, behind the driver's control
 * messages (ABI 2: a key and a value of 64 bytes)
 *
 * An array has all of its entries from the start. A hash table's are found one by one: it is here
 * for what the driver makes of the answers, not for speed.
 */
#include <linux/bpf.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "ccm.h"
#include "nfp_app.h"
#include "bpf/fw.h"

#include "nfpsim.h"

#define TABLES 128
#define FIELD 64 /* bytes of a key, and of a value, in a message */

struct cell {
	struct list_head list;
	u8 key[FIELD];
	u8 value[FIELD];
};

struct table {
	bool used;
	u32 type, key_size, value_size, max, n;
	u8 *array;              /* value_size bytes an entry */
	struct list_head cells; /* of a hash table */
};

static struct table tables[TABLES]; /* the driver's number is one more */
static DEFINE_MUTEX(lock);

static void table_free(struct table *t)
{
	struct cell *c, *next;

	if (!t->used)
		return;
	kvfree(t->array);
	list_for_each_entry_safe(c, next, &t->cells, list)
		kfree(c);
	memset(t, 0, sizeof(*t));
}

void tables_free(void)
{
	for (int i = 0; i < TABLES; i++)
		table_free(&tables[i]);
}

static struct table *table_of(__be32 number)
{
	u32 i = be32_to_cpu(number) - 1;

	return i < TABLES && tables[i].used ? &tables[i] : NULL;
}

static u32 make_table(const struct cmsg_req_map_alloc_tbl *req, __be32 *number)
{
	struct table *t = tables;

	while (t < tables + TABLES && t->used)
		t++;
	if (t == tables + TABLES)
		return CMSG_RC_ERR_MAP_NOMEM;
	t->type = be32_to_cpu(req->map_type);
	t->key_size = be32_to_cpu(req->key_size);
	t->value_size = be32_to_cpu(req->value_size);
	t->max = be32_to_cpu(req->max_entries);
	INIT_LIST_HEAD(&t->cells);
	if (t->type == BPF_MAP_TYPE_ARRAY) {
		t->array = kvcalloc(t->max, t->value_size, GFP_KERNEL);
		if (!t->array)
			return CMSG_RC_ERR_MAP_NOMEM;
	}
	t->used = true;
	*number = cpu_to_be32(t - tables + 1);
	return CMSG_RC_SUCCESS;
}

static struct cell *find(struct table *t, const u8 *key)
{
	struct cell *c;

	list_for_each_entry(c, &t->cells, list)
		if (!memcmp(c->key, key, t->key_size))
			return c;
	return NULL;
}

static u8 *value_of(struct table *t, const u8 *key)
{
	struct cell *c;

	if (t->array)
		return *(u32 *)key < t->max ? t->array + *(u32 *)key * t->value_size : NULL;
	c = find(t, key);
	return c ? c->value : NULL;
}

static u32 add(struct table *t, const u8 *key, const u8 *value)
{
	struct cell *c;

	if (t->array || t->n == t->max)
		return CMSG_RC_ERR_MAP_E2BIG;
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return CMSG_RC_ERR_MAP_NOMEM;
	memcpy(c->key, key, t->key_size);
	memcpy(c->value, value, t->value_size);
	list_add_tail(&c->list, &t->cells);
	t->n++;
	return CMSG_RC_SUCCESS;
}

static u32 update(struct table *t, const u8 *key, const u8 *value, u32 flags)
{
	u8 *old = value_of(t, key);

	if (old && flags == BPF_NOEXIST)
		return CMSG_RC_ERR_MAP_EXIST;
	if (!old && flags == BPF_EXIST)
		return CMSG_RC_ERR_MAP_NOENT;
	if (!old)
		return add(t, key, value);
	memcpy(old, value, t->value_size);
	return CMSG_RC_SUCCESS;
}

static u32 delete(struct table *t, const u8 *key)
{
	struct cell *c = find(t, key);

	if (!c)
		return CMSG_RC_ERR_MAP_NOENT;
	list_del(&c->list);
	kfree(c);
	t->n--;
	return CMSG_RC_SUCCESS;
}

/* An unknown key is before the first, as in the kernel's own tables. */
static u32 next_key(struct table *t, const u8 *key, u8 *out)
{
	struct cell *c;

	if (t->array) {
		u32 next = key && *(u32 *)key < t->max ? *(u32 *)key + 1 : 0;

		memcpy(out, &next, sizeof(next));
		return next < t->max ? CMSG_RC_SUCCESS : CMSG_RC_ERR_MAP_NOENT;
	}
	c = key ? find(t, key) : NULL;
	if (c ? list_is_last(&c->list, &t->cells) : list_empty(&t->cells))
		return CMSG_RC_ERR_MAP_NOENT;
	c = c ? list_next_entry(c, list) : list_first_entry(&t->cells, struct cell, list);
	memcpy(out, c->key, t->key_size);
	return CMSG_RC_SUCCESS;
}

static u32 lookup(struct table *t, const u8 *key, u8 *out)
{
	u8 *value = value_of(t, key);

	if (!value)
		return CMSG_RC_ERR_MAP_NOENT;
	memcpy(out, key, t->key_size);
	memcpy(out + FIELD, value, t->value_size);
	return CMSG_RC_SUCCESS;
}

static u32 entry_op(enum nfp_ccm_type type, const struct cmsg_req_map_op *req, u8 *out)
{
	struct table *t = table_of(req->tid);

	if (!t)
		return CMSG_RC_ERR_MAP_FD;
	switch (type) {
	case NFP_CCM_TYPE_BPF_MAP_LOOKUP:
		return lookup(t, req->data, out);
	case NFP_CCM_TYPE_BPF_MAP_UPDATE:
		return update(t, req->data, req->data + FIELD, be32_to_cpu(req->flags));
	case NFP_CCM_TYPE_BPF_MAP_DELETE:
		return delete(t, req->data);
	case NFP_CCM_TYPE_BPF_MAP_GETNEXT:
		return next_key(t, req->data, out);
	case NFP_CCM_TYPE_BPF_MAP_GETFIRST:
		return next_key(t, NULL, out);
	default:
		return CMSG_RC_ERR_MAP_PARSE;
	}
}

/* The answer's head is the same for every type; what follows is sized for the largest. */
static void answer(enum nfp_ccm_type type, const void *req, struct sk_buff *out)
{
	struct cmsg_reply_map_simple *head = (void *)out->data;
	struct table *t;
	u32 rc;

	if (type == NFP_CCM_TYPE_BPF_MAP_ALLOC) {
		struct cmsg_reply_map_alloc_tbl *reply = skb_put_zero(out, sizeof(*reply));

		rc = make_table(req, &reply->tid);
	} else if (type == NFP_CCM_TYPE_BPF_MAP_FREE) {
		skb_put_zero(out, sizeof(struct cmsg_reply_map_free_tbl));
		t = table_of(((const struct cmsg_req_map_free_tbl *)req)->tid);
		rc = t ? CMSG_RC_SUCCESS : CMSG_RC_ERR_MAP_FD;
		if (t)
			table_free(t);
	} else {
		struct cmsg_reply_map_op *reply = skb_put_zero(out, sizeof(*reply) + 2 * FIELD);

		rc = entry_op(type, req, reply->data);
		reply->count = cpu_to_be32(rc == CMSG_RC_SUCCESS);
	}
	head->rc = cpu_to_be32(rc);
	head->hdr.type = __NFP_CCM_REPLY(type);
}

struct sk_buff *nfp_ccm_communicate(struct nfp_ccm *ccm, struct sk_buff *skb,
				    enum nfp_ccm_type type, unsigned int reply_size)
{
	struct sk_buff *out = alloc_skb(sizeof(struct cmsg_reply_map_op) + 2 * FIELD, GFP_KERNEL);

	if (out) {
		mutex_lock(&lock);
		answer(type, skb->data, out);
		mutex_unlock(&lock);
	}
	dev_kfree_skb_any(skb);
	return out ? out : ERR_PTR(-ENOMEM);
}

int nfp_ccm_init(struct nfp_ccm *ccm, struct nfp_app *app)
{
	ccm->app = app;
	return 0;
}

void nfp_ccm_clean(struct nfp_ccm *ccm)
{
}

/* Drops the message: on this card the driver alone sends. */
void nfp_ccm_rx(struct nfp_ccm *ccm, struct sk_buff *skb)
{
	dev_kfree_skb_any(skb);
}

struct sk_buff *nfp_app_ctrl_msg_alloc(struct nfp_app *app, unsigned int size, gfp_t priority)
{
	return alloc_skb(size, priority);
}
