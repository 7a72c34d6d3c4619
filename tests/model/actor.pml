/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * actor.pml - an exclusive actor of a NIC that schedules: its messages wait in its own FIFO, with
 * one ticket in the queue of its class; the core that takes the ticket gets K of them at most
 *
 * One sender's messages 1 to N are for one actor, whose place is a process with two cores. The NIC
 * gives the actor to a core with the first message, sends that core more while fewer than K are
 * out, and takes the actor back when none is. Then, if messages wait, the ticket goes into the
 * queue, and a core that has room takes it. What a core knows (which it took, which have ended) is
 * told at once: wire.pml has the credits that tell it. Faults, F of them: a frame is lost, or
 * skipped as it is late; the NIC takes a core that lives for silent, and ends its epoch; the
 * process dies, and the next one of the place is fenced from it, as shuntd vouches. A core that
 * stands still is one that takes no step.
 *
 * Claims: the handler runs once at a time; a message runs once at most; messages that are not
 * counted lost run in their order; the actor is with one core, which has K of its messages at most;
 * in the end none waits, all have ended or are counted lost, and without a fault none is lost.
 *
 * With K > 1 a frame that is lost or skipped is overtaken by the next one: order is promised with
 * K = 1, and above that without such frames (-DKEEPS_FRAMES). -DANY_ORDER checks the other claims.
 *
 * Broken variants: NOLOCK: cores trust the NIC, and take no lock. STAYS: a silent core keeps the
 * actor. NOTICKET: what is put back gets no ticket. EARLY: a ticket while messages are out.
 * OVERTAKE: what arrives goes past the FIFO. TAIL: what was refused goes to the FIFO's end. OLDEST:
 * of several that were refused the oldest is put back first. LOCKED: the lock of a dead process
 * stays.
 */
#ifndef N
#define N 3 /* messages, up to 4 */
#endif
#ifndef K
#define K 1
#endif
#ifndef F
#define F 1 /* faults */
#endif
#define C 2 /* cores */

mtype = { NEW, WAITS, SENT, TAKEN, DONE, LOST };

/* The NIC's. */
mtype st[5] = NEW;
byte at[5], seq[5];      /* the core that a message was sent to, and its number there */
byte fifo[4], nf;
byte has;                /* the core that has the actor, + 1; 0: none */
byte out;                /* its messages that were sent and have not ended */
byte grant;              /* how many of the FIFO the core may still get by its ticket */
bool ticket;             /* it is in the queue of the class */
byte next = 1;           /* the message that arrives next */
byte ep[C], sent[C], gen;

/* The cores'. */
byte cep[C], high[C];    /* the epoch as the core knows it, the highest number seen */
byte cur[C];             /* the message whose handler runs, or has returned */
bool in_handler[C];
bool took[5], ended[5];
chan wire[C] = [3] of { byte, byte, byte }; /* message, epoch, number */
chan todo[C] = [4] of { byte };
bool alive = true;

byte lock;               /* in the memory of the place: core + 1 of who has the actor, or had it */
bool stale;              /* that one's process is dead */

byte running, last, closes, faults; /* ghosts */
bool ran[5];

inline push(m) { st[m] = WAITS; fifo[nf] = m; nf++ }

inline push_front(m) {
	st[m] = WAITS;
	i = nf;
	do :: i > 0 -> fifo[i] = fifo[i - 1]; i-- :: else -> break od;
	fifo[0] = m; nf++
}

inline send(m, c) {
	st[m] = SENT; at[m] = c; sent[c]++; seq[m] = sent[c];
	wire[c]!m, ep[c], sent[c];
	has = c + 1; out++
}

inline send_first(c) {
	m = fifo[0]; nf--; i = 0;
	do :: i < nf -> fifo[i] = fifo[i + 1]; i++ :: else -> break od;
	fifo[nf] = 0; i = 0;
	send(m, c);
	m = 0
}

/* One fewer is out. The last one gives the actor back. */
inline ends() {
	out--;
	if
	:: out == 0 -> has = 0; grant = 0; ticket = (nf > 0)
	:: else
	fi
}

/* It was not taken and never will be. */
inline refused(m) {
#ifdef TAIL
	push(m);
#else
	push_front(m);
#endif
	at[m] = 0; seq[m] = 0;
#ifdef NOTICKET
	out--;
	if :: out == 0 -> has = 0; grant = 0 :: else fi
#else
	ends()
#endif
}

inline loses(m) { st[m] = LOST; at[m] = 0; seq[m] = 0 }

#define NEWS(m, c) (at[m] == c && ((st[m] == SENT && seq[m] <= high[c]) || \
				   (st[m] == TAKEN && ended[m])))
#define LATE(m, c) (at[m] == c && st[m] == SENT && seq[m] > high[c])
#define ANY(x, c) (x(1, c) || x(2, c) || x(3, c) || x(4, c))
#define KNOWS(c) (alive && ep[c] && cep[c] == ep[c])

/* Youngest first, so that the oldest of those that are put back is at the head. */
#ifdef OLDEST
#define FIRST m = 1
#define NEXT m++
#else
#define FIRST m = 4
#define NEXT m--
#endif

/* A credit. */
inline settle(c) {
	FIRST;
	do
	:: m >= 1 && m <= 4 ->
		if
		:: NEWS(m, c) && st[m] == SENT && took[m] -> st[m] = TAKEN
		:: NEWS(m, c) && st[m] == SENT && !took[m] -> refused(m)
		:: else
		fi;
		if
		:: NEWS(m, c) && st[m] == TAKEN -> st[m] = DONE; at[m] = 0; seq[m] = 0; ends()
		:: else
		fi;
		NEXT
	:: else -> break
	od;
	m = 0; i = 0
}

/* The epoch is over. fenced: nothing that was not taken will be. */
inline close(c, fenced) {
	FIRST;
	do
	:: m >= 1 && m <= 4 ->
		if
		:: at[m] == c && st[m] == SENT && fenced && !took[m] -> refused(m)
		:: at[m] == c && (st[m] == TAKEN || (st[m] == SENT && !(fenced && !took[m]))) ->
			loses(m);
#ifndef STAYS
			ends()
#endif
		:: else
		fi;
		NEXT
	:: else -> break
	od;
	m = 0; i = 0;
	ep[c] = 0; sent[c] = 0; closes++
}

#ifdef OVERTAKE
#define MAY_PASS true
#else
#define MAY_PASS (nf == 0)
#endif
#ifdef NOLOCK
#define MAY_RUN true
#else
#define MAY_RUN (!lock)
#endif

active proctype nic() {
	byte m, i;
end:	do
	/* A message arrives: to the core that has the actor, to one that the policy names, or into
	 * the FIFO. */
	:: atomic { next <= N && has && MAY_PASS && out < K && len(wire[has - 1]) < 3 ->
			send(next, has - 1); next++ }
	:: atomic { next <= N && !has && !nf && ep[0] && len(wire[0]) < 3 ->
			send(next, 0); grant = K - 1; next++ }
	:: atomic { next <= N && !has && !nf && ep[1] && len(wire[1]) < 3 ->
			send(next, 1); grant = K - 1; next++ }
	:: atomic { next <= N && (!has || nf || out >= K) ->
			push(next); next++;
#ifdef EARLY
			ticket = true
#else
			if :: !has -> ticket = true :: else fi
#endif
			}
	/* A core takes the ticket, and then what it grants. */
	:: atomic { ticket && nf && ep[0] && len(wire[0]) < 3 ->
			ticket = false; grant = K - 1; send_first(0) }
	:: atomic { ticket && nf && ep[1] && len(wire[1]) < 3 ->
			ticket = false; grant = K - 1; send_first(1) }
	:: atomic { has && nf && grant && out < K && len(wire[has - 1]) < 3 ->
			grant--; send_first(has - 1) }
	:: atomic { KNOWS(0) && ANY(NEWS, 0) -> settle(0) }
	:: atomic { KNOWS(1) && ANY(NEWS, 1) -> settle(1) }
	/* A NOTE: what was lost is skipped. */
	:: atomic { KNOWS(0) && ANY(LATE, 0) && len(wire[0]) == 0 -> high[0] = sent[0] }
	:: atomic { KNOWS(1) && ANY(LATE, 1) && len(wire[1]) == 0 -> high[1] = sent[1] }
	/* The next epoch. */
	:: atomic { alive && !ep[0] -> gen++; ep[0] = gen; cep[0] = gen; high[0] = 0 }
	:: atomic { alive && !ep[1] -> gen++; ep[1] = gen; cep[1] = gen; high[1] = 0 }
	od
}

proctype core(byte c) {
	byte m, e, s;
end:	do
	:: atomic { alive && len(wire[c]) ->
		wire[c]?m, e, s;
		if
		:: e == cep[c] && s > high[c] -> high[c] = s; took[m] = true; todo[c]!m
		:: else
		fi;
		m = 0; e = 0; s = 0 }
	:: atomic { alive && !cur[c] && len(todo[c]) && MAY_RUN ->
		todo[c]?m;
		lock = c + 1; cur[c] = m; in_handler[c] = true;
		running++; assert(running == 1);
		assert(!ran[m]); ran[m] = true;
#ifndef ANY_ORDER
		assert(st[m] == LOST || m > last);
#endif
		if :: st[m] != LOST -> last = m :: else fi;
		m = 0 }
	:: atomic { alive && in_handler[c] -> in_handler[c] = false; running--; lock = 0 }
	:: atomic { alive && cur[c] && !in_handler[c] -> ended[cur[c]] = true; cur[c] = 0 }
	od
}

proctype fault() {
	byte m, i, c;
end:	do
	:: faults == F -> break
	:: skip -> break
#ifndef KEEPS_FRAMES
	:: atomic { faults < F && len(wire[0]) -> wire[0]?_, _, _; faults++ }
	:: atomic { faults < F && len(wire[1]) -> wire[1]?_, _, _; faults++ }
	:: atomic { faults < F && KNOWS(0) && ANY(LATE, 0) -> high[0] = sent[0]; faults++ }
	:: atomic { faults < F && KNOWS(1) && ANY(LATE, 1) -> high[1] = sent[1]; faults++ }
#endif
	:: atomic { faults < F && ep[0] -> close(0, false); faults++ }
	:: atomic { faults < F && ep[1] -> close(1, false); faults++ }
	:: atomic { faults < F && alive ->
		faults++; alive = false;
		stale = (lock != 0);
		running = 0;
		c = 0;
		do
		:: c < C ->
			cep[c] = 0; cur[c] = 0; in_handler[c] = false;
			do :: len(todo[c]) -> todo[c]?_ :: len(todo[c]) == 0 -> break od;
			c++
		:: else -> break
		od;
		c = 0 };
		if :: atomic { ep[0] -> close(0, true) } :: else fi;
		if :: atomic { ep[1] -> close(1, true) } :: else fi;
		/* the next process takes the memory over */
		atomic {
#ifndef LOCKED
			if :: stale -> lock = 0 :: else fi;
#endif
			stale = false; alive = true }
	od
}

#define OUT(m) (st[m] == SENT || st[m] == TAKEN)
#define ASTRAY(m) (OUT(m) && at[m] != has - 1)

active proctype watch() {
end:	atomic {
		ASTRAY(1) || ASTRAY(2) || ASTRAY(3) || ASTRAY(4) || out > K ||
			out != OUT(1) + OUT(2) + OUT(3) + OUT(4) -> assert(false)
	}
}

init {
	byte m = 1;

	atomic { run core(0); run core(1); run fault() };
	timeout;
	do
	:: m <= N ->
		assert(st[m] == DONE || st[m] == LOST);
		assert(st[m] != DONE || ran[m]);
		assert(st[m] != LOST || closes);
		m++
	:: else -> break
	od;
	assert(!nf && !out && !has && !ticket)
}
