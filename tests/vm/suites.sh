# SPDX-License-Identifier: BSD-2-Clause
# suites.sh - sourced, after lib.sh: packages of other releases than the one that is installed, and
# modules of a kernel with all that they depend on
#
# Each release has lists and a configuration of its own, in build/vm/apt: the system's sources stay
# as they are, and nothing of another release is installed.
# shellcheck shell=bash

# Where the system's own release comes from.
mirror() {
	apt-get indextargets --format "\$(REPO_URI) \$(CODENAME)" |
		awk '$2 !~ /-/ { print $1; exit }'
}

# SUITE: apt looks there, and nowhere else, from here on. False, with the reason in WHY, where the
# suite cannot be had.
from_suite() {
	local dir=$OUT/apt/$1
	WHY="no packages of $1 to be had"
	if [ ! -e "$dir/updated" ]; then
		mkdir -p "$dir"/{lists/partial,cache/archives/partial}
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
			"$(unset APT_CONFIG; mirror) $1 main" >"$dir/sources.list"
		cat >"$dir/apt.conf" <<-TEXT
		Dir::State::lists "$dir/lists";
		Dir::Cache "$dir/cache";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "-";
		Acquire::Languages "none";
		APT::Sandbox::User "root";
		TEXT
		APT_CONFIG=$dir/apt.conf apt-get -qq update >/dev/null 2>&1 || return 1
		touch "$dir/updated"
	fi
	export APT_CONFIG=$dir/apt.conf
}

# KERNEL NAME…: modules and all that they depend on into the root, in the order that insmod wants.
add_modules() {
	local dir=$OUT/$1 name kernel=$1
	shift
	MODULES=100 # insmod goes by name, so numbers have three digits
	[ -e "$dir/lib" ] || ln -s usr/lib "$dir/lib" # newer releases have them there
	[ -e "$dir/lib/modules/$kernel/modules.dep.bin" ] || depmod -b "$dir" "$kernel" || return 1
	modprobe -q -d "$dir" -S "$kernel" -a --show-depends "$@" |
		awk '$1 == "insmod" && !seen[$2]++ { sub(".*/", "", $2); sub("\\.ko.*", "", $2)
			print $2 }' |
		while read -r name; do
			add_module "$kernel" "$name"
		done
}
