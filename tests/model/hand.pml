/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hand.pml - two processes and one domain: cores pass from one to the other; each process and the
 * agent may die at any store
 *
 * Process 0 has all cores at first, process 1 gets one after the other (slot[], the agent's word).
 * Both pop the same ring, whose entries the kernel fills with frames of the fill ring. A core's
 * ledger (lib/ledger.h) is its intent, its run line, its list of frames, and a move of frames to
 * the fill ring under a lock. A dead process is reclaimed by the ledger while the other goes on
 * (lib/ledger_read.c, ledger_frames.c), before its cores get another owner.
 *
 * Claims: no two processes act as one core, nor write the fill ring; each request is served or
 * counted lost, once; at the end each frame is in one place; a core belongs to a living process, if
 * there is one.
 *
 * Broken variants: BYE: a thread says that it has stopped, and stops then. NOWAIT: a dead core's
 * intent is decided about while a living core has the same. NOTAG: the decision about an intent is
 * not written where the next reader of it looks. ANYLOCK: a reclaim breaks the lock of any owner.
 * NOMOVE: a move that was begun is not ended. PLACES: it is ended by where its frames are found.
 */
#ifndef N
#define N 2 /* requests */
#endif
#ifndef F
#define F 1 /* frames */
#endif
#ifndef DEATHS
#define DEATHS 1 /* 1: process 0 may die; 2: both may */
#endif
#define C 2 /* cores */
#define NOBODY 2
#define ALIVE(p) (!dead[p])

byte slot[C];            /* the agent's: whose core it is */
bit pass[C], down[C];    /* process 0 is told to give it up; has said that it did */
bit dead[2];
byte step[2];            /* the agent's, of a reclaim. 1: is decided, 2: is counted, 3: is over */
byte sum;                /* the agent's: what lost will be */
byte lost;

byte prod, cons, at_[N]; /* the ring: frame of each entry */
byte num[F];             /* the number in a frame's metadata, 0 once a line tells of it */
byte fill;               /* frames in the fill ring, a bit each */
bit fprod;               /* its producer index, mod 2: only the lock's holder moves it */
byte lock_;              /* process * C + core + 1 of who fills it */
byte intent[C], iframe[C], rid[C], rframe[C], list[C], moves[C];
bit mprod[C];            /* the index as the move will have it */

bit on[2 * C];           /* ghost: this process acts as this core */
byte acts[C], fillers;   /* ghosts: processes that act as a core; writers of the fill ring */
bit fills[2 * C];
bit served[N];

#define ME (me * C + c)
#define BIT(f) (1 << (f))

proctype kernel() {
	byte f;
	do
	:: atomic { prod < N && fill ->
		f = 0;
		do :: fill & BIT(f) -> break :: else -> f++ od;
		fill = fill & ~BIT(f);
		at_[prod] = f; prod++; num[f] = prod;
		f = 0 }
	:: prod == N -> break
	od
}

/* One thread. Each step is one store of a process that lives. */
proctype thread(byte me, c) {
	byte e;
end:	do
	:: atomic { ALIVE(me) && slot[c] == me && !on[ME] && !pass[c] ->
		on[ME] = 1; acts[c]++; assert(acts[c] == 1) }
	:: atomic { ALIVE(me) && slot[c] == me && !on[ME] && pass[c] && me == 1 ->
		on[ME] = 1; acts[c]++; assert(acts[c] == 1) }
	:: dead[me] -> break
	:: on[ME] && me == 0 && pass[c] ->
#ifdef BYE
		atomic { ALIVE(me) -> down[c] = 1 } unless { dead[me] };
		atomic { ALIVE(me) -> on[ME] = 0; acts[c]-- } unless { dead[me] }
#else
		atomic { ALIVE(me) -> on[ME] = 0; acts[c]-- } unless { dead[me] };
		atomic { ALIVE(me) -> down[c] = 1 } unless { dead[me] }
#endif
	:: atomic { on[ME] && !(me == 0 && pass[c]) && cons < prod -> e = cons }
		{
			atomic { iframe[c] = at_[e] ; intent[c] = e + 1 };
			if
			:: atomic { cons == e -> cons++ };
				atomic { rframe[c] = iframe[c]; rid[c] = e + 1 };
				num[iframe[c]] = 0;
				intent[c] = 0;
				/* the request ends: its frame goes into the list first */
				list[c] = list[c] | BIT(rframe[c]);
				atomic { assert(!served[e]); served[e] = 1; rid[c] = 0 }
			:: atomic { cons != e -> intent[c] = 0 }
			fi
		} unless { dead[me] };
		e = 0
	:: atomic { on[ME] && !(me == 0 && pass[c]) && list[c] && !lock_ ->
		lock_ = ME + 1; fills[ME] = 1; fillers++; assert(fillers == 1) };
		{
			mprod[c] = 1 - fprod;
			moves[c] = list[c];
			atomic {
				assert(!(fill & moves[c]));
				fill = fill | moves[c]; fprod = mprod[c] };
			list[c] = 0;
			moves[c] = 0;
			atomic { fills[ME] = 0; fillers--; lock_ = 0 }
		} unless { dead[me] }
	od
}

/* A dead core's intent: the entry was taken, and no line tells of the request. */
#define UNTOLD(k) (intent[k] && cons >= intent[k] && num[iframe[k]] == intent[k])
#define OF(k, p) (slot[k] == (p))
#define CONTESTED(k, p) \
	((!OF(0, p) && intent[0] == intent[k]) || (!OF(1, p) && intent[1] == intent[k]))
/* Several dead cores may have the same intent: the first one's counts, or that of the core that
 * runs it. */
#define TOLD_ELSEWHERE(k, p) \
	(OF(1 - k, p) && intent[1 - k] == intent[k] && (rid[1 - k] || 1 - k < k))

/* Intents that mean nothing are cleared; in the end those that are left say whose a frame is. */
inline settle(p, k) {
	if
	:: OF(k, p) && intent[k] && !UNTOLD(k) -> intent[k] = 0
	:: OF(k, p) && UNTOLD(k) ->
#ifndef NOWAIT
		if :: CONTESTED(k, p) && ALIVE(1 - p) -> goto end :: else fi;
#endif
		if :: !UNTOLD(k) -> intent[k] = 0 :: else fi
	:: else
	fi
}

inline decide(p, k) {
	if
	:: OF(k, p) ->
		if :: rid[k] && !served[rid[k] - 1] -> sum++ :: else fi;
		if :: UNTOLD(k) && !TOLD_ELSEWHERE(k, p) -> sum++ :: else fi
	:: else
	fi
}

/* Frames that a move takes leave the core's list; the frame that the core runs, or was about to,
 * comes into it. */
inline take_back(p, k) {
	if
	:: OF(k, p) ->
#ifndef NOMOVE
		if
		:: moves[k] ->
			atomic {
				if
#ifdef PLACES
				:: !(fill & moves[k]) -> fill = fill | moves[k]
#else
				:: fprod != mprod[k] -> fill = fill | moves[k]; fprod = mprod[k]
#endif
				:: else
				fi };
			list[k] = list[k] & ~moves[k];
			moves[k] = 0
		:: else
		fi;
#endif
		if :: rid[k] -> list[k] = list[k] | BIT(rframe[k]) :: else fi;
		if
		:: UNTOLD(k) && !TOLD_ELSEWHERE(k, p) -> list[k] = list[k] | BIT(iframe[k])
		:: else
		fi
	:: else
	fi
}

inline clear(p, k) {
	if
	:: OF(k, p) ->
#ifndef NOTAG
		if :: UNTOLD(k) -> num[iframe[k]] = 0 :: else fi;
#endif
		rid[k] = 0; intent[k] = 0;
#ifdef ANYLOCK
		lock_ = 0
#else
		if :: atomic { lock_ == p * C + k + 1 -> lock_ = 0 } :: else fi
#endif
	:: else
	fi
}

/* An agent remembers nothing but slot, step and sum: it may die at each "goto end", and the next
 * one begins. */
proctype agent() {
	byte p, k;
end:	do
	/* the hand-over, core by core */
	:: atomic { ALIVE(0) && ALIVE(1) && !pass[0] -> pass[0] = 1 }
	:: atomic { ALIVE(0) && ALIVE(1) && pass[0] && slot[0] == 1 && !pass[1] -> pass[1] = 1 }
	:: atomic { k < C && slot[k] == 0 && down[k] && ALIVE(1) && !step[1] -> slot[k] = 1 }
	:: atomic { k = 1 - k }
	/* a death */
	:: atomic { dead[0] && !step[0] && step[1] % 3 == 0 -> p = 0; step[0] = 1 }; goto again
	:: atomic { dead[1] && !step[1] && step[0] % 3 == 0 -> p = 1; step[1] = 1 }; goto again
	:: atomic { step[0] % 3 -> p = 0 }; goto again
	:: atomic { step[1] % 3 -> p = 1 }; goto again
	od;
again:	k = 0;
	if
	:: step[p] == 1 ->
		settle(p, 0);
		settle(p, 1);
		sum = lost;
		atomic { decide(p, 0); decide(p, 1) };
		step[p] = 2
	:: step[p] == 2 ->
		lost = sum;
		if :: goto end :: skip fi;
		take_back(p, 0);
		take_back(p, 1);
		if :: goto end :: skip fi;
		clear(p, 0);
		if :: goto end :: skip fi;
		clear(p, 1);
		if :: goto end :: skip fi;
		/* its cores go to the living one: back to process 0, or on to process 1 */
		atomic {
			do
			:: k < C ->
				if
				:: slot[k] == p && ALIVE(1 - p) ->
					slot[k] = 1 - p; pass[k] = (p == 0); down[k] = 0
				:: slot[k] == p && !ALIVE(1 - p) -> slot[k] = NOBODY
				:: else
				fi;
				k++
			:: else -> break
			od;
			step[p] = 3; k = 0 }
	fi;
	goto end
}

/* Each of the two may die, or not. */
proctype killer(byte p) {
	byte k;
	if
	:: atomic { dead[p] = 1;
		do
		:: k < C ->
			acts[k] = acts[k] - on[p * C + k];
			on[p * C + k] = 0;
			fillers = fillers - fills[p * C + k];
			fills[p * C + k] = 0;
			k++
		:: else -> break
		od }
	:: skip
	fi
}

byte f, k, n, places;
init {
	atomic {
		fill = (1 << F) - 1;
		run kernel(); run agent(); run killer(0);
#if DEATHS > 1
		run killer(1);
#endif
		run thread(0, 0); run thread(0, 1); run thread(1, 0); run thread(1, 1)
	};
	timeout;
	atomic {
		do :: k < C -> assert(slot[k] == NOBODY || ALIVE(slot[k])); k++ :: else -> break od;
		k = 0;
		do :: k < cons -> n = n + served[k]; k++ :: else -> break od;
		assert(n + lost == cons);
		do
		:: f < F ->
			places = (fill >> f) & 1; k = 0;
			do
			:: k < C -> places = places + ((list[k] >> f) & 1); k++
			:: else -> break
			od;
			k = cons;
			do :: k < prod -> places = places + (at_[k] == f); k++ :: else -> break od;
			assert(places == 1);
			f++
		:: else -> break
		od
	}
}
