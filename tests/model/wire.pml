/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire.pml - credits over a link that loses, duplicates and reorders, while core and NIC restart
 *
 * Each core has its own link and numbers, so one core shows all that the protocol has: N requests, at
 * most K out. What its core passed by (at or below high, not taken) is sent again. Messages lie in sets,
 * from which any may come next: that is reordering. FAULTS times the link loses one or delivers one
 * that stays. Core and NIC may restart RESTARTS times.
 *
 * Claims, by assertion: no request is taken twice. None is forgotten: what the NIC takes for ended was served.
 * No capacity is lost: while a request is not settled, something can happen, and credits
 * repeated on a quiet link bring progress within three that arrive. Variants in which spin must find an error:
 *   -DTAKE_LATE   the core takes what arrives late, too
 *   -DNO_SKIP     the NIC does not tell the core what to pass by
 *   -DNO_EPOCH    the NIC believes credits of any epoch
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
#define K 2
#define SEQ 12   /* numbers of an epoch are below this */
#define EPOCHS 4
#define BIT(s) (1 << (s))

/* NIC */
byte n_epoch = 1, n_sent, n_high, n_nr, load;
byte out[SEQ];               /* request under this number, not settled; 0: none */
bool queued[N + 1], settled[N + 1];

/* Core; c_epoch 0: it knows of none. Masks go by number. */
byte c_epoch = 1, high, c_nr, repeats;
short taken, open;

/* Under way */
byte fly[EPOCHS * SEQ];      /* request of this epoch and number; 0: none */
bool k_on[2];
byte k_epoch[2], k_nr[2], k_high[2];
short k_taken[2], k_open[2];
bool k_repeat[2];
byte note, note_epoch;

bool served[N + 1];          /* by a core: for the claims */
byte faults = FAULTS, restarts = RESTARTS;
byte i, s, r, at, flying;

inline credit(again) {
	c_nr++;
	at = (k_on[0] -> 1 : 0);      /* a third one pushes the second out */
	k_on[at] = true; k_epoch[at] = c_epoch; k_nr[at] = c_nr; k_high[at] = high;
	k_taken[at] = taken; k_open[at] = open; k_repeat[at] = again
}

inline reset_core(epoch) {
	c_epoch = epoch; high = 0; taken = 0; open = 0; c_nr = 0; repeats = 0
}

/* Ends the epoch: what was out is counted lost. */
inline close_epoch() {
	for (s : 1 .. SEQ - 1) {
		if
		:: out[s] -> settled[out[s]] = true; out[s] = 0
		:: else
		fi
	}
	load = 0; n_sent = 0; n_high = 0; n_nr = 0; n_epoch++
}

inline send() {
	r = 0;
	for (i : 1 .. N) {
		if
		:: queued[i] && r == 0 -> r = i
		:: else
		fi
	}
	if
	:: r && load < K && n_sent + 1 < SEQ ->
		queued[r] = false; n_sent++; load++;
		out[n_sent] = r;
		fly[n_epoch * SEQ + n_sent] = r
	:: else -> r = 0
	fi
}

/* The credit k. */
inline settle(k) {
	if
#ifdef NO_EPOCH
	:: k_nr[k] > n_nr && k_high[k] <= n_sent ->
#else
	:: k_epoch[k] == n_epoch && k_nr[k] > n_nr ->
#endif
		n_nr = k_nr[k];
		n_high = k_high[k];
		for (s : 1 .. SEQ - 1) {
			if
			:: s <= n_high && out[s] && !(k_taken[k] & BIT(s)) ->
				queued[out[s]] = true; out[s] = 0; load--
			:: s <= n_high && out[s] && (k_taken[k] & BIT(s)) && !(k_open[k] & BIT(s)) ->
				assert(served[out[s]]);
				settled[out[s]] = true; out[s] = 0; load--
			:: else
			fi
		}
		send();
#ifndef NO_SKIP
		if
		:: r == 0 && n_high != n_sent && (k_repeat[k] || faults > 0) ->
			faults = faults - (k_repeat[k] -> 0 : 1); /* too early costs one, too */
			note = n_sent; note_epoch = n_epoch
		:: r == 0 && n_high != n_sent && !k_repeat[k] -> note = 0 /* not late yet */
		:: else
		fi;
#endif
	:: else
	fi
}

inline take(e, q) {
	r = fly[e * SEQ + q];
	if
	:: e == c_epoch && q > high ->
		assert(!served[r]);
		served[r] = true;
		high = q; taken = taken | BIT(q); open = open | BIT(q); repeats = 0
#ifdef TAKE_LATE
	:: e == c_epoch && q <= high && !(taken & BIT(q)) ->
		assert(!served[r]);
		served[r] = true;
		taken = taken | BIT(q); open = open | BIT(q)
#endif
	:: else
	fi
}

#define QUIET (flying == 0 && !k_on[0] && !k_on[1] && note == 0 && open == 0)
#define ALL_SETTLED (settled[1] && settled[2] && settled[N])

inline count_flying() {
	flying = 0;
	for (s : 0 .. EPOCHS * SEQ - 1) {
		flying = flying + (fly[s] != 0 -> 1 : 0)
	}
}

byte e, q, next;

active proctype all()
{
	d_step {
		for (i : 1 .. N) { queued[i] = true }
		/* as arrivals fill the core */
		send(); send(); i = 0; r = 0; s = 0
	};
	do
	:: ALL_SETTLED -> break
	:: else ->
	   atomic {
		count_flying();
		s = 0; r = 0; i = 0; at = 0;
		if
		/* a request arrives, stays (a duplicate), or is lost */
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
			:: note_epoch == c_epoch && note > high -> high = note; repeats = 0; credit(false)
			:: else
			fi;
			note = 0
		/* the NIC fills a core that has room, as it does when requests arrive */
		:: load < K && (queued[1] || queued[2] || queued[N]) -> send()
		/* the core ends what it has taken */
		:: open ->
			q = 1;
			do
			:: q < SEQ && !(open & BIT(q)) -> q++
			:: else -> break
			od;
			open = open & ~BIT(q);
			credit(false)
		/* nothing stirs: a core below k repeats its credit, one that hears nothing says hello */
		:: QUIET && c_epoch == n_epoch ->
			assert(repeats < 3 + FAULTS); /* the link may lose those, too */
			repeats++;
			credit(true)
		:: c_epoch != n_epoch && open == 0 -> reset_core(n_epoch)
		/* restarts */
		:: restarts > 0 && n_epoch + 1 < EPOCHS -> /* the core's: a new incarnation says hello */
			restarts--; close_epoch(); reset_core(0)
		:: restarts > 0 && n_epoch + 1 < EPOCHS -> /* the NIC's: all that it knew is gone */
			restarts--; close_epoch();
			for (s : 1 .. N) {
				if
				:: queued[s] -> queued[s] = false; settled[s] = true
				:: else
				fi
			}
		fi;
		s = 0; r = 0; i = 0; q = 0; at = 0; flying = 0
	   }
	od
}
