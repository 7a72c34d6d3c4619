/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * idle.pml - XDP steering to idle cores or holding, cores going idle: no request is left behind
 *
 * XDP decides from the idle word, then the entry becomes visible later (NAPI flushes at its own
 * time). A core sets its idle bit, looks once more, and may then fall asleep in poll(), which wakes
 * it for an entry in its own ring or in a hold ring. Claim (checked as: no invalid end state but
 * the one where all was served): every request is served. Build with -DBLIND for a core that
 * watches its own ring only: spin must find the request that it leaves behind.
 */
#ifndef CORES
#define CORES 2
#endif
#define N 3

byte idle;                 /* one bit a core */
byte own[CORES];           /* visible entries of core i's ring */
byte hold;                 /* visible entries of the hold ring */
byte own_hidden[CORES], hold_hidden;
byte served;

#define BIT(i) (1 << i)

active proctype xdp()
{
	byte n, to;

	do
	:: n < N ->
		/* steer(): the lowest idle core of a snapshot;
		 * the claim is one atomic with a result */
		to = CORES;
		atomic {
			if
			:: idle & 1 -> to = 0
			:: !(idle & 1) && (idle & 2) -> to = 1
			:: else
			fi
		};
		if
		:: to < CORES ->
			atomic {
				if
				:: idle & BIT(to) -> idle = idle & ~BIT(to); own_hidden[to]++
				:: else -> hold_hidden++ /* claim lost: hold */
				fi
			}
		:: else -> hold_hidden++
		fi;
		n++
	:: else -> break
	od
}

/* Ring entries become visible some time after XDP decided, oldest first in each ring. */
active proctype napi()
{
	byte i;
end:
	do
	:: atomic { hold_hidden > 0 -> hold_hidden--; hold++ }
	:: atomic { own_hidden[0] > 0 -> own_hidden[0]--; own[0]++ }
	:: atomic { own_hidden[1] > 0 -> own_hidden[1]--; own[1]++ }
	od
}

proctype core(byte me)
{
	bool set, took;
end:
	do
	:: took = false;
	   atomic {
		if
		:: own[me] > 0 -> own[me]--; took = true; idle = idle & ~BIT(me); set = false
		:: else
		fi
	   };
	   if
	   :: took -> served++
	   :: !took && set && !(idle & BIT(me)) ->
		/* claimed: wait for our own ring, or for the claim to time out */
		if
		:: own[me] > 0
		:: own_hidden[me] == 0 && own[me] == 0 -> set = false
		fi
	   :: !took && hold > 0 && !(set && !(idle & BIT(me))) ->
		/* take the bit back; if it is gone, a request is on its way to us */
		atomic {
			if
			:: !set || (idle & BIT(me)) ->
				idle = idle & ~BIT(me);
				set = false;
				took = true
			:: else
			fi
		};
		if
		:: took ->
			atomic {
				if
				:: hold > 0 -> hold--; served++
				:: else
				fi
			}
		:: else
		fi
	   :: !took && !set && hold == 0 -> atomic { idle = idle | BIT(me); set = true }
	   :: !took && set && (idle & BIT(me)) && hold == 0 && own[me] == 0 ->
		/* poll(): sleeps until one of its sockets has something */
#ifdef BLIND
end_sleep:	own[me] > 0 || !(idle & BIT(me))
#else
end_sleep:	own[me] > 0 || hold > 0 || !(idle & BIT(me))
#endif
	   fi
	od
}

init {
	atomic { run core(0); run core(1) };
	/* Blocks for ever, an invalid end state, if a request is left behind. */
	served == N
}
