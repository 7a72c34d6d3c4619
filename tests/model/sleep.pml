/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sleep.pml - the agent falls asleep, XDP wakes it: no request is missed
 *
 * A program of XDP looks at the word and counts its request, in either order, without a barrier:
 * its count may be seen by nobody before it ends. The agent sets the word, waits until the program
 * that ran then has ended (an RCU grace period), and looks at the count again. Claim (checked as:
 * no invalid end state): the agent sees every request. Broken variants: -DNOWAIT, it does not wait;
 * -DNOLOOK, it does not look again; -DLATE, it sets the word behind the wait.
 */
#define N 3

bool word;      /* the agent sleeps */
bool record;    /* in the ring buffer */
bool runs;      /* a program of XDP */
byte ended;     /* programs that have */
byte count;     /* requests, as others can see them */
byte seen;      /* of these, by the agent */

active proctype xdp()
{
	byte n;
	bool sleeps;

	do
	:: n < N ->
		runs = true;
		sleeps = word;
		if
		:: sleeps ->
			atomic {
				if
				:: word -> word = false; record = true
				:: else /* another queue's program woke it */
				fi
			}
		:: else
		fi;
		atomic { count++; runs = false; ended++ };
		n++
	:: else -> break
	od
}

inline wait()
{
	atomic { was = ended; ran = runs };
	!ran || ended != was
}

active proctype agent()
{
	byte was;
	bool ran;
end:
	do
	:: seen != count -> seen = count /* a tick */
	:: seen == count ->
#ifndef LATE
		word = true;
#endif
#ifndef NOWAIT
		wait();
#endif
#ifdef LATE
		word = true;
#endif
#ifndef NOLOOK
		if
		:: seen != count -> word = false
		:: else ->
#endif
end_sleep:		record -> record = false; word = false; seen = count
#ifndef NOLOOK
		fi
#endif
	od
}

init {
	/* Blocks for ever, an invalid end state, if a request is missed. */
	seen == N
}
