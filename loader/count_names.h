/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * count_names.h - the names of counts in JSON and in the tables of stats
 */
#pragma once

#include <shunt/nic.h>

const char *pass_name(enum shunt_pass count);
const char *deny_name(enum shunt_deny count);
const char *event_name(enum shunt_event_count count);
const char *nic_event_name(enum shunt_nic_event count);
