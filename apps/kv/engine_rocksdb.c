// SPDX-License-Identifier: BSD-2-Clause
/*
 * engine_rocksdb.c - RocksDB as in the Shinjuku paper:
 * memory-mapped plain tables in a folder on tmpfs, no log
 *
 * Its order, for scans, is the keys'. A stored value begins with cas, flags and expiry, as this
 * machine writes them. The folder is new at each start: nothing is kept.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rocksdb/c.h>

#include "internal.h"

#define LOCKS 1024 /* for read, decide and change as one step */

struct stored {
	uint64_t cas;
	uint32_t flags, expires;
};

struct rocks {
	rocksdb_t *db;
	rocksdb_options_t *options;
	rocksdb_readoptions_t *read;
	rocksdb_writeoptions_t *write;
	char *path;
	pthread_mutex_t lock[LOCKS];
};

static bool decode(const char *data, size_t len, struct kv_item *it)
{
	struct stored s;

	if (!data || len < sizeof(s))
		return false;
	memcpy(&s, data, sizeof(s));
	*it = (struct kv_item){ s.cas, s.flags, s.expires, len - sizeof(s), data + sizeof(s) };
	return true;
}

static bool failed(char *err)
{
	free(err);
	return err;
}

static rocksdb_pinnableslice_t *fetch(struct rocks *r, const struct kv_key *key, struct kv_item *it)
{
	char *err = NULL;
	rocksdb_pinnableslice_t *s = rocksdb_get_pinned(r->db, r->read, key->data, key->len, &err);
	const char *data;
	size_t len = 0;

	if (failed(err) || !s)
		return NULL;
	data = rocksdb_pinnableslice_value(s, &len);
	if (decode(data, len, it))
		return s;
	rocksdb_pinnableslice_destroy(s);
	return NULL;
}

static void rocks_read(struct kv *kv, const struct kv_key *key, kv_visit visit, void *ctx)
{
	struct kv_item it;
	rocksdb_pinnableslice_t *s = fetch(kv->state, key, &it);

	if (!s)
		return;
	visit(ctx, key, &it);
	rocksdb_pinnableslice_destroy(s);
}

static int put(struct rocks *r, const struct kv_key *key, const struct kv_item *it)
{
	struct stored s = { it->cas, it->flags, it->expires };
	char *data = malloc(sizeof(s) + it->len), *err = NULL;

	if (!data)
		return -ENOMEM;
	memcpy(data, &s, sizeof(s));
	if (it->len)
		memcpy(data + sizeof(s), it->data, it->len);
	rocksdb_put(r->db, r->write, key->data, key->len, data, sizeof(s) + it->len, &err);
	free(data);
	return failed(err) ? -ENOMEM : 0;
}

static int rocks_update(struct kv *kv, const struct kv_key *key, kv_decide decide, void *ctx,
			struct kv_item *stored)
{
	struct rocks *r = kv->state;
	pthread_mutex_t *lock = &r->lock[kv_hash_of(key) % LOCKS];
	rocksdb_pinnableslice_t *s;
	struct kv_item old, it = { 0 };
	char *err = NULL;
	int ret = 0;

	pthread_mutex_lock(lock);
	s = fetch(r, key, &old);
	switch (decide(ctx, s ? &old : NULL, &it)) {
	case KV_STORE:
		it.cas = ++kv->cas;
		/* fall through */
	case KV_TOUCH:
		ret = put(r, key, &it);
		break;
	case KV_DELETE:
		rocksdb_delete(r->db, r->write, key->data, key->len, &err);
		ret = failed(err) ? -ENOMEM : 0;
		break;
	default:
		break;
	}
	*stored = it;
	if (s)
		rocksdb_pinnableslice_destroy(s);
	pthread_mutex_unlock(lock);
	return ret;
}

static void rocks_scan(struct kv *kv, const struct kv_key *from, size_t n, kv_visit visit,
		       void *ctx)
{
	struct rocks *r = kv->state;
	rocksdb_iterator_t *i = rocksdb_create_iterator(r->db, r->read);
	struct kv_key key;
	struct kv_item it;
	const char *data;
	size_t len;

	for (rocksdb_iter_seek(i, from->data, from->len); n && rocksdb_iter_valid(i);
	     rocksdb_iter_next(i), n--) {
		key.data = rocksdb_iter_key(i, &key.len);
		data = rocksdb_iter_value(i, &len);
		if (decode(data, len, &it))
			visit(ctx, &key, &it);
		shunt_safepoint(); /* the one place where a scan may
				    * be preempted: no lock is held */
		if (n % KV_LOOK == 0)
			gap_work();
	}
	rocksdb_iter_destroy(i);
}

static void rocks_flush(struct kv *kv)
{
	struct rocks *r = kv->state;
	rocksdb_iterator_t *i = rocksdb_create_iterator(r->db, r->read);
	const char *key;
	char *err = NULL;
	size_t len;

	for (rocksdb_iter_seek_to_first(i); rocksdb_iter_valid(i); rocksdb_iter_next(i)) {
		key = rocksdb_iter_key(i, &len);
		rocksdb_delete(r->db, r->write, key, len, &err);
		failed(err);
		err = NULL;
	}
	rocksdb_iter_destroy(i);
}

static uint64_t rocks_items(struct kv *kv)
{
	struct rocks *r = kv->state;
	uint64_t n = 0;

	rocksdb_property_int(r->db, "rocksdb.estimate-num-keys", &n);
	return n;
}

/* From the table of recent writes into plain tables, which is what reads are measured on. */
static void rocks_filled(struct kv *kv)
{
	struct rocks *r = kv->state;
	rocksdb_flushoptions_t *f = rocksdb_flushoptions_create();
	char *err = NULL;

	rocksdb_flushoptions_set_wait(f, 1);
	rocksdb_flush(r->db, f, &err);
	failed(err);
	rocksdb_flushoptions_destroy(f);
	rocksdb_compact_range(r->db, NULL, 0, NULL, 0);
}

static void rocks_close(struct kv *kv)
{
	struct rocks *r = kv->state;
	char *err = NULL;

	if (r->db)
		rocksdb_close(r->db);
	if (r->db)
		/* it was ours: it did not exist before */
		rocksdb_destroy_db(r->options, r->path, &err);
	failed(err);
	rocksdb_readoptions_destroy(r->read);
	rocksdb_writeoptions_destroy(r->write);
	rocksdb_options_destroy(r->options);
	free(r->path);
	free(r);
}

static rocksdb_options_t *make_options(void)
{
	rocksdb_options_t *o = rocksdb_options_create();

	rocksdb_options_set_create_if_missing(o, 1);
	rocksdb_options_set_error_if_exists(o, 1);
	rocksdb_options_set_allow_mmap_reads(o, 1);
	rocksdb_options_set_compression(o, rocksdb_no_compression);
	/* Keys of any length, no bloom filter, an index that
	 * is searched: total order, as scans need it. */
	rocksdb_options_set_plain_table_factory(o, 0, 0, 0, 16);
	rocksdb_options_set_write_buffer_size(o, 64 << 20);
	return o;
}

static int rocks_open(struct kv *kv, const struct kv_options *o, struct why *why)
{
	struct rocks *r = calloc(1, sizeof(*r));
	char *err = NULL;

	if (!r)
		return why_fail(why, -ENOMEM, "no memory");
	kv->state = r;
	for (int i = 0; i < LOCKS; i++)
		pthread_mutex_init(&r->lock[i], NULL);
	r->options = make_options();
	r->read = rocksdb_readoptions_create();
	rocksdb_readoptions_set_verify_checksums(r->read, 0);
	r->write = rocksdb_writeoptions_create();
	rocksdb_writeoptions_disable_WAL(r->write, 1);
	r->path = strdup(o->path ? o->path : "");
	if (!o->path)
		return why_fail(why, -EINVAL,
				"rocksdb needs the path of a folder that it makes, on tmpfs");
	r->db = rocksdb_open(r->options, r->path, &err);
	if (err) {
		why_fail(why, -EIO, "%s", err);
		free(err);
		return -EIO;
	}
	return 0;
}

const struct kv_engine kv_rocksdb = {
	.name = "rocksdb", .open = rocks_open, .close = rocks_close, .read = rocks_read,
	.update = rocks_update, .scan = rocks_scan, .flush = rocks_flush, .items = rocks_items,
	.filled = rocks_filled,
};
