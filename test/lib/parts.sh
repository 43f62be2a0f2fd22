# shellcheck shell=bash
#
# The parts of the test run.  Each leaves its counts in $passed and $failed, the
# names of what failed in $failures, and prints why.  Sourced by test/run.

# Run as the tester, not for longer than the limit, whatever hangs.  In the
# background, because bash runs a trap only when no command is in its way.
limited() {
	local status
	if [ "$(id -u)" -eq 0 ]; then
		set -- runuser -u "$tester" -- "$@"
	fi
	timeout --kill-after=10 "${DELTASHARE_TEST_LIMIT:-900}" "$@" </dev/null &
	running=$!
	wait "$running"
	status=$?
	running=
	return "$status"
}

# Lines of a file that matter, cut.
show() {
	local file=$1 lines=${2:-300}
	[ -s "$file" ] || return 0
	echo "----- $(basename "$file")"
	head --lines="$lines" "$file"
	[ "$(wc -l <"$file")" -le "$lines" ] || echo "----- (cut after $lines lines)"
}

# Run pg_regress or a program like it, count its "ok" and "FAILED".
run_regress() {
	local name=$1 program=$2
	shift 2
	local out=$work/$name
	as_tester mkdir -p "$out"
	limited "$program" --bindir="$bindir" --host="$PGHOST" --user=postgres \
		--outputdir="$out" "$@" >"$out.log" 2>&1
	local status=$?
	passed=$(grep --count --extended-regexp '^(test .* \.\.\. ok|ok [0-9])' "$out.log")
	failed=$(grep --count --extended-regexp '^(test .* \.\.\. .*FAILED|not ok )' "$out.log")
	failures=$(sed -n -E 's/^(test +|not ok [0-9]+ +[-+] +)([^ ]+) .*/\2/p' <(grep -E 'FAILED|^not ok' "$out.log") | tr '\n' ' ')
	if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
		failed=1
		tail --lines=40 "$out.log"
	fi
	[ "$failed" -eq 0 ] || show "$out/regression.diffs" 600
}

themes() {
	make --silent --no-print-directory "list-themes-$1"
}

# shellcheck disable=SC2046	# a list of words
part_regress_local() {
	run_regress regress-local "$pgxs_test/regress/pg_regress" \
		--inputdir="$tree" --dbname=main $(themes local)
}

# The workspace notes what no client may do, a secret in a URL for example.
# shellcheck disable=SC2046
part_regress_databricks() {
	start_workspace || return 1
	run_regress regress-databricks "$pgxs_test/regress/pg_regress" \
		--inputdir="$tree" --dbname=main $(themes databricks)
	if "$DELTASHARE_TEST_CONTROL" violations >"$work/violations.log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		failures+="violations "
		show "$work/violations.log" 40
	fi
	stop_workspace
}

# shellcheck disable=SC2046
part_isolation() {
	[ -d test/isolation/specs ] || return 2
	run_regress isolation "$pgxs_test/isolation/pg_isolation_regress" \
		--inputdir="$tree/test/isolation" --dbname=isolation \
		$(cd test/isolation/specs && ls -- *.spec | sed 's/\.spec$//')
}

# TAP tests, each in a process of its own, as PGXS runs them.
part_tap() {
	local file name log status
	compgen -G 'test/t/*.pl' >/dev/null || return 2
	passed=0 failed=0 failures=
	for file in test/t/*.pl; do
		name=$(basename "$file" .pl) log=$work/tap-$name.log
		as_tester mkdir -p "$work/tap/$name"
		# the Perl modules of PostgreSQL take LC_ALL away
		limited env --chdir="$tree" --unset=PGHOST --unset=PGUSER PGPORT=65432 LANG=C.UTF-8 \
			TESTDIR="$work/tap/$name" TESTDATADIR="$work/tap/$name" TESTLOGDIR="$work/tap/$name/log" \
			PG_REGRESS="$pgxs_test/regress/pg_regress" \
			PERL5LIB="$pgxs_test/perl:$tree/test/perl${PERL5LIB:+:$PERL5LIB}" \
			perl "$file" >"$log" 2>&1
		status=$?
		passed=$((passed + $(grep --count '^ok ' "$log")))
		if [ "$status" -ne 0 ]; then
			local bad
			bad=$(grep --count '^not ok ' "$log")
			failed=$((failed + (bad > 0 ? bad : 1)))
			failures+="$name "
			show "$log" 200
		fi
	done
}

# Run pytest on those folders that have tests; further arguments come first.
run_pytest() {
	local name=$1 folder log=$work/$1.log options=() folders=()
	shift
	for folder in "$@"; do
		if [[ $folder = -* ]]; then
			options+=("$folder")
		elif compgen -G "$folder/test_*.py" >/dev/null; then
			folders+=("$folder")
		fi
	done
	[ "${#folders[@]}" -gt 0 ] || return 2
	limited env --chdir="$tree" "$DELTASHARE_TEST_PYTHON" -m pytest --quiet --no-header \
		-p no:cacheprovider "${options[@]}" --color=no -rfEs "${folders[@]}" >"$log" 2>&1
	local status=$?
	passed=$(sed -n -E 's/.*\b([0-9]+) passed.*/\1/p' "$log" | tail -n 1)
	failed=$(tail -n 1 "$log" | grep -o -E '[0-9]+ (failed|error)' | awk '{n += $1} END {print n + 0}')
	failures=$(sed -n -E 's/^(FAILED|ERROR) ([^ ]+).*/\2/p' "$log" | tr '\n' ' ')
	: "${passed:=0}"
	[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	[ "$failed" -eq 0 ] || show "$log" 300
}

part_pytest() {
	run_pytest pytest test/sdk test/cross
}

# A Java machine handles signals of its own, which pytest would report as crashes.
part_bi() {
	run_pytest bi -pno:faulthandler test/bi
	local status=$?
	sed -n -E 's/^SKIPPED /bi: skipped /p' "$work/bi.log"
	return "$status"
}

part_migrations() {
	run_pytest migrations test/migrations
}

# Runs what the README shows; says itself what passed, one "ok" or "not ok" a line.
part_readme() {
	local log=$work/readme.log
	[ -x test/readme ] || return 2
	limited env --chdir="$tree" test/readme >"$log" 2>&1
	local status=$?
	passed=$(grep --count '^ok ' "$log")
	failed=$(grep --count '^not ok ' "$log")
	[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	[ "$failed" -eq 0 ] || show "$log" 200
}

# Runs every query on foreign tables and on plain ones; each query is a test.
part_differential() {
	local log=$work/differential.log last
	limited env --chdir="$tree" "$DELTASHARE_TEST_PYTHON" test/differential/run.py >"$log" 2>&1
	local status=$?
	last=$(tail --lines=1 "$log")
	if [[ $last =~ ^differential:\ ([0-9]+)\ compared,\ ([0-9]+)\ different, ]]; then
		failed=${BASH_REMATCH[2]}
		passed=$((BASH_REMATCH[1] - failed))
		echo "$last"
	fi
	failures=$(sed -n -E 's/^not ok ([^ ]+) .*/\1/p' "$log" | head --lines=20 | tr '\n' ' ')
	[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	[ "$failed" -eq 0 ] || show "$log" 200
}
