#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_policy.sh - what a policy of one's own may not do: refused by name, at its own line, before it
# is in force
# runs: beside
. "$(dirname "$0")/../lib.sh"

# STEER SELECT [BEFORE]: a policy "mine" of these statements; line 7 and line 13 are theirs.
policy() {
	cat >"$DIR/mine.c" <<-C
	#include <shunt/policy.h>
	${3:-}
	SHUNT_POLICY("mine", SHUNT_NEEDS_FLOW, "a policy of the user's own");

	static int steer(shunt_view *v, shunt_event *ev)
	{
		${1:-;}
		return SHUNT_HOLD;
	}

	static int select(shunt_view *v, shunt_event *ev)
	{
		${2:-;}
		return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
	}
	${4:-}
	C
}

load_mine() { host shunt load "$DIR/mine.c" --dev "$DEV" --port 9000 --dry-run; }

# REGEX [REGEX]: neither loaded, in these words; the hint says this.
assert_not_loaded() {
	assert_exit 1 load_mine
	assert_match "$(head -n 1 "$DIR/err")" "$1" error
	assert_match "$(tail -n 1 "$DIR/err")" "hint: .*${2:-}" hint
}

# REGEX [REGEX]: no bundle is made, without privileges, in these words; the hint says this.
assert_not_built() {
	assert_exit 1 shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
	assert_match "$(head -n 1 "$DIR/err")" "$1" error
	assert_match "$(tail -n 1 "$DIR/err")" "hint: .*${2:-}" hint
	[ ! -e "$DIR/mine.shunt" ] || fail "a bundle was made"
}

REQUEUE='#define SHUNT_HAS_REQUEUE
static int requeue(shunt_view *v, shunt_event *ev) { return v->done[ev->service_ns]; }'
DONE='#define SHUNT_HAS_DONE
static void done(shunt_view *v, shunt_event *ev) { v->state[0][ev->service_ns] = 1; }'

# Each line: what a policy says, and where the first number that is not one lies.
test_a_constant_beyond_what_there_is_does_not_compile() {
	local call
	for call in 'shunt_state(v, 16)' 'shunt_add(v, SHUNT_STATES, 1)' \
		'shunt_knob(v, -1)' 'shunt_core_state(v, 64, 0)' \
		'shunt_core_state(v, 0, 8)' 'shunt_backlog(v, 16)' 'shunt_load(v, 64)'; do
		policy "" "return $call;"
		assert_not_built "does not compile for BPF" "numbered from 0"
		assert_match "$(cat "$DIR/err")" \
			"mine.c:13:.*there are SHUNT_[A-Z_]* of them, and this is none" \
			"what is said of $call"
	done
	policy "" \
		"return shunt_state(v, 15) + shunt_core_state(v, 63, 7) + shunt_knob(v, ev->core);"
	assert_exit 0 shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
}

# Without the flag nobody tells the policy: it would read 0.
test_heads_that_the_flags_do_not_ask_for_are_not_read() {
	local call
	for call in 'shunt_head_ns(v, ev, 0)' 'shunt_queued_ns(v, ev, 0)' 'shunt_oldest(v, ev)' \
		'shunt_waited(v, ev, 0)'; do
		policy "" "return $call & 1;"
		assert_not_built "does not compile for BPF" "add SHUNT_NEEDS_HEADS to the flags"
		assert_match "$(cat "$DIR/err")" "mine.c:3:.* add SHUNT_NEEDS_HEADS" \
			"what is said of $call"
	done
	assert_exit 2 shunt lint "$DIR/mine.c"
	sed -i 's/SHUNT_NEEDS_FLOW/SHUNT_NEEDS_HEADS/' "$DIR/mine.c"
	assert_exit 0 shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
}

test_select_is_shown_to_the_verifier_at_load() {
	policy "" "return v->done[ev->flow_hash];"
	assert_not_loaded \
		"verifier refuses policy 'mine': .*, at: return v->done\[ev->flow_hash\]; \(mine.c:13\)" \
		"shunt_index"
}

test_requeue_is_shown_to_the_verifier_at_load() {
	policy "" "" "" "$REQUEUE"
	assert_not_loaded "verifier refuses policy 'mine': .*mine.c:17"
}

test_done_is_shown_to_the_verifier_at_load() {
	policy "" "" "" "$DONE"
	assert_not_loaded "verifier refuses policy 'mine': .*mine.c:17"
}

test_select_is_shown_to_the_verifier_at_switch() {
	policy "" "return v->done[ev->flow_hash];"
	host shunt load fcfs --dev "$DEV" --port 9000
	assert_exit 1 host shunt switch "$DIR/mine.c"
	assert_match "$(cat "$DIR/err")" "'$DEV' keeps policy 'fcfs': .*mine.c:13"
	assert_eq "$(json '.interfaces[0].policy' host shunt -j)" fcfs
}

nic_config() {
	(umask 077 && echo 112233445566778899aabbccddeeff00 >"$DIR/key")
	cat >"$DIR/c.yaml" <<-YAML
	ports: [{port: 9000}]
	wire: {key: $DIR/key, cores: [{mac: "02:00:c6:12:01:00", host: 0}]}
	YAML
}

# A NIC's program never calls done().
test_done_is_shown_to_the_verifier_for_a_nic() {
	nic_config
	policy "" "" "" "$DONE"
	assert_exit 1 host shunt load "$DIR/mine.c" --dev "$DEV" --config "$DIR/c.yaml" --dry-run
	assert_match "$(cat "$DIR/err")" "verifier refuses policy 'mine': .*mine.c:17"
	assert_exit 0 host shunt load mq --dev "$DEV" --config "$DIR/c.yaml" --dry-run
}

test_division_by_a_variable_is_refused_with_its_line() {
	policy "" "return shunt_backlog(v, 0) / shunt_knob(v, 0);"
	assert_not_built \
		"'mine' divides .*, at: return shunt_backlog\(v, 0\) / shunt_knob\(v, 0\); \(mine.c:13\)" \
		"shunt_div\(a, b\)"
}

test_a_remainder_by_a_variable_is_refused_with_its_line() {
	policy "return ev->flow_hash % shunt_cores(v);"
	assert_not_built "'mine' divides .*mine.c:7" "shunt_mod\(a, b\)"
}

test_checked_division_loads() {
	policy "return shunt_mod(ev->flow_hash, shunt_cores(v));" \
		"return shunt_div(shunt_knob(v, 0), shunt_knob(v, 1));"
	assert_exit 0 load_mine
}

test_an_endless_loop_in_steer_is_refused_at_its_line() {
	policy "for (;;) ;"
	assert_not_loaded "infinite loop detected at insn [0-9]+, at: for \(;;\) ; \(mine.c:7\)" \
		"a constant bound"
}

test_an_endless_loop_in_select_is_refused_at_its_line() {
	policy "" "while (shunt_state(v, 0) != 77) ;"
	assert_not_loaded "infinite loop detected .*mine.c:13" "a constant bound"
}

test_a_loop_that_may_not_end_is_refused_at_its_line() {
	policy "__u64 n = 0; while (shunt_state(v, n) != 77) n++;"
	assert_not_loaded "too large.*mine.c:7" "a loop whose end it cannot see"
}

# A compiler may take a loop without effect to end, and drop it from the BPF code alone, which the
# verifier sees.
test_an_endless_loop_without_effect_is_refused_by_the_verifier() {
	policy "" "__u32 n = ev->cls; while (n != 3) n >>= 1;"
	assert_not_loaded "verifier refuses policy 'mine': infinite loop detected" \
		"a constant bound"
}

# A division by 0 that is certain is undefined: clang emits no instruction for it, neither in BPF
# nor in native code.
test_what_is_no_division_in_bpf_is_none_in_native_code() {
	policy "" "__u32 none = ev->cls - ev->cls;
			if (shunt_knob(v, 1) == 7) return ev->waiting / none;"
	shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
	shunt-sim run -p "$DIR/mine.shunt" -w all=1:1us -r 100k -n 1000 -k 1=7 >"$DIR/out" ||
		fail "the simulator, which calls its native code, ended with status $?"
}

test_a_small_table_is_refused_at_its_line() {
	policy "return mine[ev->cls & 3];" "" "static const int mine[4] = { 3, 1, 4, 1 };"
	assert_not_built "table of constants .*, at: return mine\[ev->cls & 3\]; \(mine.c:7\)" \
		"SHUNT_TABLE"
}

test_a_table_declared_as_one_loads() {
	policy "return mine[shunt_index(ev->cls, 4)];" "" \
		"SHUNT_TABLE int mine[4] = { 3, 1, 4, 1 };"
	assert_exit 0 load_mine
	nic_config
	assert_exit 0 host shunt load "$DIR/mine.c" --dev "$DEV" --config "$DIR/c.yaml" --dry-run
}

test_a_header_of_the_c_library_is_refused_at_its_line() {
	policy "" "" "#include <stdio.h>"
	assert_not_built "does not compile for BPF" "no C library where it runs"
	assert_match "$(cat "$DIR/err")" "mine.c:2:[0-9]+: fatal error: 'stdio.h' file not found"
}

test_headers_of_the_compilers_own_and_of_the_policys_folder_are_found() {
	echo '#define MINE 3' >"$DIR/mine.h"
	policy "return MINE + (int)sizeof(uint32_t);" "" '#include <stdint.h>
#include "mine.h"'
	shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
}

# Functions of bpf/: two before the policy's, one behind them, one of the NIC's program alone.
test_a_name_that_shunt_has_itself_is_refused_with_its_place() {
	local clash
	for clash in 'static int is_late(int x) { return x; }=is_late=bpf/mark.h' \
		'static int front_class(void) { return 1; }=front_class=bpf/front.h' \
		'static __u32 park(int x) { return x; }=park=bpf/nic/control.h' \
		'static int to_hold(int x) { return x; }=to_hold=bpf/shunt.bpf.c'; do
		policy "" "" "${clash%%=*}"
		clash=${clash#*=}
		assert_exit 1 shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
		assert_match "$(tail -n 1 "$DIR/err")" \
			"hint: shunt's own programs have a '${clash%=*}' \(${clash#*=}\): give"
	done
}

test_a_function_that_a_policy_defines_twice_is_its_own_mistake() {
	policy "" "" "static int twice(int x) { return x; } static int twice(int x) { return 1; }"
	assert_exit 1 shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
	assert_match "$(cat "$DIR/err")" "mine.c:2:[0-9]+: error: redefinition of 'twice'"
	! grep "shunt's own programs" "$DIR/err" || fail "a name of shunt's"
}

# Workers get the bundle's contents, and the source's author may run one of them.
secret() {
	(umask 077 && echo 'static int mine = 1; /* fairytale */' >"$DIR/secret.h")
	chmod 755 /run "$DIR"
}

test_root_compiles_in_no_file_that_is_for_root_alone() {
	secret
	policy "" "" "asm(\".section .rodata\\n.incbin \\\"$DIR/secret.h\\\"\\n.text\");"
	assert_not_built "does not compile"
	assert_match "$(cat "$DIR/err")" "find incbin file .*secret.h"
	chmod 644 "$DIR/secret.h"
	# it does what it should do: the contents are for all
	shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
	grep -q fairytale "$DIR/mine.shunt" || fail "not what this test is about"
}

test_root_shows_no_file_that_is_for_root_alone() {
	secret
	policy "" "" "#include \"$DIR/secret.h\""
	assert_not_built "does not compile" "what everybody may read"
	! grep -q fairytale "$DIR/err" || fail "it is in the message"
}

# The folder in which compilers run is the test's own, and empty afterwards.
own_tmp() {
	mkdir -m 1777 "$DIR/tmp"
	export TMPDIR=$DIR/tmp
	chmod 755 /run "$DIR"
}
nothing_left() {
	assert_eq "$(ls "$TMPDIR")" "" "what compiling left"
	assert_eq "$(pgrep -c 'clang|cc1|cc|ld' || true)" 0 "compilers that still run"
}

test_a_source_that_is_no_plain_file_is_refused_at_once() {
	own_tmp
	mkdir "$DIR/dir.c"
	mkfifo "$DIR/fifo.c"
	ln -s /dev/zero "$DIR/zero.c"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' \
		"$DIR/socket.c"
	truncate -s 100M "$DIR/large.c"
	local name
	for name in dir fifo zero socket large; do
		assert_exit 1 timeout 10 shunt build "$DIR/$name.c" -o "$DIR/mine.shunt"
		assert_match "$(cat "$DIR/err")" \
			"'$DIR/$name.c' is no plain file of at most 1048576 bytes"
	done
	nothing_left
}

test_a_bundle_takes_the_place_of_a_plain_file_alone() {
	policy
	mknod "$DIR/device" c 1 3
	mkfifo "$DIR/fifo"
	for out in device fifo; do
		assert_exit 1 shunt build "$DIR/mine.c" -o "$DIR/$out"
		assert_match "$(cat "$DIR/err")" "'$DIR/$out' is there and is no plain file"
	done
	assert_eq "$(stat -c %F "$DIR/device" "$DIR/fifo" | tr '\n' ' ')" \
		"character special file fifo "
	touch "$DIR/file"
	ln -s file "$DIR/link"
	(umask 077 && shunt build "$DIR/mine.c" -o "$DIR/link")
	assert_eq "$(stat -c '%F %a' "$DIR/link" "$DIR/file" | tr '\n' ' ')" \
		"symbolic link 777 regular file 600 "
}

test_a_source_that_root_is_led_to_by_a_link_is_not_shown() {
	own_tmp
	secret
	mv "$DIR/secret.h" "$DIR/secret.c"
	ln -s secret.c "$DIR/mine.c"
	assert_exit 1 shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
	assert_match "$(cat "$DIR/err")" \
		"not everybody may read it, and there is a symbolic link on the way"
	! grep -q fairytale "$DIR/err" || fail "it is in the message"
	# A source that root names without a link is compiled, though only root may read it.
	rm "$DIR/mine.c"
	policy
	mkdir -m 700 "$DIR/home"
	(umask 077 && cp "$DIR/mine.c" "$DIR/home/own.c")
	(cd "$DIR/home" && shunt build own.c -o "$DIR/own.shunt" &&
		shunt build "$DIR/home/own.c" -o "$DIR/own.shunt")
	# Compilers cannot read headers in that folder.
	echo 'static int mine;' >"$DIR/home/mine.h"
	sed -i '1i #include "mine.h"' "$DIR/home/own.c"
	assert_exit 1 shunt build "$DIR/home/own.c" -o "$DIR/own.shunt"
	assert_match "$(cat "$DIR/err")" "own.c:1:.*'mine.h' file not found"
	assert_match "$(tail -n 1 "$DIR/err")" "hint: .*not the folder of '$DIR/home/own.c'"
	nothing_left
}

test_a_header_that_never_ends_ends_at_the_limit() {
	own_tmp
	mkfifo "$DIR/fifo.h"
	policy "" "" '#include "fifo.h"'
	SHUNT_BUILD_LIMIT=1 assert_exit 1 timeout -s KILL 60 shunt build "$DIR/mine.c" \
		-o "$DIR/mine.shunt"
	assert_match "$(cat "$DIR/err")" "'$DIR/mine.c': clang did not end within 1 s"
	assert_match "$(cat "$DIR/err")" "hint: .*SHUNT_BUILD_LIMIT=N"
	nothing_left
	SHUNT_BUILD_LIMIT=soon assert_exit 2 shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
}

test_what_a_compiler_may_use_of_memory_is_bounded() {
	own_tmp
	policy "" "" "asm(\".section .rodata\\n.incbin \\\"/dev/zero\\\"\\n.text\");"
	(ulimit -v 4000000; assert_exit 1 timeout -s KILL 60 shunt build "$DIR/mine.c" \
		-o "$DIR/mine.shunt")
	assert_match "$(tail -n 1 "$DIR/err")" "hint: a compiler may use 1 GiB"
	nothing_left
}

test_a_signal_ends_a_build_and_its_compilers() {
	local signal
	own_tmp
	mkfifo "$DIR/fifo.h"
	policy "" "" '#include "fifo.h"'
	for signal in TERM INT HUP; do
		start build env -C "$DIR" --default-signal shunt build mine.c
		wait_for 10 pgrep clang
		stop build $signal
		assert_eq $STATUS $((128 + $(kill -l $signal))) "exit status"
		nothing_left
	done
}

# A function that chooses another one runs when the object is mapped; it needs no symbol that says
# so.
test_native_code_that_runs_when_it_is_mapped_is_refused() {
	policy "" "if (other(ev->cls) == 99) return SHUNT_GO_ON;" '
#ifdef __bpf__
static int other(int x) { return x; }
#else
static int one(int x) { return x; }
static int (*choose(void))(int) { return one; }
static int other(int x) __attribute__((ifunc("choose")));
#endif'
	assert_exit 1 shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
	assert_match "$(cat "$DIR/err")" "runs or looks for functions when it is loaded \(an ifunc"
	[ ! -e "$DIR/mine.shunt" ] || fail "a bundle was made"
}

run_tests "$@"
