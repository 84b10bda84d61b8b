/* SPDX-License-Identifier: MIT */
/*
 * kinc-probe: asks a URL, again and again, until it answers well. It is what
 * kinc-init runs for the probe "https", and useful as a oneshot of its own.
 *
 * libcurl, OpenSSL and the resolver, which may run in a thread and asks the
 * kernel for addresses by netlink:
 * #syscalls socket socketpair connect bind send recv poll select pselect6 fcntl ioctl
 * #syscalls getsockopt setsockopt getsockname getpeername eventfd2 pipe nanosleep
 * #syscalls open stat access readlink getdents pread64 sysinfo uname getrlimit
 * #syscalls getuid geteuid getgid getegid getppid
 * #syscalls fork set_robust_list set_tid_address rseq sched_yield sched_getaffinity
 */
#include <curl/curl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "sandbox.h"
#include "syscalls/kinc_probe.h"
#include "version.h"

#define FIRST_MS 50
#define SLOWEST_MS 250
#define CONNECT_MS 2000L
#define TRY_MS 5000L
/* kinc-init takes a longer silence for a hang. */
#define SILENCE_MS 10000

static const char help[] =
	"usage: kinc-probe [--ca FILE] [--timeout SECONDS] URL\n"
	"\n"
	"Asks URL until the answer has a status of 200 to 399, first every 50 ms, then\n"
	"every 250 ms. Prints why not yet when that changes, and \"ready\" at last.\n"
	"\n"
	"  --ca FILE          https: only certificates that these (PEM) signed count\n"
	"  --timeout SECONDS  give up after that (default: never)\n"
	"  --version, --help\n"
	"\n"
	"Exit status: 0 it answered, 1 given up, 100 misuse, 111 system failure.\n"
	"\n"
	"Example: kinc-probe --ca /etc/kubernetes/pki/ca.crt https://127.0.0.1:6443/readyz\n";

struct options {
	const char *url, *ca;
	long timeout_s;
};

static int misuse(const char *what)
{
	fprintf(stderr, "kinc-probe: %s. Try kinc-probe --help.\n", what);
	return KINC_EXIT_MISUSE;
}

/* -1 to go on, otherwise the exit status. */
static int read_options(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{"ca", required_argument, NULL, 'c'},
		{"timeout", required_argument, NULL, 't'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	char *end;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->ca = optarg;
			break;
		case 't':
			options->timeout_s = strtol(optarg, &end, 10);
			if (*end || options->timeout_s < 1 || options->timeout_s > 86400)
				return misuse("--timeout takes 1 to 86400 seconds");
			break;
		case 'v':
			printf("kinc-probe %s\n", KINC_VERSION);
			return KINC_EXIT_OK;
		case 'h':
			fputs(help, stdout);
			return KINC_EXIT_OK;
		default:
			return misuse("wrong option");
		}
	}
	if (optind != argc - 1)
		return misuse("exactly one URL is needed");
	options->url = argv[optind];
	if (strncmp(options->url, "https://", 8) != 0 && strncmp(options->url, "http://", 7) != 0)
		return misuse("the URL must begin with https:// or http://");
	return -1;
}

static size_t discard(char *data, size_t size, size_t count, void *user)
{
	(void)data;
	(void)user;
	return size * count;
}

static bool prepare(CURL *curl, const struct options *options, char *error)
{
	bool done = curl_easy_setopt(curl, CURLOPT_URL, options->url) == CURLE_OK;

	done &= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TRY_MS) == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_USERAGENT, "kinc-probe") == CURLE_OK;
	/* It asks about this node; a proxy of the environment is for the world. */
	done &= curl_easy_setopt(curl, CURLOPT_NOPROXY, "*") == CURLE_OK;
	done &= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
		CURLE_OK;
	if (!options->ca)
		return done;
	done &= curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca) == CURLE_OK;
	/* Otherwise the distribution's authorities would count as well. */
	return done && curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
}

/* True when the answer is good; otherwise reason says why not. */
static bool ask(CURL *curl, const char *error, char *reason, size_t size)
{
	long status = 0;
	CURLcode code = curl_easy_perform(curl);

	if (code != CURLE_OK) {
		snprintf(reason, size, "%s", *error ? error : curl_easy_strerror(code));
		return false;
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 400)
		return true;
	snprintf(reason, size, "it answers with status %ld", status);
	return false;
}

/* A reason with a duration in it changes with every try: only its words count. */
static bool is_same(const char *one, const char *other)
{
	while (*one && *other) {
		one += strspn(one, "0123456789");
		other += strspn(other, "0123456789");
		if (*one != *other)
			return false;
		if (*one) {
			one++;
			other++;
		}
	}
	return *one == *other;
}

static int wait_for(CURL *curl, const struct options *options, const char *error)
{
	char reason[CURL_ERROR_SIZE + 64], told[sizeof(reason)] = "";
	uint64_t started = now_ms(), spoke = 0;
	long delay_ms = FIRST_MS;

	while (!ask(curl, error, reason, sizeof(reason))) {
		uint64_t now = now_ms();
		if (!is_same(reason, told) || now - spoke >= SILENCE_MS) {
			memcpy(told, reason, sizeof(told));
			spoke = now;
			puts(reason);
		}
		if (options->timeout_s > 0 && now - started >= (uint64_t)options->timeout_s * 1000U)
			return KINC_EXIT_NOT_SO;
		const struct timespec pause = {.tv_nsec = delay_ms * 1000000};
		nanosleep(&pause, NULL);
		delay_ms = delay_ms * 3 / 2 < SLOWEST_MS ? delay_ms * 3 / 2 : SLOWEST_MS;
	}
	puts("ready");
	return KINC_EXIT_OK;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	char error[CURL_ERROR_SIZE] = "";
	int status = read_options(&options, argc, argv);

	if (status >= 0)
		return status;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	CURL *curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
	if (!curl || !prepare(curl, &options, error)) {
		fputs("kinc-probe: libcurl cannot be used: is it a version without TLS?\n", stderr);
		return KINC_EXIT_SYSTEM;
	}
	/* A probe that is killed by a library's new habit would keep a unit from being ready. */
	struct kinc_error err;
	if (kinc_sandbox_enter(syscalls_kinc_probe, KINC_SANDBOX_REFUSE, &err) < 0) {
		fprintf(stderr, "kinc-probe: %s\n", err.message);
		return KINC_EXIT_SYSTEM;
	}
	status = wait_for(curl, &options, error);
	curl_easy_cleanup(curl);
	curl_global_cleanup();
	return status;
}
