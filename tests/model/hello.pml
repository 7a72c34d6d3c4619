/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hello.pml - who begins a core's next epoch: HELLO,
 * WELCOME and REFUSE between a core's host and the NIC
 *
 * The link loses, duplicates and reorders (FAULTS times). RESTARTS times the host starts anew and
 * knows no number any more, its wall clock wherever it was set to; or the NIC does; or the NIC
 * takes the core for silent and ends its epoch. FORGED times another host of the NIC, which has a
 * key of its own and knows every number there is, sends a HELLO or an answer; or the core's own
 * host asks for the last number there is.
 *
 * Claims, by assertion: an epoch in which the core is connected is not ended by any HELLO. The
 * epoch that the host believes to be its own, the NIC gave to it. The host is not refused again and
 * again. Something can happen until it is connected for good. Variants in which spin must find an
 * error:
 *   -DCLOCK       numbers are the host's, from its wall clock, and the NIC takes every greater one
 *   -DJUMP        the NIC takes every greater number, not only the next
 *   -DONE_KEY     all hosts have one key
 *   -DUNPROVED    the host believes answers without a proof
 *   -DANY_NUMBER  the NIC does not look at the number
 *   -DNO_LIFE     nor at its own life
 *   -DNO_NONCE    the host believes answers to what it said before
 */
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef RESTARTS
#define RESTARTS 2
#endif
#ifndef FORGED
#define FORGED 2
#endif
#define OURS 1
#define THEIRS 2
#define LAST 20  /* the greatest number: the next one is 0 */
#define NEXT(n) ((n) == LAST -> 0 : (n) + 1)
#define NONCES 40
#define FOREIGN (NONCES - 1)

#define NONE 0
#define HELLO 1
#define WELCOME 2
#define REFUSE 3

/* NIC */
byte n_epoch, n_nonce, n_life = 1;
bool n_up;

/* The core's host: what it asks for, with which nonce, and
 * the epoch that it believes it has; 0: none. */
byte c_ask = 1, c_nonce = 1, c_life, c_epoch;

/* Under way: places 0 and 1 to the NIC, 2 and 3 from it. */
#define UP 0
#define DOWN 2
byte m_type[4], m_epoch[4], m_nonce[4], m_life[4], m_key[4];

byte given[NONCES];     /* epochs, by the nonce that they were given to; for a claim */
byte refused;           /* in a row; for another */
byte faults = FAULTS, restarts = RESTARTS, forged = FORGED;
byte at;

#define CONNECTED (n_up && n_nonce == c_nonce && c_epoch == n_epoch && c_life == n_life)
#define QUIET (m_type[0] == NONE && m_type[1] == NONE && m_type[2] == NONE && m_type[3] == NONE)

/* A third one pushes the second out. */
inline put(link, t, e, n, l, k) {
	at = (m_type[link] == NONE -> link : link + 1);
	m_type[at] = t; m_epoch[at] = e; m_nonce[at] = n; m_life[at] = l; m_key[at] = k;
	at = 0
}

inline clear(m) {
	m_type[m] = NONE; m_epoch[m] = 0; m_nonce[m] = 0; m_life[m] = 0; m_key[m] = 0
}

#if defined(CLOCK)
#define IS_NEXT(m) (m_epoch[m] > n_epoch)
#elif defined(JUMP)
#define IS_NEXT(m) (m_life[m] == n_life && m_epoch[m] > n_epoch)
#elif defined(ANY_NUMBER)
#define IS_NEXT(m) (m_life[m] == n_life)
#elif defined(NO_LIFE)
#define IS_NEXT(m) (m_epoch[m] == NEXT(n_epoch))
#else
#define IS_NEXT(m) (m_life[m] == n_life && m_epoch[m] == NEXT(n_epoch))
#endif

#ifdef ONE_KEY
#define PROVED(m) true
#else
#define PROVED(m) (m_key[m] == OURS)
#endif

inline hear_hello(m) {
	if
	:: !PROVED(m)
	:: PROVED(m) && n_up && m_nonce[m] == n_nonce && m_epoch[m] == n_epoch &&
		m_life[m] == n_life ->
		put(DOWN, WELCOME, n_epoch, m_nonce[m], n_life, OURS)
	:: PROVED(m) && !(n_up && m_nonce[m] == n_nonce && m_epoch[m] == n_epoch &&
		m_life[m] == n_life) && IS_NEXT(m) ->
		assert(!CONNECTED);
		n_up = true; n_epoch = m_epoch[m]; n_nonce = m_nonce[m];
		given[m_nonce[m]] = n_epoch;
		put(DOWN, WELCOME, n_epoch, m_nonce[m], n_life, OURS)
	:: PROVED(m) && !(n_up && m_nonce[m] == n_nonce && m_epoch[m] == n_epoch &&
		m_life[m] == n_life) && !IS_NEXT(m) ->
		put(DOWN, REFUSE, n_epoch, m_nonce[m], n_life, OURS)
	fi
}

#ifdef UNPROVED
#define BELIEVED(m) true
#else
#define BELIEVED(m) (m_key[m] == OURS)
#endif
#ifdef NO_NONCE
#define TO_US(m) true
#else
#define TO_US(m) (m_nonce[m] == c_nonce)
#endif

inline hear_answer(m) {
	if
	:: !BELIEVED(m) || !TO_US(m)
	:: BELIEVED(m) && TO_US(m) && m_type[m] == WELCOME ->
		assert(given[c_nonce] == m_epoch[m]);
		c_epoch = m_epoch[m]; c_life = m_life[m]; refused = 0
	:: BELIEVED(m) && TO_US(m) && m_type[m] == REFUSE ->
		assert(!CONNECTED);
		refused++;
		assert(refused <= 2 + FAULTS + RESTARTS + FORGED);
		c_nonce++; c_epoch = 0; c_life = m_life[m];
#ifndef CLOCK
		c_ask = NEXT(m_epoch[m])
#else
		c_ask++
#endif
	fi
}

active proctype all()
{
#ifdef CLOCK
	d_step { c_ask = 10 };
#endif
	do
	:: CONNECTED && QUIET && !faults && !restarts && !forged -> break
	:: else ->
	   atomic {
		if
		/* one of those under way arrives, stays (a duplicate), or is lost */
		:: m_type[0] == HELLO -> hear_hello(0); clear(0)
		:: m_type[1] == HELLO -> hear_hello(1); clear(1)
		:: m_type[2] != NONE -> hear_answer(2); clear(2)
		:: m_type[3] != NONE -> hear_answer(3); clear(3)
		:: faults && m_type[0] == HELLO -> faults--; hear_hello(0)
		:: faults && m_type[2] != NONE -> faults--; hear_answer(2)
		:: faults && m_type[0] == HELLO -> faults--; clear(0)
		:: faults && m_type[2] != NONE -> faults--; clear(2)
		/* no fault is left to come */
		:: faults -> faults--
		/* the host asks; impatiently, too */
		:: !CONNECTED && QUIET -> put(UP, HELLO, c_ask, c_nonce, c_life, OURS)
		:: faults && !CONNECTED && m_type[0] == NONE ->
			faults--; put(UP, HELLO, c_ask, c_nonce, c_life, OURS)
		/* restarts: the host's */
		:: restarts ->
			restarts--; c_nonce++; c_epoch = 0; c_life = 0;
#ifdef CLOCK
			if
			:: c_ask++
			:: c_ask = 1 /* it was set back */
			fi
#else
			c_ask = 1
#endif
		/* taken for silent */
		:: restarts && n_up -> restarts--; n_up = false
		/* the NIC's */
		:: restarts -> restarts--; n_up = false; n_epoch = 0; n_nonce = 0; n_life++
		:: restarts -> restarts--
		/* another host, for this one's core, and to it */
		:: forged -> forged--; put(UP, HELLO, NEXT(n_epoch), FOREIGN, n_life, THEIRS)
		:: forged -> forged--; put(UP, HELLO, LAST, FOREIGN, n_life, THEIRS)
		:: forged -> forged--; put(DOWN, WELCOME, LAST, c_nonce, n_life, THEIRS)
		:: forged -> forged--; put(DOWN, REFUSE, LAST, c_nonce, n_life, THEIRS)
		/* its own host, with a number from the end of time */
		:: forged -> forged--; put(UP, HELLO, LAST, FOREIGN - 1, n_life, OURS)
		:: forged -> forged--
		fi
	   }
	od
}
