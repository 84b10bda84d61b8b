/* SPDX-License-Identifier: MIT */
/* What comes from the API server in pieces, and how a kubeconfig leads there. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "kubeconfig.h"
#include "stream.h"

static char seen[500];

static int on_object(struct stream *stream, const char *text, size_t size, struct kinc_error *err)
{
	size_t length = strlen(seen);

	(void)stream, (void)err;
	snprintf(seen + length, sizeof(seen) - length, "<%.*s>", (int)size, text);
	return 0;
}

static const struct {
	enum stream_mode mode;
	const char *text, *objects, *frame; /* frame NULL: refused */
} streams[] = {
	{STREAM_LINES, "{\"a\":1}\n\n{\"b\":2}\n", "<{\"a\":1}><{\"b\":2}>", ""},
	{STREAM_LINES, "{\"a\":1}\n{\"b\"", "<{\"a\":1}>", NULL},
	{STREAM_LIST, "", "", NULL},
	{STREAM_LIST, "{\"items\":[]}", "", "{\"items\":[]}"},
	{STREAM_LIST, "{\"items\":null}", "", "{\"items\":null}"},
	{STREAM_LIST, "{\"items\":[{\"a\":\"]}\\\"\"}, [1]\n],\"z\":[3]}", "<{\"a\":\"]}\\\"\"}><[1]>",
	 "{\"items\":[],\"z\":[3]}"},
	{STREAM_LIST, "{\"m\":{\"items\":[1]},\"items\":[{\"items\":[2]}]}", "<{\"items\":[2]}>",
	 "{\"m\":{\"items\":[1]},\"items\":[]}"},
	{STREAM_LIST, "{\"items\":[{}", "<{}>", NULL},
	{STREAM_LIST, "}", "", NULL},
};

static void test_streams(void **unused)
{
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		size_t size = strlen(streams[i].text), frame_size;
		for (size_t piece = 1; piece <= size + 1; piece++) {
			struct stream stream = {.object = on_object, .max = 100};
			const char *frame;
			int result = 0;
			seen[0] = '\0';
			stream_begin(&stream, streams[i].mode);
			for (size_t at = 0; result == 0 && at < size; at += piece)
				result = stream_feed(&stream, streams[i].text + at,
						     size - at < piece ? size - at : piece, NULL);
			if (result == 0)
				result = stream_end(&stream, &frame, &frame_size, NULL);
			assert_string_equal(seen, streams[i].objects);
			assert_int_equal(result, streams[i].frame ? 0 : -EPROTO);
			if (result == 0) {
				assert_int_equal(frame_size, strlen(streams[i].frame));
				assert_memory_equal(frame ? frame : "", streams[i].frame, frame_size);
			}
			stream_release(&stream);
		}
	}
	(void)unused;
}

static void test_stream_max(void **unused)
{
	struct stream stream = {.object = on_object, .max = 10};

	(void)unused;
	stream_begin(&stream, STREAM_LINES);
	assert_int_equal(stream_feed(&stream, "0123456789\n", 11, NULL), 0);
	assert_int_equal(stream_feed(&stream, "0123456789a\n", 12, NULL), -EFBIG);
	stream_begin(&stream, STREAM_LIST);
	assert_int_equal(stream_feed(&stream, "{\"items\":[\"234567890\"", 21, NULL), -EFBIG);
	stream_release(&stream);
}

#define CLUSTER "clusters: [{name: k, cluster: {server: \"https://h:1/\"%s}}]\n"
#define REST                                                                                       \
	"contexts:\n- {name: c, context: {cluster: k, user: u}}\ncurrent-context: c\n"             \
	"users: [{name: u, user: {%s}}]\n"

static const struct {
	const char *cluster, *user, *token, *error;
} kubeconfigs[] = {
	{"", "token: abc", "abc", NULL},
	{", certificate-authority-data: YWJj", "tokenFile: token", "secret", NULL},
	{"", "client-certificate-data: YQ==, client-key-data: YWI=", NULL, NULL},
	{"", "token: \"a b\"", NULL, "the token has a character"},
	{"", "client-key-data: YWI=", NULL, "belong together"},
	{", certificate-authority-data: Y", "", NULL, "certificate-authority-data is not base64"},
	{", certificate-authority: nowhere.crt", "", NULL, "nowhere.crt"},
	{"", "token: {", NULL, "kubeconfig:5:36: did not find"},
};

static void test_kubeconfigs(void **unused)
{
	char directory[] = "/tmp/kinc-test-XXXXXX", path[80], text[600], token[80];

	(void)unused;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/kubeconfig", directory);
	snprintf(token, sizeof(token), "%s/token", directory);
	assert_int_equal(kinc_write_file_atomic(token, "secret\n", 7, 0600, NULL), 0);
	for (size_t i = 0; i < sizeof(kubeconfigs) / sizeof(kubeconfigs[0]); i++) {
		struct kubeconfig kubeconfig;
		struct kinc_error err;
		int size = snprintf(text, sizeof(text), CLUSTER REST, kubeconfigs[i].cluster,
				    kubeconfigs[i].user);
		assert_int_equal(kinc_write_file_atomic(path, text, (size_t)size, 0600, NULL), 0);
		int result = kubeconfig_load(path, &kubeconfig, &err);
		if (kubeconfigs[i].error) {
			assert_true(result < 0);
			if (!strstr(err.message, kubeconfigs[i].error))
				fail_msg("%s", err.message);
			continue;
		}
		assert_int_equal(result, 0);
		assert_string_equal(kubeconfig.server, "https://h:1");
		assert_string_equal(kubeconfig.token ? kubeconfig.token : "",
				    kubeconfigs[i].token ? kubeconfigs[i].token : "");
		assert_false(kubeconfig_changed(&kubeconfig));
		assert_int_equal(kinc_write_file_atomic(path, "", 0, 0600, NULL), 0);
		assert_true(kubeconfig_changed(&kubeconfig));
		kubeconfig_release(&kubeconfig);
	}
	unlink(path);
	unlink(token);
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_stream_max),
		cmocka_unit_test(test_kubeconfigs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
