#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# judge.sh OBJECT… - the card's verdict on BPF objects, a line each: "accepts NAME INSTRUCTIONS" or
# "refuses NAME REASON"
#
# The judge is the verifier and the JIT of Linux 6.1's own driver, in a guest. Exit status 0: all
# were judged; 77: no guest can be had (stderr says why).
set -euo pipefail
objects=()
for o; do objects+=("$(realpath "$o")"); done
cd "$(dirname "$0")/../.."
. tests/vm/lib.sh
. tests/nfp/lib.sh

prepare_guest || { echo "skip: $WHY" >&2 && exit 77; }
fill_root -- "${objects[@]}"
boot "$KERNEL" "$NFP/judged.log" || { echo "the guest did not end" >&2 &&
	tail -5 "$NFP/judged.log" >&2 && exit 1; }
grep -E '^(accepts|refuses) ' "$NFP/judged.log" || true
! grep '^FAIL ' "$NFP/judged.log" >&2
