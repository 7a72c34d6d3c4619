// SPDX-License-Identifier: BSD-2-Clause
/*
 * guard_find.c - finds the functions behind the guards
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"

struct guard_real guard_next;
uint32_t guard_on = 1;
PREEMPT_TLS bool guard_finding;

#define NAME_AND_PLACE(ret, name, args) { #name, offsetof(struct guard_real, name) },
static const struct {
	const char *name;
	size_t at;
} names[] = { GUARD_MALLOC(NAME_AND_PLACE) GUARD_LOCKS(NAME_AND_PLACE) };

static void say_and_abort(const char *name)
{
	static const char text[] = "libshunt: no function behind the guard of ";
	ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

	n = write(STDERR_FILENO, name, strlen(name));
	n = write(STDERR_FILENO, "\n", 1);
	(void)n;
	abort();
}

/*
 * dlsym() may itself allocate: while it does, guard_malloc.c gives from a small memory of its own.
 * Threads that come here at once find the same.
 */
void guard_find(void)
{
	if (guard_finding)
		return;
	guard_finding = true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		void *f = dlsym(RTLD_NEXT, names[i].name);

		if (!f)
			say_and_abort(names[i].name);
		memcpy((char *)&guard_next + names[i].at, &f, sizeof(f));
	}
	guard_finding = false;
}

/* Before main() and other constructors, while there is one thread and no lock is held. */
static __attribute__((constructor(101))) void guard_start(void)
{
	const char *on = secure_getenv("SHUNT_GUARD");

	if (on && !strcmp(on, "0"))
		guard_on = 0;
	guard_find();
}
