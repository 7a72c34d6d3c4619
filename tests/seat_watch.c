// SPDX-License-Identifier: BSD-2-Clause
/*
 * seat_watch.c - looks at the first seat of an interface, and counts what must not be
 *
 * usage: seat_watch PINS FAIR
 *
 * PINS is the folder with the interface's pins, FAIR a number with a bit for each of the domains 0
 * and 1 whose worker obeys. It looks for 0.3 ms in each millisecond, and prints at SIGTERM
 *
 *   stranded   requests of a fair service that was not on and did not want the seat, for 100 us
 *   kept       a fair service that was on, and idle for ten turns of its loop while the other one
 *              wanted the seat
 *   bad_words  two looks at the word between which no moves lie
 *   gaps       its own, of more than 20 us: what was seen before one counts no more
 */
#include <linux/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <shunt/abi.h>
#include <shunt/seat.h>

#define STRANDED_NS 100000
#define GAP_NS 20000
#define BURST_NS 300000
#define BEATS 10
#define LOOKS_A_VIEW 200 /* bursts: then it may be another one */

struct watched {
	const struct shunt_view *view;
	uint64_t stranded_ns; /* since when it has requests and does not want the seat; 0: it has
			       * none, or does */
	bool told;
	uint32_t beat;        /* of its core, when it was on and idle and another one came to want
			       * the seat */
	bool idle;
};

static const char *pins;
static unsigned int fair;
static struct watched watched[2];
static uint64_t last_word, last_ns;
static unsigned long looks, turns, stranded, kept, bad_words, gaps, gap_us;
static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	ended = 1;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static const void *map_pin(const char *name, size_t len)
{
	char path[256];
	union bpf_attr attr = { .pathname = (uintptr_t)path };
	void *at;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pins, name);
	fd = syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr));
	at = fd < 0 ? MAP_FAILED : mmap(NULL, len, PROT_READ,
					 MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	close(fd);
	return at;
}

/* Another user's worker has another view. */
static void map_views(void)
{
	static const char *const name[] = { "view0", "view1" };

	for (int d = 0; d < 2; d++) {
		if (watched[d].view)
			munmap((void *)watched[d].view, sizeof(struct shunt_view));
		watched[d].view = map_pin(name[d], sizeof(struct shunt_view));
	}
}

#define PEEK(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)

static bool has_requests(const struct shunt_view *v)
{
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		if (PEEK(v->enq[c]) != PEEK(v->deq[c]))
			return true;
	}
	return PEEK(v->sent[0]) != PEEK(v->done[0]) || PEEK(v->parked[0].now) ||
	       PEEK(v->parked[1].now);
}

/* The looks before are of no use: much may have been in between. */
static void forget(void)
{
	for (int d = 0; d < 2; d++) {
		watched[d].stranded_ns = 0;
		watched[d].idle = false;
	}
}

static void look_for_stranded(struct watched *w, bool is, uint64_t now)
{
	if (!is) {
		w->stranded_ns = 0;
		w->told = false;
	} else if (!w->stranded_ns) {
		w->stranded_ns = now;
	} else if (now - w->stranded_ns > STRANDED_NS && !w->told) {
		w->told = true;
		stranded++;
	}
}

static void look_for_kept(struct watched *w, bool is)
{
	uint32_t beat = PEEK(w->view->core[0].run.beat);

	if (!is)
		w->idle = false;
	else if (!w->idle)
		w->beat = beat;
	else if (beat - w->beat == BEATS)
		kept++;
	w->idle = is;
}

static void look_at_word(uint64_t word)
{
	uint32_t moves = SHUNT_SEAT_TURN(word) - SHUNT_SEAT_TURN(last_word);

	turns += moves;
	if (SHUNT_SEAT_FLAGS(word) & ~SHUNT_SEAT_ASLEEP ||
	    SHUNT_SEAT_ON(word) > 2 || SHUNT_SEAT_WANTS(word) > 3 ||
	    moves > 1000000)
		bad_words++;
	else if (!moves && (SHUNT_SEAT_ON(word) != SHUNT_SEAT_ON(last_word) ||
			    (shunt_seat_sleeps(last_word) && !shunt_seat_sleeps(word)) ||
			    SHUNT_SEAT_WANTS(last_word) & ~SHUNT_SEAT_WANTS(word)))
		bad_words++;
	last_word = word;
}

static void look(const struct shunt_seat *s, uint64_t now)
{
	uint64_t word = PEEK(s->word);
	uint32_t barred = PEEK(s->barred), on = SHUNT_SEAT_ON(word);
	bool has[2] = { has_requests(watched[0].view), has_requests(watched[1].view) };

	looks++;
	look_at_word(word);
	if (PEEK(s->word) != word) /* the counts are newer */
		return;
	if (shunt_seat_sleeps(word)) { /* an arrival wakes its service, which then takes it */
		forget();
		return;
	}
	for (uint32_t d = 0; d < 2; d++) {
		uint32_t bit = SHUNT_SEAT_WANT(d);

		if (!(fair & bit))
			continue;
		look_for_stranded(&watched[d], has[d] && on != d + 1 && !(word & bit) &&
					       !(barred & bit), now);
		look_for_kept(&watched[d], !has[d] && on == d + 1 && !(barred & bit) &&
					   !PEEK(watched[d].view->core[0].run.id) &&
					   shunt_seat_others(word, barred, d));
	}
}

static void burst(const struct shunt_seat *s)
{
	uint64_t from = now_ns(), now = from;

	forget();
	last_ns = from;
	for (; now - from < BURST_NS; now = now_ns()) {
		if (now - last_ns > GAP_NS) {
			gaps++;
			gap_us += (now - last_ns) / 1000;
			forget();
		}
		last_ns = now;
		look(s, now);
	}
}

int main(int argc, char **argv)
{
	struct sigaction on_end = { .sa_handler = on_signal };
	const struct timespec rest = { .tv_nsec = 1000000 - BURST_NS };
	const struct shunt_seats *all;

	if (argc < 3)
		return 2;
	pins = argv[1];
	fair = strtoul(argv[2], NULL, 0);
	sigaction(SIGTERM, &on_end, NULL);
	all = map_pin("seats", sizeof(*all));
	last_word = PEEK(all->seat[0].word);
	for (unsigned int n = 0; !ended; n++) {
		if (n % LOOKS_A_VIEW == 0)
			map_views();
		burst(&all->seat[0]);
		nanosleep(&rest, NULL);
	}
	printf("{\"looks\":%lu,\"turns\":%lu,\"stranded\":%lu,\"kept\":%lu,\"bad_words\":%lu,"
	       "\"gaps\":%lu,\"gap_us\":%lu}\n",
	       looks, turns, stranded, kept, bad_words, gaps, gap_us);
	return 0;
}
