/*-------------------------------------------------------------------------
 *
 * document.c
 *	  YAML, which JSON is a part of, to a tree whose nodes know their place.
 *
 * libyaml parses.  Nothing is referred to and repeated: anchors, aliases, merge
 * keys and tags are refused where they stand, so a document cannot grow.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/config/document.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <yaml.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "config/config.h"

#define READ_CHUNK	(64 * 1024)

typedef struct Reader
{
	yaml_parser_t parser;
	yaml_event_t event;			/* the present one */
	DsNode	   *root;
	const char *text;			/* UTF-8 */
	size_t		length;
	size_t		read;
	bool		interrupted;
	int			nnodes;
	int			depth;
	DsProblems *problems;
} Reader;

void
ds_config_problem(DsProblems *problems, const DsNode *node, const char *format,...)
{
	DsProblem  *problem;
	StringInfoData message;
	va_list		args;
	int			needed;

	if (problems->count++ >= DS_CONFIG_MAX_PROBLEMS)
		return;
	initStringInfo(&message);
	for (;;)
	{
		va_start(args, format);
		needed = appendStringInfoVA(&message, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&message, needed);
	}
	problem = &problems->kept[problems->count - 1];
	problem->line = node->line;
	problem->column = node->column;
	problem->message = message.data;
}

bool
ds_node_is_null(const DsNode *node)
{
	return node->kind == DS_NODE_SCALAR && node->plain &&
		(*node->text == '\0' || strcmp(node->text, "~") == 0 ||
		 strcmp(node->text, "null") == 0 || strcmp(node->text, "Null") == 0 ||
		 strcmp(node->text, "NULL") == 0);
}

/* Read handler: a part at a time, so that a cancellation is seen. */
static int
read_part(void *data, unsigned char *buffer, size_t size, size_t *size_read)
{
	Reader	   *reader = data;

	if (QueryCancelPending || ProcDiePending)
	{
		reader->interrupted = true;
		return 0;
	}
	*size_read = Min(Min(size, reader->length - reader->read), READ_CHUNK);
	memcpy(buffer, reader->text + reader->read, *size_read);
	reader->read += *size_read;
	return 1;
}

/* A character that libyaml refuses to read, of which it knows only the byte. */
static void
raise_character_error(const Reader *reader)
{
	size_t		offset = Min(reader->parser.problem_offset, reader->length);
	int			line = 1;
	int			column = 1;

	for (const char *p = reader->text; p < reader->text + offset; p++)
	{
		if (*p == '\n')
		{
			line++;
			column = 1;
		}
		else if ((*p & 0xC0) != 0x80)	/* the first byte of a character */
			column++;
	}
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("configuration is not valid YAML: line %d, column %d: %s",
					line, column, reader->parser.problem)));
}

static void
raise_syntax_error(const Reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem ? parser->problem : "out of memory";

	if (reader->interrupted)
	{
		CHECK_FOR_INTERRUPTS();
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg("canceling statement due to user request")));
	}
	if (parser->error == YAML_MEMORY_ERROR)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	if (parser->error == YAML_READER_ERROR)
		raise_character_error(reader);
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("configuration is not valid YAML: line %zu, column %zu: %s",
					parser->problem_mark.line + 1, parser->problem_mark.column + 1, problem),
			 parser->context ? errdetail("That was %s in line %zu.", parser->context,
										 parser->context_mark.line + 1) : 0));
}

/* Read the next event in the place of the present one. */
static yaml_event_type_t
next_event(Reader *reader)
{
	CHECK_FOR_INTERRUPTS();
	yaml_event_delete(&reader->event);
	if (!yaml_parser_parse(&reader->parser, &reader->event))
		raise_syntax_error(reader);
	return reader->event.type;
}

/* A character that the database's encoding lacks. */
static void
conversion_error_context(void *arg)
{
	const DsNode *node = arg;

	errcontext("configuration, line %d, column %d", node->line, node->column);
}

static char *
to_server_encoding(const char *utf8, size_t length, DsNode *node)
{
	ErrorContextCallback callback = {error_context_stack, conversion_error_context, node};
	char	   *text;

	error_context_stack = &callback;
	text = pg_any_to_server(pnstrdup(utf8, length), length, PG_UTF8);
	error_context_stack = callback.previous;
	return text;
}

/*
 * The text of a scalar in the server's encoding.  An escape may have made a
 * character that PostgreSQL has no text with.
 */
static void
set_text(Reader *reader, DsNode *node)
{
	const char *value = (const char *) reader->event.data.scalar.value;
	size_t		length = reader->event.data.scalar.length;

	node->plain = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (memchr(value, '\0', length) != NULL)
	{
		ds_config_problem(reader->problems, node, "a text must not contain the character NUL");
		node->kind = DS_NODE_BROKEN;
		return;
	}
	node->text = to_server_encoding(value, length, node);
}

static DsNode *
new_node(Reader *reader, DsNodeKind kind, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	DsNode	   *node = palloc0(sizeof(DsNode));

	if (++reader->nnodes > DS_CONFIG_MAX_NODES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("configuration has more than %d values", DS_CONFIG_MAX_NODES)));
	node->kind = kind;
	node->line = reader->event.start_mark.line + 1;
	node->column = reader->event.start_mark.column + 1;
	if (anchor)
		ds_config_problem(reader->problems, node,
						  "anchors are not supported, write the value out where it is used");
	if (tag)
		ds_config_problem(reader->problems, node, "tags are not supported");
	return node;
}

static DsNode *read_node(Reader *reader);

/* Items up to the end of a list or map. */
static void
read_items(Reader *reader, DsNode *node, yaml_event_type_t end)
{
	int			space = 8;

	if (++reader->depth > DS_CONFIG_MAX_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("configuration is nested more than %d levels deep in line %d, column %d",
						DS_CONFIG_MAX_DEPTH, node->line, node->column)));
	node->items = palloc(space * sizeof(DsNode *));
	while (next_event(reader) != end)
	{
		if (node->nitems == space)
		{
			space *= 2;
			node->items = repalloc(node->items, space * sizeof(DsNode *));
		}
		node->items[node->nitems++] = read_node(reader);
	}
	reader->depth--;
}

/* The node that begins with the present event. */
static DsNode *
read_node(Reader *reader)
{
	const yaml_event_t *event = &reader->event;
	DsNode	   *node;

	switch (event->type)
	{
		case YAML_SCALAR_EVENT:
			node = new_node(reader, DS_NODE_SCALAR, event->data.scalar.anchor, event->data.scalar.tag);
			set_text(reader, node);
			break;
		case YAML_SEQUENCE_START_EVENT:
			node = new_node(reader, DS_NODE_LIST, event->data.sequence_start.anchor,
							event->data.sequence_start.tag);
			read_items(reader, node, YAML_SEQUENCE_END_EVENT);
			break;
		case YAML_MAPPING_START_EVENT:
			node = new_node(reader, DS_NODE_MAP, event->data.mapping_start.anchor,
							event->data.mapping_start.tag);
			read_items(reader, node, YAML_MAPPING_END_EVENT);
			break;
		default:
			node = new_node(reader, DS_NODE_BROKEN, NULL, NULL);
			ds_config_problem(reader->problems, node,
							  "aliases are not supported, write the value out where it is used");
	}
	return node;
}

static void
read_document(Reader *reader)
{
	(void) next_event(reader);	/* the stream begins */
	if (next_event(reader) == YAML_STREAM_END_EVENT)
		return;
	(void) next_event(reader);
	reader->root = read_node(reader);
	while (next_event(reader) != YAML_STREAM_END_EVENT)
		if (reader->event.type == YAML_DOCUMENT_START_EVENT)
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("configuration has more than one document: the second begins in line %zu",
							reader->event.start_mark.line + 1)));
}

/*
 * What libyaml is to read.  A byte order mark, which editors put before a text,
 * would count as a column of its first line.
 */
static void
set_input(Reader *reader, const char *text, int length, bool is_json)
{
	char	   *utf8 = pg_server_to_any(text, length, PG_UTF8);

	if (utf8 != text)
		length = strlen(utf8);
	if (length >= 3 && memcmp(utf8, "\xEF\xBB\xBF", 3) == 0)
	{
		utf8 += 3;
		length -= 3;
	}
	if (is_json)
		utf8 = ds_yaml_of_json(utf8, length, &length);
	reader->text = utf8;
	reader->length = length;
}

DsNode *
ds_document_parse(const char *text, int length, bool is_json, DsProblems *problems)
{
	Reader		reader = {0};

	if (length > DS_CONFIG_MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("configuration has more than %d bytes", DS_CONFIG_MAX_BYTES)));
	set_input(&reader, text, length, is_json);
	reader.problems = problems;
	if (!yaml_parser_initialize(&reader.parser))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));

	PG_TRY();
	{
		yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
		yaml_parser_set_input(&reader.parser, read_part, &reader);
		read_document(&reader);
	}
	PG_FINALLY();
	{
		yaml_event_delete(&reader.event);
		yaml_parser_delete(&reader.parser);
	}
	PG_END_TRY();
	return reader.root;
}
