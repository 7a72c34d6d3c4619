// SPDX-License-Identifier: BSD-2-Clause
/*
 * config.c - the configuration of shunt sched: classes of threads, and which threads are of each
 */
#include <cyaml/cyaml.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "../config_lines.h"
#include "file.h"
#include "../units.h"
#include "sched.h"

struct told_class {
	char *name, *slo, *quantum, *nice;
	char **cgroups;
	uint32_t cgroups_count;
};

struct told {
	struct told_class *classes;
	uint32_t classes_count;
	char *dflt;
	uint64_t *knobs;
	uint32_t knobs_count;
};

#define LIST (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)

static const cyaml_schema_value_t big_number = { CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint64_t) };
static const cyaml_schema_value_t word = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, CYAML_UNLIMITED)
};
static const cyaml_schema_field_t class_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct told_class, name, 1,
			       SHUNT_NAME_LEN - 1),
	CYAML_FIELD_STRING_PTR("slo", LIST, struct told_class, slo, 1, 32),
	CYAML_FIELD_STRING_PTR("quantum", LIST, struct told_class, quantum, 1, 32),
	CYAML_FIELD_STRING_PTR("nice", LIST, struct told_class, nice, 1, 16),
	CYAML_FIELD_SEQUENCE("cgroups", LIST, struct told_class, cgroups, &word, 1,
			     SCHED_CGROUPS_TOLD),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t class_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct told_class, class_fields)
};
static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_SEQUENCE("classes", CYAML_FLAG_POINTER, struct told, classes, &class_value, 1,
			     SHUNT_CLASSES),
	CYAML_FIELD_STRING_PTR("default", LIST, struct told, dflt, 1, SHUNT_NAME_LEN - 1),
	CYAML_FIELD_SEQUENCE("knobs", LIST, struct told, knobs, &big_number, 0, SHUNT_KNOBS),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t top = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct told, top_fields)
};

struct reader {
	struct ctl *ctl;
	const char *file;
	char *text;
	size_t len;
	struct told *told;
	struct sched_setup *s;
};

/* Puts the place of the value at a path before the failure. */
static int at(struct reader *r, const char *fmt, ...) __printf(2, 3);
static int at(struct reader *r, const char *fmt, ...)
{
	char path[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	fail_context(r->ctl, "%s:%d: %s", r->file, config_line(r->text, r->len, path), path);
	return -EINVAL;
}

static int class_named(const struct sched_setup *s, const char *name)
{
	for (__u32 i = 0; i < s->cfg.nclasses; i++) {
		if (!strcmp(s->cfg.class_name[i], name))
			return i;
	}
	return -ENOENT;
}

/* "-5", or "1..19". */
static int read_nice(struct ctl *ctl, const char *text, int *from, int *to)
{
	char *end = NULL;
	long a = strtol(text, &end, 10), b = a;

	if (end != text && end[0] == '.' && end[1] == '.') {
		const char *second = end + 2;

		b = strtol(second, &end, 10);
		if (end == second)
			end = NULL;
	}
	if (end == text || !end || *end || a < -20 || b > 19 || a > b)
		return fail(ctl, -EINVAL,
			    "'%s' is no nice value from -20 to 19, and no range such as 1..19",
			    text);
	*from = a;
	*to = b;
	return 0;
}

static int set_nice(struct reader *r, __u32 cls, int from, int to)
{
	for (int nice = from; nice <= to; nice++) {
		__u8 *of = &r->s->cfg.nice[nice + 20];

		if (*of)
			return fail(r->ctl, -EINVAL, "nice %d is of class '%s' already", nice,
				    r->s->cfg.class_name[*of - 1]);
		*of = cls + 1;
	}
	return 0;
}

/* Where cgroups of version 2 are, below /sys/fs/cgroup. */
static const char *cgroup_root(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	for (int i = 0; i < 2; i++) {
		if (!statfs(roots[i], &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
			return roots[i];
	}
	return NULL;
}

/* The number of a cgroup is that of its folder. */
static int add_cgroup(struct reader *r, __u32 cls, const char *name)
{
	const char *root = cgroup_root();
	struct sched_setup *s = r->s;
	char path[PATH_MAX];
	struct stat st;

	if (!root)
		return fail(r->ctl, -ENOENT, "no cgroups of version 2 below /sys/fs/cgroup");
	if (name[0] != '/')
		return fail(r->ctl, -EINVAL, "'%s' does not begin with '/'", name);
	if ((size_t)snprintf(path, sizeof(path), "%s%s", root, name) >= sizeof(path) ||
	    stat(path, &st) || !S_ISDIR(st.st_mode))
		return fail(r->ctl, -ENOENT, "there is no cgroup '%s' (%s%s)", name, root, name);
	if (s->ncgroups == SCHED_CGROUPS_TOLD)
		return fail(r->ctl, -E2BIG, "more than %d cgroups", SCHED_CGROUPS_TOLD);
	for (__u32 i = 0; i < s->ncgroups; i++) {
		if (s->cgroups[i].id == st.st_ino)
			return fail(r->ctl, -EINVAL, "'%s' is of class '%s' already", name,
				    s->cfg.class_name[s->cgroups[i].cls]);
	}
	s->cgroups[s->ncgroups].id = st.st_ino;
	s->cgroups[s->ncgroups++].cls = cls;
	return 0;
}

static int read_class(struct reader *r, __u32 i)
{
	const struct told_class *in = &r->told->classes[i];
	struct sched_setup *s = r->s;
	int from = 0, to = 0;

	if (strspn(in->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
	    strlen(in->name) || !strcmp(in->name, "none")) {
		fail(r->ctl, -EINVAL, "a name is made of letters, digits, _ and -, and is not "
				      "'none'");
		return at(r, "classes[%u].name", i);
	}
	if (class_named(s, in->name) >= 0) {
		fail(r->ctl, -EINVAL, "two classes have this name");
		return at(r, "classes[%u].name", i);
	}
	snprintf(s->cfg.class_name[i], SHUNT_NAME_LEN, "%s", in->name);
	s->cfg.nclasses = i + 1;
	if (in->slo && parse_time_us(in->slo, &s->slo_us[i], &r->ctl->why))
		return at(r, "classes[%u].slo", i);
	if (in->quantum && parse_time_us(in->quantum, &s->quantum_us[i], &r->ctl->why))
		return at(r, "classes[%u].quantum", i);
	if (in->nice && (read_nice(r->ctl, in->nice, &from, &to) || set_nice(r, i, from, to)))
		return at(r, "classes[%u].nice", i);
	for (__u32 k = 0; k < in->cgroups_count; k++) {
		if (add_cgroup(r, i, in->cgroups[k]))
			return at(r, "classes[%u].cgroups[%u]", i, k);
	}
	return 0;
}

static int read_told(struct reader *r)
{
	int err = 0, dflt;

	for (__u32 i = 0; !err && i < r->told->classes_count; i++)
		err = read_class(r, i);
	for (__u32 i = 0; !err && i < r->told->knobs_count; i++)
		r->s->knobs[i] = r->told->knobs[i];
	if (err || !r->told->dflt)
		return err;
	dflt = class_named(r->s, r->told->dflt);
	if (dflt < 0) {
		fail(r->ctl, -EINVAL, "there is no class '%s'", r->told->dflt);
		return at(r, "default");
	}
	r->s->cfg.dflt = dflt;
	return 0;
}

static int read_yaml(struct reader *r)
{
	int line = 0;

	r->told = config_load(r->text, r->len, &top, &line, &r->ctl->why);
	if (r->told)
		return 0;
	if (line)
		fail_context(r->ctl, "%s:%d", r->file, line);
	else
		fail_context(r->ctl, "%s", r->file);
	hint(r->ctl, "what may stand there: man 8 shunt-sched, CONFIGURATION");
	return -EINVAL;
}

/* Everybody's threads, and those that give way. */
static void by_nice(struct sched_setup *s)
{
	static const char *const names[] = { "normal", "background" };
	static const __u32 slo_us[] = { 10000, 1000000 }, quantum_us[] = { 4000, 20000 };

	s->cfg.nclasses = 2;
	for (int i = 0; i < 2; i++) {
		snprintf(s->cfg.class_name[i], SHUNT_NAME_LEN, "%s", names[i]);
		s->slo_us[i] = slo_us[i];
		s->quantum_us[i] = quantum_us[i];
	}
	for (int nice = 1; nice <= 19; nice++)
		s->cfg.nice[nice + 20] = 2;
}

int sched_setup(struct ctl *ctl, const char *file, struct sched_setup *s)
{
	struct reader r = { .ctl = ctl, .file = file, .s = s };
	void *data = NULL;
	int err;

	memset(s, 0, sizeof(*s));
	s->cfg.abi = SHUNT_ABI;
	if (!file) {
		by_nice(s);
		return 0;
	}
	err = file_read(&ctl->why, file, &data, &r.len);
	r.text = data;
	if (!err)
		err = read_yaml(&r);
	if (!err)
		err = read_told(&r);
	config_unload(r.told, &top);
	free(data);
	return err;
}
