/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * ask.h - the program that asks a policy about a view, and does nothing else
 *
 * Included behind the policy's functions.
 */
#pragma once

#include "maps.h"
#include "steer.h"

/*
 * The policy's answer about a recorded view, for the verifier, tests and `shunt lint`: the program
 * does nothing but call the function, as native code does.
 */
#define ANSWER_int ask->answer =
#define ANSWER_void
#define ASK(OP, name, type, need, targets, text)                                                   \
	SHUNT_IF(SHUNT_HAS(OP))(                                                                   \
	case SHUNT_ASK_##OP:                                                                       \
		ANSWER_##type name(view, &ev);                                                     \
		return 0;)

#ifdef SHUNT_TARGET_EMU /* the card's function, over the view that a card has;
			 * the other functions are the host's native code */
#define ANSWERS case SHUNT_ASK_STEER: ask->answer = ask_steer(view, ask->domain, &ev); return 0;
#else
#define ANSWERS SHUNT_POLICY_OPS(ASK)
#endif

SEC("syscall")
int shunt_ask(struct shunt_ask *ask)
{
	struct shunt_event ev = ask->ev;
	struct shunt_view *view = find_view(ask->domain);

	if (!view)
		return -1;
	ask->answer = 0;
	switch (ask->op) {
	ANSWERS
	}
	return -1;
}
