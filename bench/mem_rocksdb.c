// SPDX-License-Identifier: BSD-2-Clause
/*
 * mem_rocksdb.c - RocksDB in a process of its own, for bench/mem.sh: FOLDER KEYS
 *
 * KEYS values in a folder, all in the block cache, which was filled in the order of keys. For each
 * line on its standard input, "SECONDS RATE", it asks for keys of the first tenth, and answers with
 * a JSON object.
 */
#include <rocksdb/c.h>

#include "mem_ask.h"

struct store {
	rocksdb_t *db;
	rocksdb_readoptions_t *read;
	unsigned long keys;
};

static void check(char *err)
{
	if (!err)
		return;
	fprintf(stderr, "mem_rocksdb: %s\n", err);
	exit(1);
}

static rocksdb_t *open_db(const char *path, unsigned long keys)
{
	rocksdb_options_t *o = rocksdb_options_create();
	rocksdb_block_based_table_options_t *t = rocksdb_block_based_options_create();
	char *err = NULL;
	rocksdb_t *db;

	rocksdb_block_based_options_set_block_cache(
		t, rocksdb_cache_create_lru(2 * keys * BYTES + (64 << 20)));
	rocksdb_options_set_block_based_table_factory(o, t);
	rocksdb_options_set_create_if_missing(o, 1);
	rocksdb_options_set_compression(o, rocksdb_no_compression);
	db = rocksdb_open(o, path, &err);
	check(err);
	return db;
}

static size_t name_of(char name[24], unsigned long i) { return snprintf(name, 24, "k%010lu", i); }

static void fill(rocksdb_t *db, unsigned long keys)
{
	rocksdb_writeoptions_t *w = rocksdb_writeoptions_create();
	char name[24], value[BYTES + 1], *err = NULL;

	rocksdb_writeoptions_disable_WAL(w, 1);
	for (unsigned long i = 0; i < keys; i++) {
		make_value(value);
		rocksdb_put(db, w, name, name_of(name, i), value, BYTES, &err);
		check(err);
	}
	rocksdb_writeoptions_destroy(w);
	rocksdb_compact_range(db, NULL, 0, NULL, 0);
}

static bool get(void *arg, unsigned long i)
{
	struct store *s = arg;
	char name[24], *err = NULL, *value;
	size_t len = 0;

	value = rocksdb_get(s->db, s->read, name, name_of(name, i), &len, &err);
	check(err);
	free(value);
	return len == BYTES;
}

static unsigned long key(void *arg)
{
	const struct store *s = arg;

	return draw() % (s->keys / HOT);
}

int main(int argc, char **argv)
{
	struct store s = { .keys = argc == 3 ? strtoul(argv[2], NULL, 10) : 0 };
	double seconds, rate;

	if (s.keys < HOT) {
		fprintf(stderr, "usage: mem_rocksdb FOLDER KEYS\n");
		return 2;
	}
	s.read = rocksdb_readoptions_create();
	s.db = open_db(argv[1], s.keys);
	fill(s.db, s.keys);
	for (unsigned long i = 0; i < s.keys; i++)
		get(&s, i);
	puts("{\"ready\":true}");
	fflush(stdout);
	while (scanf("%lf %lf", &seconds, &rate) == 2) {
		if (!ask(seconds, rate, get, key, &s))
			return 1;
	}
	return 0;
}
