# SPDX-License-Identifier: MIT
#
# conformance.awk: judges the requirements. It reads their list, which test carries which of them, and
# then what each test said, in TAP.
#
# Met is what at least one test carries and no test that carries it fails.

# Sets `found` to the IDs at the start of a title or of the name of a Python method.
function find(title,   id) {
	split("", found)
	sub(/^test_/, "", title)
	while (match(title, /^[A-Z]+[-_][0-9][0-9][ _]/)) {
		id = substr(title, 1, RLENGTH - 1)
		sub("_", "-", id)
		found[id]
		title = substr(title, RLENGTH + 1)
	}
}

function complain(text) {
	print "  FAILED  " text >"/dev/stderr"
	wrong = 1
}

function is_met(id,   tests, n, i) {
	n = split(carriers[id], tests, " ")
	if (n == 0)
		complain(id " has no test")
	for (i = 1; i <= n; i++)
		if (tests[i] in crashed || (tests[i], id) in failed || !((tests[i], id) in passed))
			return 0
	return n > 0
}

FNR == 1 {
	part++
	test = substr(FILENAME, length(dir) + 2)
	sub(/\.out$/, "", test)
}

part == 1 && /^[A-Z]/ {
	order[++count] = $1
	later[$1] = $2 == "later:"
}

part == 2 {
	find(substr($0, length($1) + 2))
	for (id in found) {
		carriers[id] = carriers[id] " " $1
		if (!(id in later))
			complain($1 " carries " id ", which is no requirement")
	}
}

part > 2 && /^# crashed/ {
	crashed[test]
}

part > 2 && /^(not )?ok [0-9]+ - / {
	good = /^ok/
	sub(/^[^-]*- /, "")
	find($0)
	for (id in found) {
		if (good)
			passed[test, id]
		else
			failed[test, id]
	}
}

END {
	for (i = 1; i <= count; i++) {
		verdict = later[order[i]] ? "later" : is_met(order[i]) ? "pass" : "fail"
		total[verdict]++
		print order[i], verdict
	}
	printf "%d requirements: %d pass, %d fail, %d later\n", count, total["pass"], total["fail"],
		total["later"]
	exit wrong || total["fail"] || !count
}
