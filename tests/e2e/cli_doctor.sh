#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_doctor.sh - what shunt doctor and shunt status say of drivers that lack something, and of
# programs that are not shunt's
# runs: beside
. "$(dirname "$0")/../lib.sh"

LAB_ARGS=(--queues 2)
PINS=/sys/fs/bpf/shunt

# CHECK: the findings of that name, "level text fix" each.
findings() {
	host shunt -j doctor --dev "$DEV" >"$DIR/doctor.json" || true
	jq -r ".findings[] | select(.check == \"$1\") | \"\(.level) \(.text) \(.fix // \"\")\"" \
		"$DIR/doctor.json"
}
status_of() { json ".interfaces[0].$1" host shunt -j status; }

# ACTION PIN: a program that passes all packets, by libbpf: "link" puts it into the link that is
# pinned there, "attach" onto the interface of that name.
foreign() {
	cat >"$DIR/foreign.py" <<-'PY'
	import ctypes, socket, sys
	bpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
	insns = (ctypes.c_uint64 * 2)(0x2000000b7, 0x95)  # return XDP_PASS
	class Opts(ctypes.Structure):
	    _fields_ = [("size", ctypes.c_size_t), ("tries", ctypes.c_int), ("type", ctypes.c_int)]
	opts = Opts(ctypes.sizeof(Opts), 0, 0)  # no type of attachment, like shunt's
	prog = bpf.bpf_prog_load(6, b"foreign", b"GPL", insns, 2, ctypes.byref(opts))
	if sys.argv[1] == "link":
	    err = bpf.bpf_link_update(bpf.bpf_obj_get(sys.argv[2].encode()), prog, None)
	else:
	    err = bpf.bpf_xdp_attach(socket.if_nametoindex(sys.argv[2]), prog, 4, None)
	sys.exit(prog < 0 or err < 0)
	PY
	host python3 "$DIR/foreign.py" "$@"
}

# --- programs that are not shunt's ----------------------------------------------------------------

test_a_foreign_program_in_shunts_link_is_named_and_no_interrupted_switch() {
	host shunt load mq --dev "$DEV" --port 9000
	foreign link "$PINS/$DEV/link"
	assert_eq "$(status_of state)" foreign
	assert_eq "$(status_of foreign.name)" foreign
	host shunt status >"$DIR/out"
	assert_match "$(cat "$DIR/out")" "a foreign program is in shunt's link, 'foreign'"
	grep -q "a switch was interrupted" "$DIR/out" && fail "called an interrupted switch"
	assert_match "$(findings link)" "fail a foreign program .*: no request comes to policy 'mq'"
	host shunt switch mq
	assert_eq "$(status_of state)" attached
	assert_match "$(findings link)" "^ok "
}

test_a_link_that_was_detached_is_no_interface_that_is_gone() {
	host shunt load mq --dev "$DEV" --port 9000
	bpftool link detach pinned "$PINS/$DEV/link"
	assert_eq "$(status_of state)" detached
	assert_match "$(host shunt status)" "shunt's link was detached: nothing steers"
	assert_match "$(findings link)" "fail shunt's link was detached.*shunt switch mq"
	foreign attach "$DEV"
	assert_eq "$(status_of foreign.name)" foreign
	assert_match "$(host shunt status)" "a foreign program is there: 'foreign'"
	assert_match "$(findings programs)" "fail another XDP program is on '$DEV': 'foreign'"
	host ip link set dev "$DEV" xdp off
	host shunt switch mq
	assert_eq "$(status_of state)" attached
}

test_an_interface_that_is_gone_is_told_as_that() {
	host shunt load mq --dev "$DEV" --port 9000
	host ip link del "$DEV"
	assert_eq "$(status_of state)" gone
	assert_match "$(host shunt status)" "the interface is gone.*shunt switch mq attaches again"
}

test_an_mtu_that_grew_beyond_the_frames_of_what_is_loaded_is_told() {
	host shunt load mq --dev "$DEV" --port 9000
	assert_eq "$(findings mtu)" "ok 1500 "
	host ip link set dev "$DEV" mtu 3000
	assert_match "$(findings mtu)" \
		"fail 3000: what is loaded has frames of 2048 bytes, which carry 1770;.*mtu 1770"
	host shunt unload --dev "$DEV"
	echo '{chunk: 4096, ports: [{port: 9000}]}' >"$DIR/c.yaml"
	host shunt load mq --dev "$DEV" --config "$DIR/c.yaml"
	assert_eq "$(findings mtu)" "ok 3000 "
}

# --- drivers that lack something ------------------------------------------------------------------

test_queues_that_are_not_served_are_told_with_the_command_that_the_nic_takes() {
	host shunt load mq --dev "$DEV" --port 9000
	assert_match "$(findings domains)" "1 of 2 queues is served.*'ethtool -L $DEV rx 1 tx 1'"
}

# IRQ CPU: an interrupt of the interface's queue 0, as far as /proc tells.
pretend_interrupt() {
	mkdir -p "$DIR/irq/$1"
	echo "$2" >"$DIR/irq/$1/effective_affinity_list"
	printf '     CPU0\n %s:  0  PCI-MSI 1-edge  %s-TxRx-0\n' "$1" "$DEV" >"$DIR/interrupts"
	mount --bind "$DIR/interrupts" /proc/interrupts
	mount --bind "$DIR/irq" /proc/irq
}

test_an_interrupt_on_a_workers_cpu_is_told() {
	host shunt load mq --dev "$DEV" --port 9000
	assert_eq "$(findings interrupts)" ""
	pretend_interrupt 77 "$(json '.interfaces[0].domains[0].core[0].cpu' host shunt -j status)"
	assert_match "$(findings interrupts)" \
		"warn that of queue 0 is on CPU [0-9]+, on which core 0 of domain 0 spins.*shunt fit"
	echo 4000 >"$DIR/irq/77/effective_affinity_list"
	assert_eq "$(findings interrupts)" "ok on no worker's CPU "
}

# The count is written into the map: no driver here lacks the room.
test_a_driver_without_room_for_metadata_is_named_with_the_cure() {
	local at value
	cat >"$DIR/at.c" <<-'C'
	#include <stddef.h>
	#include <stdio.h>
	#include <shunt/abi.h>
	int main(void)
	{
		return printf("%zu\n", offsetof(struct shunt_ingress, ev[SHUNT_EV_NO_META])) < 0;
	}
	C
	cc -Iinclude "$DIR/at.c" -o "$DIR/at"
	at=$("$DIR/at")
	host shunt load mq --dev "$DEV" --port 9000
	assert_eq "$(findings metadata)" ""
	value=$(bpftool -j map lookup pinned "$PINS/$DEV/ingress" key 0 0 0 0 |
		jq -r ".value | .[$at] = \"0x07\" | join(\" \")")
	# shellcheck disable=SC2086
	bpftool map update pinned "$PINS/$DEV/ingress" key 0 0 0 0 value $value
	assert_match "$(findings metadata)" \
		"fail 7 requests went to the kernel: the driver leaves no room.*use an interface"
	assert_match "$(host shunt status)" "7 requests went to the kernel: .*to go on: use an"
}

# The library answers for the driver; a veth hashes nothing.
test_a_hash_of_addresses_only_is_named_with_the_command_that_mends_it() {
	cat >"$DIR/hash.c" <<-'C'
	#include <dlfcn.h>
	#include <linux/ethtool.h>
	#include <linux/sockios.h>
	#include <net/if.h>
	#include <stdarg.h>
	#include <stdlib.h>
	int ioctl(int fd, unsigned long request, ...)
	{
		int (*next)(int, unsigned long, void *) = dlsym(RTLD_NEXT, "ioctl");
		struct ethtool_rxnfc *ask;
		struct ifreq *req;
		va_list args;

		va_start(args, request);
		req = va_arg(args, void *);
		va_end(args);
		ask = request == SIOCETHTOOL ? (void *)req->ifr_data : NULL;
		if (!ask || ask->cmd != ETHTOOL_GRXFH)
			return next(fd, request, req);
		ask->data = strtoul(getenv("FIELDS"), NULL, 0);
		return 0;
	}
	C
	cc -shared -fPIC -D_GNU_SOURCE "$DIR/hash.c" -o "$DIR/hash.so" -ldl
	hashes() {
		host env LD_PRELOAD="$DIR/hash.so" FIELDS="$1" shunt -j doctor --dev "$DEV" |
			jq -r '.findings[] | select(.check == "hash") |
				"\(.level) \(.text) \(.fix // "")"'
	}
	# RXH_IP_SRC | RXH_IP_DST, and with RXH_L4_B_0_1 | RXH_L4_B_2_3
	assert_match "$(hashes 0x30)" \
		"warn of UDP over IPv4 addresses alone are hashed.*ethtool -N $DEV rx-flow-hash udp4 sdfn"
	assert_match "$(hashes 0x30)" "ethtool -N $DEV rx-flow-hash udp6 sdfn"
	assert_match "$(hashes 0xf0)" "^ok "
	printf 'domains: [{queue: 0}, {queue: 1}]\nports: [{port: 9000}]\n' >"$DIR/two.yaml"
	host env LD_PRELOAD="$DIR/hash.so" FIELDS=0x30 shunt load mq --dev "$DEV" \
		--config "$DIR/two.yaml" --dry-run 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" "hashes addresses only.*ethtool -N $DEV rx-flow-hash"
	assert_eq "$(findings hash)" ""
	new_lab
	assert_eq "$(hashes 0x30)" "" "with one queue"
}

run_tests "$@"
