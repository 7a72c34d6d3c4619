// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_lint_fuzz.c - shunt lint on damaged objects: it says why not, refuses or accepts, and ends
 *
 * SEED and COUNT in the environment repeat a run; what was
 * read last is kept in build/lint-crash.o if lint dies.
 */
/* link: offload/nfp/lint/[a-z]*.c lib/why.c */
/* links more: lint is tried as a whole, on objects that are damaged */
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <cmocka.h>

#include "offload/nfp/lint/report.h"
#include "tests/rng.h"

/* The sanitizers'; a build for another processor has none. */
void __sanitizer_set_death_callback(void (*fn)(void)) __attribute__((weak));

#define MOST_S 30 /* of CPU, for one object, under sanitizers;
		   * the kernel's limit of steps takes seconds */
#define KEPT "build/lint-crash.o"

struct bytes {
	unsigned char *data;
	size_t len;
};

static struct bytes *objects, now; /* now: what lint is reading */
static size_t nobjects, nquick; /* those that lint is done with at once come first */
static struct rng rng;

static uint64_t env_or(const char *name, uint64_t otherwise)
{
	return getenv(name) ? strtoull(getenv(name), NULL, 0) : otherwise;
}

static size_t below(size_t n)
{
	return n ? rng_below(&rng, n) : 0;
}

/* --- damage ----------------------------------------------------------------------------------- */

static const uint64_t odd[] = { 0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff,
				0x80000000,
				0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX };

static void any_bytes(struct bytes *b)
{
	for (size_t n = 1 + below(8); n; n--)
		b->data[below(b->len)] = rng_next(&rng);
}

static void odd_number(struct bytes *b)
{
	size_t size = 1ul << below(4), at = below(b->len / size) * size;
	uint64_t value = below(4) ? odd[below(sizeof(odd) / sizeof(*odd))] : below(2 * b->len);

	if (at + size <= b->len)
		memcpy(b->data + at, &value, size);
}

static void cut_off(struct bytes *b)
{
	b->len = 1 + below(b->len);
}

/* Code is where a section of instructions begins; these are all 8 bytes. */
static void copy_words(struct bytes *b)
{
	size_t n = 8 * (1 + below(8)), from = below(b->len / 8) * 8, to = below(b->len / 8) * 8;

	if (from + n <= b->len && to + n <= b->len)
		memmove(b->data + to, b->data + from, n);
}

static void another_s_bytes(struct bytes *b)
{
	const struct bytes *o = &objects[below(nobjects)];
	size_t n = 1 + below(64), from = below(o->len), to = below(b->len);

	if (from + n <= o->len && to + n <= b->len)
		memcpy(b->data + to, o->data + from, n);
}

/* Instructions that are well-formed, more or less, where some were: the first section with code. */
static void other_instruction(struct bytes *b)
{
	static const unsigned char codes[] = {
		0x07, 0x0f, 0x17, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x57, 0x5f, 0x67, 0x6f, 0x77, 0x7f,
		0x87, 0xa7, 0xb7, 0xbf, 0xc7, 0xcf, 0x04, 0x0c, 0x14, 0x24, 0x2c, 0x54, 0x64, 0x6c,
		0x74, 0xa4, 0xac, 0xb4, 0xbc, 0xc4, 0xdc, 0x61, 0x69, 0x71, 0x79, 0x63, 0x6b, 0x73,
		0x7b, 0x62, 0x7a, 0xc3, 0xdb, 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x55,
		0x5d, 0x65, 0x6d, 0xa5, 0xad, 0xb5, 0xd5, 0x16, 0x1e, 0x26, 0x2e, 0x56, 0x5e, 0xa6,
		0xae, 0x85, 0x95, 0x18,
	};
	unsigned char *at = b->data + 64 + below(b->len / 16) * 8;

	if (b->len < 256 || at + 8 > b->data + b->len)
		return;
	switch (below(5)) {
	case 0:
		at[0] = codes[below(sizeof(codes))];
		break;
	case 1:
		at[1] = below(11) | below(11) << 4;
		break;
	case 2:
		at[2] = below(64) - 32;
		at[3] = at[2] & 0x80 ? 0xff : 0;
		break;
	case 3:
		memcpy(at + 4, &odd[below(13)], 4);
		break;
	default:
		at[0] = codes[below(sizeof(codes))];
		at[1] = below(11) | below(11) << 4;
	}
}

static void damage(struct bytes *b)
{
	static void (*const ways[])(struct bytes *b) = { any_bytes, odd_number, cut_off, copy_words,
							 another_s_bytes };
	size_t n = 1 + below(6);

	/* Most leave the file's frame alone, or lint would see little beyond it. */
	if (below(3)) {
		while (n--)
			other_instruction(b);
	} else {
		while (n--)
			ways[below(sizeof(ways) / sizeof(*ways))](b);
	}
}

/* --- what lint does with it ------------------------------------------------------------------- */

static void keep(void)
{
	FILE *f = fopen(KEPT, "w");

	if (f && fwrite(now.data, 1, now.len, f) == now.len && !fclose(f))
		fprintf(stderr, "# what lint was reading is in " KEPT "\n");
}

static void out_of_time(int signal)
{
	static const char text[] = "# lint does not end\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1))
		keep();
	_exit(1);
}

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

/* The exit status of shunt lint. */
static int verdict(const struct bytes *b)
{
	struct itimerval limit = { .it_value.tv_sec = MOST_S }, none = { 0 };
	struct lint_object o = { 0 };
	struct why why = { 0 };
	char *text;
	void *copy = malloc(b->len);
	int code = 2;
	json_t *report;

	assert_non_null(copy);
	memcpy(copy, b->data, b->len);
	setitimer(ITIMER_PROF, &limit, NULL);
	if (!lint_read(&o, copy, b->len, &why)) {
		lint_check(&o);
		report = lint_report(&o, "damaged.o");
		assert_non_null(report);
		text = json_dumps(report, 0);
		assert_non_null(text);
		free(text);
		json_decref(report);
		assert_false(o.no_memory);
		code = lint_refused(&o);
	} else {
		assert_true(why.text && *why.text);
	}
	lint_free(&o);
	why_forget(&why);
	setitimer(ITIMER_PROF, &none, NULL);
	return code;
}

static void lint_judges_every_object_that_is_sound(void **state)
{
	for (size_t i = 0; i < nobjects; i++) {
		now = objects[i];
		assert_in_range(verdict(&now), 0, 1);
	}
}

static void lint_ends_with_a_verdict_on_any_bytes(void **state)
{
	uint64_t seed = env_or("SEED", 1),
		 count = env_or("COUNT", getenv("LONG") ? 2000000 : 20000);
	unsigned int seen[3] = { 0 };

	print_message("seed %llu, %llu objects\n", (unsigned long long)seed,
		      (unsigned long long)count);
	for (uint64_t i = 0; i < count; i++) {
		const struct bytes *o;

		rng.state = seed + i; /* so that SEED and COUNT=1 repeat one of them */
		o = &objects[below(below(100) ? nquick : nobjects)];
		now.data = malloc(o->len);
		now.len = o->len;
		assert_non_null(now.data);
		memcpy(now.data, o->data, o->len);
		damage(&now);
		seen[verdict(&now)]++;
		free(now.data);
	}
	print_message("%u accepted, %u refused, %u no objects\n", seen[0], seen[1], seen[2]);
	assert_true(count < 1000 || (seen[0] && seen[1] && seen[2]));
}

/* --- objects ---------------------------------------------------------------------------------- */

static void read_object(const char *path)
{
	struct bytes *b;
	FILE *f = fopen(path, "r");
	long len;

	objects = reallocarray(objects, nobjects + 1, sizeof(*objects));
	assert_non_null(objects);
	b = &objects[nobjects++];
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	len = ftell(f);
	rewind(f);
	b->len = len;
	b->data = malloc(len);
	assert_non_null(b->data);
	assert_int_equal(fread(b->data, 1, len, f), len);
	fclose(f);
}

/* unbounded* take all the steps that there are, our own have many paths: both are taken seldom. */
static const char *const patterns[] = { "build/tests/nfp/probes/[!u]*.o",
					"build/tests/nfp/probes/u*.o", "build/nfp/*.o" };
#define PATTERNS (sizeof(patterns) / sizeof(*patterns))

/* The first pattern that no file has; NULL: there are objects of each. */
static const char *missing(void)
{
	const char *none = NULL;
	glob_t found;

	for (size_t i = 0; !none && i < PATTERNS; i++) {
		if (glob(patterns[i], 0, NULL, &found))
			none = patterns[i];
		else
			globfree(&found);
	}
	return none;
}

static int read_objects(void **state)
{
	glob_t found;

	for (size_t i = 0; i < PATTERNS; i++) {
		assert_int_equal(glob(patterns[i], 0, NULL, &found), 0);
		for (size_t n = 0; n < found.gl_pathc; n++)
			read_object(found.gl_pathv[n]);
		globfree(&found);
		nquick = i ? nquick : nobjects;
	}
	signal(SIGPROF, out_of_time);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(keep);
	libbpf_set_print(silent);
	return 0;
}

static int free_objects(void **state)
{
	for (size_t i = 0; i < nobjects; i++)
		free(objects[i].data);
	free(objects);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lint_judges_every_object_that_is_sound),
		cmocka_unit_test(lint_ends_with_a_verdict_on_any_bytes),
	};

	if (missing()) {
		printf("skip: there is no '%s': make test-unit builds it\n", missing());
		return 77;
	}
	return cmocka_run_group_tests(tests, read_objects, free_objects);
}
