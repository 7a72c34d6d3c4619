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

#include "build.h"
#include "spawn.h"

struct job {
	struct workdir dir;
	const char *source;         /* as the user gave it */
	char policy[PATH_MAX + 32]; /* -DSHUNT_POLICY_FILE="absolute path" */
	char real[PATH_MAX];
	char src[PATH_MAX + 64];    /* shunt.bpf.c, native.c */
	char include[PATH_MAX + 64]; /* -I… */
	char arch_include[64];      /* -I…: where clang finds asm/types.h for its own host */
};

int build_exe_dir(char *out, size_t len)
{
	ssize_t n = readlink("/proc/self/exe", out, len - 1);
	char *slash;

	if (n <= 0)
		return n ? -errno : -ENOENT;
	out[n] = '\0';
	slash = strrchr(out, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	return 0;
}

static bool has_sources(struct job *j, const char *root, const char *below)
{
	char path[PATH_MAX], real[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s%s", root, below) >= sizeof(path) ||
	    !realpath(path, real))
		return false;
	snprintf(j->src, sizeof(j->src), "%s/bpf", real);
	snprintf(j->include, sizeof(j->include), "-I%s/include", real);
	snprintf(path, sizeof(path), "%.*s/bpf/shunt.bpf.c", PATH_MAX - 32, real);
	return !access(path, R_OK);
}

/* The tree that this program was built in, or what was installed with it. */
static int find_sources(struct ctl *ctl, struct job *j)
{
	char exe[PATH_MAX];
	bool found = !build_exe_dir(exe, sizeof(exe)) &&
		     (has_sources(j, exe, "/..") || has_sources(j, exe, "/../lib/shunt/src"));

	if (found || has_sources(j, SHUNT_LIBDIR, "/shunt/src"))
		return 0;
	fail(ctl, -ENOENT, "cannot find shunt's sources (bpf/shunt.bpf.c)");
	hint(ctl, "build the bundle where shunt's sources are installed (%s/shunt/src), "
	     "and load the bundle here", SHUNT_LIBDIR);
	return -ENOENT;
}

static int prepare(struct ctl *ctl, struct job *j)
{
	if (!realpath(j->source, j->real))
		return fail(ctl, -errno, "cannot open '%s': %s", j->source, strerror(errno));
	if (strpbrk(j->real, "\"\\\n"))
		return fail(ctl, -EINVAL, "the path of '%s' has characters that C cannot include",
			    j->source);
	snprintf(j->policy, sizeof(j->policy), "-DSHUNT_POLICY_FILE=\"%s\"", j->real);
	snprintf(j->arch_include, sizeof(j->arch_include), "-I/usr/include/%.16s-linux-gnu",
		 bundle_arch());
	return find_sources(ctl, j);
}

/* Lines that tell nothing to the policy's author: our wrapper's, the insides of the compiler. */
static bool is_noise(const char *line)
{
	size_t indent = strspn(line, " ");

	return !line[indent] || !strncmp(line, "In file included from", 21) ||
	       (indent && !strncmp(line + indent, "0x", 2));
}

/* Copies a line with the user's own name of his file. */
static void put_line(const struct job *j, FILE *to, const char *line)
{
	size_t real = strlen(j->real);
	const char *at;

	while ((at = strstr(line, j->real))) {
		fprintf(to, "%.*s%s", (int)(at - line), line, j->source);
		line = at + real;
	}
	fprintf(to, "%s\n", line);
}

/* What the compiler said, for the policy's author. Cuts up text. */
static char *tidy(const struct job *j, char *text)
{
	char *out = NULL, *save = NULL;
	size_t len;
	FILE *to = open_memstream(&out, &len);

	if (!to)
		return NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "PLEASE ", 7) || !strncmp(line, "Stack dump", 10))
			break; /* the compiler's own crash report */
		if (!is_noise(line))
			put_line(j, to, line);
	}
	fclose(to);
	if (out && len && out[len - 1] == '\n')
		out[len - 1] = '\0';
	return out;
}

static const struct remedy remedies[] = {
	{ "function 'select'", "a policy defines select()" },
	{ "function 'steer'", "a policy defines steer()" },
	{ "'shunt_policy_flags'", "a policy names itself: SHUNT_POLICY(\"name\", flags, \"text\")" },
	{ "signed division", "BPF divides unsigned numbers only, and only by constants: see shunt_div()" },
	{ "undefined reference", "a policy calls nothing but what shunt/policy.h offers" },
	{ "undeclared", "what a policy may use: shunt/policy.h" },
	{ NULL, NULL },
};

static int run_tool(struct ctl *ctl, struct job *j, const char *const *args, const char *failed)
{
	char *said = NULL, *text;
	int err = spawn_run(&j->dir, args, &said);

	if (err == -ENOENT) {
		fail(ctl, err, "cannot run '%s': not found", args[0]);
		hint(ctl, "install it (Debian: apt-get install clang llvm gcc libbpf-dev "
		     "linux-libc-dev), or build the bundle on another machine");
		return err;
	}
	if (err < 0)
		return fail(ctl, err, "cannot run '%s': %s", args[0], strerror(-err));
	text = said ? tidy(j, said) : NULL;
	if (err) {
		err = fail(ctl, -EINVAL, "%s:\n%s", failed, text ? text : "");
		hint_known(ctl, remedies, text ? text : "");
	} else if (text && *text) {
		note("%s", text); /* warnings */
	}
	free(text);
	free(said);
	return err;
}

static int compile(struct ctl *ctl, struct job *j)
{
	const char *clang = secure_getenv("CLANG"), *cc = secure_getenv("CC");
	char source[sizeof(j->src) + 32], failed[PATH_MAX + 64];
	const char *bpf[] = { clang ? clang : "clang", "-O2", "-g", "-target", "bpf", "-mcpu=v3",
			      "-Wall", "-Wextra", "-Wno-unused-parameter",
			      "-Werror=implicit-function-declaration", "-fno-crash-diagnostics",
			      j->include, j->arch_include, j->policy, "-c", source, "-o",
			      "bpf.o", NULL };
	const char *nic[] = { bpf[0], "-O2", "-g", "-target", "bpf", "-mcpu=v3", "-w",
			      "-fno-crash-diagnostics", j->include, j->arch_include, j->policy, "-c",
			      source, "-o", "nic.o", NULL };
	const char *native[] = { cc ? cc : "cc", "-O2", "-std=gnu11", "-fPIC", "-ffreestanding",
				 "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-unused-parameter",
				 "-shared", "-nostdlib",
#ifdef __aarch64__
				 "-mno-outline-atomics", /* these are in libgcc */
#endif
				 "-Wl,--no-undefined,-z,noseparate-code,-z,norelro,--build-id=none",
				 j->include, j->policy, source, "-o", "native.so", NULL };
	int err;

	snprintf(source, sizeof(source), "%s/shunt.bpf.c", j->src);
	snprintf(failed, sizeof(failed), "'%s' does not compile for BPF", j->source);
	err = run_tool(ctl, j, bpf, failed);
	if (err)
		return err;
	snprintf(source, sizeof(source), "%s/nic/nic.bpf.c", j->src);
	snprintf(failed, sizeof(failed), "'%s' does not compile for a NIC", j->source);
	err = run_tool(ctl, j, nic, failed);
	if (err)
		return err;
	snprintf(source, sizeof(source), "%s/native.c", j->src);
	snprintf(failed, sizeof(failed), "'%s' does not compile to native code", j->source);
	return run_tool(ctl, j, native, failed);
}

static int join(struct ctl *ctl, struct job *j)
{
	const char *objcopy = secure_getenv("OBJCOPY_BPF");
	char section[128];
	const char *args[] = { objcopy ? objcopy : "llvm-objcopy", "--add-section", section,
			       "--add-section", SHUNT_NIC_SEC "=nic.o", "bpf.o", "bundle", NULL };

	snprintf(section, sizeof(section), "%s.%s=native.so", SHUNT_NATIVE_SEC, bundle_arch());
	return run_tool(ctl, j, args, "cannot join BPF and native code");
}

static int save(struct ctl *ctl, const struct bundle *b, const char *out)
{
	char tmp[PATH_MAX];
	int fd, err = 0;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.XXXXXX", out) >= sizeof(tmp))
		return fail(ctl, -ENAMETOOLONG, "the name '%s' is too long", out);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return fail(ctl, -errno, "cannot write '%s': %s", out, strerror(errno));
	if (write(fd, b->data, b->len) != (ssize_t)b->len || fchmod(fd, 0644) || rename(tmp, out)) {
		err = fail(ctl, -errno, "cannot write '%s': %s", out, strerror(errno));
		unlink(tmp);
	}
	close(fd);
	return err;
}

int build_bundle(struct ctl *ctl, const char *source, const char *out, struct bundle *b)
{
	struct job j = { .source = source };
	char path[PATH_MAX];
	int err = prepare(ctl, &j);

	if (err)
		return err;
	err = workdir_make(&j.dir);
	if (err)
		return fail(ctl, err, "cannot make a temporary directory: %s", strerror(-err));
	err = compile(ctl, &j);
	if (!err)
		err = join(ctl, &j);
	if (!err) {
		snprintf(path, sizeof(path), "%s/bundle", j.dir.path);
		err = bundle_read(ctl, path, source, b);
	}
	workdir_remove(&j.dir);
	if (!err && out) {
		err = save(ctl, b, out);
		if (err)
			bundle_close(b);
	}
	return err;
}
