
# The reader of result rows against PostgreSQL's own JSON parser: the same
# values from the same text, wherever it is cut, and an error where there is one.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib "$FindBin::RealBin/../perl";
use Library;
use Session;

# Another seed, another run: DELTASHARE_TEST_SEED.
my $seed = $ENV{DELTASHARE_TEST_SEED} // 20261122;

my $node = PostgreSQL::Test::Cluster->new('rows');
$node->init;
$node->start;
my $session = Session->new($node);
Library::create_functions('statement', Library::build('statement', PostgreSQL::Test::Utils::tempdir()), $session);

# ------------------------------------------------------------------
# Texts one by one
# ------------------------------------------------------------------

sub read_text
{
	my ($text, $columns, $cut, %options) = @_;
	my $data = quote($text);
	my $broken = $options{broken} ? 'true' : 'false';
	my $limit = $options{limit} // 1024;
	my $result = $session->query("SELECT * FROM ds_test_rows(convert_to($data, 'UTF8'), $columns, $cut, $broken, $limit)");
	return $result->{error} ? $result->{error}{C} : join ' ', map { $_->[0] } @{ $result->{rows} };
}

sub quote
{
	my ($text) = @_;
	return "'" . $text =~ s/'/''/gr . "'";
}

my @texts = (
	[ '[]', 2, '', 'no rows' ],
	[ " [ \n ] \t", 2, '', 'no rows and white space' ],
	[ '[[]]', 0, '{}', 'no columns' ],
	[ '[["a",null],["","null"]]', 2, '{a,NULL} {"","null"}', 'NULL and texts that look alike' ],
	[ " [ [ \"a\" , null ] ,\r\n[\"b\",\t\"c\"]\n] ", 2, '{a,NULL} {b,c}', 'white space anywhere' ],
	[ '[["\\"\\\\\\/\\b\\f\\n\\r\\t"]]', 1, "{\"\\\"\\\\/\b\f\n\r\t\"}", 'all short escapes' ],
	[ '[["\\u0041\\u00e9\\u20AC\\ud83d\\uDE00"]]', 1, "{A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80}", 'escapes of all lengths' ],
	[ '[["aaaaaaaaaaaaaaa\\\\","aaaaaaaa\\"aaaaaaa\\n"]]', 2, "{\"aaaaaaaaaaaaaaa\\\\\",\"aaaaaaaa\\\"aaaaaaa\n\"}", 'escapes after words' ],
	[ '[[1,-2.50,1e3,true,false]]', 5, '{1,-2.50,1e3,true,false}', 'what is no string' ],
	[ '[[{"a":[1,"]}"]},[[],{}]]]', 2, '{"{\\"a\\":[1,\\"]}\\"]}","[[],{}]"}', 'nested values' ],
	[ "[[\"\x7f\"]]", 1, "{\x7f}", 'DEL is no control character in JSON' ],
	[ '', 1, '08006', 'nothing' ],
	[ '  ', 1, '08006', 'only white space' ],
	[ '[', 1, '08006', 'an open array' ],
	[ '[["a"]', 1, '08006', 'no end' ],
	[ '[["a"],', 1, '08006', 'no end after a comma' ],
	[ '[["a', 1, '08006', 'no end of a string' ],
	[ '[["a\\', 1, '08006', 'no end of an escape' ],
	[ '[[nul', 1, '08006', 'no end of a word' ],
	[ '[[{"a":[', 1, '08006', 'no end of a nested value' ],
	[ '{}', 1, 'HV00A', 'an object' ],
	[ '"a"', 1, 'HV00A', 'a string' ],
	[ '["a"]', 1, 'HV00A', 'no row' ],
	[ '[[]', 1, 'HV021', 'too few values' ],
	[ '[["a","b"]]', 1, 'HV021', 'too many values' ],
	[ '[["a"]["b"]]', 1, 'HV00A', 'no comma between rows' ],
	[ '[["a"],]', 1, 'HV00A', 'a comma too many' ],
	[ '[,["a"]]', 1, 'HV00A', 'a comma at first' ],
	[ '[["a",]]', 1, 'HV00A', 'a comma in a row' ],
	[ '[["a" "b"]]', 2, 'HV00A', 'no comma in a row' ],
	[ '[[,"a"]]', 2, 'HV00A', 'no value' ],
	[ '[["a"]] []', 1, 'HV00A', 'something behind' ],
	[ '[["a"]]]', 1, 'HV00A', 'a bracket behind' ],
	[ '[[nulll]]', 1, 'HV00A', 'an unknown word' ],
	[ '[[True]]', 1, 'HV00A', 'a word in other case' ],
	[ '[[01]]', 1, 'HV00A', 'a number that is none' ],
	[ '[[1.]]', 1, 'HV00A', 'half a number' ],
	[ "[[\"a\nb\"]]", 1, 'HV00A', 'a raw line feed' ],
	[ '[["\\x"]]', 1, 'HV00A', 'an unknown escape' ],
	[ '[["\\u12g4"]]', 1, 'HV00A', 'a digit that is none' ],
	[ '[["\\u123"]]', 1, 'HV00A', 'a digit too few' ],
	[ '[["\\ud83d"]]', 1, 'HV00A', 'the first half of a pair' ],
	[ '[["\\ude00"]]', 1, 'HV00A', 'the second half of a pair' ],
	[ '[["\\ud83d\\u0041"]]', 1, 'HV00A', 'a pair that is none' ],
	[ '[["a\\u0000"]]', 1, '22P05', 'NUL' ],
	[ '[[{"a":}]]', 1, 'HV00A', 'a nested value that is none' ],
	[ '[[[}]]]', 1, 'HV00A', 'brackets that do not match' ],
	[ '[[' . '[' x 100 . ']' x 100 . ']]', 1, '54000', 'nested deeply' ],
	[ '[["' . 'x' x 2000 . '"]]', 1, '54000', 'a value that is too large', limit => 1 ],
	[ '[[' . join(',', ('"xxxxxxx"') x 200) . ']]', 200, '54000', 'a row that is too large', limit => 1 ]);
for my $text (@texts)
{
	my ($json, $columns, $expected, $name, %options) = @$text;
	is(read_text($json, $columns, 0, %options), $expected, $name);
	is(read_text($json, $columns, 1, %options), $expected, "$name, byte by byte");
}
is(read_text('[["a"]]', 1, 0, broken => 1), '08006', 'a text whose end is a failure');

for my $bytes ('ff', 'c3', 'c0af', 'eda080', 'f4908080', 'e282')
{
	my $result = $session->query("SELECT * FROM ds_test_rows('\\x5b5b22${bytes}225d5d', 1, 1)");
	is($result->{error}{C}, '22021', "invalid UTF-8: $bytes");
}
my $row = $session->value(
	q{SELECT ds_test_rows(convert_to('[["' || repeat('é\\n', 1500000) || '"]]', 'UTF8'), 1, 5000, false, 20000) = ARRAY[repeat(E'é\n', 1500000)]});
is($row, 't', 'a row that is much larger than the buffer');

# ------------------------------------------------------------------
# Random texts
# ------------------------------------------------------------------

$session->execute('SET client_min_messages = error');
$session->execute("SELECT setseed(0." . sprintf('%09d', $seed % 1_000_000_000) . ')');
note("seed $seed");
$session->execute(q{
	CREATE FUNCTION pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS
		$$ SELECT choices[1 + floor(random() * cardinality(choices))::int] $$;

	CREATE FUNCTION random_string() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
	DECLARE
		result text := '"';
	BEGIN
		FOR i IN 1 .. floor(random() * random() * 20)::int LOOP
			result := result || pick('a', 'bc', ' ', 'some longer piece of text', 'é', '€', '😀', '\n', '\"', '\\\\', '\/',
				'\u00e9', '\u20ac', '\ud83d\ude00', '\t', '[', ']', '{', '}', ',', ':', 'null', '12', repeat('x', (random() * 300)::int));
		END LOOP;
		RETURN result || '"';
	END $$;

	CREATE FUNCTION random_value() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
	DECLARE
		kind float := random();
	BEGIN
		RETURN CASE
			WHEN kind < 0.7 THEN random_string()
			WHEN kind < 0.8 THEN 'null'
			WHEN kind < 0.85 THEN pick('true', 'false')
			WHEN kind < 0.95 THEN pick('0', '-1', '12.50', '123456789012345678901234567890', '1e2', '-0.5E-1')
			ELSE '{' || random_string() || ':[' || random_string() || ',1]}' END;
	END $$;

	CREATE FUNCTION random_text(columns int) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
	DECLARE
		result text := '[';
	BEGIN
		FOR r IN 1 .. floor(random() * 10)::int LOOP
			result := result || CASE WHEN r > 1 THEN ',' ELSE '' END || pick('', '', ' ', E'\n') || '[';
			FOR c IN 1 .. columns LOOP
				result := result || CASE WHEN c > 1 THEN ',' ELSE '' END || pick('', '', '', ' ') || random_value() || pick('', '', ' ');
			END LOOP;
			result := result || ']' || pick('', '', E'\t');
		END LOOP;
		RETURN result || ']';
	END $$;

	-- what PostgreSQL reads; NULL if it refuses, or if it is not a table of that many columns
	CREATE FUNCTION expected(data bytea, columns int) RETURNS SETOF jsonb LANGUAGE plpgsql VOLATILE AS $$
	DECLARE
		value jsonb := convert_from(data, 'UTF8')::jsonb;
	BEGIN
		IF jsonb_typeof(value) <> 'array' OR
			EXISTS (SELECT FROM jsonb_array_elements(value) r
				WHERE CASE WHEN jsonb_typeof(r) = 'array' THEN jsonb_array_length(r) <> columns ELSE true END) THEN
			RAISE EXCEPTION 'no table';
		END IF;
		RETURN QUERY SELECT r FROM jsonb_array_elements(value) WITH ORDINALITY AS e (r, n) ORDER BY n;
	END $$;

	CREATE FUNCTION same_value(got text, expected jsonb) RETURNS bool LANGUAGE sql AS
		$$ SELECT CASE jsonb_typeof(expected)
			WHEN 'null' THEN got IS NULL
			WHEN 'string' THEN got IS NOT DISTINCT FROM expected #>> '{}'
			WHEN 'number' THEN got::numeric = (expected #>> '{}')::numeric
			ELSE got::jsonb = expected END $$;

	CREATE FUNCTION same_rows(got text[], expected jsonb) RETURNS bool LANGUAGE sql AS
		$$ SELECT cardinality(got) = jsonb_array_length(expected) AND
			coalesce((SELECT bool_and(same_value(g, e)) FROM unnest(got) WITH ORDINALITY AS a (g, n)
				JOIN jsonb_array_elements(expected) WITH ORDINALITY AS b (e, n) USING (n)), true) $$;

	-- NULL: both agree; else what is wrong
	CREATE FUNCTION compare(data bytea, columns int, cut int) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
	DECLARE
		want jsonb[];
		got text[];
		n int := 0;
		refused bool := false;
	BEGIN
		BEGIN
			want := ARRAY(SELECT expected(data, columns));
		EXCEPTION WHEN OTHERS THEN
			refused := true;
		END;
		FOR got IN SELECT ds_test_rows(data, columns, cut) LOOP
			n := n + 1;
			IF NOT refused AND same_rows(got, want[n]) IS NOT TRUE THEN
				RETURN format('row %s is %s, expected %s', n, got, want[n]);
			END IF;
		END LOOP;
		IF refused THEN
			RETURN 'no error';
		ELSIF n <> cardinality(want) THEN
			RETURN format('%s rows, expected %s', n, cardinality(want));
		END IF;
		RETURN NULL;
	EXCEPTION WHEN OTHERS THEN
		RETURN CASE WHEN refused THEN NULL ELSE 'error: ' || sqlerrm END;
	END $$;

	-- one byte other, one less, one more, or some
	CREATE FUNCTION spoil(data bytea) RETURNS bytea LANGUAGE plpgsql VOLATILE AS $$
	DECLARE
		at int := floor(random() * length(data))::int;
		byte bytea := convert_to(pick('[', ']', '"', ',', '\\', '{', '}', '0', ' ', 'u', E'\x01', 'x'), 'UTF8');
	BEGIN
		RETURN CASE floor(random() * 5)
			WHEN 0 THEN substr(data, 1, at) || byte || substr(data, at + 2)
			WHEN 1 THEN substr(data, 1, at) || substr(data, at + 2)
			WHEN 2 THEN substr(data, 1, at) || byte || substr(data, at + 1)
			WHEN 3 THEN set_byte(data, at, floor(random() * 256)::int)
			ELSE substr(data, 1, at) END;
	END $$;
});

for my $kind ([ 'random texts', 'd', 1500 ], [ 'spoiled texts', 'spoil(d)', 4000 ])
{
	my ($name, $change, $count) = @$kind;
	my $result = $session->query(qq{
		WITH texts AS MATERIALIZED (
			SELECT n, columns, convert_to(random_text(columns), 'UTF8') AS d
			FROM (SELECT n, 1 + n % 5 AS columns FROM generate_series(1, $count) n) t),
		changed AS MATERIALIZED (SELECT n, columns, $change AS d, 1 + floor(random() * random() * 100)::int AS cut FROM texts),
		compared AS MATERIALIZED (SELECT *, compare(d, columns, cut) AS problem FROM changed)
		SELECT problem || ' (' || columns || ' columns, cut ' || cut || '): ' || encode(substr(d, 1, 400), 'escape')
		FROM compared WHERE problem IS NOT NULL LIMIT 5});
	diag(Session::describe($result->{error})) if $result->{error};
	is_deeply([ map { $_->[0] } @{ $result->{rows} } ], [], "$name: as PostgreSQL reads them");
}

done_testing();
