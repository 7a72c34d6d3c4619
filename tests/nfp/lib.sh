# SPDX-License-Identifier: BSD-2-Clause
# lib.sh - sourced, after tests/vm/lib.sh: a guest with the driver's eBPF code, out of the kernel's
# own source
#
# Debian's kernels come without netdevsim, and the driver's code wants a card: both modules are
# built here, from packages of the very version that is booted.
# shellcheck shell=bash
NFP=$OUT/nfp
SERIES=6.1 # of the kernel whose verifier and JIT judge
DRIVER=drivers/net/ethernet/netronome/nfp

# KERNEL: gets the files that modules for it are built with. False: there are none.
fetch_sources() {
	local dir=$NFP/$1 source=linux-source-$SERIES
	[ ! -e "$dir/complete" ] || return 0
	unpack "$dir" "linux-headers-$1" "linux-headers-${1%-amd64}-common" "linux-kbuild-$SERIES" \
		"$source" || return 1
	# The headers' Makefile and links name the place where they would be installed.
	sed -i "s|\([= ]\)/usr/src/linux-headers|\1$dir/usr/src/linux-headers|" \
		"$dir/usr/src/linux-headers-$1/Makefile"
	tar -xJf "$dir/usr/src/$source.tar.xz" -C "$dir" --strip-components=1 \
		"$source/drivers/net/netdevsim" "$source/$DRIVER"
	rm "$dir/usr/src/$source.tar.xz"
	touch "$dir/complete"
}

# KERNEL FOLDER [VARIABLE…]: builds modules, and shows the output if that fails.
build_module() {
	local kernel=$1 dir=$2
	shift 2
	make -s -C "$NFP/$kernel/usr/src/linux-headers-$kernel" M="$dir" "$@" modules >"$dir.log" \
		2>&1 ||
		{ tail -20 "$dir.log" >&2 && return 1; }
}

build_modules() {
	local dir=$NFP/$1
	[ -e "$dir/netdevsim/netdevsim.ko" ] || {
		cp -r "$dir/drivers/net/netdevsim" "$dir/"
		build_module "$1" "$dir/netdevsim" CONFIG_NETDEVSIM=m
	}
	mkdir -p "$dir/nfpsim"
	[ -d "$dir/nfpsim/nfp" ] || cp -r "$dir/$DRIVER" "$dir/nfpsim/"
	cp -u tests/nfp/nfpsim/* "$dir/nfpsim/"
	build_module "$1" "$dir/nfpsim"
}

# Sets KERNEL; false, with the reason in WHY, where no guest can be had.
prepare_guest() {
	choose amd64
	WHY="no QEMU to be had"
	install_tools qemu-system-x86 busybox-static || return 1
	KERNEL=$(newest $SERIES)
	WHY="no Linux $SERIES among the packages"
	[ -n "$KERNEL" ] || return 1
	# shellcheck disable=SC2034 # for whoever asked
	WHY="packages of Linux $KERNEL cannot be downloaded"
	unpack "$OUT/$KERNEL" "linux-image-$KERNEL" && fetch_sources "$KERNEL" || return 1
	build_modules "$KERNEL" || exit 1
}

# PROGRAM… -- OBJECT…: a root with these, whose guest has the objects judged.
fill_root() {
	local programs=()
	while [ "$1" != -- ]; do
		programs+=("$1")
		shift
	done
	shift
	gcc -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter \
		-I. tests/nfp/judge.c loader/card_log.c \
		-o "$NFP/judge" -lbpf
	make_root tests/nfp/guest.sh busybox "$NFP/judge" "${programs[@]}"
	mkdir -p "$ROOT"/{nfp,judged}
	cp "$NFP/$KERNEL/nfpsim/nfpsim.ko" "$ROOT/nfp/"
	strip -g "$ROOT"/nfp/*.ko
	[ $# = 0 ] || cp "$@" "$ROOT/judged/"
}
