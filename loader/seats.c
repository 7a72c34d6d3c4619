// SPDX-License-Identifier: BSD-2-Clause
/*
 * seats.c - loads seat.o beside the policy's program, and freezes the seats: from then on BPF
 * programs alone write them
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"
#include "maps.h"
#include "object.h"
#include "part.h"
#include "seats.h"

#define ENDS "seat_ends"

static int freeze(struct ctl *ctl, const struct setup *s)
{
	int err = map_set(ctl, "seats", 0, &s->seats, sizeof(s->seats)), fd;

	if (err)
		return err;
	fd = map_open(ctl, "seats", sizeof(s->seats));
	if (fd < 0)
		return fd;
	if (bpf_map_freeze(fd))
		err = fail_bpf(ctl, -errno, "cannot freeze the map 'seats'");
	close(fd);
	return err;
}

static int pin(struct ctl *ctl, struct bpf_object *obj)
{
	int ask = bpf_program__fd(bpf_object__find_program_by_name(obj, "shunt_seat_ask"));
	int move = bpf_program__fd(bpf_object__find_program_by_name(obj, "shunt_seat_move"));
	int err = object_pin(ctl, bpf_map__fd(bpf_object__find_map_by_name(obj, ENDS)), ENDS);

	if (!err)
		err = object_pin(ctl, ask, "seat_ask");
	return err ? err : object_pin(ctl, move, "seat_move");
}

static int load(struct ctl *ctl, const char *path)
{
	struct bpf_object *obj;
	int err;

	log_start(ctl->verbose);
	obj = bpf_object__open_file(path, NULL);
	if (!obj)
		return fail(ctl, -errno, "'%s' is no BPF object that libbpf understands", path);
	err = object_reuse_maps(ctl, path, obj, ENDS);
	if (!err) {
		err = bpf_object__load(obj);
		if (err)
			fail_bpf(ctl, err, "cannot load '%s'", path);
	}
	if (!err)
		err = pin(ctl, obj);
	bpf_object__close(obj);
	return err;
}

bool seats_are_open(void)
{
	FILE *f = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "re");
	bool open = f && getc(f) == '0';

	if (f)
		fclose(f);
	return open;
}

int seats_enable(struct ctl *ctl, const struct setup *s)
{
	char path[PATH_MAX];
	int err = part_find(ctl, "seat.o", path, sizeof(path));

	if (seats_are_open())
		note(SEATS_OPEN "; " SEATS_CLOSE);
	if (!err)
		err = freeze(ctl, s);
	return err ? err : load(ctl, path);
}
