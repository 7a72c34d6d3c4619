/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pop.pml - popping a ring by several cores, death between any two stores, and the burial
 *
 * The stores are those of hostlib/queue.c and hostlib/reply.c in their order, one a step; the burial
 * decides as agent/burial.c does, from what is in memory only. "fate" is what really happened,
 * known to nobody in the program. Claims: no request is taken twice; after a death every request is
 * in the ring, replied, or counted lost, and the burial's numbers are the real ones.
 */
#ifndef CORES
#define CORES 2
#endif
#define N 3 /* requests in the ring */

#define WAITS 0
#define TAKEN 1
#define SENT 2

byte cons;            /* the ring's consumer index */
byte intent[CORES];   /* index + 1; 0: none */
byte run_id[CORES];   /* request + 1; 0: none */
byte base[CORES];
bit tx_set[CORES];
byte tx_end[CORES];
byte tx_prod[CORES];
byte ended[CORES];    /* replied + noreply */
byte owner[N];        /* index + 1 */
bool dead;
byte alive = CORES;
byte fate[N];         /* ghost */

/* One store of a live core. */
#define STEP(x) atomic { !dead -> x }

proctype core(byte me)
{
	byte at;

	do
	:: atomic { dead -> goto end }
	:: atomic { !dead && cons == N -> goto end }
	:: atomic { !dead && cons < N -> at = cons };
	   if :: dead -> goto end :: STEP(intent[me] = at + 1) fi;
	   if
	   :: atomic { dead -> goto end }
	   :: atomic { !dead && cons == at -> /* the swap wins */
		assert(fate[at] == WAITS);
		cons = at + 1;
		fate[at] = TAKEN }
	   :: atomic { !dead && cons != at -> intent[me] = 0; goto next }
	   fi;
	   if :: dead -> goto end :: STEP(base[me] = ended[me]) fi;
	   if :: dead -> goto end :: STEP(tx_set[me] = 0) fi;
	   if :: dead -> goto end :: STEP(run_id[me] = at + 1) fi;
#ifndef NO_OWNER_TAG /* the model must find what goes wrong without it */
	   if :: dead -> goto end :: STEP(owner[at] = at + 1) fi;
#endif
	   if :: dead -> goto end :: STEP(intent[me] = 0) fi;
	   /* the handler runs; then the reply */
	   if :: dead -> goto end :: STEP(tx_end[me] = tx_prod[me] + 1) fi;
	   if :: dead -> goto end :: STEP(tx_set[me] = 1) fi;
	   if :: dead -> goto end :: atomic { !dead -> tx_prod[me] = tx_prod[me] + 1; fate[at] = SENT } fi;
	   if :: dead -> goto end :: STEP(ended[me] = ended[me] + 1) fi;
	   if :: dead -> goto end :: STEP(run_id[me] = 0) fi;
next:	   skip
	od;
end:	alive--
}

byte lost, replied;

/* burial: what was core i running? */
inline bury_run(i)
{
	if
	:: run_id[i] == 0 -> skip
	:: run_id[i] != 0 && ended[i] != base[i] -> skip /* was counted */
	:: run_id[i] != 0 && ended[i] == base[i] && tx_set[i] && tx_prod[i] == tx_end[i] -> replied++
	:: else -> lost++
	fi
}

/* burial: the pop that core i was in; j: others with the same intent */
inline bury_intent(i)
{
	known = (intent[i] == 0 || cons < intent[i]);
	if
	:: !known -> known = (owner[intent[i] - 1] == intent[i])
	:: else
	fi;
	j = 0;
	do
	:: !known && j < CORES ->
		/* same intent: taken if one of them runs it; counted once, by the first of them */
		if
		:: intent[j] == intent[i] && run_id[j] != 0 -> known = true
		:: intent[j] == intent[i] && run_id[j] == 0 && j < i -> known = true
		:: else
		fi;
		j++
	:: else -> break
	od;
	if :: !known -> lost++ :: else fi
}

init {
	byte i, j, sent, taken, counted;
	bool known;

	atomic {
		i = 0;
		do :: i < CORES -> run core(i); i++ :: else -> break od
	};
	if
	:: dead = true /* at any moment */
	:: alive == 0 -> dead = true
	fi;
	alive == 0;
	atomic {
		i = 0;
		do
		:: i < CORES -> replied = replied + ended[i]; bury_run(i); bury_intent(i); i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < N ->
			if
			:: fate[i] == SENT -> sent++
			:: fate[i] == TAKEN -> taken++
			:: else
			fi;
			i++
		:: else -> break
		od;
		assert(replied == sent);
		assert(lost == taken);
		assert(replied + lost + (N - cons) == N)
	}
}
