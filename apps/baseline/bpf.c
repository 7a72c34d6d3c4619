// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpf.c - loads the programs of baseline.bpf.c, which is part of this program
 */
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "baseline.h"
#include "config.h"

static int say_bpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, ap) : 0;
}

/* The object file is part of the program. */
asm(".section .rodata\n"
    ".balign 8\n"
    "baseline_bpf:\n"
    ".incbin \"" BASELINE_BPF "\"\n"
    "baseline_bpf_end:\n"
    ".previous\n");
extern const char baseline_bpf[], baseline_bpf_end[];

struct bpf_object *load_bpf(const struct options *o, const char *program)
{
	const struct baseline_config config = { o->cpus, !strcmp(o->select, "idle"), o->port };
	struct bpf_object *obj;
	struct bpf_program *p;
	struct bpf_map *map;

	libbpf_set_print(say_bpf);
	obj = bpf_object__open_mem(baseline_bpf, baseline_bpf_end - baseline_bpf, NULL);
	if (!obj)
		return NULL;
	bpf_object__for_each_program(p, obj)
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), program));
	bpf_object__for_each_map(map, obj) {
		if (strstr(bpf_map__name(map), ".rodata") &&
		    bpf_map__set_initial_value(map, &config, sizeof(config)))
			goto failed;
	}
	if (!bpf_object__load(obj))
		return obj;
failed:
	bpf_object__close(obj);
	return NULL;
}
