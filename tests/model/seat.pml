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
 * Claim (no invalid end state but the one where all was served): every request is served, with K
 * services, N requests of each, T takes and D deaths, each at any moment. The word's "turn" is not
 * here: so a LEAVE succeeds here in more cases than there.
 *
 * Broken variants, in each of which spin must find a request that is left behind:
 *   EARLY    XDP looks at the word before it counts the request
 *   BLIND    a worker that is away looks at the word alone, not at its counts
 *   NORING   a worker that gives the seat away does not ring the next one
 *   NOHERE   a worker whose seat was taken does not say that it is back
 *   KEEPBAR  shuntd leaves the bar in place although its TAKE came too late
 *   SILENT   shuntd does not ring the one that is on when another has died
 *   NOSETTLE shuntd looks once after a death, and not again
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

#define BIT(i) (1 << (i))
#define ALL (BIT(K) - 1)
#define NONE K

byte on;            /* NONE: nobody */
byte wants, barred; /* a bit for each service; "barred" is no part of the word */
byte enq[K];        /* requests that XDP has counted and nobody has taken */
bool ring[K];       /* a datagram lies at the worker's socket */
bool kill[K];
byte served;
bool dead;          /* service 0 has no worker, and may get none */

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
		look = on != b && !(wants & BIT(b));
		enq[b]++;
#else
		enq[b]++; /* and then a full barrier */
		look = on != b && !(wants & BIT(b));
#endif
		d_step {
			if
			:: look -> wants = wants | BIT(b)
			:: else
			fi;
			look = false;
			n++
		}
	:: else -> break
	od
}

/* The word as it was loaded, and what goes with a LEAVE. */
#define FORGET w_on = 0; w_all = 0; to = 0; more = false

proctype worker(byte me)
{
	byte w_on, w_all, to;
	bool more, won;

	{
	do
	:: d_step {
		w_on = on;
		w_all = wants;
		to = NONE;
		if
		:: w_on == me -> choose(wants & ~barred & ~BIT(me), me, to)
		:: else
		fi
	   };
	   if
	   :: w_on == me && enq[me] -> d_step { enq[me]--; served++; FORGET }
	   :: w_on == me && to != NONE -> /* LEAVE: nothing is left, or its time is over */
		more = enq[me] != 0;
		/* The whole word is compared: no bit has come since. A bar may have. */
		d_step {
			won = on == me && wants == w_all;
			if
			:: won ->
				on = to;
				wants = (wants & ~BIT(to) & ~BIT(me)) | (more -> BIT(me) : 0)
			:: else
			fi
		};
		d_step {
#ifndef NORING
			if
			:: won -> ring[to] = true
			:: else
			fi;
#endif
			won = false;
			FORGET
		}
	   :: w_on == me && to == NONE && !enq[me] ->
		d_step { FORGET };
end_idle:	enq[me] || (wants & ~barred & ~BIT(me)) || on != me
	   :: w_on != me ->
#ifndef NOHERE
		if
		:: barred & BIT(me) -> d_step { /* HERE */
			if
			:: on != me -> barred = barred & ~BIT(me)
			:: else
			fi }
		:: else
		fi;
#endif
		if
		:: w_on == NONE -> d_step { /* WANT where nobody is on */
			if
			:: on == NONE -> on = me; wants = wants & ~BIT(me)
			:: else
			fi;
			FORGET }
#ifndef BLIND
		:: w_on != NONE && enq[me] && !(w_all & BIT(me)) -> d_step { /* WANT */
			if
			:: on != me -> wants = wants | BIT(me)
			:: else
			fi;
			FORGET }
		:: w_on != NONE && (!enq[me] || (w_all & BIT(me))) ->
#else
		:: w_on != NONE ->
#endif
			d_step { FORGET };
end_away:		d_step { ring[me] -> ring[me] = false }
		fi
	   fi
	od
	}
#if D > 0
	unless { atomic { kill[me] -> kill[me] = false } }
#endif
}

/* The next worker of service 0, which comes soon, or late. */
proctype follower()
{
	atomic { dead = false; run worker(0) }
}

/* The seat of "from" becomes that of one of a set, or nobody's. */
inline give(from, set, keep)
{
	d_step { choose(set, from, to) };
	d_step {
		won = on == from;
		if
		:: won -> on = to; wants = (wants | keep) & ~(to == NONE -> 0 : BIT(to))
		:: else
		fi
	};
	d_step {
		if
		:: won && to != NONE -> ring[to] = true
		:: else
		fi;
		to = 0
	}
}

proctype shuntd()
{
	byte takes, deaths, a, to;
	bool won;

end:
	do
	:: d_step { takes < T && on != NONE && (wants & ~barred & ~BIT(on)) -> takes++; a = on };
		d_step { barred = barred | BIT(a) }; /* TAKE */
		if
		:: wants & ~barred & ~BIT(a) -> give(a, wants & ~barred & ~BIT(a), BIT(a))
		:: else
		fi;
#ifndef KEEPBAR
		d_step {
			if
			:: !won -> barred = barred & ~BIT(a)
			:: else
			fi
		};
#endif
		d_step { won = false; a = 0 }
	:: deaths < D -> /* of service 0, which is as any other */
		d_step { deaths++; kill[0] = true };
		d_step { !kill[0] -> barred = barred | BIT(0); ring[0] = false; dead = true };
#ifndef SILENT
		d_step { /* it may have died between its move and the ring that goes with it */
			if
			:: on != NONE -> ring[on] = true
			:: else
			fi
		};
#endif
#ifdef NOSETTLE
		if
		:: on == 0 -> give(0, ALL & ~barred & ~BIT(0), 0); won = false
		:: else
		fi;
#endif
		if
		:: run follower()
		:: skip
		fi
#ifndef NOSETTLE
	:: on != NONE && (barred & BIT(on)) -> /* at each tick */
		a = on;
		give(a, ALL & ~barred & ~BIT(a), 0);
		d_step { won = false; a = 0 }
#endif
	od
}

init {
	byte i;

	atomic {
		for (i : 0 .. K - 1) { run worker(i); run xdp(i) };
		if
		:: T > 0 || D > 0 -> run shuntd()
		:: else
		fi
	};
	/* blocks for ever, an invalid end state, if a request is left behind */
	served == K * N || (dead && served == K * N - enq[0])
}
