/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire.pml - credits and tokens over a link that loses,
 * duplicates and reorders, while core and NIC restart
 *
 * Each core has its own link and numbers, so one core shows all that the protocol has: N requests,
 * at most K out, PARKS of them preempted and parked once; a parked one may also go on at another
 * core of its process. A request that its core passed by (at or below high, not taken) is sent
 * again. ASKS times the NIC asks a core whether it hears: by a NOTE to skip a number that no
 * request has. Messages lie in sets, from which any may come next: that is reordering. FAULTS times
 * the link loses one or delivers one that stays. RESTARTS times the core starts anew, or the NIC
 * does, or the NIC's agent takes the core for silent and ends its epoch.
 *
 * Claims, by assertion: no request is taken twice, and none goes on twice. None is forgotten: what
 * the NIC takes for ended was served to its end. No capacity is lost: while a request is not
 * settled, something can happen, and credits repeated on a quiet link bring progress within three
 * that arrive. And nothing comes to a core that has not heard of its epoch. Variants in which spin
 * must find an error:
 *   -DTAKE_LATE     the core takes what arrives late, too
 *   -DNO_SKIP       the NIC does not tell the core what to pass by
 *   -DNO_EPOCH      the NIC believes credits of any epoch
 *   -DWELCOME_ANY   a HELLO said again, once its epoch was ended, is given another one: which is
 *                   later, the core cannot tell
 *   -DQUEUE_AGAIN   the NIC queues a token whenever a credit names it
 *   -DSAY_ONCE      the core says a token once, not until it is acknowledged
 *   -DSEND_EARLY    the NIC sends as soon as it has answered the HELLO: what comes before the
 *                   WELCOME is taken by nobody
 */
#ifndef N
#define N 3
#endif
#ifndef FAULTS
#define FAULTS 3
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif
#ifndef PARKS
#define PARKS 0
#endif
#ifndef ASKS
#define ASKS 0
#endif
#define K 2
#define SEQ 12   /* numbers of an epoch are below this */
#define EPOCHS 7
#define BIT(s) (1 << (s))
/* the request of a REQUEST, or of a RESUME: N more */
#define R(what) ((what) > N -> (what) - N : (what))

/* NIC. An epoch's number stands for its cookie, too: it never
 * comes again. n_inc, c_inc: nonce of the HELLO that began it. */
bool n_up = true;
byte n_epoch = 1, n_inc = 1, n_sent, n_high, n_nr, load;
byte out[SEQ];               /* REQUEST or RESUME under this number, not settled; 0: none */
short n_parked;              /* numbers whose token is queued, which the core may not know */
bool queued[N + 1], token[N + 1], settled[N + 1];

/* Core; c_epoch 0: it knows of none. Masks go by number. */
byte c_epoch, c_inc = 1, high, c_nr, repeats;
short taken, open, held;      /* held: parked, and the token not acknowledged */
byte has[SEQ];               /* what it took under this number and has not ended */
byte say;                    /* number of the one that credits name; 0: none */
byte parks = PARKS;

/* Under way */
byte fly[EPOCHS * SEQ];      /* REQUEST or RESUME of this epoch and number; 0: none */
bool k_on[2];
byte k_epoch[2], k_nr[2], k_high[2], k_park[2];
short k_taken[2], k_open[2];
bool k_repeat[2];
byte note, note_epoch;       /* NOTE to skip */
byte ack, ack_epoch;         /* acknowledgement: of a NOTE, or of a REQUEST
			      * or RESUME, which may be lost apart */
byte w_epoch[2], w_inc[2];   /* WELCOME; 0: none */

bool served[N + 1], parked[N + 1], went_on[N + 1], ended[N + 1]; /* for the claims */
byte known;                  /* epochs that the core has been welcomed to; for a claim, too */
byte faults = FAULTS, restarts = RESTARTS, asks = ASKS;
byte i, s, r, at, flying, early;



inline credit(again) {
	c_nr++;
	at = (k_on[0] -> 1 : 0);      /* a third one pushes the second out */
	k_on[at] = true; k_epoch[at] = c_epoch; k_nr[at] = c_nr; k_high[at] = high;
	k_taken[at] = taken; k_open[at] = open; k_repeat[at] = again; k_park[at] = say;
#ifdef SAY_ONCE
	say = 0
#endif
}

/* The core's own requests are gone, or the NIC has counted them lost; parked ones are the
 * process's, and stay. */
inline reset_core(epoch) {
	c_epoch = epoch; high = 0; taken = 0; open = 0; c_nr = 0; repeats = 0; say = 0; held = 0;
	for (s : 1 .. SEQ - 1) { has[s] = 0 }
}

/* Ends the epoch: what was out is counted lost; the tokens stay. */
inline close_epoch() {
	for (s : 1 .. SEQ - 1) {
		if
		:: out[s] && !(n_parked & BIT(s)) -> settled[R(out[s])] = true
		:: else
		fi;
		out[s] = 0
	}
	load = 0; n_sent = 0; n_high = 0; n_nr = 0; n_parked = 0; n_up = false
}

/* The core gets something from its first credit on. */
#ifdef SEND_EARLY
#define FED n_up
#else
#define FED (n_up && n_nr)
#endif

inline send() {
	r = 0;
	for (i : 1 .. N) {
		if
		:: r == 0 && queued[i] -> r = i
		:: r == 0 && token[i] -> r = N + i
		:: else
		fi
	}
	if
	:: r && FED && load < K && n_sent + 1 < SEQ ->
		queued[R(r)] = false; token[R(r)] = false; n_sent++; load++;
		out[n_sent] = r;
		fly[n_epoch * SEQ + n_sent] = r
	:: else -> r = 0
	fi
}

inline queue_again(what) {
	if
	:: what > N -> token[what - N] = true
	:: else -> queued[what] = true
	fi
}

inline park(p) {
	if
#ifdef QUEUE_AGAIN
	:: p && out[p] && out[p] <= N && (n_parked & BIT(p)) ->
		token[out[p]] = true; ack = p; ack_epoch = n_epoch
#endif
	:: p && out[p] && out[p] <= N && !(n_parked & BIT(p)) ->
		token[out[p]] = true; n_parked = n_parked | BIT(p); load--;
		ack = p; ack_epoch = n_epoch
#ifndef QUEUE_AGAIN
	:: p && out[p] && (n_parked & BIT(p)) -> ack = p; ack_epoch = n_epoch
#endif
	:: else
	fi
}

/* The credit k. */
inline settle(k) {
	if
#ifdef NO_EPOCH
	:: n_up && k_nr[k] > n_nr && k_high[k] <= n_sent ->
#else
	:: n_up && k_epoch[k] == n_epoch && k_nr[k] > n_nr ->
#endif
		n_nr = k_nr[k];
		n_high = k_high[k];
		for (s : 1 .. SEQ - 1) {
			if
			:: s <= n_high && out[s] && !(k_taken[k] & BIT(s)) ->
				queue_again(out[s]); out[s] = 0; load--
			:: s <= n_high && out[s] && (k_taken[k] & BIT(s)) &&
				!(k_open[k] & BIT(s)) ->
				if
				:: n_parked & BIT(s) -> n_parked = n_parked & ~BIT(s)
				:: else ->
					assert(ended[R(out[s])]);
					settled[R(out[s])] = true; load--
				fi;
				out[s] = 0
			:: else
			fi
		}
		park(k_park[k]);
		send();
#ifndef NO_SKIP
		early = 0;
		for (s : 1 .. SEQ - 1) { early = early + (s > n_high && fly[n_epoch * SEQ + s] ->
			1 : 0) }
		if
		:: r == 0 && n_high != n_sent && early == 0 && k_repeat[k] ->
			note = n_sent; note_epoch = n_epoch
		/* too early costs one, too */
		:: r == 0 && n_high != n_sent && (early || !k_repeat[k]) && faults > 0 ->
			faults--; note = n_sent; note_epoch = n_epoch
		/* not late yet */
		:: r == 0 && n_high != n_sent && (early || !k_repeat[k]) -> note = 0
		:: else
		fi;
		early = 0
#endif
	:: else
	fi
}

inline go_on(what) {
	if
	:: what > N ->
		assert(parked[what - N] && !went_on[what - N]);
		went_on[what - N] = true
	:: else ->
		assert(!served[what]);
		served[what] = true
	fi
}

inline take(e, q) {
	r = fly[e * SEQ + q];
	assert(known & BIT(e));
	if
	:: e == c_epoch && q > high ->
		go_on(r);
		has[q] = r;
		high = q; taken = taken | BIT(q); open = open | BIT(q); repeats = 0
#ifdef TAKE_LATE
	:: e == c_epoch && q <= high && !(taken & BIT(q)) ->
		go_on(r);
		has[q] = r;
		taken = taken | BIT(q); open = open | BIT(q)
#endif
	:: else
	fi
}

/* The answer to a HELLO, which may have begun an epoch: one for each nonce. (How it comes that each
 * HELLO is for the next epoch, and of whom it is, hello.pml looks at.) */
inline hello() {
#ifndef WELCOME_ANY
	if
	:: !n_up && n_inc == c_inc -> c_inc++ /* REFUSE: that one's epoch is over */
	:: else
	fi;
#endif
	if
	:: n_up && n_inc == c_inc
	:: else -> close_epoch(); n_up = true; n_epoch++; n_inc = c_inc
	fi;
	at = (w_epoch[0] -> 1 : 0);
	w_epoch[at] = n_epoch; w_inc[at] = c_inc
}

inline be_welcomed(k) {
	if
	:: w_inc[k] == c_inc && w_epoch[k] != c_epoch ->
		known = known | BIT(w_epoch[k]);
		reset_core(w_epoch[k]);
		credit(false)
	:: else
	fi
}

#define QUIET (flying == 0 && !k_on[0] && !k_on[1] && note == 0 && ack == 0 && (open & ~held) == 0)
#define ALL_SETTLED (settled[1] && settled[2] && settled[N])
#define CONNECTED (n_up && c_epoch == n_epoch)
#define ANSWERED(k) (n_up && w_epoch[k] == n_epoch && w_inc[k] == c_inc)

/* Counts the messages on their way, of epochs that may still matter. */
inline count_flying() {
	flying = 0;
	for (s : 0 .. EPOCHS * SEQ - 1) {
		flying = flying + (fly[s] != 0 -> 1 : 0)
	}
}

byte q;

active proctype all()
{
	d_step {
		for (i : 1 .. N) { queued[i] = true }
		w_epoch[0] = 1; w_inc[0] = 1;
		send(); send(); i = 0; r = 0; s = 0 /* as arrivals fill a core that is fed */
	};
	do
	:: ALL_SETTLED -> break
	:: else ->
	   atomic {
		count_flying();
		s = 0; r = 0; i = 0; at = 0;
		if
		/* a REQUEST or RESUME arrives, stays (a duplicate), or is lost */
		:: flying > 0 ->
			q = 0;
			do
			:: q < EPOCHS * SEQ - 1 -> q++
			:: fly[q] -> break
			:: q >= EPOCHS * SEQ - 1 -> break
			od;
			if
			:: fly[q] -> take(q / SEQ, q % SEQ); fly[q] = 0
			:: fly[q] && faults > 0 -> faults--; take(q / SEQ, q % SEQ)
			:: fly[q] && faults > 0 -> faults--; fly[q] = 0
			:: !fly[q]
			fi
		/* so does a credit */
		:: k_on[0] -> settle(0); k_on[0] = false
		:: k_on[1] -> settle(1); k_on[1] = false
		:: k_on[0] && faults > 0 -> faults--; settle(0)
		:: k_on[0] && faults > 0 -> faults--; k_on[0] = false
		:: k_on[1] && faults > 0 -> faults--; k_on[1] = false
		/* and the NOTE to skip */
		:: note && faults > 0 -> faults--; note = 0
		:: note ->
			if
			:: note_epoch == c_epoch && note > high ->
				high = note; repeats = 0; credit(false)
			:: else
			fi;
			note = 0
		/* and the acknowledgement of a token */
		:: ack && faults > 0 -> faults--; ack = 0
		:: ack ->
			if
			:: ack_epoch == c_epoch && (held & BIT(ack)) ->
				say = 0; held = held & ~BIT(ack); open = open & ~BIT(ack);
					has[ack] = 0; repeats = 0;
				credit(false)
			:: else
			fi;
			ack = 0
		/* and a WELCOME */
		:: w_epoch[0] -> be_welcomed(0); w_epoch[0] = 0; w_inc[0] = 0
		:: w_epoch[1] -> be_welcomed(1); w_epoch[1] = 0; w_inc[1] = 0
		:: w_epoch[0] && faults > 0 -> faults--; be_welcomed(0)
		:: w_epoch[0] && faults > 0 -> faults--; w_epoch[0] = 0; w_inc[0] = 0
		/* the NIC fills a core that has room, as it does when requests arrive */
		:: FED && load < K && (queued[1] || queued[2] || queued[N]) -> send()
		/* and asks one that has seen all numbers whether it hears; here, be it busy */
		:: asks && FED && n_high == n_sent && !note && n_sent + 1 < SEQ ->
			asks--; n_sent++; note = n_sent; note_epoch = n_epoch
		/* another core of the process goes on with a parked request */
		:: n_up && (token[1] || token[2] || token[N]) ->
			for (s : 1 .. N) {
				if
				:: token[s] ->
					go_on(N + s); ended[s] = true; settled[s] = true;
						token[s] = false
				:: else
				fi
			}
		/* the core ends what it has taken, or parks it */
		:: (open & ~held) ->
			q = 1;
			do
			:: q < SEQ && (!(open & BIT(q)) || (held & BIT(q))) -> q++
			:: else -> break
			od;
			if
			:: ended[R(has[q])] = true; has[q] = 0; open = open & ~BIT(q)
			:: parks && !say && has[q] <= N ->
				parks--; parked[has[q]] = true; say = q; held = held | BIT(q)
			fi;
			credit(false)
		/* nothing stirs: a core below k repeats its
		 * credit, one that hears nothing says hello */
		:: QUIET && CONNECTED ->
			assert(repeats < 3 + FAULTS); /* the link may lose those, too */
			repeats++;
			credit(true)
		:: !CONNECTED && (open & ~held) == 0 && !ANSWERED(0) && !ANSWERED(1) ->
			assert(n_epoch + 1 < EPOCHS);
			hello()
		/* restarts */
		:: restarts > 0 -> /* the core's: it asks for a new epoch */
			restarts--; reset_core(0); c_inc++
		:: restarts > 0 && n_up -> /* taken for silent */
			restarts--; close_epoch()
		:: restarts > 0 -> /* the NIC's: all that it knew is gone */
			restarts--; close_epoch(); n_inc = 0;
			for (s : 1 .. N) {
				if
				:: queued[s] || token[s] ->
					queued[s] = false; token[s] = false; settled[s] = true
				:: else
				fi
			}
		fi;
		s = 0; r = 0; i = 0; q = 0; at = 0; flying = 0
	   }
	od
}
