/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pins.h - where an interface's maps are pinned: BPFFS/shunt/IFNAME/MAP
 */
#pragma once

#include <stddef.h>

#include "bpfmap.h"
#include "why.h"

#define SHUNT_BPFFS "/sys/fs/bpf"
#define SHUNT_LINK "link" /* the pinned bpf_link that attaches the XDP program */
/* Or, behind a stub in libxdp's dispatcher: the map with the program that the stub calls. */
#define SHUNT_STUB_CALLS "stub_calls"

struct shunt_pins {
	const char *bpffs; /* NULL: SHUNT_BPFFS */
	const char *ifname;
};

/* The path of a pin; of the interface's directory if name is NULL. Dots in IFNAME become '_', as
 * bpffs knows no dots. */
int shunt_pin_path(char *out, size_t len, const struct shunt_pins *pins, const char *name);

/* Can nobody but root (or who runs this program) put pins of its own where the interface's are?
 * Before anything there is opened or made. 0; -ENOENT: a folder is not there yet; or -errno. */
int shunt_pins_folder_is_ours(const struct shunt_pins *pins, struct why *why);

/* A descriptor of a pinned map, or -errno (-ENOENT: shunt is not loaded on that interface; -EPROTO:
 * what is pinned there has not the type and sizes of shunt's map of that name). */
int shunt_pin_open(const struct shunt_pins *pins, const char *name);

/* Tells shuntd that maps were written, of which the kernel tells nobody:
 * it looks at once, also if it sleeps. */
void shunt_pins_touch(const struct shunt_pins *pins);

/* The view map of a domain: the inner map, not the map of maps. */
int shunt_pin_open_view(const struct shunt_pins *pins, unsigned int domain);

/* cfg.abi of what is loaded against ours. 0, or -errno with the reason in why. */
int shunt_check_abi(const struct shunt_pins *pins, struct why *why);
