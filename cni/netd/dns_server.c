/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: a query is answered at once, from memory, with one
 * exception: a service that stands for a name outside of the cluster. Its query
 * is kept as a dns_pending, the name is asked for at the upstream server, and
 * when that answers (or does not), the query is resolved again with what came.
 *
 * A TCP connection carries one query after another. While one is pending, or
 * its answer is not written yet, nothing more is read from it.
 */
/* #syscalls socket bind listen accept send recv setsockopt */
#include "dns_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "alloc.h"
#include "cleanup.h"

#define UDP_BATCH 64
#define QUERY_MAX 1024 /* bytes: a name, EDNS, and options that nobody needs */
#define CONNECTIONS_MAX 64
#define CONNECTION_IDLE_MS 10000
#define RECEIVE_ROOM (1 << 20)

struct dns_connection {
	struct dns_connection *next;
	struct dns_server *server;
	struct source source;
	struct timer timer;
	struct dns_pending *pending;
	uint8_t in[2 + QUERY_MAX];
	size_t in_size;
	uint8_t *out;
	size_t out_size, out_sent;
};

/* Where a query came from: by TCP, or by UDP from peer. */
struct asker {
	struct dns_connection *connection;
	struct sockaddr_storage peer;
	socklen_t peer_size;
};

struct dns_pending {
	struct dns_question question;
	struct dns_server *server;
	struct dns_pending *next;
	struct asker asker;
	uint8_t query[QUERY_MAX];
	size_t query_size;
};

struct reply {
	const char *name; /* that was asked for */
	uint16_t id, type;
	const uint8_t *data;
	size_t size; /* 0: none came */
	struct dns_answer *answer;
};

static void pending_free(struct dns_pending *pending)
{
	struct dns_pending **link = &pending->server->pending;

	while (*link != pending)
		link = &(*link)->next;
	*link = pending->next;
	if (pending->asker.connection)
		pending->asker.connection->pending = NULL;
	free(pending);
}

static void connection_close(struct dns_connection *connection)
{
	struct dns_server *server = connection->server;
	struct dns_connection **link = &server->connections;

	if (connection->pending) {
		dns_outside_cancel(&connection->pending->question);
		pending_free(connection->pending);
	}
	while (*link != connection)
		link = &(*link)->next;
	*link = connection->next;
	server->connection_count--;
	timer_clear(server->loop, &connection->timer);
	loop_remove(server->loop, &connection->source);
	free(connection->out);
	free(connection);
}

static void send_answer(struct dns_server *server, const struct asker *asker, size_t size)
{
	struct dns_connection *connection = asker->connection;

	if (connection) {
		connection->out = alloc(1, size + 2);
		connection->out[0] = (uint8_t)(size >> 8);
		connection->out[1] = (uint8_t)size;
		memcpy(connection->out + 2, server->out, size);
		connection->out_size = size + 2;
		connection->out_sent = 0;
	} else if (sendto(server->udp.fd, server->out, size, MSG_DONTWAIT,
			  (const struct sockaddr *)&asker->peer, asker->peer_size) < 0) {
		server->count.dropped++;
	}
}

static void put_reply(void *context, const struct dns_record *record)
{
	const struct reply *reply = context;

	if (record->type == DNS_CNAME)
		dns_put_name(reply->answer, record->name, DNS_CNAME, record->ttl, record->target);
	else if (record->type == reply->type)
		dns_put_address(reply->answer, record->name, record->ttl, &record->address);
}

static enum dns_code add_reply(struct reply *reply, struct dns_answer *answer)
{
	enum dns_code code = DNS_SERVFAIL;

	reply->answer = answer;
	if (!reply->size ||
	    dns_reply_read(reply->data, reply->size, reply->id, reply->name,
			   (enum dns_type)reply->type, &code, put_reply, reply) < 0)
		code = DNS_SERVFAIL;
	reply->answer = NULL;
	return code;
}

/*
 * The answer to a query goes to server->out. Returns its size; 0: none is to be
 * given. Without a reply, *ret_external may be the name to ask for first.
 */
static size_t answer_query(struct dns_server *server, const uint8_t *message, size_t size, bool tcp,
			   struct dns_query *ret_query, struct reply *reply,
			   char ret_external[DNS_NAME_MAX + 1])
{
	struct dns_answer answer;
	int code = dns_query_parse(message, size, ret_query);
	bool known = code == 0;
	size_t limit = tcp ? DNS_TCP_MAX : ret_query->udp_size;

	ret_external[0] = '\0';
	if (code < 0) {
		server->count.dropped++;
		return 0;
	}
	if (!tcp && limit > DNS_UDP_MAX)
		limit = DNS_UDP_MAX;
	dns_answer_begin(&answer, server->out, limit, message, ret_query);
	if (known)
		code = (int)dns_resolve(server->zone, ret_query, &answer, ret_external);
	if (*ret_external && !reply)
		return 0;
	/* The service may have changed while its name was asked for. */
	if (*ret_external && strcmp(reply->name, ret_external) == 0)
		code = (int)add_reply(reply, &answer);
	if (code <= DNS_REFUSED)
		server->count.codes[code]++;
	server->count.truncated += answer.truncated;
	return dns_answer_end(&answer, ret_query, (enum dns_code)code,
			      known && code != DNS_REFUSED);
}

static void connection_resume(struct dns_connection *connection);

static void question_answered(struct dns_question *question, const uint8_t *data, size_t size)
{
	struct dns_pending *pending = container_of(question, struct dns_pending, question);
	struct dns_connection *connection = pending->asker.connection;
	struct dns_server *server = pending->server;
	struct reply reply = {.name = question->name, .id = question->id,
			      .type = (uint16_t)question->type, .data = data, .size = size};
	char external[DNS_NAME_MAX + 1];
	struct dns_query query;

	size = answer_query(server, pending->query, pending->query_size, connection, &query, &reply,
			    external);
	send_answer(server, &pending->asker, size);
	pending_free(pending);
	if (connection)
		connection_resume(connection);
}

/* False: there is nobody to ask. */
static bool keep_pending(struct dns_server *server, const struct asker *asker,
			 const uint8_t *message, size_t size, const char *external,
			 enum dns_type type)
{
	struct dns_pending *pending = alloc(1, sizeof(*pending));

	pending->question.answered = question_answered;
	if (!dns_outside_ask(&server->outside, &pending->question, external, type)) {
		free(pending);
		return false;
	}
	pending->server = server;
	pending->asker = *asker;
	pending->query_size = size;
	memcpy(pending->query, message, size);
	pending->next = server->pending;
	server->pending = pending;
	if (asker->connection)
		asker->connection->pending = pending;
	return true;
}

/* False: no answer will be given. */
static bool take_query(struct dns_server *server, const struct asker *asker, const uint8_t *message,
		       size_t size)
{
	char external[DNS_NAME_MAX + 1], again[DNS_NAME_MAX + 1];
	struct dns_query query;
	bool tcp = asker->connection;
	size_t answer = answer_query(server, message, size, tcp, &query, NULL, external);

	if (*external && keep_pending(server, asker, message, size, external,
				      (enum dns_type)query.type))
		return true;
	if (*external) {
		struct reply none = {.name = external};
		answer = answer_query(server, message, size, tcp, &query, &none, again);
	}
	if (answer)
		send_answer(server, asker, answer);
	return answer;
}

/* Takes the next whole query out of what was read. False: the connection is gone. */
static bool connection_step(struct dns_connection *connection, bool *ret_more)
{
	size_t size = (size_t)connection->in[0] << 8 | connection->in[1];
	struct asker asker = {.connection = connection};

	*ret_more = false;
	if (connection->in_size < 2 || connection->pending || connection->out)
		return true;
	if (size < DNS_HEADER || size > QUERY_MAX) {
		connection_close(connection);
		return false;
	}
	if (connection->in_size < size + 2)
		return true;
	connection->server->count.tcp++;
	if (!take_query(connection->server, &asker, connection->in + 2, size)) {
		connection_close(connection);
		return false;
	}
	connection->in_size -= size + 2;
	memmove(connection->in, connection->in + size + 2, connection->in_size);
	*ret_more = true;
	return true;
}

/* False: the connection is gone. */
static bool connection_write(struct dns_connection *connection)
{
	while (connection->out && connection->out_sent < connection->out_size) {
		ssize_t sent = send(connection->source.fd, connection->out + connection->out_sent,
				    connection->out_size - connection->out_sent,
				    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (sent <= 0) {
			connection_close(connection);
			return false;
		}
		connection->out_sent += (size_t)sent;
	}
	free(connection->out);
	connection->out = NULL;
	return true;
}

/* Writes and answers as far as that goes, then waits for what it needs next. */
static void connection_resume(struct dns_connection *connection)
{
	bool more = true;

	while (more)
		if (!connection_write(connection) || !connection_step(connection, &more))
			return;
	if (!connection_write(connection))
		return;
	loop_modify(connection->server->loop, &connection->source,
		    connection->out ? EPOLLOUT : connection->pending ? 0 : EPOLLIN);
	timer_set(connection->server->loop, &connection->timer, CONNECTION_IDLE_MS);
}

static void connection_ready(struct source *source, uint32_t events)
{
	struct dns_connection *connection = container_of(source, struct dns_connection, source);

	if (!connection->out && !connection->pending) {
		ssize_t got = recv(source->fd, connection->in + connection->in_size,
				   sizeof(connection->in) - connection->in_size, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			connection_close(connection);
			return;
		}
		connection->in_size += (size_t)got;
	} else if (events & (EPOLLERR | EPOLLHUP)) {
		connection_close(connection);
		return;
	}
	connection_resume(connection);
}

static void connection_idle(struct timer *timer)
{
	connection_close(container_of(timer, struct dns_connection, timer));
}

static void tcp_ready(struct source *source, uint32_t events)
{
	struct dns_server *server = container_of(source, struct dns_server, tcp);
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	if (server->connection_count == CONNECTIONS_MAX) {
		close(fd);
		server->count.dropped++;
		return;
	}
	struct dns_connection *connection = alloc(1, sizeof(*connection));
	*connection = (struct dns_connection){
		.next = server->connections,
		.server = server,
		.source = {.fd = fd, .ready = connection_ready},
		.timer = {.fired = connection_idle},
	};
	server->connections = connection;
	server->connection_count++;
	if (loop_add(server->loop, &connection->source, EPOLLIN, NULL) < 0)
		connection_close(connection);
	else
		timer_set(server->loop, &connection->timer, CONNECTION_IDLE_MS);
}

static void udp_ready(struct source *source, uint32_t events)
{
	struct dns_server *server = container_of(source, struct dns_server, udp);
	uint8_t message[QUERY_MAX];

	(void)events;
	for (int i = 0; i < UDP_BATCH; i++) {
		struct asker asker = {.peer_size = sizeof(asker.peer)};
		ssize_t size = recvfrom(source->fd, message, sizeof(message),
					MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&asker.peer,
					&asker.peer_size);
		if (size < 0)
			return;
		server->count.udp++;
		if ((size_t)size > sizeof(message))
			server->count.dropped++;
		else
			take_query(server, &asker, message, (size_t)size);
	}
}

static int bind_socket(int type, const struct sockaddr_storage *address, socklen_t size,
		       const char *text, struct kinc_error *err)
{
	static const int on = 1, room = RECEIVE_ROOM;
	cleanup_close int fd =
		socket(address->ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot make a socket");
	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	else /* as far as the kernel lets */
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (bind(fd, (const struct sockaddr *)address, size) < 0 ||
	    (type == SOCK_STREAM && listen(fd, CONNECTIONS_MAX) < 0))
		return kinc_error_errno(err, errno, "cannot serve DNS on %s", text);
	return steal_fd(&fd);
}

int dns_server_open(struct dns_server *server, struct loop *loop, struct dns_zone *zone,
		    const char *address, const char *upstream, struct kinc_error *err)
{
	struct sockaddr_storage bound = {0};
	socklen_t size = 0;

	memset(server, 0, sizeof(*server));
	server->loop = loop;
	server->zone = zone;
	server->udp = (struct source){.fd = -EBADF, .ready = udp_ready};
	server->tcp = (struct source){.fd = -EBADF, .ready = tcp_ready};
	int result = dns_outside_open(&server->outside, loop, upstream, err);
	if (result == 0)
		result = dns_address_parse(address, &bound, &size, err);
	if (result < 0)
		return result;
	server->udp.fd = bind_socket(SOCK_DGRAM, &bound, size, address, err);
	if (server->udp.fd < 0)
		return server->udp.fd;
	server->tcp.fd = bind_socket(SOCK_STREAM, &bound, size, address, err);
	return server->tcp.fd < 0 ? server->tcp.fd : 0;
}

int dns_server_serve(struct dns_server *server, struct kinc_error *err)
{
	int result = loop_add(server->loop, &server->udp, EPOLLIN, err);

	return result < 0 ? result : loop_add(server->loop, &server->tcp, EPOLLIN, err);
}

void dns_server_close(struct dns_server *server)
{
	for (struct dns_connection *next, *one = server->connections; one; one = next) {
		next = one->next;
		connection_close(one);
	}
	for (struct dns_pending *next, *one = server->pending; one; one = next) {
		next = one->next;
		dns_outside_cancel(&one->question);
		pending_free(one);
	}
	loop_remove(server->loop, &server->udp);
	loop_remove(server->loop, &server->tcp);
	dns_outside_close(&server->outside);
}

void dns_server_print_metrics(const struct dns_server *server, FILE *out)
{
	static const char *const codes[] = {"NOERROR",  "FORMERR", "SERVFAIL",
					    "NXDOMAIN", "NOTIMP",  "REFUSED"};
	const struct dns_records *records = server->zone->records;

	fputs("# TYPE kincnetd_dns_queries_total counter\n", out);
	fprintf(out, "kincnetd_dns_queries_total{protocol=\"udp\"} %llu\n",
		(unsigned long long)server->count.udp);
	fprintf(out, "kincnetd_dns_queries_total{protocol=\"tcp\"} %llu\n",
		(unsigned long long)server->count.tcp);
	fputs("# TYPE kincnetd_dns_answers_total counter\n", out);
	for (int i = 0; i <= DNS_REFUSED; i++)
		fprintf(out, "kincnetd_dns_answers_total{code=\"%s\"} %llu\n", codes[i],
			(unsigned long long)server->count.codes[i]);
	fprintf(out,
		"# TYPE kincnetd_dns_dropped_total counter\nkincnetd_dns_dropped_total %llu\n"
		"# TYPE kincnetd_dns_truncated_total counter\nkincnetd_dns_truncated_total %llu\n"
		"# TYPE kincnetd_dns_outside_total counter\nkincnetd_dns_outside_total %llu\n"
		"# TYPE kincnetd_dns_services gauge\nkincnetd_dns_services %zu\n"
		"# TYPE kincnetd_dns_slices gauge\nkincnetd_dns_slices %zu\n"
		"# TYPE kincnetd_dns_endpoints gauge\nkincnetd_dns_endpoints %zu\n",
		(unsigned long long)server->count.dropped,
		(unsigned long long)server->count.truncated,
		(unsigned long long)server->outside.total, records->services.count,
		records->slices.count, records->endpoint_count);
}
