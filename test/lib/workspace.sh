# shellcheck shell=bash
#
# One test workspace (see test/workspace/README.md) for the regression tests of
# the databricks backend, and one SQL engine for all workspaces of a run, as it
# takes seconds to start.  Sourced by test/run.

start_engine() {
	local port_file=$work/engine.port
	(cd "$tree/test" && exec "$DELTASHARE_TEST_PYTHON" -m workspace.engine --port-file "$port_file" \
		--max-seconds 3600) >"$work/engine.log" 2>&1 </dev/null &
	engine_pid=$!
	for ((i = 0; i < 300; i++)); do
		[ ! -s "$port_file" ] || break
		kill -0 "$engine_pid" 2>/dev/null || break
		sleep 0.1
	done
	if [ ! -s "$port_file" ]; then
		cat "$work/engine.log" >&2
		return 1
	fi
	DELTASHARE_TEST_ENGINE=http://127.0.0.1:$(cat "$port_file")
	export DELTASHARE_TEST_ENGINE
}

stop_engine() {
	if [ -n "${engine_pid:-}" ]; then
		kill "$engine_pid" 2>/dev/null || true
		wait "$engine_pid" 2>/dev/null || true
		engine_pid=
	fi
}

start_workspace() {
	local port_file=$work/workspace.port
	export DELTASHARE_TEST_TOKEN=dapi-regression-token
	(cd "$tree/test" && exec "$DELTASHARE_TEST_PYTHON" -m workspace --port-file "$port_file" \
		--token "$DELTASHARE_TEST_TOKEN" --max-seconds 3600) >"$work/workspace.log" 2>&1 </dev/null &
	workspace_pid=$!
	for ((i = 0; i < 300; i++)); do
		[ ! -s "$port_file" ] || break
		kill -0 "$workspace_pid" 2>/dev/null || break
		sleep 0.1
	done
	if [ ! -s "$port_file" ]; then
		cat "$work/workspace.log" >&2
		return 1
	fi
	DELTASHARE_TEST_HOST=http://127.0.0.1:$(cat "$port_file")
	export DELTASHARE_TEST_HOST
}

stop_workspace() {
	if [ -n "${workspace_pid:-}" ]; then
		kill "$workspace_pid" 2>/dev/null || true
		wait "$workspace_pid" 2>/dev/null || true
		workspace_pid=
	fi
	rm -f "$work/workspace.port"
	unset DELTASHARE_TEST_HOST DELTASHARE_TEST_TOKEN
}
