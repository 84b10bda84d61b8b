/* SPDX-License-Identifier: MIT */
/* #syscalls socket connect send recv */
#include "dns_outside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "cleanup.h"

#define QUESTIONS_MAX 256
#define ANSWER_MS 4000

int dns_address_parse(const char *text, struct sockaddr_storage *ret, socklen_t *ret_size,
		      struct kinc_error *err)
{
	const char *colon = strrchr(text, ':');
	char host[IP_TEXT_MAX], *end;
	struct ip_address address;

	snprintf(host, sizeof(host), "%.*s", colon ? (int)(colon - text) : 0, text);
	size_t length = strlen(host);
	if (host[0] == '[' && host[length - 1] == ']') {
		host[length - 1] = '\0';
		memmove(host, host + 1, length - 1);
	}
	unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
	if (ip_parse(host, &address) < 0 || port < 1 || port > 65535 || *end)
		return kinc_error_set(err, EINVAL, "\"%s\" is no ADDRESS:PORT", text);
	*ret = (struct sockaddr_storage){.ss_family = (sa_family_t)address.family};
	if (address.family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret;
		in->sin_port = htons((uint16_t)port);
		memcpy(&in->sin_addr, address.bytes, 4);
		*ret_size = sizeof(*in);
	} else {
		struct sockaddr_in6 *in = (struct sockaddr_in6 *)ret;
		in->sin6_port = htons((uint16_t)port);
		memcpy(&in->sin6_addr, address.bytes, 16);
		*ret_size = sizeof(*in);
	}
	return 0;
}

static void conclude(struct dns_question *question, const uint8_t *reply, size_t size)
{
	dns_outside_cancel(question);
	question->answered(question, reply, size);
}

static void timer_fired(struct timer *timer)
{
	conclude(container_of(timer, struct dns_question, timer), NULL, 0);
}

static void ignore(void *context, const struct dns_record *record)
{
	(void)context;
	(void)record;
}

static void source_ready(struct source *source, uint32_t events)
{
	struct dns_outside *outside = container_of(source, struct dns_outside, source);
	uint8_t reply[DNS_UDP_MAX];
	enum dns_code code;

	(void)events;
	ssize_t size = recv(source->fd, reply, sizeof(reply), MSG_DONTWAIT);
	if (size <= 0)
		return;
	/* Whose answer it is, its id and its question say, not the order. */
	for (struct dns_question *question = outside->questions; question;
	     question = question->next)
		if (dns_reply_read(reply, (size_t)size, question->id, question->name,
				   question->type, &code, ignore, NULL) == 0) {
			conclude(question, reply, (size_t)size);
			return;
		}
}

int dns_outside_open(struct dns_outside *outside, struct loop *loop, const char *address,
		     struct kinc_error *err)
{
	struct sockaddr_storage peer = {0};
	socklen_t size = 0;

	*outside = (struct dns_outside){.loop = loop,
					.source = {.fd = -EBADF, .ready = source_ready}};
	if (!address)
		return 0;
	int result = dns_address_parse(address, &peer, &size, err);
	if (result < 0)
		return result;
	cleanup_close int fd = socket(peer.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&peer, size) < 0)
		return kinc_error_errno(err, errno, "cannot ask %s", address);
	outside->source.fd = fd;
	result = loop_add(loop, &outside->source, EPOLLIN, err);
	if (result == 0)
		steal_fd(&fd);
	else
		outside->source.fd = -EBADF;
	return result;
}

void dns_outside_close(struct dns_outside *outside)
{
	loop_remove(outside->loop, &outside->source);
}

bool dns_outside_ask(struct dns_outside *outside, struct dns_question *question, const char *name,
		     enum dns_type type)
{
	uint8_t message[DNS_UDP_MIN];

	if (outside->source.fd < 0 || outside->count == QUESTIONS_MAX ||
	    getrandom(&question->id, sizeof(question->id), 0) != sizeof(question->id))
		return false;
	size_t size = dns_query_write(message, question->id, name, type);
	if (size == 0 || send(outside->source.fd, message, size, MSG_DONTWAIT) < 0)
		return false;
	question->outside = outside;
	question->type = type;
	snprintf(question->name, sizeof(question->name), "%s", name);
	question->next = outside->questions;
	outside->questions = question;
	outside->count++;
	outside->total++;
	question->timer.fired = timer_fired;
	timer_set(outside->loop, &question->timer, ANSWER_MS);
	return true;
}

void dns_outside_cancel(struct dns_question *question)
{
	struct dns_outside *outside = question->outside;
	struct dns_question **link = &outside->questions;

	while (*link != question)
		link = &(*link)->next;
	*link = question->next;
	outside->count--;
	timer_clear(outside->loop, &question->timer);
}
