# SPDX-License-Identifier: BSD-2-Clause
# lib.sh - sourced: Debian's kernels as guests of QEMU
#
# Packages are unpacked into build/vm/ (nothing is installed but QEMU and busybox); a guest is an
# initramfs, and runs under emulation, without KVM.
# shellcheck shell=bash
OUT=$PWD/build/vm
LIMIT=${LIMIT:-1200} # seconds a guest may take

# PACKAGE…
install_tools() {
	local missing=() p
	for p; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' ||
			missing+=("$p")
	done
	# Another apt may be at work, as one is on machines that have just booted.
	[ ${#missing[@]} = 0 ] || DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -o DPkg::Lock::Timeout=300 install -y \
		--no-install-recommends "${missing[@]}" >/dev/null
}

# The newest kernel of a series, as in 6.1.0-56-amd64.
newest() {
	apt-cache search --names-only "^linux-image-${1//./\\.}\\.[-+.a-z0-9]*$ARCH\$" |
		awk '{print $1}' |
		grep -vE 'cloud|rt-|unsigned|dbg' | sed 's/^linux-image-//' | sort -V | tail -1
}

# FOLDER PACKAGE…: unpacked there, once; again if they are others.
unpack() {
	local dir=$1 p
	shift
	[ "$(cat "$dir/.done" 2>/dev/null)" != "$*" ] || return 0
	mkdir -p "$OUT/debs/$ARCH" "$dir"
	(cd "$OUT/debs/$ARCH" && apt-get -qq download "${@/%/:$ARCH}") || return 1
	for p; do
		dpkg -x "$OUT/debs/$ARCH/$p"_*.deb "$dir"
	done
	echo "$*" >"$dir/.done"
}

# Parts of an architecture's guest: SYSTEM is a root with programs, B has shunt's.
choose() {
	ARCH=$1
	case $ARCH in
	amd64) SYSTEM='' B=build TRIPLET=x86_64-linux-gnu QEMU=(qemu-system-x86_64 -M pc -cpu max) \
		CONSOLE=ttyS0 ;;
	arm64)
		SYSTEM=$OUT/arm64 TRIPLET=aarch64-linux-gnu CONSOLE=ttyAMA0
		# BlueField-2's core. Not "max": the pointer authentication of what Debian builds
		# takes an emulator most of its time.
		B=build/$TRIPLET QEMU=(qemu-system-aarch64 -M virt -cpu cortex-a72)
		;;
	*) echo "no guest of architecture '$ARCH'" >&2; exit 2 ;;
	esac
}

# NAME: a file, in the system's folders that PLACES lists.
find_in() {
	local place
	for place in "${@:2}"; do
		[ ! -e "$SYSTEM$place/$1" ] || { echo "$SYSTEM$place/$1"; return; }
	done
	echo "no '$1' for $ARCH" >&2
	return 1
}

# FILE: the shared libraries that it needs, directly or by others, and the loader.
add_libraries() {
	local name from
	readelf -ld "$1" 2>/dev/null |
		sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p; s/.*interpreter: .*\/\(.*\)\]/\1/p' |
		while read -r name; do
			[ ! -e "$ROOT/lib/$name" ] || continue
			from=$(find_in "$name" /lib/$TRIPLET /usr/lib/$TRIPLET /lib64 /lib)
			cp -L "$from" "$ROOT/lib/$name"
			add_libraries "$from"
		done
}

# NAME or PATH: into the root, with the libraries that it wants.
add() {
	local from=$1
	case $1 in */*) ;; *) from=$(find_in "$1" /bin /usr/bin /sbin /usr/sbin) ;; esac
	cp -L "$from" "$ROOT/bin/"
	add_libraries "$from"
}

# KERNEL NAME: a module, if it is one.
add_module() {
	local dir=$OUT/$1/lib/modules/$1 ko
	ko=$(find "$dir" -name "$2.ko*" | head -1)
	[ -n "$ko" ] || return 0 # built in
	MODULES=$((MODULES + 1)) # insmod goes by this order
	case $ko in
	*.xz) xz -dc "$ko" >"$ROOT/mod/$MODULES-$2.ko" ;;
	*) cp "$ko" "$ROOT/mod/$MODULES-$2.ko" ;;
	esac
}

# INIT PROGRAM…: an empty root with these and busybox, whose first process is INIT. Sets ROOT, by
# $ROOT_NAME or INIT's folder.
make_root() {
	local init=$1 p
	shift
	ROOT=$OUT/root-${ROOT_NAME:-$(basename "$(dirname "$init")")} MODULES=0
	rm -rf "$ROOT"
	mkdir -p "$ROOT"/{bin,lib,proc,sys,dev,tmp,run,mod,bpf,etc}
	ln -s lib "$ROOT/lib64"
	for p; do
		add "$p"
	done
	# Applets of the names of added programs ("ip" and others) differ from these: the programs
	# stay.
	for p in $(busybox --list); do
		[ -e "$ROOT/bin/$p" ] || ln -s busybox "$ROOT/bin/$p"
	done
	cp "$init" "$ROOT/init"
	cp tests/vm/guest_lib.sh "$ROOT/"
	chmod +x "$ROOT/init"
}

pack_root() { (cd "$ROOT" && find . | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >"$ROOT.gz"; }

# KERNEL CONSOLE: one guest, of $CPUS CPUs (2), until it powers off; what it prints is in CONSOLE at
# once.
# thread=single: with a thread a CPU, the emulator runs code that the guest's kernel is patching
# (static keys), and panics it. no_timer_check: a guest that the host keeps waiting takes its timer
# for broken.
run_guest() {
	local quiet="quiet panic=-1 mitigations=off"
	timeout "$LIMIT" nice "${QEMU[@]}" -accel tcg,thread=single -smp "${CPUS:-2}" -m 2048 \
		-nographic -no-reboot -nodefaults -serial stdio -kernel "$OUT/$1/boot/vmlinuz-$1" \
		-initrd "$ROOT.gz" \
		-append "console=$CONSOLE $quiet random.trust_cpu=on no_timer_check" \
		</dev/null |
		stdbuf -o0 tr -d '\r' >"$2" || true
}

PANICS=0 # of guests, by that fault of the emulator's

# KERNEL CONSOLE: runs the root. A guest that ends in the emulator's own panic is run again, twice
# at most, and counted; its console is kept as CONSOLE.panicN. False: the guest did not end, or
# panicked otherwise.
boot() {
	local tries
	pack_root
	for tries in 1 2 3; do
		run_guest "$1" "$2"
		! grep -q '^guest done' "$2" || return 0
		grep -q 'int3: 0000 \[#' "$2" || return 1
		PANICS=$((PANICS + 1))
		cp "$2" "$2.panic$PANICS"
		echo "# $1: the emulator's int3 panic; console in ${2#"$PWD"/}.panic$PANICS$( \
			((tries == 3)) || echo "; once more")"
	done
	return 1
}
