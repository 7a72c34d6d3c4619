# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# tune.sh - for tests of what is changed while packets come; sourced after lib.sh

# No worker serves: requests are classified, counted and dropped.
load_two_classes() {
	cat >"$DIR/c.yaml" <<-YAML
	fallback: drop
	classes: [{name: short, slo: 50us}, {name: long, slo: 1ms}]
	ports:
	  - {port: 9000, default: short}
	  - {port: 9001, default: long}
	rules:
	  - {port: 9000, offset: 0, value: 0x02, class: long}
	YAML
	host shunt load mq --dev "$DEV" --config "$DIR/c.yaml"
}

send() { # PORT BYTES (as printf knows them)
	client bash -c "printf '$2' >/dev/udp/198.18.0.2/$1"
}

arrived() { json "[.classes[].arrived] | join(\" \")" host shunt -j stats; }
arrived_is() { [ "$(arrived)" = "$1" ]; }
rules() {
	json '[.ports[] | "\(.port):" + ([.rules[] | .value + ">" + .class] | join(","))] |
		join(" ")' host shunt -j rule
}
