// SPDX-License-Identifier: BSD-2-Clause
/*
 * agent_state.c - the state of the shuntd that a domain's map names
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "agent_state.h"
#include "maps.h"
#include "whose.h"

/* The number in the agent's state may be another process's by now. */
static bool is_shuntd(__u32 pid)
{
	char path[32], name[16] = "";
	FILE *f;

	if (!shunt_process_runs(pid))
		return false;
	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	f = fopen(path, "re");
	if (!f) /* a /proc that hides it */
		return true;
	if (!fgets(name, sizeof(name), f))
		name[0] = '\0';
	fclose(f);
	return !strcmp(name, "shuntd\n");
}

/*
 * Every process that has the sockets has the lock on the pinned map "cfg", too. A shuntd that
 * starts meanwhile asks for the lock again for half a second, so having it for a moment keeps none
 * out.
 */
static bool is_kept(const struct ctl *ctl)
{
	char path[PATH_MAX];
	bool kept;
	int fd;

	if (shunt_pin_path(path, sizeof(path), &ctl->pins, "cfg"))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	kept = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	close(fd);
	return kept;
}

enum agent_state agent_state(const struct ctl *ctl, const struct shunt_agent *a)
{
	if (!a->pid)
		return AGENT_NONE;
	if (agent_alive(a))
		return AGENT_SERVES;
	if (is_shuntd(a->pid))
		return AGENT_HANGS;
	return is_kept(ctl) ? AGENT_KEPT : AGENT_ENDED;
}

const char *agent_state_name(enum agent_state state)
{
	static const char *const names[] = { "none", "serves", "hangs", "kept", "ended" };

	return names[state];
}

void agent_state_tell(const json_t *agent, char *buf, size_t len)
{
	const char *state = text_at(agent, "state");
	long long pid = number_at(agent, "pid");

	if (!strcmp(state, "hangs"))
		snprintf(buf, len, "shuntd (pid %lld) HANGS: silent for %lld ms", pid,
			 number_at(agent, "silent_ms"));
	else if (!strcmp(state, "kept"))
		snprintf(buf, len,
			 "shuntd (pid %lld) has ended; memory and sockets are kept for the next "
			 "one (for 10 s, or as long as --linger said; by systemd until the unit is "
			 "stopped)",
			 pid);
	else if (!strcmp(state, "ended"))
		snprintf(buf, len, "shuntd (pid %lld) has ended, and nothing is kept", pid);
	else
		snprintf(buf, len, "shuntd pid %lld", pid);
}

const char *agent_state_step(const json_t *agent)
{
	const char *state = text_at(agent, "state");

	if (!strcmp(state, "hangs"))
		return "systemctl restart shuntd@IF, or end it and start shuntd --dev IF";
	if (!strcmp(state, "kept") || !strcmp(state, "ended"))
		return "shuntd --dev IF with the options of before, or systemctl start shuntd@IF";
	return NULL;
}
