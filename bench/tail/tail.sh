# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# tail.sh - the synthetic workloads of Shinjuku, Shinjuku-Offload and iPipe
#
# Quanta, mixes and objectives are the papers'; where the text gives none (Figure 7a's quanta, what
# the limit of a figure's claim is beside 5c's 300 us), it is ours and the note says so. Shinjuku's
# figures 5 and 6 use the single and the multi queue; both are shown everywhere. The wire is what
# Shinjuku-Offload is about, and is in its figures, with the outstanding requests that they have.

TITLE="Tails of synthetic workloads"
SERVER=shunt-spin
APP=(--app spin)
ENGINE=()
PROTOCOL=spin
LOAD_OPTIONS=()
PORT=9000
CLASSES=(c1 c2 c3) # of XDP, in the order of a mix

rules() {
	cat <<-YAML
	rules:
	  - {port: 9000, offset: 0, value: 0x02, class: c2}
	  - {port: 9000, offset: 0, value: 0x03, class: c3}
	YAML
}

SHUNT="shunt-fcfs shunt-sq shunt-mq"
WIRE="shunt-fcfs-wire shunt-sq-wire shunt-mq-wire"
KERNEL="linux-shared linux-batch linux-shared-block linux-busy-poll linux-uring"
KERNEL="$KERNEL linux-reuseport linux-select-idle linux-steal"
OTHERS="$KERNEL xdp-rtc xdp-batch dispatcher-fcfs"
SWEEP="0.1 0.3 0.55 0.8 1.0"
NEAR_FULL="0.3 0.6 0.85 1.0"
# without preemption these hold a few percent of the load
STEEP="0.02 0.05 0.1 0.3 0.5 0.65 0.8 0.95"

workload fixed-1us "Shinjuku 5a, Shinjuku-Offload 6" short=1:1us \
	--slo short:50us --quantum 5us --k 5 --limit short.p99_us:300 --points "$SWEEP" \
	--systems "shunt-fcfs shunt-sq shunt-fcfs-wire $OTHERS"
workload exp-1us "Shinjuku 5b" short=1:exp:1us \
	--slo short:50us --quantum 5us --limit short.p99_us:300 --points "$SWEEP" \
	--systems "shunt-fcfs shunt-sq $OTHERS"
workload bimodal-99.5-0.5-500 "Shinjuku 5c" short=0.995:500ns,long=0.005:500us \
	--slo short:50us,long:5ms --quantum 5us --limit short.p99_us:300 --points "$STEEP" \
	--systems "$SHUNT $OTHERS"
workload bimodal-50-1-100 "Shinjuku 6a" short=0.5:1us,long=0.5:100us \
	--slo short:50us,long:1ms --quantum 5us --limit short.slowdown_p99:100 --points "$SWEEP" \
	--systems "$SHUNT $OTHERS"
workload trimodal-1-10-100 "Shinjuku 6b" short=1/3:1us,medium=1/3:10us,long=1/3:100us \
	--slo short:50us,medium:200us,long:1ms --quantum 5us --limit short.slowdown_p99:100 \
	--points "$SWEEP" \
	--systems "$SHUNT $OTHERS"
workload quantum "Shinjuku 7a" short=0.5:1us,long=0.5:100us \
	--slo short:50us,long:1ms --limit short.slowdown_p99:100 --points "0.1 0.4 0.7 0.9" \
	--systems "shunt-mq-5us shunt-mq-10us shunt-mq-20us shunt-mq-50us shunt-fcfs"
workload bimodal-99.5-5-100 "Shinjuku-Offload 2" short=0.995:5us,long=0.005:100us \
	--slo short:50us,long:1ms --quantum 10us --k 4 --limit short.p99_us:300 --points "$SWEEP" \
	--systems "$SHUNT $WIRE $OTHERS"
workload outstanding "Shinjuku-Offload 3" short=1:1us \
	--slo short:50us --limit short.p99_us:300 --points "0.3 0.6 0.9" \
	--systems "$(printf 'shunt-fcfs-wire-k%d ' 1 2 3 4 5)"
workload fixed-5us "Shinjuku-Offload 4" short=1:5us \
	--slo short:50us --k 4 --limit short.p99_us:300 --points "$SWEEP" \
	--systems "shunt-fcfs shunt-fcfs-wire $OTHERS"
workload fixed-100us "Shinjuku-Offload 5" short=1:100us \
	--slo short:1ms --k 2 --limit short.p99_us:1000 --points "$SWEEP" \
	--systems "shunt-fcfs shunt-fcfs-wire $OTHERS"
workload exp-32us "iPipe 16, LiquidIO II, low dispersion" short=1:exp:32us \
	--slo short:500us --quantum 50us --limit short.p99_us:500 --points "$NEAR_FULL" \
	--systems "shunt-fcfs shunt-sq linux-shared linux-batch xdp-rtc"
workload bimodal-35-60 "iPipe 16, LiquidIO II, high dispersion" short=0.5:35us,long=0.5:60us \
	--slo short:500us,long:500us --quantum 50us --limit short.p99_us:500 --points "$NEAR_FULL" \
	--systems "shunt-fcfs shunt-sq linux-shared linux-batch xdp-rtc"
workload exp-27us "iPipe 16, Stingray, low dispersion" short=1:exp:27us \
	--slo short:500us --quantum 50us --limit short.p99_us:500 --points "$NEAR_FULL" \
	--systems "shunt-fcfs shunt-sq linux-shared linux-batch xdp-rtc"
workload bimodal-25-55 "iPipe 16, Stingray, high dispersion" short=0.5:25us,long=0.5:55us \
	--slo short:500us,long:500us --quantum 50us --limit short.p99_us:500 --points "$NEAR_FULL" \
	--systems "shunt-fcfs shunt-sq linux-shared linux-batch xdp-rtc"

# Below 3 minutes: what preemption is for, and the wire, each beside the best of the others.
quick() {
	local w
	WORKLOADS=(fixed-1us bimodal-99.5-0.5-500 bimodal-50-1-100 bimodal-99.5-5-100)
	for w in "${WORKLOADS[@]}"; do
		POINTS["$w"]="0.2 0.5"
		SYSTEMS["$w"]="shunt-fcfs shunt-mq linux-shared xdp-rtc"
	done
	SYSTEMS["fixed-1us"]="shunt-fcfs linux-shared xdp-rtc"
	SYSTEMS["bimodal-99.5-5-100"]="shunt-mq shunt-mq-wire xdp-rtc"
}
