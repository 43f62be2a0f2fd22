# shellcheck shell=bash
#
# A copy of what tests read, for the user who runs them.  Sourced by test/run.
#
#	$work	the work folder of the run		$tester	who runs the tests

# Tests run in a copy, which they may write and which the tester can read.
copy_tree() {
	tree=$work/tree
	mkdir "$tree"
	tar --create --exclude=__pycache__ --exclude=.pytest_cache sql expected test src README.md 2>/dev/null |
		tar --extract --directory="$tree"
	[ "$(id -u)" -ne 0 ] || chown --recursive "$tester" "$tree"
	export DELTASHARE_TEST_CONTROL=$tree/test/lib/control
}

# The tester may not be able to look into the checkout.
find_python() {
	DELTASHARE_TEST_PYTHON=$PWD/.venv/bin/python
	if ! as_tester "$DELTASHARE_TEST_PYTHON" -c 'import aiohttp' 2>/dev/null; then
		cp --archive .venv "$work/venv"
		DELTASHARE_TEST_PYTHON=$work/venv/bin/python
	fi
	export DELTASHARE_TEST_PYTHON
}
