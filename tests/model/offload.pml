/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * offload.pml - decisions from elsewhere: a slot, an object with versions, a bell, and an agent
 * that is replaced by another one
 *
 * There are two threads of the mechanism. "core" takes decisions from its slot, and sleeps where
 * there is none; "other" acts on the same object without any decision, or lets another object have
 * its index. The first agent stages decisions for ever so long, also when it has been replaced: at
 * any moment the memory that the mechanism reads becomes the second agent's. A decision is written,
 * and read, in steps: number, version, object, number. The key of an object is not in the memory:
 * it tells here whether a decision meets the object that it was made for.
 *
 * A futex is here as the kernel has it: which word is slept on is settled first, then the word is
 * looked at and the thread sleeps, at once.
 *
 * Claims: no version of the object is acted on twice; a decision acts on the object, and in the
 * version, that it was made for; it is one that an agent made, whole; no thread sleeps beside a
 * decision of the agent in force, and all of that agent's decisions are looked at.
 *
 * Broken variants, in each of which spin must find an error:
 *   NOLOOK   the mechanism does not look at the slot behind its bell
 *   EARLY    the agent looks at the bell before it has staged
 *   NOCLAIM  the version is looked at, and changed later
 *   RESET    versions begin anew with another object
 *   NOAGAIN  the number of a decision is not looked at again behind the rest
 *   ONEMEM   both agents have the same memory
 *   NOGRACE  a take-over does not wait for the take that is under way: the next agent begins to
 *            count from a number that is about to be another one
 *   NOWAKE   a take-over does not wake who sleeps on the word of the agent before
 *   SAMEWORD the word that is slept on begins as the one before did
 */
#ifndef K
#define K 1 /* decisions of each agent */
#endif
#ifndef ACTS
#define ACTS 1 /* times that "other" acts */
#endif

#define MADE(v, k) made[(v) / 2 * 4 + (k)]

typedef memory {
	byte n;     /* number of the decision; 0: none */
	byte ver;
	byte key;
	byte rings;
};

memory m[2];
byte cur;          /* the memory that the mechanism reads */
byte in_force;     /* the agent */
byte done;         /* decisions that were looked at */
bool taking;       /* the core is in a take */
bool bell;
byte asleep;       /* 1 + the memory whose word the core sleeps on; 0: it does not sleep */
bool woken;
byte ver;          /* of the object: odd while it changes */
byte key;
bool acted[8];     /* on that version, by its half */
bool made[32];     /* an agent has made a decision of this version and key */
byte staged[2];    /* number of each agent's last decision */

inline act(v)
{
	assert(!acted[v / 2]);
	acted[v / 2] = true
}

/* Where nothing is there: sleeps until it is woken. */
inline sleep()
{
	seen = m[cur].rings;
	bell = true; /* and then a full barrier */
#ifndef NOLOOK
	if
	:: m[cur].n == done + 1 -> goto up
	:: else
	fi;
#endif
	word = cur;
	atomic {
		if
		:: m[cur].rings != seen -> goto up
		:: else -> asleep = word + 1; woken = false
		fi
	};
end_sleep:
	woken;
	asleep = 0;
up:	bell = false
}

proctype core()
{
	byte n, v, k, seen, word;
	bool won;

	do
	:: taking = true;
	   n = m[cur].n; /* behind a barrier that the take-over makes */
	   if
	   :: n == done + 1 ->
		v = m[cur].ver;
		k = m[cur].key;
#ifndef NOAGAIN
		n = m[cur].n;
#endif
		if
		:: n == done + 1 ->
			assert(MADE(v, k));
#ifdef NOCLAIM
			won = ver == v;
			if
			:: won -> ver = v + 1
			:: else
			fi;
#else
			d_step {
				won = ver == v;
				if
				:: won -> ver = v + 1
				:: else
				fi
			};
#endif
			done++;
			taking = false;
			if
			:: won ->
				act(v);
				assert(key == k);
				ver = v + 2
			:: else
			fi
		:: else -> taking = false
		fi
	   :: else -> taking = false; sleep()
	   fi;
	   d_step { n = 0; v = 0; k = 0; seen = 0; word = 0; won = false }
	od
}

proctype other()
{
	byte i, v;
	bool won;

	do
	:: i < ACTS ->
		v = ver;
		d_step {
			won = ver == v && !(v & 1);
			if
			:: won -> ver = v + 1
			:: else
			fi
		};
		if
		:: won ->
			if
			:: act(v)
			:: atomic { /* the object is gone, and another one has its index */
				key++;
#ifdef RESET
				v = 254; /* + 2 = 0 */
#endif
			   }
			fi;
			ver = v + 2
		:: else
		fi;
		d_step { i++; v = 0; won = false }
	:: else -> break
	od
}

proctype agent(byte me, mem)
{
	byte i, v, k;
	bool ring;

	staged[me] = done;
	do
	:: i < K ->
		if
		:: done == staged[me] || in_force != me
		fi;
		d_step { v = ver; k = key }; /* its words between two looks at its version */
		if
		:: !(v & 1) ->
			d_step { MADE(v, k) = true; i++ };
#ifdef EARLY
			ring = bell;
#endif
			m[mem].n = 0;
			m[mem].ver = v;
			m[mem].key = k;
			staged[me]++;
			m[mem].n = staged[me];
#ifndef EARLY
			ring = bell; /* behind a full barrier */
#endif
			if
			:: ring ->
				m[mem].rings++;
				d_step {
					if
					:: asleep == mem + 1 -> woken = true
					:: else
					fi
				}
			:: else
			fi
		:: else /* it changes: later */
		fi;
		d_step { v = 0; k = 0; ring = false }
	:: else -> break
	od
}

init
{
	atomic {
#ifndef SAMEWORD
		m[1].rings = 100;
#endif
		run core();
		run other();
		run agent(0, 0)
	};
	/* at any moment */
#ifndef ONEMEM
	cur = 1;
#endif
#ifndef NOGRACE
	!taking;
#endif
	in_force = 1;
#ifndef NOWAKE
	d_step {
		if
		:: asleep == 1 -> woken = true
		:: else
		fi
	};
#endif
#ifdef ONEMEM
	run agent(1, 0);
#else
	run agent(1, 1);
#endif
	timeout;
	assert(!asleep || m[cur].n != done + 1);
	assert(staged[1] == done)
}
