// SPDX-License-Identifier: BSD-2-Clause
/*
 * tunable.c - live changes of numbers that policies and XDP read
 *
 * The pinned map is the truth; XDP and the agent copy it into the views. Here it is copied at once,
 * by single aligned stores, as others read it meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "maps.h"
#include "tunable.h"
#include "units.h"

static const char *const maps[] = { "slo_us", "quantum_us", "hold_limit", "admit", "least" };

int tunable_parse(struct ctl *ctl, const struct shunt_cfg *cfg, enum tunable what,
		  const char *text, __u32 *value)
{
	__u32 most = cfg->hold_ring - SHUNT_RING_MARGIN;
	__u64 n = 0;
	int err;

	if (what == TUNE_ADMIT) {
		err = parse_admit(text, value, &ctl->why);
	} else if (what == TUNE_LEAST) {
		err = parse_least(text, value, &ctl->why);
	} else if (what != TUNE_LIMIT) {
		err = parse_time_us(text, value, &ctl->why);
	} else {
		err = strcmp(text, "none") ? parse_number(text, 0, most, &n, &ctl->why) : 0;
		*value = n;
	}
	return err ? fail_as_usage(ctl) : 0;
}

/* As bpf/front.h, bpf/mark.h and shuntd bound it. */
static __u32 bounded(const struct shunt_cfg *cfg, enum tunable what, __u32 value)
{
	__u32 room = cfg->hold_ring > SHUNT_RING_MARGIN ? cfg->hold_ring - SHUNT_RING_MARGIN : 0;
	__u32 most = what == TUNE_LIMIT   ? room
		     : what == TUNE_ADMIT ? SHUNT_SLACK_MAX
		     : what == TUNE_LEAST ? SHUNT_LEAST_MAX
					  : SHUNT_SLO_MAX_US;

	if (what == TUNE_ADMIT && value == SHUNT_ADMIT_ALL)
		return value;
	return value > most ? most : value;
}

json_t *tunable_class(struct ctl *ctl, __u32 cls, struct shunt_class *c)
{
	char name[SHUNT_NAME_LEN + 1] = "";

	if (map_get(ctl, "classes", cls, c, sizeof(*c)))
		return NULL;
	memcpy(name, c->name, sizeof(c->name));
	return json_pack("{s:i, s:s}", "class", cls, "name", name);
}

int tunable_tell(struct ctl *ctl, const struct shunt_cfg *cfg, enum tunable what, __u32 cls,
		 json_t *j)
{
	json_t *out = json_object_get(j, "out_of_range");
	__u32 value, most;
	char text[16];
	int err = map_get(ctl, maps[what], cls, &value, sizeof(value));

	if (err || !value)
		return err;
	most = bounded(cfg, what, value);
	json_object_set_new(j, maps[what], what == TUNE_ADMIT
						   ? json_string(format_admit(most, text, 16))
						   : json_integer(most));
	if (most == value)
		return 0;
	if (!out) {
		out = json_object();
		json_object_set_new(j, "out_of_range", out);
	}
	json_object_set_new(out, maps[what], json_integer(value));
	return 0;
}

struct change {
	enum { SET_SLO, SET_QUANTUM, SET_ADMIT, SET_LEAST, SET_KNOB, SET_CLASSES } field;
	__u32 i;
	__u64 value;
};

static void change_view(struct shunt_view *view, const struct change *ch)
{
	switch (ch->field) {
	case SET_SLO:
		__atomic_store_n(&view->slo_us[ch->i], (__u32)ch->value, __ATOMIC_RELAXED);
		break;
	case SET_QUANTUM:
		__atomic_store_n(&view->quantum_us[ch->i], (__u32)ch->value, __ATOMIC_RELAXED);
		break;
	case SET_ADMIT:
		__atomic_store_n(&view->admit[ch->i], (__u32)ch->value, __ATOMIC_RELAXED);
		break;
	case SET_LEAST:
		__atomic_store_n(&view->least[ch->i], (__u32)ch->value, __ATOMIC_RELAXED);
		break;
	case SET_KNOB:
		__atomic_store_n(&view->knob[ch->i], ch->value, __ATOMIC_RELAXED);
		break;
	case SET_CLASSES:
		__atomic_store_n(&view->nclasses, (__u32)ch->value, __ATOMIC_RELAXED);
		break;
	}
}

static int change_domain(struct ctl *ctl, __u32 d, const struct change *ch)
{
	struct shunt_domain dom;
	struct shunt_view *view;
	char name[16];
	int err = map_get(ctl, "domains", d, &dom, sizeof(dom)), fd;

	if (err || !dom.on)
		return err;
	snprintf(name, sizeof(name), "view%u", d);
	fd = map_open(ctl, name, sizeof(*view));
	if (fd < 0)
		return fd;
	view = shunt_map_mmap(fd, sizeof(*view), true);
	if (view) {
		change_view(view, ch);
		munmap(view, sizeof(*view));
	} else {
		err = fail_bpf(ctl, -errno, "cannot map '%s'", name);
	}
	close(fd);
	return err;
}

static int change_all(struct ctl *ctl, const struct shunt_cfg *cfg, const struct change *ch)
{
	int err = 0;

	for (__u32 d = 0; !err && d < cfg->ndomains; d++)
		err = change_domain(ctl, d, ch);
	return err;
}

int tunable_set(struct ctl *ctl, const struct shunt_cfg *cfg, enum tunable what, __u32 cls,
		__u32 value)
{
	static const int fields[] = { [TUNE_SLO] = SET_SLO, [TUNE_QUANTUM] = SET_QUANTUM,
				      [TUNE_ADMIT] = SET_ADMIT, [TUNE_LEAST] = SET_LEAST };
	struct change ch = { .field = fields[what], .i = cls, .value = value };
	int err = map_set(ctl, maps[what], cls, &value, sizeof(value));

	return err || what == TUNE_LIMIT ? err : change_all(ctl, cfg, &ch);
}

int knob_set(struct ctl *ctl, const struct shunt_cfg *cfg, __u32 knob, __u64 value)
{
	struct change ch = { SET_KNOB, knob, value };
	int err = map_set(ctl, "knobs", knob, &value, sizeof(value));

	if (!err)
		err = map_set_card(ctl, "knobs", knob, &value, sizeof(value));
	return err ? err : change_all(ctl, cfg, &ch);
}

int views_set_classes(struct ctl *ctl, const struct shunt_cfg *cfg)
{
	struct change ch = { SET_CLASSES, 0, cfg->nclasses };

	return change_all(ctl, cfg, &ch);
}
