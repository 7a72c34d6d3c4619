#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_install.sh - what make install puts somewhere works from there
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1

install_all() {
	make -C "$ROOT" --no-print-directory install "DESTDIR=$DIR/root" PREFIX=/usr >"$DIR/install.log" 2>&1 ||
		fail "make install: $(tail -n 20 "$DIR/install.log")"
	ROOT_USR=$DIR/root/usr
}

test_the_installed_command_finds_its_own_policies_and_sources() {
	install_all
	PATH=$ROOT_USR/sbin:$PATH
	assert_eq "$(command -v shunt)" "$ROOT_USR/sbin/shunt"
	assert_eq "$(json '[.policies[].file | startswith("'"$ROOT_USR"'")] | all' shunt -j policies)" true
	printf '%s\n' '#include <shunt/policy.h>' 'SHUNT_POLICY("mine", 0, "x");' \
		'static int steer(shunt_view *v, shunt_event *ev) { return SHUNT_HOLD; }' \
		'static int select(shunt_view *v, shunt_event *ev) { return SHUNT_GO_ON; }' >"$DIR/half.c"
	sed -i '1i #error the installed one' "$ROOT_USR/lib/shunt/src/bpf/shunt.bpf.c"
	assert_exit 1 shunt build "$DIR/half.c" -o "$DIR/half.shunt"
	assert_match "$(cat "$DIR/err")" "the installed one"
	sed -i 1d "$ROOT_USR/lib/shunt/src/bpf/shunt.bpf.c"
	shunt build "$DIR/half.c" -o "$DIR/half.shunt"
	ip link add insth type veth peer name instc
	shunt load "$DIR/half.shunt" --dev insth --port 9000
	shunt switch mq
	shunt unload
}

test_programs_compile_and_link_by_pkg_config() {
	need pkg-config
	install_all
	cat >"$DIR/user.c" <<-C
	#include <shunt/shunt.h>
	#include <stdio.h>
	int main(void) { return puts(shunt_version()) < 0; }
	C
	export PKG_CONFIG_PATH=$ROOT_USR/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$DIR/root
	# shellcheck disable=SC2046
	cc "$DIR/user.c" $(pkg-config --cflags --libs libshunt) -o "$DIR/user"
	assert_eq "$(LD_LIBRARY_PATH=$ROOT_USR/lib "$DIR/user")" "$(pkg-config --modversion libshunt)"
	assert_match "$(readelf -d "$DIR/user")" "NEEDED.*libshunt.so.0"
	assert_match "$(readelf -V "$DIR/user")" "LIBSHUNT|SHUNT_"
}

test_pages_completion_and_links_are_there() {
	local file
	install_all
	for file in share/man/man8/shunt.8 share/man/man8/shunt-kv.8 share/man/man8/shunt-baseline.8 \
		sbin/shunt-kv sbin/shunt-baseline share/doc/shunt/kv.yaml share/man/man3/libshunt.3 share/bash-completion/completions/shunt \
		lib/libshunt.so lib/libshunt.a include/shunt/abi.h include/shunt/policy.h sbin/shuntd; do
		[ -s "$ROOT_USR/$file" ] || fail "no '$file'"
	done
	assert_eq "$(readlink -f "$ROOT_USR/lib/libshunt.so")" "$(readlink -f "$ROOT_USR/lib/libshunt.so.0")"
	# Every verb and every option of the command is in its page, and in its completion.
	for file in $(json '.verbs[].verb' shunt -j help); do
		assert_match "$(cat "$ROOT_USR/share/man/man8/shunt.8")" "[^a-z]${file}[^a-z]"
		assert_match "$(cat "$ROOT_USR/share/bash-completion/completions/shunt")" "[^a-z]${file}[^a-z]"
	done
}

test_completion_offers_verbs_policies_and_actions() {
	complete_words() {
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_shunt
		echo "${COMPREPLY[*]}"
	}
	# shellcheck source=scripts/completion.bash
	source "$ROOT/scripts/completion.bash"
	assert_eq "$(complete_words shunt sl)" slo
	assert_eq "$(complete_words shunt load m)" mq
	assert_eq "$(complete_words shunt slo '')" "get set bytes"
	assert_eq "$(complete_words shunt load mq --dr)" --dry-run
}

# Of each kind of object one, made anew.
test_objects_do_not_name_the_folder_they_were_built_in() {
	local kinds=(signal.o obj/lib/key.o "obj/hostlib/ctx_$(uname -m).o")
	make -s B="$DIR/b" "${kinds[@]/#/$DIR/b/}"
	(cd "$DIR/b" && ! grep -aF "$ROOT" "${kinds[@]}" >&2) || fail "they do"
}

run_tests "$@"
