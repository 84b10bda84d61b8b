/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A text goes by once, and at each place every rule is
 * asked whether something secret begins there and where it ends. The rules know
 * the forms that secrets of Kubernetes have, wherever they stand; a secret that
 * only its owner could tell from other words is beyond them. When in doubt they
 * take too much.
 */
#include "redact.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"

struct place {
	const char *at, *end; /* of the text */
	char before;	      /* what was written last */
	char second;	      /* and before that */
};

/* How many bytes are secret there, 0 for none; *kept of them, the first, may stay. */
typedef size_t rule_function(const struct place *place, size_t *kept);

static bool is_base64(char c)
{
	return isalnum((unsigned char)c) || c == '+' || c == '/' || c == '=';
}

static bool is_base64url(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

static bool is_token(char c)
{
	return islower((unsigned char)c) || isdigit((unsigned char)c);
}

static bool is_label(char c)
{
	return isalnum((unsigned char)c) || c == ' ';
}

static size_t span(const char *at, const char *end, bool (*is)(char c))
{
	const char *from = at;

	while (at < end && is(*at))
		at++;
	return (size_t)(at - from);
}

static bool starts(const char *at, const char *end, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(end - at) >= length && strncasecmp(at, word, length) == 0;
}

static size_t pem_key(const struct place *place, size_t *kept)
{
	static const char opening[] = "-----BEGIN ", kind[] = "PRIVATE KEY", closing[] = "-----END ";
	size_t left = (size_t)(place->end - place->at);

	(void)kept;
	if (!starts(place->at, place->end, opening))
		return 0;
	const char *label = place->at + sizeof(opening) - 1;
	const char *behind = label + span(label, place->end, is_label);
	if (behind - label < (ptrdiff_t)sizeof(kind) - 1 ||
	    !starts(behind - (sizeof(kind) - 1), behind, kind) ||
	    !starts(behind, place->end, "-----"))
		return 0;
	const char *close = memmem(place->at, left, closing, sizeof(closing) - 1);
	if (!close)
		return left;
	close += sizeof(closing) - 1;
	const char *dashes = memmem(close, (size_t)(place->end - close), "-----", 5);
	return dashes ? (size_t)(dashes + 5 - place->at) : left;
}

/* "-----BEGIN" in base64: kubeconfigs and Secrets hold keys like that. */
static size_t encoded_pem(const struct place *place, size_t *kept)
{
	(void)kept;
	if (!starts(place->at, place->end, "LS0tLS1CRUdJTi"))
		return 0;
	return span(place->at, place->end, is_base64);
}

/* Of service accounts and all that signs JSON: {"... in base64, and two more parts. */
static size_t web_token(const struct place *place, size_t *kept)
{
	const char *at = place->at;

	(void)kept;
	if (place->end - at < 3 || memcmp(at, "eyJ", 3) != 0)
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t length = span(at, place->end, is_base64url);
		if (length < 8)
			return 0;
		at += length;
		if (part == 0 && (at == place->end || *at++ != '.'))
			return 0;
	}
	if (at < place->end && *at == '.')
		at += 1 + span(at + 1, place->end, is_base64url);
	return (size_t)(at - place->at);
}

static size_t bootstrap_token(const struct place *place, size_t *kept)
{
	enum { ID = 6, SECRET = 16, WHOLE = ID + 1 + SECRET };
	const char *at = place->at;

	(void)kept;
	if (isalnum((unsigned char)place->before) || place->end - at < WHOLE || at[ID] != '.')
		return 0;
	if (span(at, at + ID, is_token) != ID || span(at + ID + 1, place->end, is_token) != SECRET)
		return 0;
	return WHOLE;
}

static bool ends_value(char c)
{
	return isspace((unsigned char)c) || strchr("\"',;&\\", c);
}

static const char *skip(const char *at, const char *end, const char *these)
{
	while (at < end && *at && strchr(these, *at))
		at++;
	return at;
}

/* password=..., "token": "...", Authorization: Bearer ..., --token ... */
static size_t named_value(const struct place *place, size_t *kept)
{
	static const char *const names[] = {
		"password",   "passwd",	       "client-key-data", "certificate-key", "secret_key",
		"secret-key", "access_key",    "access-key",	  "api_key",	     "api-key",
		"apikey",     "authorization", "token",
	};
	const char *end = place->end, *at = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !at; i++)
		if (starts(place->at, end, names[i]))
			at = place->at + strlen(names[i]);
	if (!at)
		return 0;
	bool option = place->before == '-' && place->second == '-';
	const char *separator = skip(skip(at, end, "\"'\\"), end, " \t");
	const char *value = skip(separator, end, ":=");
	if (value == separator && (!option || separator == at))
		return 0;
	value = skip(value, end, " \t\"'\\");
	if (starts(value, end, "bearer ") || starts(value, end, "basic "))
		value = skip(value + 6, end, " ");
	const char *after = value;
	while (after < end && !ends_value(*after))
		after++;
	if (after == value || *value == '(')
		return 0;
	*kept = (size_t)(value - place->at);
	return (size_t)(after - place->at);
}

static const struct {
	rule_function *find;
	const char *instead;
} rules[] = {
	{pem_key, "(private key removed)"}, {encoded_pem, "(key or certificate removed)"},
	{web_token, "(token removed)"},	    {bootstrap_token, "(token removed)"},
	{named_value, "(removed)"},
};

/* Whether a rule took something: then at is behind it. */
static bool take(struct place *place, FILE *out)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		size_t kept = 0, length = rules[i].find(place, &kept);
		if (length == 0)
			continue;
		fwrite(place->at, 1, kept, out);
		fputs(rules[i].instead, out);
		place->at += length;
		place->before = ')';
		place->second = 'd';
		return true;
	}
	return false;
}

int redact_text(const char *text, size_t size, char **ret, size_t *ret_size, struct kinc_error *err)
{
	struct place place = {.at = text, .end = text + size};
	cleanup_free char *copy = NULL;
	size_t copied = 0;
	FILE *out = open_memstream(&copy, &copied);

	if (!out)
		return kinc_error_errno(err, errno, "redacting");
	while (place.at < place.end) {
		if (take(&place, out))
			continue;
		place.second = place.before;
		place.before = *place.at;
		fputc(*place.at++, out);
	}
	if (fclose(out) != 0)
		return kinc_error_errno(err, errno, "redacting");
	*ret = steal_ptr(&copy);
	*ret_size = copied;
	return 0;
}
