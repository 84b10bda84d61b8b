/* SPDX-License-Identifier: MIT */
#ifndef NETD_API_H
#define NETD_API_H

#include <curl/curl.h>
#include <stddef.h>

#include "error.h"
#include "kubeconfig.h"
#include "loop.h"

/* Requests to the API server within the event loop: libcurl asks it for timers and sockets. */
struct api {
	struct loop *loop;
	CURLM *multi;
	struct timer timer;
	const char *path; /* of the kubeconfig, which is read again when it changed */
	struct kubeconfig kubeconfig;
};

/*
 * One request, which lives in what it serves. Zeroed = not under way. After
 * done() it is free for the next one, which done() itself may begin.
 */
struct api_request {
	/* A piece of the body of an answer with status 200; negative: stop here. */
	int (*data)(struct api_request *request, const char *data, size_t size,
		    struct kinc_error *err);
	/* The end. status: of HTTP, 0 when there was none or the body is not whole;
	 * then and when it is none of 2xx, err says why. */
	void (*done)(struct api_request *request, long status, const struct kinc_error *err);

	struct api *api;
	CURL *curl;
	struct curl_slist *headers;
	struct kinc_error error; /* what data() said */
	char reason[CURL_ERROR_SIZE];
	char refusal[512]; /* the beginning of an answer that is no 2xx */
	size_t refusal_size;
	long retry_after_s; /* as the last answer asked; 0: it did not */
};

/* path must stay. The kubeconfig need not be there yet: requests fail until it is. */
int api_open(struct api *api, struct loop *loop, const char *path, struct kinc_error *err);
void api_close(struct api *api);

/*
 * Begins a request for the server's path, GET, or POST of body (copied) where
 * that is not NULL. It is given up after timeout_s, or when nothing comes for
 * silence_s (0: that is no reason).
 */
int api_start(struct api *api, struct api_request *request, const char *path, const char *body,
	      long timeout_s, long silence_s, struct kinc_error *err);

/* Ends it without a call of done(); nothing happens when none is under way. */
void api_cancel(struct api_request *request);

#endif
