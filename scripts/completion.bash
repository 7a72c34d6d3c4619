# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2207,SC2012
# completion.bash - completion of the shunt command: verbs, actions, options, interfaces, policies,
# classes Verbs, and the options of each, are what shunt help says.

_shunt_words() { # ARGS…: column COL of what shunt prints, SKIP lines left out
	shunt "$@" 2>/dev/null | awk 'NR > skip { print $col }' skip="$SKIP" col="$COL"
}

_shunt_verbs() {
	shunt help 2>/dev/null | awk '/^  [a-z]/ { print $1 }'
}

_shunt_options() { # VERB
	shunt help "$1" 2>/dev/null | grep -o '^  options: .*' | grep -o -- '--[a-z-]*'
}

_shunt() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' action='' w \
		i dev=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		w=${COMP_WORDS[i]}
		case $w in
		--dev | -d) dev=(--dev "${COMP_WORDS[i + 1]}"); i=$((i + 1)) ;;
		--bpffs | --config | --port | --cores | --interval | --count | --offload | \
			--from | --domains | --output | -o | --scans | --budget | --batch) \
			i=$((i + 1)) ;;
		-*) ;;
		*) if [ -z "$verb" ]; then verb=$w; else action=${action:-$w}; fi ;;
		esac
	done
	case $prev in
	--dev | -d) COMPREPLY=($(compgen -W "$(ls /sys/class/net)" -- "$cur")); return ;;
	--config | --output | -o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--bpffs | --from) COMPREPLY=($(compgen -d -- "$cur")); return ;;
	--offload) COMPREPLY=($(compgen -W 'nfp auto none' -- "$cur")); return ;;
	--port | --cores | --domains | --interval | --count) return ;;
	--scans | --budget | --batch) return ;;
	esac
	local words=''
	case $cur in
	-*) words="--json --pretty --verbose --version --help --bpffs $(_shunt_options \
		"${verb:-status}")" ;;
	*)
		case $verb:$action in
		: | help:) words=$(_shunt_verbs) ;;
		load: | switch:)
			words=$(SKIP=0 COL=1 _shunt_words policies)
			COMPREPLY=($(compgen -f -X '!*.@(c|shunt)' -- "$cur")) ;;
		build:) COMPREPLY=($(compgen -f -X '!*.c' -- "$cur")) ;;
		lint:) COMPREPLY=($(compgen -f -X '!*.@(o|c|shunt)' -- "$cur")) ;;
		class:) words='list set add' ;;
		wire:) words='get set' ;;
		wire:set) words='k= keep= late=' ;;
		rule:) words='list add del flush' ;;
		slo:) words='get set bytes' ;;
		mem:) words='seen watch run' ;;
		preempt:set) words='mode= parked= watch= grace= signals=' ;;
		quantum: | limit: | knob: | preempt:) words='get set' ;;
		class:set | slo:get | slo:set | quantum:get | quantum:set | limit:get | limit:set)
			words=$(SKIP=1 COL=2 _shunt_words class list "${dev[@]}") ;;
		rule:add) words='port= offset= value= mask= width= class= at=' ;;
		esac ;;
	esac
	COMPREPLY+=($(compgen -W "$words" -- "$cur"))
	[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
}
complete -F _shunt shunt
