# SPDX-License-Identifier: BSD-2-Clause
# checks.sh - sourced by the guest's first process: offload as tools do it, on netdevsim; then
# shunt's own
# shellcheck shell=sh
export SHUNT_OBJECT_PATH=/bpf
PINS=/sys/fs/bpf/t
mkdir -p $PINS

insmod /nfp/psample.ko
insmod /nfp/netdevsim.ko
echo "1 4" >/sys/bus/netdevsim/new_device # number, ports
until [ -e /sys/bus/netdevsim/devices/netdevsim1/net ]; do sleep 0.1; done
# shellcheck disable=SC2012
sim=$(ls /sys/bus/netdevsim/devices/netdevsim1/net | head -n 1)
ip link set "$sim" up
knobs=/sys/kernel/debug/netdevsim/netdevsim1
mount -t debugfs debug /sys/kernel/debug

refused() { ! "$@"; }
has_value() { bpftool -j map lookup pinned "$1" key 1 0 0 0 | grep -q '"value":\["0x07"'; }
shows_xdp() { /bin/ip link show dev "$1" | grep -q "$2"; }

judge "$sim" /bpf/small.o >/tmp/out
shows "netdevsim: libbpf binds program and map, and attaches" '^accepts small.o' /tmp/out
check "netdevsim: bpftool binds program and map" \
	bpftool prog load /bpf/small.o $PINS/p type xdp dev "$sim" pinmaps $PINS/m
check "netdevsim: bpftool writes the offloaded map" \
	bpftool map update pinned $PINS/m/queue_of key 1 0 0 0 value 7 0 0 0
check "netdevsim: bpftool reads it back" has_value $PINS/m/queue_of
check "netdevsim: a map of the card has no third entry" \
	refused bpftool map update pinned $PINS/m/queue_of key 2 0 0 0 value 7 0 0 0
check "netdevsim: iproute2 attaches the offloaded program" /bin/ip link set dev "$sim" xdpoffload \
	pinned $PINS/p
check "netdevsim: bpftool sees it" sh -c "bpftool net show dev $sim | grep -q offload"
check "netdevsim: the host's program loads" bpftool prog loadall /bpf/rss.o $PINS/host
check "netdevsim: iproute2 attaches it beside the card's" \
	/bin/ip link set dev "$sim" xdpdrv pinned $PINS/host/shunt_ingress
check "netdevsim: both are there" shows_xdp "$sim" xdpmulti
check "netdevsim: a host's program may not choose the queue" \
	refused bpftool prog load /bpf/small.o $PINS/x type xdp
check "netdevsim: an offloaded program is not the host's to run" \
	refused /bin/ip link set dev "$sim" xdpdrv pinned $PINS/p
echo N >$knobs/bpf_bind_accept
check "netdevsim: a card that takes no program is heard" \
	refused bpftool prog load /bpf/small.o $PINS/x type xdp dev "$sim"
echo Y >$knobs/bpf_bind_accept
/bin/ip link set dev "$sim" xdpdrv off
check "netdevsim: iproute2 takes the card's program off" /bin/ip link set dev "$sim" xdpoffload off
rm -rf ${PINS:?}/*

# A packet is looked at up to byte 1888, in as far as the MTU lets packets be longer.
depth_is() { judge nfp0 "/judged/packet_depth_$1.o" | grep -q "^$2 "; }
check "with an MTU of 1500 a program may look at byte 1889" depth_is warned accepts
ip link set nfp0 mtu 2000
check "with one of 2000 it may not" depth_is warned refuses
check "but at byte 1888" depth_is ok accepts
ip link set nfp0 mtu 1500
bpftool prog load /judged/packet_depth_warned.o $PINS/deep type xdp dev nfp0
/bin/ip link set dev nfp0 xdpoffload pinned $PINS/deep
check "while it is attached, the MTU stays below" refused ip link set nfp0 mtu 2000
check "an MTU of 1888 is none too many" ip link set nfp0 mtu 1888
/bin/ip link set dev nfp0 xdpoffload off
rm -f $PINS/deep
ip link set nfp0 mtu 1500

# shunt itself. SAYS: NAME PATTERN COMMAND…, which must fail with these words.
SHUNT=/sys/fs/bpf/shunt/nfp0
says() {
	says_name=$1 says_pattern=$2
	shift 2
	if "$@" >/tmp/said 2>&1; then bad "$says_name: it succeeded"; else shows "$says_name" \
		"$says_pattern" /tmp/said; fi
}
tells() { # NAME PATTERN COMMAND…, which must succeed
	tells_name=$1 tells_pattern=$2
	shift 2
	if "$@" >/tmp/said 2>&1; then shows "$tells_name" "$tells_pattern" /tmp/said; else bad \
		"$tells_name: $(tail -n 2 /tmp/said)"; fi
}
# MAP KEY: the value's bytes, as 0x00 0x01 …; KEY is its four bytes.
bytes() {
	# shellcheck disable=SC2086
	bpftool -j map lookup pinned "$SHUNT/$1" key $2 |
		sed 's/.*"value":\[\([^]]*\)\].*/\1/; s/"//g; s/,/ /g'
}
# MAP KEY BYTES: so begins the value.
begins() { [ -n "$3" ] && [ "$(bytes "$1" "$2" | cut -c "1-${#3}")" = "$3" ]; }
# MAP KEY: host and card have the same, and it is not nothing.
agree() {
	bytes "$1" "$2" | grep -q '0x0*[1-9a-f]' &&
		[ "$(bytes "$1" "$2")" = "$(bytes "nfp_$1" "$2")" ]
}
PORT="40 35 0 0" # 9000
card_program() { shunt -j status | grep -o '"card":{[^}]*"prog_id":[0-9]*' | grep -o '[0-9]*$'; }
nothing_left() { [ ! -e $SHUNT ] && ! shows_xdp "$1" xdp; }

cat >/tmp/card.yaml <<YAML
domains: [{queue: 0, cpus: [1]}, {queue: 2, cpus: [1]}, {queue: 3, cpus: [0]}]
classes: [{name: short}, {name: long}]
ports: [{port: 9000, default: short}]
rules: [{port: 9000, offset: 0, value: 0x02, class: long}]
knobs: [7]
share_cpus: true
YAML
sed 's/cpus: \[0\]/cpus: [0, 1]/' /tmp/card.yaml >/tmp/two.yaml
sed 's/^domains:.*/domains: [{queues: [0, 2, 3], cpus: [1, 1, 0]}]/' /tmp/card.yaml \
	>/tmp/queues.yaml

check "load --dry-run tries the card and changes nothing" sh -c \
	'shunt load p2c --dev nfp0 --port 9000 --cores 4 --offload nfp --dry-run'
check "nothing is left of a dry run" nothing_left nfp0
tells "load puts the policy on the card" 'the card chooses the queue: [0-9]* of 2560' \
	shunt load p2c --dev nfp0 --config /tmp/card.yaml --offload nfp
check "the card's and the host's program are both attached" shows_xdp nfp0 xdpmulti
check "the card's maps are the card's" sh \
	-c "bpftool map show pinned $SHUNT/nfp_ports | grep -q 'offloaded_to nfp0'"
check "the card may choose the queues that are served" begins nfp_order "0 0 0 0" \
	'0x00 0x02 0x03 0x00'
check "they have equal loads" begins nfp_loads "0 0 0 0" '0x00 0x00 0x00 0x00'
check "the card serves the port as the host does" agree ports "$PORT"
check "the card has the knobs" begins nfp_knobs "0 0 0 0" '0x07 0x00'
check "the card has the rules of the host" agree rules "0 0 0 0"
check "shunt knob set" shunt knob set 0 9
check "reaches the card" begins nfp_knobs "0 0 0 0" '0x09 0x00'
was=$(bytes nfp_ports "$PORT")
check "shunt rule add" shunt rule add port=9000 value=0x05 class=long
check "changes what the card has of the port" sh -c "[ '$was' != '$(bytes nfp_ports "$PORT")' ]"
check "as the host has it" agree ports "$PORT"
check "the card has the rules that the port names now" agree rules "1 0 0 0"
tells "shunt status shows the card" \
	'card: program [0-9]* ([0-9]* instructions) attached, chooses among 3' shunt status
tells "shunt stats shows what the card counts" 'card, class 1: arrived 0 = steered 0' shunt stats
says "a second load is refused" 'already loaded' shunt load p2c --dev nfp0 --port 9000 --offload nfp
old=$(card_program)
check "shunt switch replaces the card's program" shunt switch rss --dev nfp0
check "it is another one" sh -c "[ -n '$old' ] && [ '$old' != '$(card_program)' ]"
check "the maps stayed" begins nfp_knobs "0 0 0 0" '0x09 0x00'
says "a policy that does not fit the card is not switched to" \
	"policy 'mq' has no program for the card" shunt switch mq
shows "and the reason is told" 'shunt_idle' /tmp/said
tells "the old policy stays" 'policy rss' shunt status
check "unload" shunt unload --dev nfp0
check "unload leaves neither program nor pin" nothing_left nfp0

tells "load --offload nfp takes a domain of several queues" 'queues 0, 2, 3: cores on CPU 1 1 0' \
	shunt load p2c --dev nfp0 --config /tmp/queues.yaml --offload nfp
check "the card may choose all of them" begins nfp_order "0 0 0 0" '0x00 0x02 0x03 0x00'
tells "shunt status shows them as one" 'queues 0, 2, 3: 0 of 3 cores up' shunt status
shunt unload --dev nfp0 >/dev/null 2>&1
tells "--cores makes one domain of as many queues" 'queues 0, 1, 2: cores on CPU' \
	shunt load p2c --dev nfp0 --port 9000 --cores 3 --offload nfp
shunt unload --dev nfp0 >/dev/null 2>&1
says "more cores than queues are refused" 'ethtool -L nfp0 combined 9' \
	shunt load p2c --dev nfp0 --port 9000 --cores 9 --offload nfp
says "a queue of two cores is refused" 'queue 3 has 2 cores' \
	shunt load p2c --dev nfp0 --config /tmp/two.yaml --offload nfp
bpftool prog load /nfp/rss.o $PINS/p type xdp dev nfp0
/bin/ip link set dev nfp0 xdpoffload pinned $PINS/p
says "somebody else's program on the card is left alone" 'another' shunt load p2c --dev nfp0 \
	--port 9000 --offload nfp
/bin/ip link set dev nfp0 xdpoffload off
rm -f $PINS/p
echo N >/sys/module/nfpsim/parameters/zero_copy
says "a driver without zero-copy is refused" 'no zero-copy AF_XDP socket on queue 0' \
	shunt load p2c --dev nfp0 --port 9000 --offload nfp
tells "--offload auto says why not the card" 'not on the card: .*zero-copy' \
	shunt load p2c --dev nfp0 --port 9000 --offload auto
shows "and that it is loaded without" 'loaded in native mode instead' /tmp/said
check "no program is on the card" sh -c '! /bin/ip link show dev nfp0 | grep -q xdpoffload'
check "unload after a fall-back" shunt unload --dev nfp0
echo Y >/sys/module/nfpsim/parameters/zero_copy
tells "--offload auto takes the card where it can" '"offload":"nfp"' \
	sh -c 'shunt -j load p2c --dev nfp0 --port 9000 --cores 2 --offload auto | tr -d " "'
shuntd --dev nfp0 >/tmp/shuntd 2>&1 &
wait_for 30 grep -q 'needs Linux 6.4' /tmp/shuntd
shows "shuntd binds zero-copy sockets on the card's queues" 'needs Linux 6.4' /tmp/shuntd
kill $!
shunt unload --dev nfp0 >/dev/null 2>&1
tells "netdevsim: --offload auto falls back on a card without sockets" \
	'loaded in native mode instead' \
	shunt load p2c --dev "$sim" --port 9000 --offload auto
shunt unload --dev "$sim" >/dev/null 2>&1
