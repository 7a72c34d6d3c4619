#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# actors.sh - rules that name actors: each request finds its row, and every actor's requests are
# accounted for, whoever dies
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../kills.sh"

KILLS=${KILLS:-$([ -n "$LONG" ] && echo 100 || echo 8)}
SEED=${SEED:-$RANDOM}

# Short requests are for one of four actors, by the client's time of sending; long ones for one. The
# rest of the classes' configuration is serve.sh's.
config() {
	[ "$TRANSPORT" = wire ] || printf '%s\n' domains: "  - $(domain)"
	cat <<-YAML
	classes:
	  - {name: short, slo: 50us}
	  - {name: long, slo: 1ms}
	  - {name: other}
	ports:
	  - {port: 9000, default: other, key: {offset: 8, length: 8}}
	actors:
	  - {name: kv, kind: table, class: short, count: 4}
	  - {name: big, kind: table, class: long, exclusive: ${EXCLUSIVE:-0}}
	rules:
	  - {port: 9000, offset: 0, value: 0x01, actor: kv}
	  - {port: 9000, offset: 0, value: 0x02, actor: big}
	hang: {after: ${HANG:-10s}}
	hold_ring: 4096
	YAML
	printf '%s\n' "$@"
	[ "$TRANSPORT" != wire ] || wire_config
}

# FILTER: of the list of actors.
actors() { host shunt actor ls -j --dev "$DEV" | jq -e ".actors | $1"; }
actor() { actors ".[] | select(.actor == \"$1\") | $2"; }
# Nothing waits, runs, or is unaccounted for.
closed() { actors 'all(.open == 0 and .running == 0)' >/dev/null; }

# Actors' counts add up to those of their classes: all requests here are actors'.
assert_actors_agree() {
	local of=(short '[.[] | select(.class == "short")]' long '[.[] | select(.class == "long")]')
	local i key
	until_quiet
	wait_for 10 closed
	for i in 0 2; do
		for key in arrived replied noreply rejected dropped passed expired lost; do
			assert_eq "$(actors "${of[i + 1]} | map(.$key) | add")" \
				"$(stat_of ".classes[$((i / 2))].$key")" "$key of ${of[i]}, by actors"
		done
	done
	actors 'all(.arrived == .replied + .noreply + .rejected + .dropped + .passed + .expired +
		.lost)' >/dev/null || broken "an actor is out of balance: $(actors .)"
}

test_each_request_is_counted_for_the_actor_that_its_rule_names() {
	load sq
	start_worker
	offer --rate 2000 --count 1000 --time 5 --mix short=0.8:1us,long=0.2:20us
	assert_all_answered
	assert_actors_agree
	assert_eq "$(actors 'map(.arrived) | add')" 1000 "requests of all actors"
	for i in 0 1 2 3; do
		assert_ge "$(actor "kv.$i" .done)" 100 "requests of kv.$i, of some 200"
	done
	assert_ge "$(actor big .mean_ns)" 10000 "mean service time of 20 us and more"
	host shunt actor --dev "$DEV" >"$DIR/table"
	grep -q '^kv.3 *table *short *0 ' "$DIR/table" || fail "not listed: $(cat "$DIR/table")"
}

test_actors_are_conserved_while_workers_and_shuntd_are_killed() {
	local i
	RANDOM=$SEED
	echo "seed $SEED"
	begin_load 4000 5us 500us # some run at any moment
	for ((i = 0; i < KILLS; i++)); do
		any_moment
		kill -KILL "${PIDS[spin]}"
		wait "${PIDS[spin]}" 2>/dev/null || true
		if ((i % 4 == 3)); then
			any_moment
			kill -KILL "$(stat_of '.domains[0].agent.pid')"
		fi
		wait_for 20 no_worker
		start_worker
	done
	finish_load
	assert_actors_agree
	assert_ge "$(actors 'map(.lost) | add')" 1 "requests that died with a worker"
	echo "lost $(actors 'map(.lost) | add') of $(actors 'map(.arrived) | add')"
}

has_sockets() { host shunt status --dev "$DEV" | grep 'sockets of queue 0: '; }

test_what_expires_while_nobody_serves_is_counted_for_its_actor() {
	load sq "hold: {age: 200ms}"
	wait_for 10 has_sockets # shuntd listens before
	offer --rate 1000 --count 50 --time 1 --wait 1ms --mix short=0.5:1us,long=0.5:1us
	wait_for 10 actors 'map(.expired) | add == 50'
	assert_actors_agree
}

test_an_actor_changes_its_class_under_load() {
	load sq
	start_worker
	host shunt actor set big class=short --dev "$DEV" -j >"$DIR/set"
	jq -e '.actors[] | select(.actor == "big") | .class == "short"' "$DIR/set" >/dev/null
	offer --rate 1000 --count 100 --time 5 --mix short=0.5:1us,long=0.5:1us
	assert_eq "$(stat_of '.classes[0].arrived')" 100 "requests of class short"
	assert_eq "$(stat_of '.classes[1].arrived')" 0 "requests of class long"
	assert_conserved
}

test_an_actor_s_requests_go_to_the_core_that_it_is_pinned_to() {
	load sq
	start_worker
	host shunt actor pin big 0/1 --dev "$DEV" >/dev/null
	for i in 0 1 2 3; do
		host shunt actor pin "kv.$i" 0/0 --dev "$DEV" >/dev/null
	done
	assert_eq "$(actor big '"\(.place) \(.pinned)"')" '"0/1 true"' "place of big"
	offer --rate 1000 --count 200 --time 5 --mix short=0.5:1us,long=0.5:1us
	assert_all_answered
	assert_eq "$(stat_of '[.classes[].held] | add')" 0 "requests that were held, not steered"
	assert_ge "$(actor big .done)" 50 "requests of big"
	assert_eq "$(stat_of '.domains[0].core[1].counts.served')" "$(actor big .done)" \
		"requests that core 1 served"
	assert_actors_agree
}

test_an_actor_that_is_unpinned_is_every_core_s_again() {
	BIG_PLACE=0/1 load sq
	start_worker
	host shunt actor pin big 0/0 --dev "$DEV" >/dev/null
	assert_eq "$(actor big '"\(.place) \(.pinned)"')" '"0/0 true"' "place of big, pinned"
	host shunt actor unpin big --dev "$DEV" >/dev/null
	assert_eq "$(actor big '"\(.place) \(.pinned)"')" '"0 false"' "place of big, unpinned"
	offer --rate 1000 --count 100 --time 5 --mix long=1:1us
	assert_all_answered
	assert_exit 2 host shunt actor unpin big 0/1 --dev "$DEV"
	assert_exit 1 host shunt actor unpin nobody --dev "$DEV"
}

test_a_count_of_0_is_refused() {
	config | sed 's/count: 4/count: 0/' >"$DIR/config.yaml"
	assert_exit 1 host shunt load sq --dev "$DEV" --config "$DIR/config.yaml"
	grep -q "actors\[0\].count.*from 1 on" "$DIR/err" || fail "said: $(cat "$DIR/err")"
}

test_a_switch_keeps_actors() {
	load sq
	start_worker
	offer --rate 1000 --count 100 --time 5 --mix short=0.5:1us,long=0.5:1us
	host shunt switch fcfs --dev "$DEV"
	offer --rate 1000 --count 100 --time 5 --mix short=0.5:1us,long=0.5:1us
	assert_all_answered
	assert_actors_agree
	assert_eq "$(actors 'map(.arrived) | add')" 200 "requests of both policies' times"
}

test_a_policy_that_lets_cores_steal_is_named() {
	EXCLUSIVE=8 load steal 2>"$DIR/said"
	grep -q "policy 'steal' wants idle cores to steal: they take requests of exclusive actors" \
		"$DIR/said" || fail "said: $(cat "$DIR/said")"
}

# Each policy's own answers: an idle core, a ring that is full, the hold queue.
test_an_exclusive_actor_is_on_one_core_under_every_policy() {
	local policy
	build_once
	EXCLUSIVE=32 load sq
	start_once
	begin_big
	for policy in build/bpf/*.o; do
		policy=$(basename "$policy" .o)
		[ "$policy" != steal ] || continue
		host shunt switch "$policy" --dev "$DEV" >/dev/null
		was=$(runs)
		wait_for 10 ran $((was + 300))
		assert_eq "$(twice) $(late)" "0 0" "under $policy: twice at once, out of order"
	done
	stop client INT
	assert_actors_agree
}

test_rules_that_name_actors_are_changed_live() {
	load sq
	start_worker
	host shunt rule flush 9000 --dev "$DEV" >/dev/null
	host shunt rule add value=0x02 actor=kv --dev "$DEV" >"$DIR/rules"
	grep -q 'actor kv.0 and the next 3, by key' "$DIR/rules" ||
		fail "not listed: $(cat "$DIR/rules")"
	offer --rate 1000 --count 200 --time 5 --mix short=0.5:1us,long=0.5:1us
	assert_ge "$(stat_of '.classes[0].arrived')" 50 "requests of kv's class"
	assert_eq "$(actors '[.[] | select(.actor != "big").arrived] | add')" \
		"$(stat_of '.classes[0].arrived')" "requests of kv"
	assert_eq "$(actor big .arrived)" 0 "requests of big, which no rule names"
	assert_exit 1 host shunt rule add value=0x03 actor=none --dev "$DEV"
	assert_exit 2 host shunt rule add value=0x03 actor=kv class=short --dev "$DEV"
}

# once [FILE]: a worker whose handlers note whether two requests of "big", row 4, ran at once, or in
# another order than they arrived; with a file as actors of libshunt-actor, else without any lock.
build_once() {
	cat >"$DIR/once.c" <<-'C'
	#include <fcntl.h>
	#include <stdatomic.h>
	#include <stdbool.h>
	#include <stdint.h>
	#include <stdio.h>
	#include <sys/mman.h>
	#include <time.h>
	#include <unistd.h>
	#include <shunt/actor.h>
	#include "spin.h"

	static struct notes {
		_Atomic uint64_t runs, twice, late, inside, last;
	} *notes;

	static uint64_t now(void)
	{
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC, &t);
		return t.tv_sec * 1000000000ULL + t.tv_nsec;
	}

	static long run(struct shunt_req *req, void *arg)
	{
		struct spin_msg *m = req->data;
		uint64_t began = now();
		bool big = (uint16_t)req->actor == 4;

		if (req->len < sizeof(*m) || m->spin_ns > 10000000)
			return SHUNT_NO_REPLY;
		if (big) {
			atomic_fetch_add(&notes->runs, 1);
			if (atomic_fetch_add(&notes->inside, 1))
				atomic_fetch_add(&notes->twice, 1);
			if (atomic_exchange(&notes->last, m->sent_ns) > m->sent_ns)
				atomic_fetch_add(&notes->late, 1);
		}
		while (now() - began < m->spin_ns)
			;
		if (big)
			atomic_fetch_sub(&notes->inside, 1);
		return req->len;
	}

	static long handle(struct shunt_actor *self, struct shunt_message *m)
	{
		return m->req ? run(m->req, NULL) : 0;
	}

	int main(int argc, char **argv)
	{
		static const struct shunt_actor_kind table = { .name = "table", .version = 1,
			.state = 16, .flags = SHUNT_ACTOR_KEEP, .handle = handle };
		static const struct shunt_actor_kind *const kinds[] = { &table, NULL };
		struct shunt_opts worker = { .sz = sizeof(worker), .ifname = argv[1],
					     .idle = SHUNT_IDLE_SLEEP, .handler = run };
		struct shunt_actor_opts opts = { .sz = sizeof(opts), .worker = &worker,
						 .kinds = kinds, .memory = argv[3] };
		int fd = open(argv[2], O_RDWR | O_CREAT, 0600);
		struct shunt *s;

		if (ftruncate(fd, sizeof(*notes)))
			return 2;
		notes = mmap(NULL, sizeof(*notes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		notes->inside = 0; /* of a process that was killed */
		if (argc == 4)
			return shunt_actor_serve(&opts) ? 1 : 0;
		return shunt_open(&s, &worker) || shunt_run(s);
	}
	C
	cc -O2 "$DIR/once.c" -I"$ROOT/include" -I"$ROOT/apps" "$ROOT/build/libshunt-actor.a" \
		"$ROOT/build/libshunt.a" -pthread -o "$DIR/once"
}
start_once() { # [FILE]
	start spin host "$DIR/once" "${WORKER_DEV:-$DEV}" "$DIR/notes" "$@"
	wait_for 10 all_up
}
runs() { od -An -td8 -j0 -N8 "$DIR/notes" | tr -d ' '; }
twice() { od -An -td8 -j8 -N8 "$DIR/notes" | tr -d ' '; }
late() { od -An -td8 -j16 -N8 "$DIR/notes" | tr -d ' '; }
# "big" has half of a load that takes two cores a third of their time.
begin_big() {
	start client client shunt-load --sleep --to 198.18.0.2:9000 --rate 6000 --time 3600 \
		--mix short=0.5:100us,long=0.5:100us
	wait_for 10 arrived 200
}
# A stopped worker serves nothing, so its actor comes to have as many requests as it may.
fills() { [ "$(actor big .full)" -gt "$1" ]; }
ran() { [ "$(runs)" -gt "$1" ]; }

# XDP alone does it: these handlers take no lock.
test_an_exclusive_actor_s_requests_are_on_one_core_at_a_time() {
	local i was
	build_once
	EXCLUSIVE=8 load sq
	start_once
	begin_big
	for ((i = 0; i < KILLS; i++)); do
		any_moment
		kill -STOP "${PIDS[spin]}"
		was=$(actor big .full)
		wait_for 10 fills "$was"
		kill -CONT "${PIDS[spin]}"
		was=$(runs)
		wait_for 10 ran $((was + 50))
	done
	assert_eq "$(twice) $(late)" "0 0" "times that it ran twice at once, or out of order"
	host shunt actor --dev "$DEV" >"$DIR/table"
	grep -Eq '^big is exclusive: on core [01] last, moved [0-9]+ times; [0-9]+ requests more' \
		"$DIR/table" || fail "not said: $(cat "$DIR/table")"
	host shunt actor set big exclusive=0 --dev "$DEV" >/dev/null
	wait_for 20 ran_twice
	host shunt actor set big exclusive=8 --dev "$DEV" >/dev/null
	stop client INT
	assert_actors_agree
}
ran_twice() { [ "$(twice)" -gt 0 ]; }

test_an_exclusive_actor_runs_once_at_a_time() {
	local i was
	RANDOM=$SEED
	echo "seed $SEED"
	build_once
	EXCLUSIVE=8 load sq
	start_once "$DIR/memory"
	begin_big
	for ((i = 0; i < KILLS; i++)); do
		any_moment
		kill -STOP "${PIDS[spin]}"
		any_moment
		kill -CONT "${PIDS[spin]}"
		any_moment
		kill -KILL "${PIDS[spin]}"
		wait "${PIDS[spin]}" 2>/dev/null || true
		wait_for 20 no_worker
		was=$(runs)
		start_once "$DIR/memory"
		wait_for 10 ran $((was + 50))
	done
	stop client INT
	assert_actors_agree
	assert_eq "$(twice)" 0 "times that it ran twice at once"
	assert_ge "$(actor big .done)" $((50 * KILLS)) "requests that ended"
	echo "lost $(actor big .lost) of $(actor big .arrived), $(late) out of order"
}

# Neither a mapping of the map of rows, 64 KiB, nor a descriptor lets a worker write it.
test_a_worker_has_a_copy_of_the_rows_that_nobody_can_write() {
	load sq
	start_worker
	grep -q ' r--s .*memfd:shunt-actors' "/proc/${PIDS[spin]}/maps" || fail "no such mapping"
	awk '/bpf-map/ { print $1 }' "/proc/${PIDS[spin]}/maps" | while read -r range; do
		echo $((0x${range#*-} - 0x${range%-*}))
	done >"$DIR/maps"
	assert_ge "$(wc -l <"$DIR/maps")" 2 "maps: its view, and its cores' counts"
	! grep -qx 65536 "$DIR/maps" || fail "the rows are mapped"
	! find "/proc/${PIDS[spin]}/fd" -lname '*bpf-map*' | grep . || fail "it has a map open"
}

test_mistakes_are_told() {
	EXCLUSIVE=33 config >"$DIR/config.yaml"
	assert_exit 1 host shunt load sq --dev "$DEV" --config "$DIR/config.yaml"
	grep -q "actors\[1\].exclusive: more than 32 requests" "$DIR/err" ||
		fail "said: $(cat "$DIR/err")"
	load sq
	assert_exit 1 host shunt actor set nobody class=short --dev "$DEV"
	grep -q "no actor 'nobody'" "$DIR/err" || fail "said: $(cat "$DIR/err")"
	assert_exit 1 host shunt actor set big class=none --dev "$DEV"
	assert_exit 2 host shunt actor pin big 0/99 --dev "$DEV"
	assert_exit 2 host shunt actor pin big 7 --dev "$DEV"
	assert_exit 2 host shunt actor pin big --dev "$DEV"
	assert_exit 2 host shunt actor set big exclusive=33 --dev "$DEV"
	assert_exit 2 host shunt actor set big exclusive=many --dev "$DEV"
	assert_exit 0 host shunt -j actor --dev "$DEV"
	assert_eq "$(jq '.actors | length' "$DIR/out")" 5 "actors"
}

[ -n "${ON_WIRE:-}" ] || run_tests "$@"
