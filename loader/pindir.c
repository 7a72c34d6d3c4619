// SPDX-License-Identifier: BSD-2-Clause
/*
 * pindir.c - the interface's directory of pins: finding, locking, removing
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "inforce.h"
#include "netns.h"
#include "probe.h"
#include "pindir.h"

#define LOCK_LIMIT_MS 10000 /* the longest anyone holds it is a verifier run: well under a second */
#define LOCK_TURN_MS 10

static const char *root_of(const struct ctl *ctl)
{
	return ctl->pins.bpffs ? ctl->pins.bpffs : SHUNT_BPFFS;
}

int pindir_set(struct ctl *ctl, const char *ifname)
{
	size_t len = strlen(ifname);

	if (!len || len >= sizeof(ctl->ifname) || strchr(ifname, '/') || !strcmp(ifname, ".") ||
	    !strcmp(ifname, ".."))
		return fail_usage(ctl, "'%s' is no name of an interface", ifname);
	memcpy(ctl->ifname, ifname, len + 1);
	ctl->pins.ifname = ctl->ifname;
	ctl->ifindex = if_nametoindex(ifname);
	return 0;
}

/* No bpffs to be seen: it was never mounted, or is hidden. */
static void hint_mount(struct ctl *ctl)
{
	char netns[PATH_MAX];

	if (!ctl->pins.bpffs && shunt_netns_hides_sys(netns, sizeof(netns)))
		hint(ctl,
		     "'ip netns exec' hides it behind a /sys of its own: nsenter --net=%s shunt "
		     "...",
		     netns);
	else
		hint(ctl, "mount it: mkdir -p %s && mount -t bpf -o mode=0700 bpf %s", root_of(ctl),
		     root_of(ctl));
}

int pindir_check_folder(struct ctl *ctl)
{
	struct why why = { 0 };
	char line[PATH_MAX + 256];
	int err = shunt_pins_folder_is_ours(&ctl->pins, &why);

	why_line(&why, line, sizeof(line));
	why_forget(&why);
	if (!err || err == -ENOENT)
		return 0;
	if (err == -EACCES && !(probe_cap(CAP_BPF) && probe_cap(CAP_NET_ADMIN)))
		return 0; /* that is told with the rights that are missing */
	fail(ctl, err, "%s", line);
	if (err == -EACCES)
		hint(ctl, "the pins are another user's: run it as root, or as the user who loaded");
	else
		hint(ctl,
		     "bpffs lets everybody make files unless it is mounted otherwise: mount -t bpf "
		     "-o mode=0700 bpf %s",
		     root_of(ctl));
	return err;
}

int pindir_check(struct ctl *ctl)
{
	struct statfs fs;
	int err;

	if (statfs(root_of(ctl), &fs)) {
		err = -errno;
		fail_bpf(ctl, err, "cannot use bpffs at '%s'", root_of(ctl));
		hint_mount(ctl);
		return err;
	}
	if (fs.f_type != BPF_FS_MAGIC) {
		fail(ctl, -ENOENT, "no bpffs at '%s'", root_of(ctl));
		hint_mount(ctl);
		return -ENOENT;
	}
	return 0;
}

bool pindir_share_pins(const struct ctl *ctl, const char *one, const char *other)
{
	struct shunt_pins a = { ctl->pins.bpffs, one }, b = { ctl->pins.bpffs, other };
	char pa[PATH_MAX], pb[PATH_MAX];

	return !shunt_pin_path(pa, sizeof(pa), &a, NULL) &&
	       !shunt_pin_path(pb, sizeof(pb), &b, NULL) && !strcmp(pa, pb);
}

/* A directory's interface: bpffs knows no dots, so what is before its packets knows the name
 * better. */
static void name_of(struct ctl *ctl, const char *dir, char name[16])
{
	struct ctl of = { .pins = { ctl->pins.bpffs, dir } };
	struct link_state link;
	char found[IF_NAMESIZE];

	snprintf(name, 16, "%s", dir);
	/* The number may be one of another network namespace. */
	if (!pindir_link(&of, &link) && link.ifindex && if_indextoname(link.ifindex, found) &&
	    pindir_share_pins(ctl, dir, found))
		snprintf(name, 16, "%s", found);
	ctl_forget(&of);
}

int pindir_list(struct ctl *ctl, struct pindir_list *list)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;
	int err = pindir_check(ctl);

	list->n = 0;
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/shunt", root_of(ctl));
	dir = opendir(path);
	if (!dir) {
		err = -errno;
		return err == -ENOENT ? 0 : fail_bpf(ctl, err, "cannot read '%s'", path);
	}
	while ((entry = readdir(dir)) && list->n < PINDIR_MAX) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= 16)
			continue;
		name_of(ctl, entry->d_name, list->name[list->n++]);
	}
	closedir(dir);
	return 0;
}

int pindir_link(struct ctl *ctl, struct link_state *state)
{
	const struct way *way;
	int pin, err;

	memset(state, 0, sizeof(*state));
	way = way_loaded(ctl, &pin);
	if (!way)
		return -ENOENT;
	state->way = way;
	if (pin < 0)
		return fail_bpf(ctl, pin, "cannot open the pin '%s' of '%s'", way->pin,
				ctl->ifname);
	err = way->look(ctl, pin, state);
	close(pin);
	return err;
}

/* An unload of another interface may remove the empty parent at any moment: then once more. */
static int make_dirs(struct ctl *ctl, const char *path)
{
	char root[PATH_MAX];
	int err;

	snprintf(root, sizeof(root), "%s/shunt", root_of(ctl));
	for (int i = 0; i < 100; i++) {
		if (mkdir(root, 0700) && errno != EEXIST)
			return fail_bpf(ctl, -errno, "cannot make '%s'", root);
		err = pindir_check_folder(ctl);
		if (err)
			return err;
		if (!mkdir(path, 0700) || errno == EEXIST)
			return 0;
		if (errno != ENOENT)
			break;
	}
	return fail_bpf(ctl, -errno, "cannot make '%s'", path);
}

static int open_dir(struct ctl *ctl, const char *path, bool create)
{
	int fd, err = create ? make_dirs(ctl, path) : 0;

	if (!err)
		err = pindir_check_folder(ctl);
	if (err)
		return err;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return fail(ctl, -ENOENT, "shunt is not loaded on '%s'", ctl->ifname);
	return fd < 0 ? fail_bpf(ctl, -errno, "cannot open '%s'", path) : fd;
}

/* A process that held the lock before may have removed the directory: then this lock is no use. */
static bool still_there(int fd, const char *path)
{
	struct stat held, named;

	return !fstat(fd, &held) && !stat(path, &named) && held.st_ino == named.st_ino &&
	       held.st_dev == named.st_dev;
}

static int lock_path(struct ctl *ctl, const char *path, bool create)
{
	struct timespec turn = { .tv_nsec = LOCK_TURN_MS * 1000000L };
	int fd;

	for (int waited = 0; waited < LOCK_LIMIT_MS; waited += LOCK_TURN_MS) {
		fd = open_dir(ctl, path, create);
		if (fd < 0)
			return fd;
		if (!flock(fd, LOCK_EX | LOCK_NB) && still_there(fd, path))
			return fd;
		close(fd);
		nanosleep(&turn, NULL);
	}
	fail(ctl, -EBUSY, "another shunt command has been changing '%s' for %d s", ctl->ifname,
	     LOCK_LIMIT_MS / 1000);
	hint(ctl, "see who: fuser -v %s", path);
	return -EBUSY;
}

int pindir_lock(struct ctl *ctl, bool create)
{
	char path[PATH_MAX];
	int err = shunt_pin_path(path, sizeof(path), &ctl->pins, NULL);

	return err ? fail(ctl, err, "the path of bpffs is too long") :
		     lock_path(ctl, path, create);
}

int pindir_try_lock(struct ctl *ctl)
{
	return shunt_try_lock(&ctl->pins);
}

void pindir_unlock(int lock)
{
	if (lock >= 0)
		close(lock);
}

static int unpin(struct ctl *ctl, const char *path)
{
	return unlink(path) && errno != ENOENT ?
	       fail_bpf(ctl, -errno, "cannot remove '%s'", path) : 0;
}

/* The other pins are there until nothing of it is before packets any more. */
static int detach(struct ctl *ctl)
{
	char path[PATH_MAX];
	int pin, err = 0;
	const struct way *way = way_loaded(ctl, &pin);

	if (!way)
		return 0;
	if (pin >= 0) {
		err = way->detach(ctl, pin);
		close(pin);
	}
	if (err)
		return err;
	err = shunt_pin_path(path, sizeof(path), &ctl->pins, way->pin);
	return err ? err : unpin(ctl, path);
}

int pindir_sweep(struct ctl *ctl)
{
	char path[PATH_MAX], entry_path[PATH_MAX + 1 + NAME_MAX];
	struct dirent *entry;
	DIR *dir;
	int err = detach(ctl);

	if (err || shunt_pin_path(path, sizeof(path), &ctl->pins, NULL))
		return err;
	dir = opendir(path);
	if (!dir)
		return fail_bpf(ctl, -errno, "cannot read '%s'", path);
	while (!err && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(entry_path, sizeof(entry_path), "%s/%s", path, entry->d_name);
		err = unpin(ctl, entry_path);
	}
	closedir(dir);
	return err;
}

void pindir_tidy(struct ctl *ctl)
{
	char path[PATH_MAX];

	if (!shunt_pin_path(path, sizeof(path), &ctl->pins, NULL))
		rmdir(path);
	snprintf(path, sizeof(path), "%s/shunt", root_of(ctl));
	rmdir(path);
}
