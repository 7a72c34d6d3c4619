/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi.h - everything that XDP programs, loader, agent and workers share
 *
 * With the headers that it includes the only definition of each map value, of the metadata in
 * front of a packet and of the constants. Each field says who writes it. Change a layout: raise
 * SHUNT_ABI.
 *
 * Writers: "XDP" is the ingress program of the domain's receive queue, which runs on one CPU
 * at a time (native mode); "core i" is the worker thread of core i; "agent" is shuntd;
 * "loader" is the shunt command; "root" is anyone with bpftool.
 * A worker can write a view and nothing else, so XDP and the agent bound all they read there.
 */
#pragma once

#define SHUNT_ABI 15

#include <shunt/abi_base.h>
#include <shunt/abi_config.h>
#include <shunt/abi_refuse.h>
#include <shunt/abi_ingress.h>
#include <shunt/abi_view.h>
#include <shunt/abi_hist.h>
#include <shunt/abi_seat.h>
#include <shunt/abi_actor.h>
#include <shunt/abi_agent.h>
#include <shunt/abi_policy.h>
