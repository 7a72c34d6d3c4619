/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.h - another map in the place of a domain's view
 */
#pragma once

struct domain;
struct shunt_pins;

/* A new map, for the pin and XDP too, of which nobody has a descriptor. No core of the domain is
 * up, and it is for the caller to set it right (domain_set_right(), load_publish()). On failure the
 * old one is still used. */
int view_renew(struct domain *d, const struct shunt_pins *pins);
