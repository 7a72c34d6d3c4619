#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# planning.sh - runs the commands of docs/planning.md, or of another page, in order and in one
# shell, and prints the page with what they print now
#
#   scripts/planning.sh >NEW          in full
#   REQUESTS=2000 scripts/planning.sh short runs, to see that the commands are taken
#   PICTURES=DIR ...                  puts the pictures that they draw there
#   PAGE=docs/offload.md ...          of that page
# A command that fails ends it. shunt-sim is what PATH has.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$root/docs/planning/lab.trace" "$dir"

# Runs are short if they are told to be; a --duration is a length of its own, and a core that fails
# (-F) does so within the length that the command says.
shunt-sim() {
	if [ -n "${REQUESTS:-}" ] && [[ " $* " != *" --duration "* && " $* " != *" -F "* ]]; then
		command shunt-sim "$@" -n "$REQUESTS" -Q
	else
		command shunt-sim "$@" -Q
	fi
}

cd "$dir"
command='' skip=''
while IFS= read -r line; do
	if [ -n "$command" ]; then
		printf '%s\n' "$line"
		command+=$'\n'$line
	elif [[ $line == '    $ '* ]]; then
		printf '%s\n' "$line"
		command=${line#'    $ '}
	elif [[ $line == '    '* && -n $skip ]]; then
		continue # what it printed before
	else
		skip=
		printf '%s\n' "$line"
	fi
	if [[ -n $command && $command != *\\ ]]; then
		eval "$command" >"$dir/.out"
		# a line without text would end the block
		sed '/^$/d; s/^/    /; s/ *$//' "$dir/.out"
		command='' skip=1
	fi
done <"$root/${PAGE:-docs/planning.md}"
[ -z "${PICTURES:-}" ] || cp "$dir"/*.svg "$PICTURES"
