// SPDX-License-Identifier: BSD-2-Clause
/*
 * build.c - from a policy's source to its bundle: compilers and objcopy, in a folder of its own
 *
 * Needs no privileges. The same flags as the Makefile's for the built-in policies.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <shunt/sched.h>

#include "build.h"
#include "exe.h"
#include "forbid.h"
#include "said.h"
#include "source.h"
#include "spawn.h"

#define LIMIT 120 /* seconds for each compiler; most take one */

struct job {
	struct workdir dir;
	struct spawn spawn;
	const char *source;         /* as the user gave it */
	const char *clang;
	unsigned int parts;         /* enum build_parts */
	int fd;                     /* the same, open */
	char beside[PATH_MAX];      /* the folder it lies in: headers of the user's own */
	bool closed;                /* compilers may not open files there */
	char copy[NAME_MAX + 16];   /* policy/FILE.c */
	char policy[NAME_MAX + 48]; /* -DSHUNT_POLICY_FILE="policy/FILE.c" */
	char map[160];              /* -ffile-prefix-map=FOLDER=. */
	char tree[PATH_MAX];        /* shunt's sources */
};

static bool has_sources(struct job *j, const char *root, const char *below)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s%s", root, below) >= sizeof(path) ||
	    !realpath(path, j->tree))
		return false;
	snprintf(path, sizeof(path), "%.*s/bpf/shunt.bpf.c", PATH_MAX - 32, j->tree);
	return !access(path, R_OK);
}

/* The tree that this program was built in, or what was installed with it. */
static int find_sources(struct ctl *ctl, struct job *j)
{
	char exe[PATH_MAX];
	bool found = !exe_dir(exe, sizeof(exe)) &&
		     (has_sources(j, exe, "/..") || has_sources(j, exe, "/../lib/shunt/src"));

	if (found || has_sources(j, SHUNT_LIBDIR, "/shunt/src"))
		return 0;
	fail(ctl, -ENOENT, "cannot find shunt's sources (bpf/shunt.bpf.c)");
	hint(ctl, "build the bundle where shunt's sources are installed (%s/shunt/src), "
	     "and load the bundle here", SHUNT_LIBDIR);
	return -ENOENT;
}

static int read_limit(struct ctl *ctl, unsigned int *seconds)
{
	const char *text = secure_getenv("SHUNT_BUILD_LIMIT");
	char *end = NULL;
	unsigned long n = text ? strtoul(text, &end, 10) : LIMIT;

	if (text && (*text < '0' || *text > '9' || *end || !n || n > 3600))
		return fail_usage(ctl,
				  "SHUNT_BUILD_LIMIT is '%s', and no number of seconds from 1 to "
				  "3600",
				  text);
	*seconds = n;
	return 0;
}

/* Copied into the folder: the compiler's user may not open every file that we may. */
static int open_source(struct ctl *ctl, struct job *j)
{
	const char *slash = strrchr(j->source, '/'), *name = slash ? slash + 1 : j->source;
	int err;

	j->fd = source_open(ctl, j->source, j->dir.uid);
	if (j->fd < 0)
		return j->fd;
	err = source_folder(j->fd, j->dir.uid, j->beside, sizeof(j->beside));
	if (err < 0)
		return fail(ctl, err, "cannot tell where '%s' lies: %s", j->source, strerror(-err));
	j->closed = !err;
	if (j->closed) /* compilers would not go on to the next folder */
		snprintf(j->beside, sizeof(j->beside), "policy");
	if (strpbrk(j->beside, "\"\\\n") || strpbrk(name, "\"\\\n"))
		return fail(ctl, -EINVAL, "the path of '%s' has characters that C cannot include",
			    j->source);
	snprintf(j->copy, sizeof(j->copy), "policy/%.*s", NAME_MAX, name);
	snprintf(j->policy, sizeof(j->policy), "-DSHUNT_POLICY_FILE=\"%s\"", j->copy);
	return find_sources(ctl, j);
}

/* Everything that is compiled goes into the folder. */
static int fill(struct job *j)
{
	static const char *const below[] = { "bpf", "bpf/nic", "bpf/sched",
					     "include/shunt" };
	char path[PATH_MAX + 32], asm_dir[64];
	const char *const linux_dir[] = { "/usr/include/linux", NULL };
	const char *const generic_dir[] = { "/usr/include/asm-generic", NULL };
	const char *const bpf_dir[] = { "/usr/local/include/bpf", "/usr/include/bpf", NULL };
	const char *const asm_dirs[] = { asm_dir, "/usr/include/asm", NULL };
	int err = workdir_copy(&j->dir, j->fd, j->copy);

	for (size_t i = 0; !err && i < sizeof(below) / sizeof(below[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", j->tree, below[i]);
		err = workdir_copy_all(&j->dir, path, below[i]);
	}
	snprintf(asm_dir, sizeof(asm_dir), "/usr/include/%.16s-linux-gnu/asm", bundle_arch());
	if (!err)
		err = workdir_link(&j->dir, "linux", linux_dir);
	if (!err)
		err = workdir_link(&j->dir, "asm", asm_dirs);
	if (!err)
		err = workdir_link(&j->dir, "asm-generic", generic_dir);
	return err ? err : workdir_link(&j->dir, "bpf", bpf_dir);
}

static int run_tool(struct ctl *ctl, struct job *j, const char *const *args, const char *failed)
{
	char *said = NULL, *text;
	int err = spawn_run(&j->spawn, args, &said);

	if (err < 0)
		free(said);
	if (err == -EINTR)
		return fail(ctl, err, "interrupted");
	if (err == -ETIMEDOUT) {
		fail(ctl, err, "'%s': %s did not end within %u s", j->source, args[0],
		     j->spawn.seconds);
		hint(ctl, "does it include something that never ends, a FIFO or a device? On a "
			  "slow machine, SHUNT_BUILD_LIMIT=N gives each compiler N seconds");
		return err;
	}
	if (err == -ENOENT) {
		fail(ctl, err, "cannot run '%s': not found", args[0]);
		hint(ctl, "install it (Debian: apt-get install clang llvm libbpf-dev "
		     "linux-libc-dev), or build the bundle on another machine");
		return err;
	}
	if (err == -EPERM) {
		fail(ctl, err, "cannot run '%s' without root's rights: %s", args[0],
		     strerror(-err));
		hint(ctl, "make the bundle as another user: shunt build %s", j->source);
		return err;
	}
	if (err < 0)
		return fail(ctl, err, "cannot run '%s': %s", args[0], strerror(-err));
	text = said ? said_tidy(said, j->copy, j->source) : NULL;
	if (err) {
		/* the compiler names a header of ours */
		if (text && strstr(text, "'shunt_policy_flags'"))
			fail(ctl, -EINVAL, "'%s' is no policy: it lacks SHUNT_POLICY", j->source);
		err = fail(ctl, -EINVAL, "%s:\n%s", failed, text ? text : "");
		said_advise(ctl, text ? text : "", j->source, j->closed);
	} else if (text && *text) {
		note("%s", text); /* warnings */
	}
	free(text);
	free(said);
	return err;
}

/* Of the BPF programs the first gives the warnings: they are the policy's, so those of all. */
static int compile_bpf(struct ctl *ctl, struct job *j, const char *from, const char *to,
		       const char *whom, bool warn)
{
	char failed[PATH_MAX + 64];
	const char *args[] = { j->clang, "-O2", "-g", "-target", "bpf", "-mcpu=v3",
			       "-ffreestanding", "-fno-finite-loops", "-Wall", "-Wextra",
			       "-Wno-unused-parameter", "-Werror=implicit-function-declaration",
			       warn ? "-Wall" : "-w", "-fno-crash-diagnostics", "-nostdlibinc",
			       "-I.", "-Iinclude", "-iquote", j->beside, "-isystem", "sys", j->map,
			       j->policy, "-c", from, "-o", to, NULL };

	snprintf(failed, sizeof(failed), "'%s' does not compile for %s", j->source, whom);
	return run_tool(ctl, j, args, failed);
}

static int compile_native(struct ctl *ctl, struct job *j)
{
	char failed[PATH_MAX + 64];
	/* no warnings (-w): the compiler of the BPF code has given them */
	const char *args[] = { j->clang, "-O2", "-std=gnu11", "-fPIC", "-ffreestanding",
			       "-fno-finite-loops", "-fvisibility=hidden", "-w",
			       "-fno-crash-diagnostics", "-shared", "-nostdlib",
#ifdef __aarch64__
			       "-mno-outline-atomics", /* these are in libgcc */
#endif
			       "-Wl,--no-undefined,-z,noseparate-code,-z,norelro,--build-id=none",
			       "-nostdlibinc", "-I.", "-Iinclude", "-iquote", j->beside,
			       "-isystem", "sys", j->map, j->policy, "bpf/native.c", "-o",
			       "out/native.so", NULL };

	snprintf(failed, sizeof(failed), "'%s' does not compile to native code", j->source);
	return run_tool(ctl, j, args, failed);
}

/*
 * The same compiler makes all of them: code that it takes for impossible (a division by a certain
 * 0, say) is then missing in the native code as in the BPF code that the verifier sees. The
 * compiler must not take loops for finite: the verifier is to see a loop that may not end, and to
 * refuse it.
 */
static int compile(struct ctl *ctl, struct job *j)
{
	int err = compile_bpf(ctl, j, "bpf/shunt.bpf.c", "out/bpf.o", "BPF", true);

	if (!err && j->parts & BUILD_NIC)
		err = compile_bpf(ctl, j, "bpf/nic/nic.bpf.c", "out/nic.o", "a NIC", false);
	if (!err && j->parts & BUILD_THREADS)
		err = compile_bpf(ctl, j, "bpf/sched/sched.bpf.c", "out/sched.o", "threads", false);
	return err ? err : compile_native(ctl, j);
}

static int join(struct ctl *ctl, struct job *j)
{
	const char *objcopy = secure_getenv("OBJCOPY_BPF");
	char section[128];
	const char *args[10] = { objcopy ? objcopy : "llvm-objcopy", "--add-section", section };
	int n = 3;

	snprintf(section, sizeof(section), "%s.%s=out/native.so", SHUNT_NATIVE_SEC, bundle_arch());
	if (j->parts & BUILD_NIC) {
		args[n++] = "--add-section";
		args[n++] = SHUNT_NIC_SEC "=out/nic.o";
	}
	if (j->parts & BUILD_THREADS) {
		args[n++] = "--add-section";
		args[n++] = SHUNT_SCHED_SEC "=out/sched.o";
	}
	args[n++] = "out/bpf.o";
	args[n] = "out/bundle";
	return run_tool(ctl, j, args, "cannot join BPF and native code");
}

/* Where "out" is to be written: behind a link, not in its place. */
static int find_place(struct ctl *ctl, const char *out, char place[PATH_MAX])
{
	struct stat st;

	if (strlen(out) >= PATH_MAX)
		return fail(ctl, -ENAMETOOLONG, "the name '%s' is too long", out);
	if (stat(out, &st)) {
		strcpy(place, out);
		return 0;
	}
	if (!S_ISREG(st.st_mode)) {
		fail(ctl, -EINVAL, "'%s' is there and is no plain file", out);
		hint(ctl, "name a file to write, or one to replace");
		return -EINVAL;
	}
	if (!realpath(out, place))
		return fail(ctl, -errno, "cannot write '%s': %s", out, strerror(errno));
	return 0;
}

/* Writes the whole bundle or nothing: under another name first. */
static int save(struct ctl *ctl, const struct bundle *b, const char *out)
{
	char place[PATH_MAX], tmp[PATH_MAX + 8];
	mode_t mask = umask(0);
	int fd, err = find_place(ctl, out, place);

	umask(mask);
	if (err)
		return err;
	snprintf(tmp, sizeof(tmp), "%s.XXXXXX", place);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return fail(ctl, -errno, "cannot write '%s': %s", out, strerror(errno));
	if (write(fd, b->data, b->len) != (ssize_t)b->len || fchmod(fd, 0666 & ~mask) ||
	    rename(tmp, place)) {
		err = fail(ctl, -errno, "cannot write '%s': %s", out, strerror(errno));
		unlink(tmp);
	}
	close(fd);
	return err;
}

/* In its folder. */
static int build_there(struct ctl *ctl, struct job *j, struct bundle *b)
{
	char path[PATH_MAX];
	int err = open_source(ctl, j);

	if (err)
		return err;
	snprintf(j->map, sizeof(j->map), "-ffile-prefix-map=%s=.", j->dir.path);
	err = fill(j);
	if (err)
		return fail(ctl, err, "cannot copy the sources to '%s': %s", j->dir.path,
			    strerror(-err));
	err = compile(ctl, j);
	if (!err)
		err = join(ctl, j);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/out/bundle", j->dir.path);
	return bundle_of_file(ctl, path, j->source, b);
}

int build_bundle(struct ctl *ctl, const char *source, unsigned int parts, const char *out,
		 struct bundle *b)
{
	const char *clang = secure_getenv("CLANG");
	struct job j = { .source = source, .fd = -1, .parts = parts,
			 .clang = clang ? clang : "clang" };
	unsigned int seconds = LIMIT;
	int err = read_limit(ctl, &seconds);

	if (err)
		return err;
	spawn_begin(&j.spawn, &j.dir, seconds);
	err = workdir_make(&j.dir);
	if (err) {
		fail(ctl, err, "cannot make a temporary directory: %s", strerror(-err));
	} else {
		err = build_there(ctl, &j, b);
		workdir_remove(&j.dir);
	}
	if (j.fd >= 0)
		close(j.fd);
	spawn_end(&j.spawn);
	if (!err && out) {
		err = save(ctl, b, out);
		if (err)
			bundle_close(b);
	}
	return err;
}
