# shellcheck shell=bash
#
# A private PostgreSQL server: a copy of the installed one with the extension
# in it, so that nothing outside the work folder is changed and no other
# server or installation is disturbed.  Sourced by test/run.
#
#	$work	the work folder of the run		$tester	who runs the server

# A server does not run as root.
as_tester() {
	if [ "$(id -u)" -eq 0 ]; then
		# programs complain where they may not look
		(cd "$work" && exec runuser -u "$tester" -- "$@")
	else
		"$@"
	fi
}

# Programs find their files relative to where they are, so a tree of links with
# copies of the programs is an installation of its own.
make_private_installation() {
	local pg_config=${PG_CONFIG:-pg_config} root=$work/installation folder
	bindir=$root$("$pg_config" --bindir)
	for folder in "$("$pg_config" --bindir)" "$("$pg_config" --pkglibdir)" "$("$pg_config" --sharedir)"; do
		mkdir -p "$root$folder"
		if [ "$root$folder" = "$bindir" ]; then
			cp --archive --dereference "$folder/." "$root$folder"
		else
			cp --recursive --symbolic-link "$folder/." "$root$folder"
			find "$root$folder" -name 'deltashare_fdw*' -prune -exec rm -rf {} +
		fi
	done
	make --silent --no-print-directory install DESTDIR="$root" >"$work/install.log" 2>&1 || {
		cat "$work/install.log" >&2
		return 1
	}
	export PATH=$bindir:$PATH
	pgxs_test=$(pg_config --pkglibdir)/pgxs/src/test
}

start_server() {
	local data=$work/data
	mkdir "$work/socket"
	[ "$(id -u)" -ne 0 ] || chown "$tester" "$work" "$work/socket"
	as_tester initdb --pgdata="$data" --username=postgres --auth=trust \
		--encoding=UTF8 --locale=C.UTF-8 --no-sync >"$work/initdb.log" 2>&1 || {
		cat "$work/initdb.log" >&2
		return 1
	}
	as_tester tee --append "$data/postgresql.conf" >/dev/null <<-CONF
		listen_addresses = ''
		unix_socket_directories = '$work/socket'
		fsync = off
		synchronous_commit = off
		full_page_writes = off
		max_connections = 40
		shared_buffers = 32MB
		# no test may hang
		statement_timeout = '2min'
		log_line_prefix = '%m [%p] %q%d %a '
	CONF
	as_tester pg_ctl --pgdata="$data" --log="$work/server.log" --wait --timeout=60 start >/dev/null || {
		cat "$work/server.log" >&2
		return 1
	}
	export PGHOST=$work/socket PGUSER=postgres
	unset PGPORT PGDATABASE PGSERVICE PGOPTIONS
}

# Also the servers of a test that could not stop them itself.
stop_server() {
	local file
	while IFS= read -r file; do
		as_tester pg_ctl --pgdata="$(dirname "$file")" --mode=immediate --timeout=20 stop >/dev/null 2>&1 || true
	done < <(find "$work" -name postmaster.pid 2>/dev/null)
}

count_crashes() {
	grep --count --extended-regexp 'was terminated by signal|PANIC:|TRAP: ' "$work/server.log" || true
}
