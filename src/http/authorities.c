/*-------------------------------------------------------------------------
 *
 * authorities.c
 *	  Whose certificates are trusted.
 *
 * The option ca_file of a server replaces the system's authorities where that
 * server is spoken to.  A link leads elsewhere, to a cloud's storage as a rule,
 * so there the file only adds to them.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/authorities.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/transfer.h"

#ifdef DS_CURL_HAS_CAINFO_BLOB

/* No list of authorities is larger, and curl takes no more. */
#define MAX_LIST_SIZE	(7 * 1024 * 1024)

/* Append a file to malloc'd text.  One that cannot be read adds nothing. */
static bool
append_file(struct curl_blob *text, const char *name)
{
	FILE	   *file = fopen(name, "r");
	size_t		got = 1;

	while (file && got > 0 && text->len < MAX_LIST_SIZE)
	{
		char	   *larger = realloc(text->data, text->len + 64 * 1024);

		if (larger == NULL)
		{
			fclose(file);
			return false;
		}
		text->data = larger;
		got = fread(larger + text->len, 1, 64 * 1024 - 1, file);
		text->len += got;
	}
	if (file)
	{
		fclose(file);
		((char *) text->data)[text->len++] = '\n';
	}
	return true;
}

/* Curl takes one list only, so make one of both. */
static bool
set_joined_lists(CURL *easy, const char *one, const char *other)
{
	struct curl_blob text = {NULL, 0, CURL_BLOB_COPY};
	bool		ok;

	ok = append_file(&text, one) && append_file(&text, other) &&
		curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &text) == CURLE_OK;
	free(text.data);
	return ok;
}

/* The list that libcurl was built to trust, if it does not know a folder, too. */
static const char *
system_list(void)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	return info->age >= CURLVERSION_SEVENTH && info->capath == NULL ? info->cainfo : NULL;
}
#endif

bool
ds_set_authorities(CURL *easy, const char *ca_file, bool and_system)
{
#ifdef DS_CURL_HAS_CAINFO_BLOB
	const char *list = and_system ? system_list() : NULL;

	if (list)
		return set_joined_lists(easy, ca_file, list);
#endif
	if (curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file) != CURLE_OK)
		return false;
	/* the system's folder counts unless it is taken away */
	return and_system || curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
}
