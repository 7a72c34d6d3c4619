#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2046 # numbers
# played.sh - an ethtool(8) of a NIC that is played: it answers by the files of the folder "nic"
# beside its own, and changes them as a NIC would
cd "$(dirname "$0")/../nic" || exit 1
echo "$*" >>log
if [ -e "refuse$1" ]; then
	echo "netlink error: Device or resource busy"
	exit 1
fi
show() { cat "$1" 2>/dev/null || { echo "Operation not supported"; exit 1; }; }
table() { # RINGS WEIGHT…: in blocks
	awk -v rings="$1" -v weights="${*:2}" 'BEGIN {
		n = split(weights, w)
		for (q = 1; q <= n; q++) sum += w[q]
		printf "RX flow hash indirection table for eth0 with %d RX ring(s):", rings
		for (i = 0; i < 128; i++) {
			while (i >= int((part + w[at + 1]) * 128 / sum)) part += w[++at]
			printf "%s %5d", i % 8 ? "" : sprintf("\n%5d: ", i), at
		}
		print ""
	}'
}
names_beyond() { # RINGS: does the table name others?
	awk -v n="$1" '/^ *[0-9]+:/ { for (i = 2; i <= NF; i++) bad += $i >= n }
		END { exit !bad }' ethtool-x
}
ones() { yes 1 | head -n "$1"; }
case $1 in
-i | -l | -x | -k | -c) show "ethtool$1" ;;
-n) show "ethtool-n${4:+-$4}" ;;
-L) if [ -e own ] && names_beyond "$4"; then
		echo "netlink error: requested channel counts are too low for existing table"
		exit 1
	fi
	sed -i "s/with [0-9]* RX/with $4 RX/" ethtool-x
	sed -i "/^Current/,\$s/^Combined:.*/Combined:\t$4/" ethtool-l
	[ -e own ] || table "$4" $(ones "$4") >ethtool-x
	[ ! -e spreads ] || for irq in ../irq/*; do # as virtio-net does
		echo "$((n++ * 4 / $4 % 4))" >"$irq/smp_affinity_list"
	done ;;
-X) rings=$(awk '/^Current/ { now = 1 } now && /^Combined/ { print $2 }' ethtool-l)
	touch own
	case $3 in
	default) rm own; table "$rings" $(ones "$rings") ;;
	equal) table "$rings" $(ones "$4") ;;
	weight) table "$rings" "${@:4}" ;;
	esac >ethtool-x ;;
-K) case $3 in rxvlan) name=rx-vlan-offload ;; ntuple) name=ntuple-filters ;; esac
	sed -i "s/^$name: .*/$name: $4/" ethtool-k ;;
-C) while [ $# -gt 2 ]; do
		case $3 in
		adaptive-rx) sed -i "s/^Adaptive RX: [a-z]*/Adaptive RX: $4/" ethtool-c ;;
		rx-usecs) sed -i "s/^rx-usecs:.*/rx-usecs:\t$4/" ethtool-c ;;
		esac
		set -- "$1" "$2" "${@:5}"
	done ;;
-N) case $3 in
	rx-flow-hash)
		{ echo "UDP over IPV${4#udp} flows use these fields for computing Hash flow key:"
		[[ $5 != *s* ]] || echo "IP SA"
		[[ $5 != *d* ]] || echo "IP DA"
		[[ $5 != *f* ]] || echo "L4 bytes 0 & 1 [TCP/UDP src port]"
		[[ $5 != *n* ]] || echo "L4 bytes 2 & 3 [TCP/UDP dst port]"; } >"ethtool-n-$4" ;;
	delete) sed -i "/^Filter: $4\$/,/^\$/d" ethtool-n ;;
	flow-type) if [ -e no-places ] &&
			{ [ $# -gt 8 ] || grep -q "Dest port: $6 mask: 0x0" ethtool-n; }; then
			echo "rmgr: Cannot insert RX class rule: Invalid argument"
			exit 1
		fi
		if [ "${9:-}" = loc ]; then
			sed -i "/^Filter: ${10}\$/,/^\$/s/to queue .*/to queue $8/" ethtool-n
			exit
		fi
		any='0.0.0.0 mask: 255.255.255.255'
		[ "$4" = udp4 ] || any=':: mask: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
		printf 'Filter: %d\n\tRule Type: UDP over IPv%s\n' \
			$((100 + $(wc -l <ethtool-n))) "${4#udp}" >>ethtool-n
		printf '\tSrc IP addr: %s\n\tDest IP addr: %s\n' "$any" "$any" >>ethtool-n
		printf '\tSrc port: 0 mask: 0xffff\n\tDest port: %s mask: 0x0\n' "$6" >>ethtool-n
		printf '\tAction: Direct to queue %s\n\n' "$8" >>ethtool-n ;;
	esac ;;
esac
