# SPDX-License-Identifier: BSD-2-Clause
# lint.sh - sourced: what shunt lint says of probes, in the words of the record of the card's
# verdicts
#
# The record, tests/nfp/verdicts, has a line a probe: "NAME accepts INSTRUCTIONS" or "NAME refuses",
# as the driver's verifier and JIT said; its first line names the compiler.
# shellcheck shell=bash disable=SC2034
PROBES=tests/nfp/probes
VERDICTS=tests/nfp/verdicts
BUILT=build/tests/nfp

# OBJECT: "accepts INSTRUCTIONS" or "refuses"; then the rules that it breaks, and in brackets those
# warned of.
lint_says() {
	{ build/shunt -j lint "$1" 2>/dev/null || true; } | jq -r 'select(.verdict) |
		def rules(level): [.findings[] | select(.level == level).rule] | unique;
		if .verdict == "accepts" then "accepts \([.programs[].instructions] | add)"
		else "refuses" end +
		([rules("error")[] | " \(.)"] | add // "") + ([rules("warning")[] | " (\(.))"] |
			add // "")'
}

# PROBE: the rule that it says it breaks; nothing for one that is accepted.
rule_of() { sed -n 's|^// card: refuses \(.*\)|\1|p' "$PROBES/$1.bpf.c"; }
warning_of() { sed -n 's|^// lint: warns \(.*\)|\1|p' "$PROBES/$1.bpf.c"; }

# PROBE VERDICT [INSTRUCTIONS]: does lint agree? Lint may find more than the rule that the card
# stopped at. Sets LINT_SAID.
lint_agrees() {
	local warned
	LINT_SAID=$(lint_says "$BUILT/probes/$1.o")
	warned=$(warning_of "$1")
	case $2 in
	accepts) [ "$LINT_SAID" = "accepts${3:+ $3}${warned:+ ($warned)}" ] ;;
	refuses) [[ "$LINT_SAID " == "refuses "*" $(rule_of "$1") "* ||
		"$LINT_SAID " == "refuses $(rule_of "$1") "* ]] ;;
	*) false ;;
	esac
}

compiler() { ${CLANG:-clang} --version | head -n 1; }
