// SPDX-License-Identifier: BSD-2-Clause
/*
 * record.c - the file that notes what was there before shunt fit --apply changed it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker.h"
#include "netif.h"
#include "netns.h"
#include "record.h"

#define FOLDER SHUNT_SOCKET_DIR

static int make_folder(struct ctl *ctl)
{
	struct stat st;

	if (mkdir(FOLDER, 0755) && errno != EEXIST)
		return fail(ctl, -errno, "cannot make '%s': %s", FOLDER, strerror(errno));
	if (lstat(FOLDER, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_mode & (S_IWGRP | S_IWOTH))
		return fail(ctl, -EPERM, "'%s' is no folder that only this user may write",
			    FOLDER);
	return 0;
}

static int take_lock(struct ctl *ctl, struct record *r)
{
	/* ethtool has it open, too: of a process that was killed, it may change a setting yet. */
	r->lock = open(FOLDER "/fit.lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	if (r->lock < 0)
		return fail(ctl, -errno, "cannot open '%s/fit.lock': %s", FOLDER, strerror(errno));
	while (flock(r->lock, LOCK_EX)) {
		if (errno != EINTR)
			return fail(ctl, -errno, "cannot lock '%s/fit.lock': %s", FOLDER,
				    strerror(errno));
	}
	return 0;
}

static bool is_sound(const json_t *all)
{
	const json_t *s;
	size_t i;

	if (!json_is_string(json_object_get(all, "interface")) ||
	    !json_is_array(json_object_get(all, "steps")))
		return false;
	json_array_foreach(json_object_get(all, "steps"), i, s) {
		if (!json_is_string(json_object_get(s, "setting")) ||
		    !json_is_string(json_object_get(s, "was")) ||
		    !json_is_string(json_object_get(s, "want")))
			return false;
	}
	return true;
}

static void mac_text(const char *ifname, char text[18])
{
	__u8 m[6];

	text[0] = '\0';
	if (!netif_mac(ifname, m))
		snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
			 m[5]);
}

/* Of a NIC at a PCI address the MAC may have been set anew. What is not known now tells nothing. */
static bool is_of(const struct record *r, const struct fit_nic *nic, const char *mac)
{
	const char *driver = text_at(r->all, "driver"), *noted = text_at(r->all, "mac");

	if (strcmp(text_at(r->all, "bus"), nic->bus))
		return false;
	if (*driver && *nic->driver && strcmp(driver, nic->driver))
		return false;
	return strchr(nic->bus, ':') || !*noted || !*mac || !strcmp(noted, mac);
}

static int read_record(struct ctl *ctl, const struct fit_nic *nic, struct record *r)
{
	json_error_t bad;
	char mac[18];

	mac_text(ctl->ifname, mac);
	r->all = json_load_file(r->path, 0, &bad);
	if (!r->all && access(r->path, F_OK))
		r->all = json_pack("{s:s, s:s, s:s, s:s, s:[]}", "interface", ctl->ifname, "bus",
				   nic->bus, "driver", nic->driver, "mac", mac, "steps");
	if (!is_sound(r->all)) {
		fail(ctl, -EINVAL, "'%s' is no record of 'shunt fit'", r->path);
		hint(ctl, "look into it, put the values of before back by hand, and remove it");
		return -EINVAL;
	}
	/* Another interface may have the number now. */
	if (is_of(r, nic, mac))
		return 0;
	fail(ctl, -EEXIST, "'%s' is of another interface ('%s', bus '%s', driver '%s', MAC '%s') "
			   "that had this number",
	     r->path, text_at(r->all, "interface"), text_at(r->all, "bus"),
	     text_at(r->all, "driver"), text_at(r->all, "mac"));
	hint(ctl, "remove it; if only the MAC was set anew, set that of the record, and undo");
	return -EEXIST;
}

int record_open(struct ctl *ctl, const struct fit_nic *nic, struct record *r)
{
	__u64 netns;
	int err = shunt_netns_cookie(&netns);

	*r = (struct record){ .lock = -1 };
	if (err)
		return fail(ctl, err, "cannot tell which network namespace this is: %s",
			    strerror(-err));
	snprintf(r->path, sizeof(r->path), "%s/fit-%llu-%u.json", FOLDER,
		 (unsigned long long)netns, ctl->ifindex);
	err = make_folder(ctl);
	if (!err)
		err = take_lock(ctl, r);
	if (!err)
		err = read_record(ctl, nic, r);
	if (err)
		record_close(r);
	return err;
}

void record_close(struct record *r)
{
	json_decref(r->all);
	if (r->lock >= 0)
		close(r->lock);
	*r = (struct record){ .lock = -1 };
}

json_t *record_steps(const struct record *r)
{
	return json_object_get(r->all, "steps");
}

const char *record_was(const struct record *r, const char *setting)
{
	const json_t *s;
	size_t i;

	json_array_foreach(record_steps(r), i, s) {
		if (!strcmp(text_at(s, "setting"), setting))
			return text_at(s, "was");
	}
	return NULL;
}

/* The old one or the new one is there, whenever this process ends. */
static int save(struct ctl *ctl, const struct record *r)
{
	char fresh[sizeof(r->path) + 4];
	int fd, err = 0;

	snprintf(fresh, sizeof(fresh), "%s.new", r->path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || json_dumpfd(r->all, fd, JSON_INDENT(2)) || fsync(fd))
		err = -(errno ? errno : EIO);
	if (fd >= 0)
		close(fd);
	if (!err && rename(fresh, r->path))
		err = -errno;
	if (!err)
		return 0;
	fail(ctl, err, "cannot write '%s': %s", r->path, strerror(-err));
	hint(ctl, "nothing is changed whose value of before cannot be noted");
	return err;
}

int record_add(struct ctl *ctl, struct record *r, const char *setting, const char *was,
	       const char *want)
{
	json_array_append_new(record_steps(r), json_pack("{s:s, s:s, s:s}", "setting", setting,
							 "was", was, "want", want));
	return save(ctl, r);
}

int record_drop(struct ctl *ctl, struct record *r, size_t i)
{
	json_array_remove(record_steps(r), i);
	if (json_array_size(record_steps(r)))
		return save(ctl, r);
	if (unlink(r->path) && errno != ENOENT)
		return fail(ctl, -errno, "cannot remove '%s': %s", r->path, strerror(errno));
	return 0;
}
