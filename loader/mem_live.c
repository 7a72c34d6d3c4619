// SPDX-License-Identifier: BSD-2-Clause
/*
 * mem_live.c - shunt mem watch, run, record: from the command line to the loop of mem/watch.c, and
 * what they print
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "mem/trace.h"
#include "mem_verb.h"
#include "part.h"
#include "units.h"
#include "verb.h"

static const char *state(const struct mem_watch *w)
{
	static const char *const names[] = { "go", "pause", "back", "all" };

	if (w->o->dry_run)
		return "dry-run";
	if (w->refused && w->verdict == MEM_GO)
		return "refused";
	if (!mem_swap_has_room(&w->swap) && w->verdict == MEM_GO)
		return "full";
	return names[w->verdict];
}

static json_int_t net_kib(const struct mem_watch *w)
{
	__u64 price = mem_swap_price_kib(&w->swap, w->sums.swap_kib) + w->swap.cached_kib;

	return (json_int_t)w->sums.swap_kib - (json_int_t)price;
}

static json_t *result(const struct mem_watch *w)
{
	const struct mem_sums *s = &w->sums;
	json_t *r = json_pack("{s:i, s:f, s:f, s:s, s:s}", "pid", w->target->pid, "at_s",
			      (clock_ns() - w->began_ns) / 1e9, "interval_s", w->interval_s,
			      "policy", w->o->policy->name, "state", state(w));
	const struct { const char *key; json_int_t n; } counts[] = {
		{ "scans", s->scans },		{ "rss_kib", s->rss_kib },
		{ "used_kib", s->used_kib },	{ "cold_kib", s->cold_kib },
		{ "swap_kib", s->swap_kib },	{ "net_kib", net_kib(w) },
		{ "batches", s->batches },	{ "split_kib", s->split_kib },
		{ "out_kib", s->out_kib },	{ "back_kib", s->back_kib },
		{ "pauses", w->guard.trips },
	};
	const struct { const char *key; double n; } times[] = {
		{ "refaults_per_s", w->guard.rate }, { "own_faults_per_s", w->guard.own_rate },
		{ "scan_cpu_s", s->scan_s },         { "act_cpu_s", s->act_s },
		{ "policy_cpu_s", s->policy_s },
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		json_object_set_new(r, counts[i].key, json_integer(counts[i].n));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		json_object_set_new(r, times[i].key, json_real(times[i].n));
	return r;
}

static double mib(const json_t *r, const char *key) { return number_at(r, key) / 1024.0; }
static double real(const json_t *r, const char *key)
{
	return json_number_value(json_object_get(r, key));
}

static void show_line(const json_t *r)
{
	if (number_at(r, "scans") == 1)
		printf("%9s %10s %10s %10s %10s %10s %10s  %s\n", "SECONDS", "MIB THERE", "USED",
		       "TO GO", "GONE", "NET", "REFAULTS/S", "STATE");
	printf("%9.1f %10.1f %10.1f %10.1f %10.1f %10.1f %10.1f  %s\n", real(r, "at_s"),
	       mib(r, "rss_kib"), mib(r, "used_kib"), mib(r, "cold_kib"), mib(r, "swap_kib"),
	       mib(r, "net_kib"), real(r, "refaults_per_s"), text_at(r, "state"));
	fflush(stdout);
}

/* Standard output is the program's. */
static void show_end(const json_t *r)
{
	double took = real(r, "at_s") > 0 ? real(r, "at_s") : 1;

	fprintf(stderr,
		"shunt: at the last scan %.1f MiB were there, %.1f MiB gone (%.1f MiB net); %lld "
		"pauses; scans took %.2f %% of a CPU, moving %.2f %%\n",
		mib(r, "rss_kib"), mib(r, "swap_kib"), mib(r, "net_kib"), number_at(r, "pauses"),
		100 * real(r, "scan_cpu_s") / took, 100 * real(r, "act_cpu_s") / took);
}

struct out {
	struct ctl *ctl;
	FILE *file;
	bool lines; /* on standard output */
	struct mem_trace_out trace; /* to file, where it is a record */
	int err;                    /* -errno, where it could not be written */
};

static void out_begin(struct out *out, const struct mem_options *o)
{
	if (o->record)
		mem_trace_begin(&out->trace, out->file);
}

/* err, or what writing the file came to. */
static int out_end(struct out *out, const struct mem_options *o, int err)
{
	int bad = o->record ? mem_trace_end(&out->trace) : 0;

	bad = out->err ? out->err : bad;
	if (bad && !err)
		return fail(out->ctl, bad, "cannot write the record: %s", strerror(-bad));
	return err;
}

static void tell(const struct mem_watch *w, void *arg)
{
	struct out *out = arg;
	json_t *r = result(w);

	if (w->o->record) {
		int err = mem_record(&out->trace, &w->now, clock_ns());

		out->err = out->err ? out->err : err;
	} else if (out->file) {
		json_dumpf(r, out->file, JSON_COMPACT);
		fputc('\n', out->file);
		fflush(out->file);
	}
	if (out->lines)
		emit(out->ctl, json_incref(r), show_line);
	json_decref(r);
}

/* Signals that would end us come by a descriptor. */
static int catch_signals(void)
{
	static const int some[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		sigaddset(&set, some[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int mem_watch(struct ctl *ctl, const struct mem_options *o, FILE *file)
{
	struct out out = { .ctl = ctl, .file = file, .lines = true };
	struct mem_target t;
	struct mem_watch w = { .o = o, .target = &t, .why = &ctl->why, .tell = tell, .arg = &out };
	__u64 pid = 0;
	int signals, err;

	if (need_args(ctl, 2, 2))
		return -EINVAL;
	if (parse_number(ctl->argv[1], 1, 0x7fffffff, &pid, &ctl->why))
		return fail_as_usage(ctl);
	if (pid == (__u64)getpid())
		return fail(ctl, -EINVAL, "process %d is this one", (int)pid);
	err = mem_target_open(&t, pid, &ctl->why);
	if (err)
		return err;
	signals = catch_signals();
	out_begin(&out, o);
	err = mem_watch_begin(&w);
	if (!err)
		err = mem_watch_run(&w, signals);
	err = out_end(&out, o, err < 0 ? err : 0);
	mem_watch_end(&w);
	mem_target_close(&t);
	return err;
}

/* A signal for shunt is the program's. The terminal sends its own to both. */
static void pass_on(const struct mem_target *t, int number)
{
	if (number == SIGTERM || number == SIGHUP)
		syscall(SYS_pidfd_send_signal, t->pidfd, number, NULL, 0);
}

/* Until the program has ended, whatever becomes of the watch: its exit status is ours. */
static int watch_program(struct ctl *ctl, struct mem_watch *w, struct mem_program *p, int signals)
{
	int got = mem_program_go(p, ctl->argv[1], &ctl->why);
	json_t *r;

	if (got)
		return got;
	while ((got = mem_watch_run(w, signals)) > 0)
		pass_on(w->target, got);
	if (got < 0) { /* the program does without */
		note("%s: memory stays as it is", why_text(&ctl->why));
		ctl_forget(ctl);
	}
	while ((got = mem_watch_wait(w, signals)) > 0)
		pass_on(w->target, got);
	r = result(w);
	ctl->code = mem_program_wait(p);
	return emit(ctl, r, show_end);
}

int mem_run(struct ctl *ctl, const struct mem_options *o, unsigned int batch_kib, FILE *file)
{
	struct out out = { .ctl = ctl, .file = file };
	struct mem_target t;
	struct mem_watch w = { .o = o, .target = &t, .why = &ctl->why, .tell = tell, .arg = &out };
	struct mem_program p = { .pid = -1, .go = -1, .report = -1 };
	char split[PATH_MAX];
	int signals, err;

	if (need_args(ctl, 2, 1 << 20) || part_find(ctl, "mem-split.so", split, sizeof(split)))
		return ctl->argc < 2 ? -EINVAL : -ENOENT;
	signals = catch_signals();
	err = mem_program_start(&p, split, batch_kib, ctl->argv + 1, &ctl->why);
	if (err)
		return err;
	err = mem_target_open(&t, p.pid, &ctl->why);
	if (!err) {
		w.tell = NULL;
		err = mem_watch_begin(&w); /* may we? */
		w.tell = tell;
		w.sums = (struct mem_sums){ 0 };
		out_begin(&out, o);
		if (!err)
			err = watch_program(ctl, &w, &p, signals);
		err = out_end(&out, o, err);
		mem_watch_end(&w);
		mem_target_close(&t);
	}
	mem_program_drop(&p);
	return err;
}
