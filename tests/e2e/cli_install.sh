#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_install.sh - what make install puts somewhere works from there
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1

# VARIABLE=VALUE…: into $ROOT_USR, as on another machine. PREFIX is that of the build: for another
# one, build/ would be made anew.
install_all() {
	make_install "DESTDIR=$DIR/root" "$@"
	ROOT_USR=$DIR/root/usr/local
}

make_install() {
	make -C "$ROOT" --no-print-directory install "$@" >"$DIR/install.log" 2>&1 ||
		fail "make install: $(tail -n 20 "$DIR/install.log")"
}

test_the_installed_command_finds_its_own_policies_and_sources() {
	install_all
	PATH=$ROOT_USR/sbin:$PATH
	assert_eq "$(command -v shunt)" "$ROOT_USR/sbin/shunt"
	assert_eq "$(json '[.policies[].file | startswith("'"$ROOT_USR"'")] | all' shunt \
		-j policies)" true
	printf '%s\n' '#include <shunt/policy.h>' 'SHUNT_POLICY("mine", 0, "x");' \
		'static int steer(shunt_view *v, shunt_event *ev) { return SHUNT_HOLD; }' \
		'static int select(shunt_view *v, shunt_event *ev) { return SHUNT_GO_ON; }' \
		>"$DIR/half.c"
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
	assert_eq "$(LD_LIBRARY_PATH=$ROOT_USR/lib "$DIR/user")" \
		"$(pkg-config --modversion libshunt)"
	assert_match "$(readelf -d "$DIR/user")" "NEEDED.*libshunt.so.0"
	assert_match "$(readelf -V "$DIR/user")" "LIBSHUNT|SHUNT_"
}

test_a_service_compiles_and_links_by_pkg_config() {
	need pkg-config
	install_all
	cp "$ROOT"/examples/hello.[cx] "$DIR"
	export PKG_CONFIG_PATH=$ROOT_USR/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$DIR/root
	(cd "$DIR" && "$ROOT_USR/bin/shunt-rpcgen" hello.x)
	# shellcheck disable=SC2046
	cc "$DIR/hello.c" "$DIR/hello_shunt.c" $(pkg-config --cflags --libs libshunt-rpc) \
		-Wl,-rpath-link,"$ROOT_USR/lib" -o "$DIR/hello"
	assert_exit 1 env LD_LIBRARY_PATH="$ROOT_USR/lib" "$DIR/hello" none0
	assert_match "$(cat "$DIR/err")" "none0"
	assert_match "$(readelf -d "$DIR/hello")" "NEEDED.*libshunt-rpc.so.0"
}

test_an_agent_compiles_and_links_by_pkg_config() {
	need pkg-config
	install_all
	export PKG_CONFIG_PATH=$ROOT_USR/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$DIR/root
	# shellcheck disable=SC2046
	cc "$ROOT_USR/share/doc/shunt/examples/agent.c" \
		$(pkg-config --cflags --libs libshunt-offload) -o "$DIR/agent"
	assert_exit 1 env LD_LIBRARY_PATH="$ROOT_USR/lib" "$DIR/agent" "$DIR/nobody"
	assert_match "$(cat "$DIR/err")" "No such file"
	assert_match "$(readelf -d "$DIR/agent")" "NEEDED.*libshunt-offload.so.0"
}

test_pages_completion_and_links_are_there() {
	local file
	install_all
	for file in share/man/man8/shunt.8 share/man/man8/shunt-kv.8 share/man/man8/shunt-spin.8 \
		share/man/man8/shunt-baseline.8 \
		sbin/shunt-kv sbin/shunt-spin sbin/shunt-baseline share/doc/shunt/kv.yaml \
		share/doc/shunt/README.md \
		share/doc/shunt/docs/policies.md share/doc/shunt/LICENSES/BSD-2-Clause.txt \
		share/man/man3/libshunt.3 share/bash-completion/completions/shunt \
		share/man/man3/shunt_rpc.3 share/man/man1/shunt-rpcgen.1 bin/shunt-rpcgen \
		lib/libshunt-rpc.so lib/libshunt-rpc.a include/shunt/rpc.h \
		lib/libshunt-actor.so lib/libshunt-actor.a include/shunt/actor.h \
		share/man/man3/shunt_actor.3 \
		lib/libshunt-offload.so lib/libshunt-offload.a include/shunt/offload.h \
		share/man/man3/shunt_offload.3 \
		lib/libshunt.so lib/libshunt.a include/shunt/abi.h include/shunt/policy.h \
		sbin/shuntd; do
		[ -s "$ROOT_USR/$file" ] || fail "no '$file'"
	done
	assert_eq "$(readlink -f "$ROOT_USR/lib/libshunt.so")" \
		"$(readlink -f "$ROOT_USR/lib/libshunt.so.0")"
	# Every verb of the command, and every option, is in its page.
	for file in $(json '.verbs[].verb' shunt -j help); do
		assert_match "$(cat "$ROOT_USR/share/man/man8/shunt.8")" "[^a-z]${file}[^a-z]"
	done
	for file in $(json '.verbs[].options[].option' shunt -j help); do
		assert_match "$(cat "$ROOT_USR/share/man/man8/shunt.8")" "${file//-/\\\\-}[^a-z]"
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
	assert_eq "$(complete_words shunt '' | tr ' ' '\n')" \
		"$(json '.verbs[].verb' shunt -j help)" "verbs"
	assert_eq "$(complete_words shunt stats --i)" --interval
	assert_eq "$(complete_words shunt status --i)" ""
	assert_eq "$(complete_words shunt sl)" slo
	assert_eq "$(complete_words shunt load m)" mq
	assert_eq "$(complete_words shunt slo '')" "get set bytes"
	assert_eq "$(complete_words shunt load mq --dr)" --dry-run
}

# As a distribution does it: LIBDIR is told after everything was built.
test_libraries_in_a_folder_of_the_architecture_leave_the_rest_where_it_is_found() {
	local triplet
	triplet=$(cc -print-multiarch)
	install_all "LIBDIR=/usr/local/lib/$triplet"
	PATH=$ROOT_USR/sbin:$ROOT_USR/bin:$PATH
	[ -s "$ROOT_USR/lib/$triplet/libshunt.so.0" ] || fail "no library"
	assert_match "$(cat "$ROOT_USR/lib/$triplet/pkgconfig/libshunt.pc")" \
		"libdir=/usr/local/lib/$triplet"
	assert_eq "$(json '[.policies[].file | startswith("'"$ROOT_USR"'")] | all' shunt \
		-j policies)" true
	echo 'int main(void) { return 0; }' >"$DIR/user.c"
	shunt-cc "$DIR/user.c" -o "$DIR/user"
	"$DIR/user"
}

# /etc and /usr/local are copies of the test's own.
test_after_make_install_a_worker_finds_the_library() {
	need pkg-config
	mkdir "$DIR/etc" "$DIR/local"
	cp -a /etc/. "$DIR/etc"
	mount --bind "$DIR/etc" /etc
	mount --bind "$DIR/local" /usr/local
	mount -t tmpfs tmpfs /var/cache/ldconfig
	make_install DESTDIR=
	awk '/^## Write a worker/ { on = 1 } /^    cc server.c/ { on = 0 } on && /^    |^$/ {
		sub("^    ", ""); print }' \
		"$ROOT/README.md" >"$DIR/server.c"
	# shellcheck disable=SC2046
	cc "$DIR/server.c" -o "$DIR/server" \
		$(PKG_CONFIG_PATH=/usr/local/lib/pkgconfig pkg-config --cflags --libs libshunt)
	assert_exit 1 "$DIR/server" none0
	assert_match "$(cat "$DIR/err")" "none0"
	make -s -C "$ROOT" uninstall DESTDIR=
	assert_exit 127 "$DIR/server" none0
	assert_match "$(cat "$DIR/err")" "libshunt.so.0"
}

# If the loader does not look into the libraries' folder, make install says how to make it look.
test_a_folder_that_the_loader_does_not_search_is_told() {
	"$ROOT/scripts/ldconfig.sh" /nowhere/lib >"$DIR/out" 2>&1
	assert_match "$(cat "$DIR/out")" "/nowhere/lib .*ld.so.conf.d.*ldconfig"
	assert_match "$(cat "$DIR/out")" "export PKG_CONFIG_PATH=/nowhere/lib/pkgconfig"
}

test_make_uninstall_leaves_nothing_of_shunt_and_all_of_others() {
	install_all
	mkdir -p "$ROOT_USR/share/doc/other"
	touch "$ROOT_USR/lib/libother.so" "$ROOT_USR/share/doc/other/copyright" \
		"$ROOT_USR/lib/shunt/mine"
	(cd "$ROOT_USR" && find . ! -type d) | sed 's|^\.|/usr/local|' | sort >"$DIR/there"
	assert_eq "$(comm -23 "$DIR/there" <(sort "$ROOT_USR/lib/shunt/installed"))" \
		"$(printf '%s\n' /usr/local/lib/libother.so /usr/local/lib/shunt/mine \
		/usr/local/share/doc/other/copyright)"
	make -s -C "$ROOT" uninstall "DESTDIR=$DIR/root"
	assert_eq "$(cd "$ROOT_USR" && find . \( ! -type d -o -path '*shunt*' \) | sort |
		tr '\n' ' ')" \
		"./lib/libother.so ./lib/shunt ./lib/shunt/mine ./share/doc/other/copyright "
	assert_exit 2 make -s -C "$ROOT" uninstall "DESTDIR=$DIR/root"
	assert_match "$(cat "$DIR/err")" "nothing was installed there"
}

test_make_uninstall_removes_the_folders_that_make_install_made_and_no_others() {
	mkdir -p "$DIR/root/usr/local/bin" "$DIR/root/usr/local/share/man/man5"
	(cd "$DIR/root" && find . | sort) >"$DIR/before"
	install_all
	install_all # the second time, all of them are there already
	make -s -C "$ROOT" uninstall "DESTDIR=$DIR/root"
	assert_eq "$(cd "$DIR/root" && find . | sort)" "$(cat "$DIR/before")" "what is left"
	rm -r "$DIR/root"
	install_all
	make -s -C "$ROOT" uninstall "DESTDIR=$DIR/root"
	[ ! -e "$DIR/root" ] || fail "this is left: $(find "$DIR/root")"
}

# A file that this version does not have, as an older one installed it, is removed.
test_make_install_removes_what_an_earlier_one_put_there_and_it_does_not() {
	install_all
	touch "$ROOT_USR/lib/shunt/old.o"
	echo /usr/local/lib/shunt/old.o >>"$ROOT_USR/lib/shunt/installed"
	install_all
	[ ! -e "$ROOT_USR/lib/shunt/old.o" ] || fail "it is still there"
	[ -s "$ROOT_USR/lib/shunt/signal.o" ] || fail "and signal.o is not"
}

test_no_installed_file_names_the_folder_it_was_built_in() {
	install_all
	! grep -raF "$ROOT" "$ROOT_USR" --files-with-matches >&2 || fail "these do"
}

# One object of each kind is made anew.
test_objects_do_not_name_the_folder_they_were_built_in() {
	local kinds=(signal.o obj/lib/key.o "obj/hostlib/ctx_$(uname -m).o")
	make -s B="$DIR/b" "${kinds[@]/#/$DIR/b/}"
	(cd "$DIR/b" && ! grep -aF "$ROOT" "${kinds[@]}" >&2) || fail "they do"
}

run_tests "$@"
