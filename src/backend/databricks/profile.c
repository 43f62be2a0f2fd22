/*-------------------------------------------------------------------------
 *
 * profile.c
 *	  Credentials from a profile of a Databricks configuration file.
 *
 * Only a superuser can name a profile (fdw/options.c), because the file is the
 * server account's.  The profile's host must be the foreign server's host:
 * otherwise whoever owns the server could point it elsewhere and be sent the
 * credentials.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/profile.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <ini.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/fd.h"

#include "backend/databricks/databricks.h"
#include "http/host.h"

#define MAX_FILE_SIZE	(1024 * 1024)
#define MAX_VALUE_SIZE	4096

/* Plain memory, so that nothing has to be raised inside the parser. */
typedef struct Profile
{
	const char *wanted;
	bool		found;
	char		host[MAX_VALUE_SIZE];
	char		token[MAX_VALUE_SIZE];
	char		client_id[MAX_VALUE_SIZE];
	char		client_secret[MAX_VALUE_SIZE];
} Profile;

static char *
default_config_file(void)
{
	const char *home = getenv("HOME");

	if (home == NULL || *home == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("could not find the configuration file of Databricks"),
				 errhint("Set the option \"config_file\" of the user mapping.")));
	return psprintf("%s/.databrickscfg", home);
}

/* Only a file is read: opening a pipe could wait forever. */
static int
open_file(const char *path)
{
	int			fd = OpenTransientFile(path, O_RDONLY | O_NONBLOCK | PG_BINARY);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\": %m", path)));
	if (!S_ISREG(status.st_mode))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a regular file", path)));
	return fd;
}

static char *
read_file(const char *path)
{
	int			fd = open_file(path);
	char	   *contents = palloc(MAX_FILE_SIZE + 1);
	ssize_t		length = read(fd, contents, MAX_FILE_SIZE + 1);

	if (length < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read file \"%s\": %m", path)));
	if (length > MAX_FILE_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("file \"%s\" is too large", path),
				 errdetail("A configuration file has at most %d bytes.", MAX_FILE_SIZE)));
	CloseTransientFile(fd);
	contents[length] = '\0';
	return contents;
}

static int
handle_entry(void *user, const char *section, const char *name, const char *value)
{
	Profile    *profile = user;

	if (strcmp(section, profile->wanted) != 0)
		return 1;
	profile->found = true;
	if (strcmp(name, "host") == 0)
		strlcpy(profile->host, value, MAX_VALUE_SIZE);
	else if (strcmp(name, "token") == 0)
		strlcpy(profile->token, value, MAX_VALUE_SIZE);
	else if (strcmp(name, "client_id") == 0)
		strlcpy(profile->client_id, value, MAX_VALUE_SIZE);
	else if (strcmp(name, "client_secret") == 0)
		strlcpy(profile->client_secret, value, MAX_VALUE_SIZE);
	return 1;
}

static void
check_host(const DsServer *server, const Profile *profile)
{
	const char *problem = NULL;
	char	   *host = *profile->host ? ds_host_normalize(profile->host, &problem) : NULL;

	if (host == NULL || pg_strcasecmp(host, server->options.host) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("profile \"%s\" is not for the host of server \"%s\"",
						profile->wanted, server->name),
				 errhint("The profile must have the same host as the server.")));
}

void
ds_dbx_read_profile(const DsServer *server, DsHttpTarget *target)
{
	const char *path = server->options.config_file ? server->options.config_file : default_config_file();
	Profile    *profile = palloc0(sizeof(Profile));
	int			line;

	profile->wanted = server->options.profile;
	line = ini_parse_string(read_file(path), handle_entry, profile);
	if (line != 0)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("file \"%s\" is not a configuration file of Databricks", path),
				 errdetail("The first error is in line %d.", line)));
	if (!profile->found)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("profile \"%s\" is not in file \"%s\"", profile->wanted, path)));
	check_host(server, profile);

	if (*profile->token)
		target->token = profile->token;
	if (*profile->client_id && *profile->client_secret)
	{
		target->client_id = profile->client_id;
		target->client_secret = profile->client_secret;
	}
	if ((target->token != NULL) == (target->client_id != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("profile \"%s\" has %s", profile->wanted,
						target->token ? "more than one kind of credential" : "no credentials"),
				 errhint("A profile has token, or client_id and client_secret.")));
}
