/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seat.pml - services that share a CPU hand it to each other: no request is left behind, and the
 * seat is always somebody's who lives
 *
 * Of each service there are XDP, which counts a request and then looks whether the service wants
 * the seat already, and a worker. The word (on, wants) changes in single steps: XDP sets a bit; the
 * worker that is on gives the seat to one that wants it (LEAVE); shuntd takes it (TAKE), or moves
 * it away from a worker that has died. A worker that is not on blocks until it is rung; no time-out
 * ends that here, so the protocol has to do without. A worker that is on and has nothing to do
 * looks at the word for ever.
 *
 * With M seats each service has a worker on every one, and any of them serves its requests. XDP
 * looks at the word of the service's home alone, and may set a bit in "hungry", which a worker with
 * nothing to do looks at on whatever seat. Who gives a seat clears the bit of the service that gets
 * it, and sets its own if it has requests left. That is a hint: the word of its home alone is what
 * keeps a service's requests from being left behind.
 *
 * Claim (no invalid end state but the one where all was served): every request is served, with K
 * services, N requests of each (from the F-th service on), T takes and D deaths, each at any
 * moment. The word's "turn" is not here: so a LEAVE succeeds here in more cases than there.
 *
 * With SLEEP a worker that is on, and that nobody else wants to be, may put the seat to sleep, as
 * often as Z times, and rings the others. While the seat is asleep every worker blocks until it is
 * rung or a request of its own comes; who has one takes the seat (CLAIM), if it is still asleep.
 *
 * Broken variants, in each of which spin must find a request that is left behind:
 *   EARLY    XDP looks at the word before it counts the request
 *   BLIND    a worker that is away looks at the word alone, not at its counts
 *   NORING   a worker that gives the seat away does not ring the next one
 *   NOHERE   a worker whose seat was taken does not say that it is back
 *   KEEPBAR  shuntd leaves the bar in place although its TAKE came too late
 *   SILENT   shuntd does not ring the one that is on when another has died
 *   NOSETTLE shuntd looks once after a death, and not again
 *   NORINGALL who puts the seat to sleep rings nobody
 *   NOOWN    a worker of a seat that is asleep waits to be rung, and for no request of its own
 *   NOWAKE   shuntd leaves a seat asleep where it is, though who is on has died
 */
#ifndef K
#define K 2
#endif
#ifndef N
#define N 2
#endif
#ifndef T
#define T 0
#endif
#ifndef D
#define D 0
#endif

#ifndef Z
#define Z 0
#endif
#ifndef M
#define M 1
#endif
#ifndef F
#define F 0
#endif

#define BIT(i) (1 << (i))
#define ALL (BIT(K) - 1)
#define NONE K

/* Of each seat. NONE: nobody is on. */
byte on[M];
byte wants[M], barred[M]; /* a bit for each service; "barred" is no part of the word */
bool asleep[M];
byte hungry;
byte slept;
byte enq[K];        /* requests that XDP has counted and nobody has taken */
bool ring[M * K];   /* a datagram lies at the worker's socket */
bool kill[M];
byte served;
bool dead;          /* service 0 has no worker, and may get none */

/* Once all is served nothing is left behind, whatever else happens: it is not looked at. */
#define TOTAL ((K - F) * N)
#define GOES_ON (served < TOTAL || D > 0)

#define RING(i) ring[seat * K + (i)]
#define HOME(b) ((b) % M)

#if M > 1
#define HUNGRY hungry
#else
#define HUNGRY 0
#endif

/* The first of a set behind "after", in turn; NONE: the set is empty. */
inline choose(set, after, to)
{
	if
	:: (set) ->
		to = (after + 1) % K;
		do
		:: (set) & BIT(to) -> break
		:: else -> to = (to + 1) % K
		od
	:: else -> to = NONE
	fi;
	skip
}

proctype xdp(byte b)
{
	byte n;
	bool look;

	do
	:: n < N ->
#ifdef EARLY
		look = on[HOME(b)] != b && !(wants[HOME(b)] & BIT(b));
		enq[b]++;
#else
		enq[b]++; /* and then a full barrier */
		look = on[HOME(b)] != b && !(wants[HOME(b)] & BIT(b));
#endif
		d_step {
			if
			:: look -> wants[HOME(b)] = wants[HOME(b)] | BIT(b)
			:: else
			fi;
#if M > 1
			look = false
		};
		if /* where none of its cores is there and idle */
		:: look = !(hungry & BIT(b))
		:: skip
		fi;
		d_step {
			if
			:: look -> hungry = hungry | BIT(b)
			:: else
			fi;
#endif
			look = false;
			n++
		}
	:: else -> break
	od
}

/* The word as it was loaded, and what goes with a LEAVE. */
#define FORGET w_on = 0; w_all = 0; w_asleep = false; to = 0; more = false

/* The seat is this one's, if the word is still as it was seen: no bit has come since. A bar may
 * have, which is no part of it. */
#define UNCHANGED (on[seat] == me && wants[seat] == w_all && !asleep[seat])

#if Z > 0
#define MAY_SLEEP (slept < Z)
#else
#define MAY_SLEEP false
#endif

inline ring_others()
{
	d_step {
		to = 0;
		do
		:: to < K -> RING(to) = RING(to) || to != me; to++
		:: else -> break
		od
	}
}

proctype worker(byte me, seat)
{
	byte w_on, w_all, to;
	bool more, won, w_asleep;

#if D > 0
	{
#endif
end_served:
	do
	:: d_step { GOES_ON ->
		w_on = on[seat];
		w_all = wants[seat];
		w_asleep = asleep[seat];
		to = NONE;
		if
		:: w_on == me && wants[seat] & ~barred[seat] & ~BIT(me) ->
			choose(wants[seat] & ~barred[seat] & ~BIT(me), me, to)
		:: w_on == me && !(wants[seat] & ~barred[seat] & ~BIT(me)) && !enq[me] ->
			choose(HUNGRY & ~barred[seat] & ~BIT(me), me, to)
		:: else
		fi;
		if /* what is not looked at below makes no states */
		:: w_on != me -> w_all = w_all & BIT(me)
		:: w_on == me && to == NONE && Z == 0 -> w_all = 0
		:: else
		fi
	   };
	   if
	   :: w_on == me && !w_asleep && enq[me] ->
		d_step {
			if
			:: enq[me] -> enq[me]--; served++
			:: else
			fi;
			FORGET
		}
	   :: d_step { w_on == me && !w_asleep && to != NONE ->
		/* LEAVE: nothing is left, or its time is over */
		more = enq[me] != 0 };
		d_step {
			won = UNCHANGED && (wants[seat] | HUNGRY) & BIT(to);
			if
			:: won ->
				on[seat] = to;
				wants[seat] = (wants[seat] & ~BIT(to) & ~BIT(me)) |
					      (more -> BIT(me) : 0);
				w_on = 0;
				w_all = 0
			:: else -> FORGET
			fi
		};
		if
#if M > 1
		:: d_step { won ->
			hungry = (hungry & ~BIT(to)) | (more -> BIT(me) : 0);
			more = false };
			d_step {
#else
		:: d_step { won ->
#endif
#ifndef NORING
				RING(to) = true;
#endif
				won = false;
				FORGET
			}
		:: else
		fi
#if Z == 0
	   :: d_step { w_on == me && !w_asleep && to == NONE && !enq[me] -> FORGET };
end_idle:	enq[me] || ((wants[seat] | HUNGRY) & ~barred[seat] & ~BIT(me)) || on[seat] != me
#else
	   :: w_on == me && !w_asleep && to == NONE && !enq[me] ->
		if
		:: MAY_SLEEP -> /* SLEEP: a worker's time of idleness is anything here */
			d_step {
				won = UNCHANGED;
				if
				:: won -> asleep[seat] = true; slept++
				:: else
				fi
			};
#ifndef NORINGALL
			if
			:: won -> ring_others()
			:: else
			fi;
#endif
			d_step { won = false; FORGET }
		:: d_step { true -> FORGET };
end_idle:		enq[me] || ((wants[seat] | HUNGRY) & ~barred[seat] & ~BIT(me)) ||
				on[seat] != me || (MAY_SLEEP)
		fi
#endif
	   :: w_on != me || w_asleep ->
#if (T > 0 || D > 0) && !defined(NOHERE)
		if
		:: barred[seat] & BIT(me) -> d_step { /* HERE */
			if
			:: on[seat] != me -> barred[seat] = barred[seat] & ~BIT(me)
			:: else
			fi }
		:: else
		fi;
#endif
		if
		:: w_on == NONE -> d_step { /* WANT where nobody is on */
			if
			:: on[seat] == NONE -> on[seat] = me; wants[seat] = wants[seat] & ~BIT(me)
			:: else
			fi;
			FORGET }
		:: w_on != NONE && w_asleep ->
			if
			:: enq[me] -> d_step { /* CLAIM; where that comes too late it is a WANT */
				if
				:: asleep[seat] ->
					on[seat] = me;
					asleep[seat] = false;
					wants[seat] = wants[seat] & ~BIT(me)
				:: !asleep[seat] && on[seat] != me ->
					wants[seat] = wants[seat] | BIT(me)
				:: else
				fi;
				FORGET }
			:: !enq[me] ->
				d_step { FORGET };
#ifndef NOOWN
end_asleep:			d_step { RING(me) || enq[me] -> RING(me) = false }
#else
end_asleep:			d_step { RING(me) -> RING(me) = false }
#endif
			fi
#ifndef BLIND
		:: w_on != NONE && !w_asleep && enq[me] && !(w_all & BIT(me)) -> d_step { /* WANT */
			if
			:: on[seat] != me -> wants[seat] = wants[seat] | BIT(me)
			:: else
			fi;
			FORGET }
		:: d_step { w_on != NONE && !w_asleep && (!enq[me] || (w_all & BIT(me))) ->
#else
		:: d_step { w_on != NONE && !w_asleep ->
#endif
			FORGET };
end_away:		d_step { RING(me) -> RING(me) = false }
		fi
	   fi
	od
#if D > 0
	}
	unless { atomic { me == 0 && kill[seat] -> kill[seat] = false } }
#endif
}

/* The next worker of service 0, which comes soon, or late. */
proctype follower()
{
	byte i;

	atomic { dead = false; for (i : 0 .. M - 1) { run worker(0, i) } }
}

/* The seat of "from" becomes that of one of a set, or nobody's. */
inline give(from, set, keep)
{
	d_step { choose(set, from, to) };
	d_step {
		won = on[seat] == from;
		if
		:: won ->
			on[seat] = to;
			asleep[seat] = false;
			wants[seat] = (wants[seat] | keep) & ~(to == NONE -> 0 : BIT(to))
		:: else
		fi
	};
	d_step {
		if
		:: won && to != NONE -> RING(to) = true
		:: else
		fi;
		to = 0
	}
}

#define OTHERS(i) (wants[seat] & ~barred[seat] & ~BIT(i))

proctype shuntd()
{
	byte takes, deaths, a, to, seat;
	bool won;

end:
	do
#if M > 1
	:: d_step { seat = (seat + 1) % M }
#endif
	:: d_step { takes < T && on[seat] != NONE && !asleep[seat] && OTHERS(on[seat]) ->
			takes++; a = on[seat] };
		d_step { barred[seat] = barred[seat] | BIT(a) }; /* TAKE */
		if
		:: OTHERS(a) -> give(a, OTHERS(a), BIT(a))
		:: else
		fi;
#ifndef KEEPBAR
		d_step {
			if
			:: !won -> barred[seat] = barred[seat] & ~BIT(a)
			:: else
			fi
		};
#endif
		d_step { won = false; a = 0 }
	:: deaths < D -> /* of service 0, which is as any other */
		d_step {
			deaths++;
			seat = 0;
			do
			:: seat < M -> kill[seat] = true; seat++
			:: else -> break
			od;
			seat = 0
		};
		do
		:: seat < M ->
			d_step { !kill[seat] -> barred[seat] = barred[seat] | BIT(0);
				 RING(0) = false };
#ifndef SILENT
			d_step { /* it may have died between its move and its ring */
				if
				:: on[seat] != NONE -> RING(on[seat]) = true
				:: else
				fi
			};
#endif
			seat++
		:: else -> d_step { seat = 0; dead = true }; break
		od;
#ifdef NOSETTLE
		if
		:: on[0] == 0 -> give(0, ALL & ~barred[0] & ~BIT(0), 0); won = false
		:: else
		fi;
#endif
		if
		:: run follower()
		:: skip
		fi
#ifndef NOSETTLE
#ifdef NOWAKE
	:: on[seat] != NONE && !asleep[seat] && (barred[seat] & BIT(on[seat])) ->
#else
	:: on[seat] != NONE && (barred[seat] & BIT(on[seat])) -> /* at each tick */
#endif
		a = on[seat];
		give(a, ALL & ~barred[seat] & ~BIT(a), 0);
		d_step { won = false; a = 0 }
#endif
	od
}

init {
	byte i, s;

	atomic {
		for (s : 0 .. M - 1) {
			for (i : 0 .. K - 1) { run worker(i, s) }
		};
		for (i : F .. K - 1) { run xdp(i) };
		if
		:: T > 0 || D > 0 -> run shuntd()
		:: else
		fi
	};
	/* blocks for ever, an invalid end state, if a request is left behind */
	served == TOTAL || (dead && served == TOTAL - enq[0])
}
