/*-------------------------------------------------------------------------
 *
 * json.h
 *	  cJSON behind PostgreSQL's memory contexts and errors.
 *
 * Replies come from a machine that we do not control: a text is checked for
 * size, depth, encoding and NUL before cJSON sees it, and every field is
 * checked for its type when it is read.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/json.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_JSON_H
#define DELTASHARE_JSON_H

#include <cjson/cJSON.h>

/*
 * Parse a reply; what is not valid JSON is an error (SQLSTATE HV00A, or 54000
 * where it is too complex).  "what" names it in errors ("reply to GET /api/...").  The
 * tree is freed with CurrentMemoryContext.  An empty (or blank) text gives an
 * empty object, as DELETE and cancel may answer with nothing.
 *
 * cJSON keeps numbers as double.  Those that a double might change (of more
 * than 15 digits, or with a large exponent) become raw values on the way, for
 * which cJSON_IsNumber() is false: ds_json_int64() reads them digit by digit
 * and ds_json_print() prints them as they came, so no id is ever rounded.
 *
 * The byte after the text must be a NUL, as in the reply of a request.
 */
extern const cJSON *ds_json_parse(const char *text, size_t length, const char *what);

/* As ds_json_parse(), but NULL where that raises an error. */
extern const cJSON *ds_json_try_parse(const char *text, size_t length);

/* A value in the tree by dotted path ("oidc_policy.issuer"); NULL if absent or JSON null. */
extern const cJSON *ds_json_get(const cJSON *object, const char *path);

/*
 * Typed reads by dotted path.  Absent or JSON null: NULL / false.  Another
 * type: error 'field "x" of the reply is ..., expected ...' (SQLSTATE HV004).
 * Texts are returned in the database's encoding, palloc'd.
 */
extern char *ds_json_text(const cJSON *object, const char *path);
extern bool ds_json_int64(const cJSON *object, const char *path, int64 *value);
extern bool ds_json_bool(const cJSON *object, const char *path, bool *value);
extern const cJSON *ds_json_array(const cJSON *object, const char *path);

/* An error unless the value itself is an object; "what" names it there. */
extern const cJSON *ds_json_require_object(const cJSON *value, const char *what);

/* The same for a value already at hand; "path" is only for the error. */
extern char *ds_json_text_value(const cJSON *value, const char *path);

/* Compact text of any value, in the database's encoding; palloc'd. */
extern char *ds_json_print(const cJSON *value);

/* The same in UTF-8, as it is sent. */
extern char *ds_json_body(const cJSON *value);

/*
 * Building a request body.  The object is freed with CurrentMemoryContext;
 * what is added to it belongs to it.  Texts are given in the database's
 * encoding and sent as UTF-8.  The add functions raise an error when out of
 * memory and return what was added.
 */
extern cJSON *ds_json_new_object(void);
extern cJSON *ds_json_add_text(cJSON *object, const char *name, const char *value);
extern cJSON *ds_json_add_int64(cJSON *object, const char *name, int64 value);
extern cJSON *ds_json_add_bool(cJSON *object, const char *name, bool value);
extern cJSON *ds_json_add_object(cJSON *object, const char *name);
extern cJSON *ds_json_add_array(cJSON *object, const char *name);
extern cJSON *ds_json_append_text(cJSON *array, const char *value);
extern cJSON *ds_json_append_object(cJSON *array);

/* Add a JSON text of PostgreSQL's (json or jsonb output) as a value. */
extern cJSON *ds_json_add_raw(cJSON *object, const char *name, const char *json);

#endif							/* DELTASHARE_JSON_H */
