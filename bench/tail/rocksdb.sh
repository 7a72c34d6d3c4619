# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# rocksdb.sh - Shinjuku's RocksDB experiments, with shunt-kv's RocksDB engine: plain tables mapped
# from tmpfs
#
# 15,000 keys. The paper's GET takes 6 us there, SCAN(1000) 240 us, SCAN(5000) 1,200 us, its quantum
# is 15 us. shunt-fcfs is its "SQ without preemption". Figures 8b and 8c are the two classes of one
# workload. memcached has its own hash table and cannot scan, so it is only beside the GETs, which
# no figure has.

TITLE="RocksDB"
SERVER=shunt-kv
APP=(--app kv)
ENGINE=(--engine rocksdb --path "/dev/shm/shunt-$LAB-KEY" --fill 15000)
PROTOCOL=memcached
LOAD_OPTIONS=(--keys 15000 --zipf 0)
PORT=11211
CLASSES=(get scan)

rules() {
	cat <<-YAML
	rules:
	  - {port: 11211, offset: 8, value: 0x7363616e, class: scan}
	YAML
}

OTHERS="linux-shared linux-shared-block linux-reuseport linux-select-idle linux-steal"
OTHERS="$OTHERS xdp-rtc xdp-batch dispatcher-fcfs"

workload get-99.5-scan1000-0.5 "Shinjuku 8a" get=0.995,scan1000=0.005 \
	--slo get:50us,scan:5ms --quantum 15us --limit get.p99_us:300 \
	--points "0.02 0.05 0.1 0.3 0.5 0.7 0.85 1.0" \
	--systems "shunt-fcfs shunt-sq shunt-mq $OTHERS"
workload get-50-scan5000-50 "Shinjuku 8b, 8c" get=0.5,scan5000=0.5 \
	--slo get:50us,scan:5ms --quantum 15us --limit get.p99_us:1000 \
	--points "0.1 0.3 0.5 0.7 0.85 1.0" \
	--systems "shunt-fcfs shunt-sq shunt-mq $OTHERS"
workload get "not in the paper" get=1 \
	--slo get:50us --limit get.p99_us:300 --points "0.1 0.3 0.5 0.7 0.9 1.0" \
	--systems "shunt-fcfs $OTHERS memcached"

quick() {
	POINTS["get-99.5-scan1000-0.5"]="0.02 0.1 0.4 0.8"
	POINTS["get-50-scan5000-50"]="0.2 0.5 0.8"
	POINTS["get"]="0.3 0.7"
	ROUNDS=${ROUNDS:-2}
}
