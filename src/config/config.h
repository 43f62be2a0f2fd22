/*-------------------------------------------------------------------------
 *
 * config.h
 *	  Declared configuration: YAML to a tree with positions, the tree to
 *	  jsonb and back, what may be in it as data.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/config/config.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_CONFIG_H
#define DELTASHARE_CONFIG_H

#define DS_CONFIG_MAX_BYTES		(16 * 1024 * 1024)
#define DS_CONFIG_MAX_DEPTH		16
#define DS_CONFIG_MAX_NODES		1000000
#define DS_CONFIG_MAX_KEYS		10000	/* of a map with free keys */
#define DS_CONFIG_MAX_PROBLEMS	100	/* that are kept; the others are counted */

typedef enum DsNodeKind
{
	DS_NODE_SCALAR,
	DS_NODE_LIST,
	DS_NODE_MAP,
	DS_NODE_BROKEN				/* has been reported */
} DsNodeKind;

/* Of a map, items are key, value, key, value, ... */
typedef struct DsNode
{
	DsNodeKind	kind;
	int			line;			/* from 1 */
	int			column;			/* from 1, in characters */
	char	   *text;			/* of a scalar, in the server's encoding */
	bool		plain;			/* a scalar without quotes */
	struct DsNode **items;
	int			nitems;
} DsNode;

typedef struct DsProblem
{
	int			line;
	int			column;
	char	   *message;
} DsProblem;

typedef struct DsProblems
{
	int			count;			/* of all */
	DsProblem	kept[DS_CONFIG_MAX_PROBLEMS];
} DsProblems;

/* in document.c */

/*
 * The root of a document; NULL if it is empty.  What is not YAML is an error,
 * what YAML has and we do not want is a problem.
 */
extern DsNode *ds_document_parse(const char *text, int length, bool is_json, DsProblems *problems);
extern void ds_config_problem(DsProblems *problems, const DsNode *node,
							  const char *format,...) pg_attribute_printf(3, 4);
extern bool ds_node_is_null(const DsNode *node);

/* in json_text.c */
extern char *ds_yaml_of_json(const char *text, int length, int *result_length);

/* in schema.c */

typedef enum DsKeyType
{
	DS_KEY_NAME,				/* of a share or recipient, brought into lower
								 * case */
	DS_KEY_TEXT,
	DS_KEY_WORD,				/* one of a list, brought into upper case */
	DS_KEY_BOOL,
	DS_KEY_HISTORY,				/* a boolean outside, ENABLED or DISABLED
								 * inside */
	DS_KEY_INTEGER,
	DS_KEY_TEXTS,				/* a list of texts */
	DS_KEY_WORDS,				/* a list of words */
	DS_KEY_TEXT_MAP,			/* texts by free keys */
	DS_KEY_RECORDS				/* a list of records */
} DsKeyType;

#define DS_KEY_REQUIRED	0x01
#define DS_KEY_NULLABLE	0x02	/* null removes what is there */
#define DS_KEY_FILLED	0x04	/* a text that must not be empty */

typedef struct DsConfigKey
{
	const char *name;			/* in the configuration */
	const char *column;			/* in jsonb: the column of the declared table */
	DsKeyType	type;
	int			flags;			/* DS_KEY_... */
	const char *what;			/* what a NAME or WORD is, for messages */
	const char *const *words;
	const struct DsConfigRecord *record;
} DsConfigKey;

typedef struct DsConfigRecord
{
	const char *noun;
	const DsConfigKey *keys;
	int			nkeys;
	const char *short_key;		/* a text instead of a map is this key's value */
	bool		positions;		/* is "line" and "column" wanted in jsonb? */
} DsConfigRecord;

extern const DsConfigRecord ds_config_root;

#endif							/* DELTASHARE_CONFIG_H */
