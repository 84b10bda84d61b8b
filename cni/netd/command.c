/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <fcntl.h>

#include "alloc.h"
#include "cleanup.h"
#include "control.h"
#include "explain.h"
#include "gate.h"
#include "io.h"
#include "json.h"
#include "policies.h"

#define FILE_MAX ((size_t)256 << 20)
#define PATIENCE_MS 5000

static int fail(const struct kinc_error *err)
{
	fprintf(stderr, "kincnetd: %s\n", err->message);
	return err->code == ENOENT || err->code == EINVAL ? KINC_EXIT_MISUSE : KINC_EXIT_SYSTEM;
}

static void warn(void *context, const char *namespace, const char *name, const char *uid,
		 const char *reason, const char *sentence)
{
	(void)context, (void)uid, (void)reason;
	fprintf(stderr, "kincnetd: networkpolicy %s/%s allows nothing: %s\n", namespace, name,
		sentence);
}

/* An object, or a list of them. Others than those three kinds are nothing to us. */
static int take(struct policies *policies, const cJSON *object, struct kinc_error *err)
{
	const char *kind = kinc_json_string(object, "kind", "");
	const cJSON *items = kinc_json_get(object, "items"), *item;
	int status = 0;

	if (cJSON_IsArray(items)) {
		cJSON_ArrayForEach(item, items) if (status == 0) status = take(policies, item, err);
		return status;
	}
	if (strcmp(kind, "Pod") == 0)
		return policies_pod(policies, object, OBJECT_PRESENT, err);
	if (strcmp(kind, "Namespace") == 0)
		return policies_namespace(policies, object, OBJECT_PRESENT, err);
	if (strcmp(kind, "NetworkPolicy") == 0)
		(void)policies_policy(policies, object, OBJECT_PRESENT, err);
	return 0;
}

/* JSON as `kubectl get -o json` prints it, one value after another. */
static int read_objects(struct policies *policies, const char *path, struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	int status = kinc_read_file(AT_FDCWD, path, FILE_MAX, &text, NULL, err);

	for (const char *at = text, *end; status == 0 && at[strspn(at, " \t\r\n")]; at = end) {
		cleanup_json cJSON *object = cJSON_ParseWithOpts(at, &end, false);
		if (!object)
			return kinc_error_set(err, EINVAL, "%s: no JSON at byte %td", path,
					      end - text);
		status = take(policies, object, err);
	}
	return status;
}

struct words {
	bool json;
	const char **files, **rest;
	struct ip_prefix *subnets;
	size_t file_count, rest_count, subnet_count;
};

static void words_release(struct words *words)
{
	free(words->files);
	free(words->rest);
	free(words->subnets);
}

static int words_read(struct words *words, int argc, char **argv, struct kinc_error *err)
{
	*words = (struct words){
		.files = alloc((size_t)argc, sizeof(char *)),
		.rest = alloc((size_t)argc, sizeof(char *)),
		.subnets = alloc((size_t)argc, sizeof(struct ip_prefix)),
	};
	for (int i = 0; i < argc; i++) {
		bool more = i + 1 < argc;
		if (strcmp(argv[i], "--json") == 0)
			words->json = true;
		else if (strcmp(argv[i], "--from") == 0 && more)
			words->files[words->file_count++] = argv[++i];
		else if (strcmp(argv[i], "--pod-subnet") == 0 && more &&
			 words->subnet_count < POLICIES_SUBNETS_MAX &&
			 prefix_parse(argv[i + 1], &words->subnets[words->subnet_count]) == 0)
			words->subnet_count++, i++;
		else if (argv[i][0] == '-')
			return kinc_error_set(err, EINVAL, "%s is no option here, or lacks a value",
					      argv[i]);
		else
			words->rest[words->rest_count++] = argv[i];
	}
	return 0;
}

static int load(const struct words *words, const char *const *files, size_t count, bool dry,
		struct policies **ret_policies, struct kinc_error *err)
{
	struct policies_conf conf = {
		.subnet_count = words->subnet_count, .dry = dry, .event = warn};

	memcpy(conf.subnets, words->subnets, words->subnet_count * sizeof(*words->subnets));
	int status = policies_new(&conf, ret_policies, err);
	if (status < 0)
		return status;
	for (size_t i = 0; status == 0 && i < count; i++)
		status = read_objects(*ret_policies, files[i], err);
	for (int kind = 0; status == 0 && kind < OBJECT_POLICY_KINDS; kind++) {
		policies_synced(*ret_policies, (enum object_kind)kind);
	}
	if (status == 0)
		status = policies_commit(*ret_policies, err);
	if (status < 0)
		policies_free(*ret_policies);
	return status;
}

static void print_json(cJSON *object)
{
	cleanup_free char *text = alloc_must(cJSON_Print(object));

	puts(text);
}

static int compile(int argc, char **argv, bool dry)
{
	struct policies *policies;
	struct words words;
	struct kinc_error err;
	int status = words_read(&words, argc, argv, &err);

	if (status == 0 && !words.rest_count)
		status = kinc_error_set(&err, EINVAL, "which files? Try kincnetd --help.");
	if (status == 0)
		status = load(&words, words.rest, words.rest_count, dry, &policies, &err);
	if (status == 0) {
		if (words.json) {
			cleanup_json cJSON *summary = policies_summary(policies);
			print_json(summary);
		} else if (dry) {
			policies_print(policies, stdout);
		}
		policies_free(policies);
	}
	words_release(&words);
	return status < 0 ? fail(&err) : KINC_EXIT_OK;
}

int command_compile(int argc, char **argv)
{
	return compile(argc, argv, true);
}

int command_apply(int argc, char **argv)
{
	return compile(argc, argv, false);
}

/* Of the kincnetd that runs. */
static int ask(const struct words *words, cJSON **ret_explanation, struct kinc_error *err)
{
	const char *path = getenv("KINCNETD_GATE");
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	cleanup_json cJSON *request = kinc_control_request("explain", NULL), *reply = NULL;

	cJSON_AddStringToObject(request, "source", words->rest[0]);
	cJSON_AddStringToObject(request, "destination", words->rest[1]);
	cJSON_AddStringToObject(request, "port", words->rest[2]);
	int status = kinc_control_connect(&control, path ? path : GATE_PATH, NULL);
	if (status == 0)
		status = kinc_control_send(&control, request, PATIENCE_MS, NULL);
	if (status == 0)
		status = kinc_control_next(&control, PATIENCE_MS, &reply, NULL);
	if (status < 0)
		return kinc_error_errno(err, EHOSTDOWN, "no kincnetd answers at %s (%s)",
					path ? path : GATE_PATH, strerror(-status));
	if (!kinc_json_bool(reply, "ok", false))
		return kinc_error_set(err, EINVAL, "%s", kinc_json_string(reply, "error", "?"));
	*ret_explanation = cJSON_DetachItemFromObject(reply, "explanation");
	return 0;
}

static int explain_from(const struct words *words, cJSON **ret_explanation, struct kinc_error *err)
{
	struct policies *policies;
	int status = load(words, words->files, words->file_count, true, &policies, err);

	if (status < 0)
		return status;
	*ret_explanation =
		policies_explain(policies, words->rest[0], words->rest[1], words->rest[2], err);
	policies_free(policies);
	return *ret_explanation ? 0 : -err->code;
}

int command_explain(int argc, char **argv)
{
	cleanup_json cJSON *explanation = NULL;
	struct words words;
	struct kinc_error err;
	int status = words_read(&words, argc, argv, &err);

	if (status == 0 && words.rest_count != 3)
		status = kinc_error_set(&err, EINVAL,
					"--explain takes SRC DST PORT[/PROTO]. Try kincnetd "
					"--help.");
	if (status == 0)
		status = words.file_count ? explain_from(&words, &explanation, &err)
					  : ask(&words, &explanation, &err);
	if (status == 0 && words.json)
		print_json(explanation);
	else if (status == 0)
		explain_print(explanation, stdout);
	words_release(&words);
	if (status < 0)
		return fail(&err);
	return kinc_json_bool(explanation, "allowed", false) ? KINC_EXIT_OK : KINC_EXIT_NOT_SO;
}
