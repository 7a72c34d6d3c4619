// SPDX-License-Identifier: BSD-2-Clause
/*
 * policy.c - the native code of a policy, out of the very bundle that `shunt load` takes
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <glob.h>
#include <libelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"

static const struct { const char *name; enum ideal ideal; } ideals[] = {
	{ "ps", IDEAL_PS }, { "srpt", IDEAL_SRPT }, { "c-fcfs", IDEAL_CFCFS },
	{ "drr", IDEAL_DRR }, { "ipipe", IDEAL_IPIPE }, { "ipipe-alg", IDEAL_IPIPE_ALG },
};

/* The folder of this program. */
static void exe_dir(char *dir, size_t len)
{
	ssize_t n = readlink("/proc/self/exe", dir, len - 1);
	char *slash;

	dir[n > 0 ? n : 0] = '\0';
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
}

/* Where built-in policies may be, the first place first. False: there are no more places. */
static bool place(int i, char *dir, size_t len)
{
	const char *env = secure_getenv("SHUNT_OBJECT_PATH");
	char exe[PATH_MAX];

	exe_dir(exe, sizeof(exe));
	switch (env ? i : i + 1) {
	case 0: snprintf(dir, len, "%s", env); return true;
	case 1: snprintf(dir, len, "%s/bpf", exe); return true;
	case 2: snprintf(dir, len, "%s/../lib/shunt/policies", exe); return true;
	case 3: snprintf(dir, len, "%s/shunt/policies", SHUNT_LIBDIR); return true;
	default: return false;
	}
}

static bool find_builtin(const char *name, char *path, size_t len)
{
	char dir[PATH_MAX + 64];

	for (int i = 0; place(i, dir, sizeof(dir)); i++) {
		snprintf(path, len, "%s/%s.o", dir, name);
		if (!access(path, R_OK))
			return true;
	}
	return false;
}

int policy_list(char names[][SHUNT_NAME_LEN], int room)
{
	char dir[PATH_MAX + 64], pattern[PATH_MAX + 80];
	const char *base;
	glob_t found;
	int n = 0;

	for (int i = 0; !n && place(i, dir, sizeof(dir)); i++) {
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
static int build(const char *source, const char *out, char *err)
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
		return say(err, "cannot run shunt to build '%s': %s", source, strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return say(err, "cannot find shunt to build '%s'%s: give a bundle", source, "");
	return status ? say(err, "cannot build '%s'%s", source, "") : 0;
}

/* The section's bytes into a memfd, which dlopen() maps. */
static int extract(int file, const char *path, char *err)
{
	char want[128];
	struct utsname host;
	Elf_Scn *scn = NULL;
	Elf_Data *data;
	GElf_Shdr sh;
	const char *name;
	size_t names;
	int fd = -1;
	Elf *elf;

	uname(&host);
	snprintf(want, sizeof(want), "%s.%.64s", SHUNT_NATIVE_SEC, host.machine);
	elf_version(EV_CURRENT);
	elf = elf_begin(file, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF || elf_getshdrstrndx(elf, &names)) {
		elf_end(elf);
		return say(err, "'%s' is no policy's bundle%s", path, "");
	}
	while (fd < 0 && (scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || !(name = elf_strptr(elf, names, sh.sh_name)) ||
		    strcmp(name, want))
			continue;
		data = elf_rawdata(scn, NULL);
		fd = memfd_create("shunt-policy", MFD_CLOEXEC);
		if (!data || fd < 0 || write(fd, data->d_buf, data->d_size) != (ssize_t)data->d_size) {
			if (fd >= 0)
				close(fd);
			elf_end(elf);
			return say(err, "cannot read the native code of '%s'%s", path, "");
		}
	}
	elf_end(elf);
	return fd < 0 ? say(err, "'%s' has no native code for this machine (section '%s')", path, want) : fd;
}

static int link_policy(struct policy *p, const char *path, char *err)
{
	const struct shunt_policy_desc *desc;
	char self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", p->fd);
	p->handle = dlopen(self, RTLD_NOW | RTLD_LOCAL);
	if (!p->handle)
		return say(err, "cannot map the native code of '%s': %s", path, dlerror());
	desc = dlsym(p->handle, SHUNT_SYM_DESC);
	if (shunt_policy_find(dlsym, p->handle, p->fn) || !desc)
		return say(err, "the native code of '%s' is no policy%s", path, "");
	if (desc->abi != SHUNT_ABI)
		return say(err, "'%s' was built for another ABI: build it again%s", path, "");
	p->flags = desc->flags;
	snprintf(p->name, sizeof(p->name), "%.*s", SHUNT_NAME_LEN, desc->name);
	return 0;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

int policy_open(struct policy *p, const char *name, char *err)
{
	char path[PATH_MAX + 128], tmp[] = "/tmp/shunt-sim.XXXXXX";
	bool source = ends_with(name, ".c");
	int file;

	memset(p, 0, sizeof(*p));
	p->fd = -1;
	for (size_t i = 0; i < sizeof(ideals) / sizeof(ideals[0]); i++) {
		if (!strcmp(name, ideals[i].name)) {
			p->ideal = ideals[i].ideal;
			snprintf(p->name, sizeof(p->name), "%s", name);
			return 0;
		}
	}
	if (source) {
		file = mkstemp(tmp);
		if (file < 0)
			return say(err, "cannot make a temporary file for '%s': %s", name, strerror(errno));
		close(file);
		if (build(name, tmp, err)) {
			unlink(tmp);
			return -1;
		}
		snprintf(path, sizeof(path), "%s", tmp);
	} else if (strchr(name, '/') || ends_with(name, ".shunt") || ends_with(name, ".o")) {
		snprintf(path, sizeof(path), "%s", name);
	} else if (!find_builtin(name, path, sizeof(path))) {
		return say(err, "unknown policy '%s' (a built-in one, ps, srpt, c-fcfs, ./FILE.c, "
			   "./FILE.shunt)%s", name, "");
	}
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (source)
		unlink(tmp);
	if (file < 0)
		return say(err, "cannot open '%s': %s", path, strerror(errno));
	p->fd = extract(file, name, err);
	close(file);
	if (p->fd < 0 || link_policy(p, name, err)) {
		policy_close(p);
		return -1;
	}
	return 0;
}

void policy_close(struct policy *p)
{
	if (p->handle)
		dlclose(p->handle);
	if (p->fd >= 0)
		close(p->fd);
	p->handle = NULL;
	p->fd = -1;
}
