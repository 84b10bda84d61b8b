/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: libcurl's multi interface says by a callback which
 * sockets it wants watched and when it wants to be called; both are handed to
 * the loop. What ends is collected after each call into libcurl, outside of its
 * callbacks, so done() may begin the next request.
 *
 * Credentials are looked at before each request: a certificate or token that
 * was replaced serves from the next one on. Connections are kept and shared as
 * far as they were made with the same certificate.
 *
 * libcurl, OpenSSL and the resolver, which may run in a thread and asks the
 * kernel for addresses by netlink:
 * #syscalls socket socketpair connect bind send recv poll select pselect6 fcntl ioctl
 * #syscalls getsockopt setsockopt getsockname getpeername eventfd2 pipe nanosleep
 * #syscalls open stat access readlink getdents pread64 sysinfo uname getrlimit
 * #syscalls getuid geteuid getgid getegid getppid
 * #syscalls fork set_robust_list set_tid_address rseq sched_yield sched_getaffinity
 */
#include "api.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"

#define CONNECT_MS 5000L

struct api_socket {
	struct source source;
	struct api *api;
};

/* Says of a request that is no 2xx what the server's Status object says. */
static void explain_refusal(struct api_request *request, long status, struct kinc_error *err)
{
	cleanup_json cJSON *tree =
		cJSON_ParseWithLength(request->refusal, request->refusal_size);
	const char *message = kinc_json_string(tree, "message", NULL);

	if (message)
		kinc_error_set(err, EREMOTEIO, "the API server answers %ld: %s", status, message);
	else
		kinc_error_set(err, EREMOTEIO, "the API server answers with status %ld", status);
}

static void release(struct api_request *request)
{
	curl_multi_remove_handle(request->api->multi, request->curl);
	curl_easy_cleanup(request->curl);
	curl_slist_free_all(request->headers);
	request->curl = NULL;
	request->headers = NULL;
}

static void finish(struct api_request *request, CURLcode code)
{
	struct kinc_error err = request->error;
	curl_off_t retry_after = 0;
	long status = 0;

	curl_easy_getinfo(request->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(request->curl, CURLINFO_RETRY_AFTER, &retry_after);
	request->retry_after_s = retry_after > 0 && retry_after < 3600 ? (long)retry_after : 0;
	if (code != CURLE_OK) {
		if (!err.code)
			kinc_error_set(&err, EREMOTEIO, "%s",
				       request->reason[0] ? request->reason
							  : curl_easy_strerror(code));
		status = 0;
	} else if (status < 200 || status > 299) {
		explain_refusal(request, status, &err);
	}
	release(request);
	request->done(request, status, &err);
}

static void collect(struct api *api)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(api->multi, &left)) != NULL) {
		char *request = NULL;
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
		finish((struct api_request *)(void *)request, code);
	}
}

static void timer_fired(struct timer *timer)
{
	struct api *api = container_of(timer, struct api, timer);
	int running;

	curl_multi_socket_action(api->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(api);
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
	struct api *api = user;

	(void)multi;
	if (timeout_ms < 0)
		timer_clear(api->loop, &api->timer);
	else
		timer_set(api->loop, &api->timer, (uint64_t)timeout_ms);
	return 0;
}

static void socket_ready(struct source *source, uint32_t events)
{
	struct api *api = container_of(source, struct api_socket, source)->api;
	int what = 0, running;

	if (events & EPOLLIN)
		what |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		what |= CURL_CSELECT_ERR;
	/* The source may be gone after this. */
	curl_multi_socket_action(api->multi, source->fd, what, &running);
	collect(api);
}

static int on_socket(CURL *curl, curl_socket_t fd, int what, void *user, void *known)
{
	struct api_socket *socket = known;
	struct api *api = user;
	uint32_t events = 0;

	(void)curl;
	if (what == CURL_POLL_REMOVE) {
		if (socket)
			loop_forget(api->loop, &socket->source);
		free(socket);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		events |= EPOLLOUT;
	if (socket)
		return loop_modify(api->loop, &socket->source, events) < 0 ? -1 : 0;
	socket = calloc(1, sizeof(*socket));
	if (!socket)
		return -1;
	*socket = (struct api_socket){.source = {.fd = fd, .ready = socket_ready}, .api = api};
	if (loop_add(api->loop, &socket->source, events, NULL) < 0 ||
	    curl_multi_assign(api->multi, fd, socket) != CURLM_OK) {
		loop_forget(api->loop, &socket->source);
		free(socket);
		return -1;
	}
	return 0;
}

static size_t on_data(char *data, size_t one, size_t size, void *user)
{
	struct api_request *request = user;
	long status = 0;

	(void)one;
	curl_easy_getinfo(request->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status <= 299) {
		if (!request->data)
			return size;
		return request->data(request, data, size, &request->error) < 0 ? 0 : size;
	}
	size_t room = sizeof(request->refusal) - request->refusal_size;
	size_t kept = size < room ? size : room;
	memcpy(request->refusal + request->refusal_size, data, kept);
	request->refusal_size += kept;
	return size;
}

int api_open(struct api *api, struct loop *loop, const char *path, struct kinc_error *err)
{
	*api = (struct api){.loop = loop, .path = path, .timer = {.fired = timer_fired}};
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(api->multi = curl_multi_init()))
		return kinc_error_set(err, ENOMEM, "libcurl cannot be used");
	if (curl_multi_setopt(api->multi, CURLMOPT_SOCKETFUNCTION, on_socket) != CURLM_OK ||
	    curl_multi_setopt(api->multi, CURLMOPT_SOCKETDATA, api) != CURLM_OK ||
	    curl_multi_setopt(api->multi, CURLMOPT_TIMERFUNCTION, on_timer) != CURLM_OK ||
	    curl_multi_setopt(api->multi, CURLMOPT_TIMERDATA, api) != CURLM_OK)
		return kinc_error_set(err, ENOTSUP, "this libcurl has no event interface");
	return 0;
}

void api_close(struct api *api)
{
	if (api->multi)
		curl_multi_cleanup(api->multi);
	api->multi = NULL;
	timer_clear(api->loop, &api->timer);
	kubeconfig_release(&api->kubeconfig);
	curl_global_cleanup();
}

static int refresh(struct api *api, struct kinc_error *err)
{
	struct kubeconfig fresh;

	if (api->kubeconfig.server && !kubeconfig_changed(&api->kubeconfig))
		return 0;
	int result = kubeconfig_load(api->path, &fresh, err);
	if (result < 0)
		return result;
	kubeconfig_release(&api->kubeconfig);
	api->kubeconfig = fresh;
	return 0;
}

static CURLcode set_blob(CURL *curl, CURLoption option, char *pem)
{
	struct curl_blob blob = {.data = pem, .len = pem ? strlen(pem) : 0, .flags = CURL_BLOB_COPY};

	return pem ? curl_easy_setopt(curl, option, &blob) : CURLE_OK;
}

static bool add_header(struct api_request *request, const char *header)
{
	struct curl_slist *longer = curl_slist_append(request->headers, header);

	if (longer)
		request->headers = longer;
	return longer;
}

static bool set_headers(struct api_request *request, const char *token, bool post)
{
	cleanup_free char *line = NULL;
	bool done = add_header(request, "Accept: application/json");

	if (token) {
		if (asprintf(&line, "Authorization: Bearer %s", token) < 0)
			line = NULL;
		done = done && line && add_header(request, line);
		if (line)
			explicit_bzero(line, strlen(line));
	}
	/* libcurl would wait for "100 Continue" before it sends a body. */
	if (post)
		done = done && add_header(request, "Content-Type: application/json") &&
		       add_header(request, "Expect:");
	return done &&
	       curl_easy_setopt(request->curl, CURLOPT_HTTPHEADER, request->headers) == CURLE_OK;
}

static bool set_options(struct api_request *request, const char *url, const char *body,
			long timeout_s, long silence_s)
{
	struct kubeconfig *kubeconfig = &request->api->kubeconfig;
	CURL *curl = request->curl;
	bool done = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK;

	done &= curl_easy_setopt(curl, CURLOPT_PRIVATE, request) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, request->reason) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_WRITEDATA, request) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
	/* A connection for each watch: one that is slow to read must not hold up the others. */
	done &= curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ==
		CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout_s) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, silence_s ? 1L : 0L) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, silence_s) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_TCP_KEEPIDLE, 20L) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_TCP_KEEPINTVL, 5L) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_USERAGENT, "kincnetd") == CURLE_OK;
	/* A proxy of the environment is for the world. */
	done &= curl_easy_setopt(curl, CURLOPT_NOPROXY, "*") == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
		CURLE_OK;
	if (kubeconfig->authority) {
		done &= set_blob(curl, CURLOPT_CAINFO_BLOB, kubeconfig->authority) == CURLE_OK;
		/* Otherwise the distribution's authorities would count as well. */
		done &= curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK;
	}
	done &= set_blob(curl, CURLOPT_SSLCERT_BLOB, kubeconfig->certificate) == CURLE_OK;
	done &= set_blob(curl, CURLOPT_SSLKEY_BLOB, kubeconfig->key) == CURLE_OK;
	if (body)
		done &= curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body) == CURLE_OK;
	return done && set_headers(request, kubeconfig->token, body != NULL);
}

int api_start(struct api *api, struct api_request *request, const char *path, const char *body,
	      long timeout_s, long silence_s, struct kinc_error *err)
{
	cleanup_free char *url = NULL;

	assert(!request->curl && request->done);
	int result = refresh(api, err);
	if (result < 0)
		return result;
	if (asprintf(&url, "%s%s", api->kubeconfig.server, path) < 0)
		url = NULL;
	request->api = api;
	request->error = (struct kinc_error){0};
	request->reason[0] = '\0';
	request->refusal_size = 0;
	request->retry_after_s = 0;
	request->curl = url ? curl_easy_init() : NULL;
	if (!request->curl)
		return kinc_error_errno(err, ENOMEM, "a request to the API server");
	if (!set_options(request, url, body, timeout_s, silence_s) ||
	    curl_multi_add_handle(api->multi, request->curl) != CURLM_OK) {
		release(request);
		return kinc_error_set(err, ENOTSUP, "libcurl refuses what a request needs");
	}
	return 0;
}

void api_cancel(struct api_request *request)
{
	if (request->curl)
		release(request);
}
