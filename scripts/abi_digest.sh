#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# abi_digest.sh [check|renew] - whether a struct that processes share has another layout than
# include/shunt/abi.digest says, although SHUNT_ABI is the same; renew writes that file anew
#
# The file has the number, and a line a struct, union or enum: its name, its size and a digest of
# its members (names, offsets, types, values). Layouts are read from BTF: every type of the headers
# below gets a variable in a file that is compiled for BPF. FORCE=1 renews although the number is
# the same: for one that no release has had.
set -euo pipefail
cd "$(dirname "$0")/.."
# Not preempt.h, shunt.h, actor.h, rpc.h and xdr.h, the worker's interface, nor what only policies
# include.
HEADERS=$(find include/shunt lib/layout.h lib/broker.h -name '*.h' ! -name preempt.h ! \
	-name shunt.h ! -name actor.h ! -name rpc.h ! -name xdr.h ! -name policy.h \
	! -name policy_view.h ! -name policy_nfp.h | sort)
KEPT=${KEPT:-include/shunt/abi.digest}
NEXT="raise SHUNT_ABI in include/shunt/abi.h, then: make abi-digest"
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT

# From all types by number: those that have a name of ours, each with its members' types spelt out.
# shellcheck disable=SC2016 # $ is jq's
SPELL='
def type($all; $id):
	def members($t): "\($t.kind) \($t.size) {" + ([
		if $t.kind == "ENUM" then $t.values[] | "\(.name)=\(.val)"
		else $t.members[] |
			"\(.name)@\(.bits_offset):\(.bitfield_size // 0) \(type($all; .type_id))"
		end] | join(", ")) + "}";
	$all[$id - 1] as $t |
	if $t.kind == "ARRAY" then "\($t.nr_elems) x \(type($all; $t.type_id))"
	elif $t.kind == "PTR" then "pointer"
	elif $t.kind | IN("TYPEDEF", "CONST", "VOLATILE", "RESTRICT") then type($all; $t.type_id)
	elif $t.name != "(anon)" and ($t.top | not) then "\($t.kind) \($t.name) \($t.size)"
	else members($t) end;
.types as $all | $all[] | select((.kind | IN("STRUCT", "UNION", "ENUM")) and (.name |
	startswith("shunt_"))) |
	.id as $id | "\(.kind | ascii_downcase) \(.name) \(.size) " +
		type($all | .[$id - 1].top = true; $id)'

number() { sed -n 's/^#define SHUNT_ABI \([0-9]*\)$/\1/p' include/shunt/abi.h; }

# "KIND NAME SIZE MEMBERS", a line a type.
layouts() {
	local header
	for header in $HEADERS; do
		printf '#include "%s"\n' "$header"
	done >"$DIR/all.c"
	# shellcheck disable=SC2086
	sed -nE 's/^(struct|union|enum) (shunt_[a-z0-9_]+) \{.*/\1 \2 a_\1_\2;/p' $HEADERS \
		>>"$DIR/all.c"
	# The C library's headers would be those of 32 bits, which are not there.
	"${CLANG:-clang}" -O2 -g -target bpf -D_GNU_SOURCE "-D__$(uname -m)__" -Iinclude -Ilib -I. \
		-I"/usr/include/$(${CC:-cc} -print-multiarch)" -c "$DIR/all.c" -o "$DIR/all.o"
	bpftool -j btf dump file "$DIR/all.o" format raw | jq -r "$SPELL" | sort -u
}

digests() {
	local kind name size members
	while read -r kind name size members; do
		printf '%s %s %s %.16s\n' "$kind" "$name" "$size" "$(sha256sum <<<"$members")"
	done
}

layouts >"$DIR/layouts"
digests <"$DIR/layouts" >"$DIR/now"
[ "$(wc -l <"$DIR/now")" -ge 50 ] ||
	{ echo "abi_digest.sh: found $(wc -l <"$DIR/now") types only" >&2; exit 1; }
was=$(sed -n 's/^SHUNT_ABI //p' "$KEPT" 2>/dev/null) || true
grep -v -e '^#' -e '^SHUNT_ABI' "$KEPT" >"$DIR/then" 2>/dev/null || true
# Types that changed or went. A new one is no change of what others know.
changed=$(comm -23 <(sort "$DIR/then") <(sort "$DIR/now") | cut -d' ' -f1-2)

if [ "$changed" ] && [ "$was" = "$(number)" ] && [ -z "${FORCE-}" ]; then
	echo "SHUNT_ABI is $was as before, but these have another layout:" >&2
	while read -r kind name; do
		echo "  $kind $name: $(grep "^$kind $name " "$DIR/layouts" ||
			echo "there is none any more")" >&2
	done <<<"$changed"
	echo "$NEXT" >&2
	exit 1
fi
if [ "${1:-check}" = renew ]; then
	{
		echo "# SPDX-License-Identifier: BSD-2-Clause"
		echo "# What processes share, for SHUNT_ABI: each type's kind, name, size," \
			"digest of its members. By make abi-digest."
		echo "SHUNT_ABI $(number)"
		cat "$DIR/now"
	} >"$KEPT"
elif [ "$was" != "$(number)" ] || ! cmp -s "$DIR/then" "$DIR/now"; then
	echo "$KEPT is of another SHUNT_ABI, or lacks a type; run: make abi-digest" >&2
	diff "$DIR/then" "$DIR/now" >&2 || true
	exit 1
fi
