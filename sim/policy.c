// SPDX-License-Identifier: BSD-2-Clause
/*
 * policy.c - the native code of a policy, out of the very bundle that `shunt load` takes
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bundle/bundle.h"
#include "exe.h"
#include "sim.h"

static const struct { const char *name; enum ideal ideal; } ideals[] = {
	{ "ps", IDEAL_PS }, { "srpt", IDEAL_SRPT }, { "c-fcfs", IDEAL_CFCFS },
	{ "oracle", IDEAL_ORACLE },
	{ "drr", IDEAL_DRR }, { "ipipe", IDEAL_IPIPE }, { "ipipe-alg", IDEAL_IPIPE_ALG },
};

int policy_list(char names[][SHUNT_NAME_LEN], int room)
{
	char dir[PATH_MAX], pattern[PATH_MAX + 8];
	const char *base;
	glob_t found;
	int n = 0;

	for (int i = 0; !n && i < BUNDLE_DIRS; i++) {
		if (!bundle_dir(i, dir, sizeof(dir))[0])
			continue;
		snprintf(pattern, sizeof(pattern), "%s/*.o", dir);
		if (glob(pattern, 0, NULL, &found))
			continue;
		for (size_t k = 0; k < found.gl_pathc && n < room; k++) {
			base = strrchr(found.gl_pathv[k], '/') + 1;
			snprintf(names[n++], SHUNT_NAME_LEN, "%.*s", (int)strlen(base) - 2, base);
		}
		globfree(&found);
	}
	return n;
}

/* `shunt build SOURCE -o OUT`, by the shunt beside this program, or the one in PATH. */
static int build(const char *source, const char *out, struct why *why)
{
	char exe[PATH_MAX], shunt[PATH_MAX + 8], sbin[PATH_MAX + 16];
	int status;
	pid_t pid;

	exe_dir(exe, sizeof(exe));
	snprintf(shunt, sizeof(shunt), "%s/shunt", exe);
	snprintf(sbin, sizeof(sbin), "%s/../sbin/shunt", exe); /* installed */
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDOUT_FILENO); /* what it says of a bundle that is gone at once */
		execl(shunt, "shunt", "build", source, "-o", out, (char *)NULL);
		execl(sbin, "shunt", "build", source, "-o", out, (char *)NULL);
		execlp("shunt", "shunt", "build", source, "-o", out, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return why_fail(why, -1, "cannot run shunt to build '%s': %s", source,
				strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return why_fail(why, -1, "cannot find shunt to build '%s': give a bundle", source);
	return status ? why_fail(why, -1, "cannot build '%s'", source) : 0;
}

/* The bundle of the source, in a file that is gone at once. */
static int read_source(const char *source, struct bundle *b, struct why *why)
{
	char tmp[] = "/tmp/shunt-sim.XXXXXX";
	int file = mkstemp(tmp), err;

	if (file < 0)
		return why_fail(why, -1, "cannot make a temporary file for '%s': %s", source,
				strerror(errno));
	close(file);
	err = build(source, tmp, why);
	if (!err)
		err = bundle_read(why, tmp, source, b);
	unlink(tmp);
	return err;
}

static int read_bundle(const char *name, struct bundle *b, struct why *why)
{
	char path[PATH_MAX];

	if (bundle_is_source(name))
		return read_source(name, b, why);
	if (bundle_is_file(name))
		return bundle_read(why, name, name, b);
	if (!bundle_find(why, name, path, sizeof(path)))
		return bundle_read(why, path, name, b);
	why_forget(why);
	why_fail(why, -1, "unknown policy '%s'", name);
	why_hint(why,
		 "a built-in one ('shunt policies'), ps, srpt, c-fcfs, oracle, ./FILE.c or "
		 "./FILE.shunt");
	return -1;
}

/* Copies the native code: dlopen() shall map the bytes that were checked, whoever writes to the
 * file. */
static int copy_native(struct policy *p, const struct bundle *b, struct why *why)
{
	p->fd = memfd_create("shunt-policy", MFD_CLOEXEC);
	if (p->fd < 0 || write(p->fd, b->native, b->native_len) != (ssize_t)b->native_len)
		return why_fail(why, -1, "cannot copy the native code of '%s': %s", b->path,
				strerror(errno));
	return 0;
}

static int link_policy(struct policy *p, const struct bundle *b, struct why *why)
{
	char self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", p->fd);
	p->handle = dlopen(self, RTLD_NOW | RTLD_LOCAL);
	if (!p->handle)
		return why_fail(why, -1, "cannot map the native code of '%s': %s", b->path,
				dlerror());
	if (shunt_policy_find(dlsym, p->handle, p->fn))
		return why_fail(why, -1, "the native code of '%s' is no policy", b->path);
	p->flags = b->desc.flags;
	snprintf(p->name, sizeof(p->name), "%s", b->desc.name);
	snprintf(p->text, sizeof(p->text), "%s", b->desc.text);
	return 0;
}

int policy_open(struct policy *p, const char *name, struct why *why)
{
	struct bundle b;
	int err;

	memset(p, 0, sizeof(*p));
	p->fd = -1;
	for (size_t i = 0; i < sizeof(ideals) / sizeof(ideals[0]); i++) {
		if (!strcmp(name, ideals[i].name)) {
			p->ideal = ideals[i].ideal;
			snprintf(p->name, sizeof(p->name), "%s", name);
			return 0;
		}
	}
	if (read_bundle(name, &b, why))
		return -1;
	err = copy_native(p, &b, why);
	if (!err)
		err = link_policy(p, &b, why);
	bundle_close(&b);
	if (err)
		policy_close(p);
	return err;
}

void policy_close(struct policy *p)
{
	for (int i = 0; i < p->neach; i++)
		policy_close(&p->each[i]);
	free(p->each);
	p->each = NULL;
	p->neach = 0;
	if (p->handle)
		dlclose(p->handle);
	if (p->fd >= 0)
		close(p->fd);
	p->handle = NULL;
	p->fd = -1;
}
