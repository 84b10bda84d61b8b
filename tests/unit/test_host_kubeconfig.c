/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/kubeconfig.h"

static void rewrites(void **state)
{
	static const char text[] =
		"apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: QUJD\n"
		"    server: https://10.0.2.100:6443\n  name: kubernetes\ncontexts:\n- context:\n"
		"    cluster: kubernetes\n    user: kubernetes-admin\n  name: a@b\n"
		"current-context: a@b\nkind: Config\npreferences: {}\nusers:\n"
		"- name: kubernetes-admin\n  user:\n    client-key-data: REVG\n";
	static const char *const bad[] = {
		"",
		"a: [",
		"- 1\n",
		"clusters: []\n",
		"clusters:\n- cluster: {server: x}\n- cluster: {server: y}\n",
		"a: &a [*a]\n"};
	char *got = NULL;

	(void)state;
	assert_int_equal(kubeconfig_rewrite(text, sizeof(text) - 1, "dev", 6444, &got, NULL), 0);
	assert_non_null(strstr(got, "server: https://127.0.0.1:6444\n"));
	assert_non_null(strstr(got, "current-context: kinc-dev\n"));
	assert_non_null(strstr(got, "cluster: kinc-dev\n"));
	assert_non_null(strstr(got, "user: kinc-dev\n"));
	assert_non_null(strstr(got, "client-key-data: REVG\n"));
	assert_non_null(strstr(got, "certificate-authority-data: QUJD\n"));
	assert_null(strstr(got, "kubernetes"));
	free(got);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(
			kubeconfig_rewrite(bad[i], strlen(bad[i]), "dev", 6444, &got, NULL),
			-EPROTO);
}

static const char own[] =
	"apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: QUJD\n"
	"    server: https://127.0.0.1:6444\n  name: kinc-dev\ncontexts:\n"
	"- context:\n    cluster: kinc-dev\n    user: kinc-dev\n"
	"  name: kinc-dev\nusers:\n- name: kinc-dev\n  user:\n"
	"    client-key-data: REVG\n";
#define BLOCK_CLUSTER                                                                              \
	"- cluster:\n    certificate-authority-data: QUJD\n    server: https://127.0.0.1:6444\n"   \
	"  name: kinc-dev\n"
#define BLOCK_CONTEXT "- context:\n    cluster: kinc-dev\n    user: kinc-dev\n  name: kinc-dev\n"
#define BLOCK_USER "- name: kinc-dev\n  user:\n    client-key-data: REVG\n"

/* What a merge makes of text, and that an unmerge gives back what was there. */
static void assert_merged(const char *text, const char *wanted, const char *back)
{
	char *merged = NULL, *again = NULL, *unmerged = NULL;
	struct kinc_error err = {0};

	if (kubeconfig_merge(text, own, "kinc-dev", &merged, &err) < 0)
		fail_msg("%s in:\n%s", err.message, text);
	if (wanted)
		assert_string_equal(merged, wanted);
	assert_int_equal(kubeconfig_merge(merged, own, "kinc-dev", &again, NULL), 0);
	assert_string_equal(again, merged);
	assert_int_equal(kubeconfig_unmerge(merged, "kinc-dev", &unmerged, NULL), 0);
	assert_string_equal(unmerged, back ? back : text);
	free(merged);
	free(again);
	free(unmerged);
}

static void makes_a_fresh_one(void **state)
{
	(void)state;
	assert_merged("",
		      "# Made by kinc-launch, which removes it with its last cluster.\n"
		      "apiVersion: v1\nkind: Config\ncurrent-context: kinc-dev\n"
		      "clusters:\n" BLOCK_CLUSTER "contexts:\n" BLOCK_CONTEXT "users:\n" BLOCK_USER,
		      KUBECONFIG_FRESH);
	assert_merged("\n \n", NULL, KUBECONFIG_FRESH);
}

static void keeps_every_other_byte(void **state)
{
	static const char work[] =
		"# mine\napiVersion: v1   # one\nclusters:\n"
		"  # the work\n  - name: work\n    cluster:\n"
		"      server: 'https://w:6443' # w\n  # below\n\n"
		"kind: Config\ncurrent-context: \"work\"\n"
		"contexts: # ctx\n-\n  # inside\n  name: work\n  context: {cluster: work}\n"
		"users:\n- {name: work, user: {token: \"a: b\"}} # end\n# last\n";

	(void)state;
	assert_merged(work,
		      "# mine\napiVersion: v1   # one\nclusters:\n"
		      "  # the work\n  - name: work\n    cluster:\n"
		      "      server: 'https://w:6443' # w\n"
		      "  - cluster:\n      certificate-authority-data: QUJD\n"
		      "      server: https://127.0.0.1:6444\n    name: kinc-dev\n"
		      "  # below\n\nkind: Config\ncurrent-context: \"work\"\n"
		      "contexts: # ctx\n-\n  # inside\n  name: work\n"
		      "  context: {cluster: work}\n" BLOCK_CONTEXT
		      "users:\n- {name: work, user: {token: \"a: b\"}} # end\n" BLOCK_USER
		      "# last\n",
		      NULL);
}

static void takes_every_style(void **state)
{
	static const char *const same[] = {
		"apiVersion: v1\nkind: Config\ncurrent-context: \"\"\npreferences: {}\n",
		"clusters: []\ncontexts: [ ]\nusers: [  ] # none\n",
		"apiVersion: v1", /* no end of the line */
		"users:\n- name: a\n  user: {}",
		"clusters:\n- name: \303\244\303\266\n  cluster: {}\n\n# \342\202\254\nusers: []\n",
		"\357\273\277clusters: []\nusers:\n- name: a\n",
		"---\r\nclusters:\r\n- name: a\r\n  cluster: {}\r\n",
		"{\n  \"clusters\": [\n    {\n      \"name\": \"a\"\n    }\n  ],\n"
		"  \"contexts\": [], \"users\": [{\"name\": \"b\"}]\n}\n",
		"  kind: Config\n  users:\n    - name: x\n      user:\n        token: |\n          "
		"a\n          b\n",
		"# only words\n",
		"a: &x [1]\nb: *x\nclusters:\n- name: a\n  cluster: *x\n...\n# after\n",
		"users:\n- name: kinc-dev2\n  user: {}\n- name: xkinc-dev\n",
		"contexts:\n- name: a\n  context: >-\n   folded\n   words\n\n\nusers: []\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		assert_merged(same[i], NULL, NULL);
	assert_merged("clusters: null\ncontexts: ~\nusers:\n", NULL,
		      "clusters: []\ncontexts: []\nusers: []\n");
	assert_merged(
		"clusters: []\nusers: []\ncontexts: []\n",
		"clusters: [{\"cluster\": {\"certificate-authority-data\": \"QUJD\", "
		"\"server\": \"https://127.0.0.1:6444\"}, \"name\": \"kinc-dev\"}]\n"
		"users: [{\"name\": \"kinc-dev\", \"user\": {\"client-key-data\": \"REVG\"}}]\n"
		"contexts: [{\"context\": {\"cluster\": \"kinc-dev\", \"user\": \"kinc-dev\"}, "
		"\"name\": \"kinc-dev\"}]\n",
		NULL);
	/* Where JSON had no list, an empty one stays. */
	assert_merged(
		"{\"kind\": \"Config\"}\n", NULL,
		"{\"kind\": \"Config\", \"clusters\": [], \"contexts\": [], \"users\": []}\n");
	assert_merged("{}", NULL, "{\"clusters\": [], \"contexts\": [], \"users\": []}");
	/* An older entry is replaced, wherever it is. */
	assert_merged("clusters: [{name: kinc-dev}, {name: b}]\n", NULL, "clusters: [{name: b}]\n");
	assert_merged("clusters: [{name: b}, {name: kinc-dev}]\n", NULL, "clusters: [{name: b}]\n");
	assert_merged("clusters:\n- name: kinc-dev\n- name: b\n", NULL, "clusters:\n- name: b\n");
	assert_merged("current-context: kinc-dev\n", NULL, "current-context: \"\"\n");
}

/* What stands there as it would be written stays where it is, in either style. */
static void leaves_what_is_there(void **state)
{
	static const char *const before[] = {"", "{}", "clusters: [{name: b}]\n",
					     "clusters:\n- name: b\n"};
	static const char other[] =
		"clusters:\n- cluster: {server: 'https://o'}\n  name: kinc-other\ncontexts:\n"
		"- context: {}\n  name: kinc-other\nusers:\n- name: kinc-other\n  user: {}\n";
	char longer[sizeof(own) + 8];

	(void)state;
	/* The same, and on from there. */
	snprintf(longer, sizeof(longer), "%.*sxx\n", (int)strlen(own) - 1, own);
	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		char *first = NULL, *both = NULL, *again = NULL, *changed = NULL, *back = NULL;
		assert_int_equal(kubeconfig_merge(before[i], longer, "kinc-dev", &first, NULL), 0);
		assert_int_equal(kubeconfig_merge(first, other, "kinc-other", &both, NULL), 0);
		assert_int_equal(kubeconfig_merge(both, longer, "kinc-dev", &again, NULL), 0);
		assert_string_equal(again, both);
		assert_int_equal(kubeconfig_merge(both, own, "kinc-dev", &changed, NULL), 0);
		assert_non_null(strstr(both, "REVGxx"));
		assert_null(strstr(changed, "REVGxx"));
		assert_int_equal(kubeconfig_merge(changed, longer, "kinc-dev", &back, NULL), 0);
		assert_non_null(strstr(back, "REVGxx"));
		free(first);
		free(both);
		free(again);
		free(changed);
		free(back);
	}
}

static void refuses(void **state)
{
	static const char *const bad[] = {
		"- a\n",
		"a: [\n",
		"a: 1\n---\nb: 2\n",
		"clusters: {}\n",
		"clusters: *x\n",
		"clusters: [a]\n",
		"clusters: []\nclusters: []\n",
		"clusters: x\n",
		"current-context: []\n",
		"users:\n- name: kinc-dev\n- name: kinc-dev\n",
		"? {a: b}\n: c\n",
		"a: 1\n? clusters\n: - name: b\n",
		"\377\376a",
		"just words\n",
		"current-context: \"\"#n\"\"#s: null\n",
	};
	struct kinc_error err;
	char *merged = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err = (struct kinc_error){0};
		assert_int_equal(kubeconfig_merge(bad[i], own, "kinc-dev", &merged, &err), -EPROTO);
		assert_int_equal(strncmp(err.message, "line ", 5), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rewrites),
		cmocka_unit_test(makes_a_fresh_one),
		cmocka_unit_test(keeps_every_other_byte),
		cmocka_unit_test(takes_every_style),
		cmocka_unit_test(leaves_what_is_there),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
