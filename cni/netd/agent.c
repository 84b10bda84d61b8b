/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: one thread, one loop. Watches bring objects; those of
 * NetworkPolicy go to policies.h, those of DNS to dns_records.h. After each turn
 * of the loop what changed is brought to the kernel in one commit, so that a
 * burst of events costs one update.
 *
 * It is ready when everything was listed once, the rules stand and DNS answers.
 * When the API server goes away, rules and records stay as they are.
 */
/* #syscalls signalfd4 */
#include "agent.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "api.h"
#include "cleanup.h"
#include "dns_server.h"
#include "gate.h"
#include "metrics.h"
#include "notice.h"
#include "policies.h"
#include "report.h"
#include "sandbox.h"
#include "syscalls/kincnetd.h"
#include "watch.h"

#define COMMIT_AGAIN_MS 1000

struct agent {
	const struct agent_options *options;
	struct loop loop;
	struct source signals;
	bool ending;
	struct notice notice;
	struct api api;
	struct report report;
	struct metrics metrics;
	struct watch_handler handler;
	struct watch watches[OBJECT_KINDS];
	size_t watch_count;

	struct policies *policies;
	struct gate *gate;
	struct source gate_source;
	struct timer commit_again;
	int commit_result;
	char commit_reason[200];

	struct dns_records records;
	struct dns_zone zone;
	struct dns_server server;
	bool dns_serves;
	uint64_t bad_objects;
};

static void on_relist(void *context, enum object_kind kind)
{
	struct agent *agent = context;

	if (kind < OBJECT_POLICY_KINDS)
		policies_relist(agent->policies, kind);
	else
		dns_records_relist(&agent->records, kind);
}

static void on_object(void *context, enum object_kind kind, const cJSON *object,
		      enum object_change change)
{
	struct agent *agent = context;
	struct kinc_error err;
	int result = 0;

	switch (kind) {
	case OBJECT_POD:
		result = policies_pod(agent->policies, object, change, &err);
		break;
	case OBJECT_NAMESPACE:
		result = policies_namespace(agent->policies, object, change, &err);
		break;
	case OBJECT_POLICY:
		result = policies_policy(agent->policies, object, change, &err);
		break;
	case OBJECT_SERVICE:
		result = dns_records_service(&agent->records, object, change, &err);
		break;
	case OBJECT_ENDPOINTSLICE:
		result = dns_records_slice(&agent->records, object, change, &err);
		break;
	case OBJECT_KINDS:
		break;
	}
	if (result < 0) {
		agent->bad_objects++;
		fprintf(stderr, "kincnetd: %s\n", err.message);
	}
}

static bool all_synced(const struct agent *agent, enum object_kind from, enum object_kind end)
{
	for (size_t i = 0; i < agent->watch_count; i++)
		if (agent->watches[i].kind >= from && agent->watches[i].kind < end &&
		    !agent->watches[i].synced)
			return false;
	return true;
}

static void on_synced(void *context, enum object_kind kind)
{
	struct agent *agent = context;
	struct kinc_error err;

	if (kind < OBJECT_POLICY_KINDS)
		policies_synced(agent->policies, kind);
	else
		dns_records_synced(&agent->records, kind);
	/* What a list took for a moment is not needed again soon. */
	malloc_trim(0);
	if (!agent->options->dns || agent->dns_serves ||
	    !all_synced(agent, OBJECT_SERVICE, OBJECT_KINDS))
		return;
	agent->dns_serves = dns_server_serve(&agent->server, &err) == 0;
	if (!agent->dns_serves)
		fprintf(stderr, "kincnetd: %s\n", err.message);
}

static void on_trouble(void *context, enum object_kind kind, const char *reason)
{
	(void)context;
	if (*reason)
		fprintf(stderr, "kincnetd: %s: %s\n", watch_kind_name(kind), reason);
	else
		printf("%s are watched\n", watch_kind_name(kind));
}

static void on_policy_event(void *context, const char *namespace, const char *name, const char *uid,
			    const char *reason, const char *sentence)
{
	struct agent *agent = context;
	const struct report_object about = {"networking.k8s.io/v1", "NetworkPolicy", namespace,
					    name, uid};

	fprintf(stderr, "kincnetd: networkpolicy %s/%s: %s\n", namespace, name, sentence);
	report_warn(&agent->report, &about, reason, sentence);
}

static void tell_unenforced(struct agent *agent)
{
	static const char sentence[] =
		"NetworkPolicies are NOT enforced: this kernel has no nftables (nf_tables)";
	/* The kubelet's own events have a node's name as its uid too. */
	const struct report_object about = {"v1", "Node", NULL, agent->options->node,
					    agent->options->node};

	notice_warning(&agent->notice, sentence);
	report_warn(&agent->report, &about, "NetworkPolicyUnenforced", sentence);
}

static void commit(struct agent *agent)
{
	struct kinc_error err;
	int result = policies_commit(agent->policies, &err);

	gate_settle(agent->gate);
	if (result < 0) {
		if (strcmp(agent->commit_reason, err.message) != 0)
			fprintf(stderr, "kincnetd: %s\n", err.message);
		snprintf(agent->commit_reason, sizeof(agent->commit_reason), "%.199s", err.message);
		if (result == -EOPNOTSUPP && agent->commit_result != result)
			tell_unenforced(agent);
		else if (!agent->commit_again.armed && result != -EOPNOTSUPP)
			timer_set(&agent->loop, &agent->commit_again, COMMIT_AGAIN_MS);
	}
	agent->commit_result = result;
}

static void commit_again_fired(struct timer *timer)
{
	/* That the loop turns is enough. */
	(void)timer;
}

static void gate_ready(struct source *source, uint32_t events)
{
	struct agent *agent = container_of(source, struct agent, gate_source);
	struct kinc_error err;

	(void)events;
	if (gate_dispatch(agent->gate, &err) < 0)
		fprintf(stderr, "kincnetd: %s\n", err.message);
}

static void signals_ready(struct source *source, uint32_t events)
{
	struct agent *agent = container_of(source, struct agent, signals);
	struct signalfd_siginfo signal;

	(void)events;
	if (read(source->fd, &signal, sizeof(signal)) == sizeof(signal))
		agent->ending = true;
}

/* One line of how it is doing, and readiness. */
static void update_status(struct agent *agent)
{
	const struct watch *troubled = NULL;
	bool unenforced = agent->commit_result == -EOPNOTSUPP;
	bool stands = !agent->policies || policies_standing(agent->policies) ||
		      (unenforced && all_synced(agent, OBJECT_POD, OBJECT_POLICY_KINDS));
	bool serves = !agent->options->dns || agent->dns_serves;

	for (size_t i = 0; i < agent->watch_count && !troubled; i++)
		if (agent->watches[i].reason[0])
			troubled = &agent->watches[i];
	if (unenforced)
		notice_status(&agent->notice, "NetworkPolicies are NOT enforced: %s",
			      agent->commit_reason);
	else if (agent->commit_result < 0)
		notice_status(&agent->notice, "the rules are not up to date: %s",
			      agent->commit_reason);
	else if (troubled)
		notice_status(&agent->notice, "%s: %s", watch_kind_name(troubled->kind),
			      troubled->reason);
	else if (!stands || !serves)
		notice_status(&agent->notice, "listing");
	else
		notice_status(&agent->notice, "%s%s%s", agent->policies ? "policies are enforced" : "",
			      agent->policies && agent->options->dns ? ", " : "",
			      agent->options->dns ? "names are answered" : "");
	if (stands && serves)
		notice_ready(&agent->notice);
}

static void print_metrics(void *context, FILE *out)
{
	struct agent *agent = context;

	watch_print_metrics(agent->watches, agent->watch_count, out);
	fprintf(out,
		"# TYPE kincnetd_objects_refused_total counter\n"
		"kincnetd_objects_refused_total %llu\n"
		"# TYPE kincnetd_events_sent_total counter\nkincnetd_events_sent_total %llu\n"
		"# TYPE kincnetd_events_lost_total counter\nkincnetd_events_lost_total %llu\n",
		(unsigned long long)agent->bad_objects, (unsigned long long)agent->report.sent,
		(unsigned long long)agent->report.lost);
	if (agent->options->dns)
		dns_server_print_metrics(&agent->server, out);
	if (agent->policies)
		(void)policies_print_metrics(agent->policies, out, NULL);
}

static int open_signals(struct agent *agent, struct kinc_error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	agent->signals = (struct source){
		.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
		.ready = signals_ready,
	};
	if (agent->signals.fd < 0)
		return kinc_error_errno(err, errno, "cannot make a signalfd");
	return loop_add(&agent->loop, &agent->signals, EPOLLIN, err);
}

static int open_policies(struct agent *agent, struct kinc_error *err)
{
	const struct agent_options *options = agent->options;
	struct policies_conf conf = {
		.node = options->node,
		.keep_connections = options->keep_connections,
		.admit_unknown = options->admit_unknown,
		.event = on_policy_event,
		.context = agent,
	};
	char one[IP_TEXT_MAX];

	for (const char *at = options->pod_subnets; *at;) {
		size_t length = strcspn(at, ",");
		snprintf(one, sizeof(one), "%.*s", (int)length, at);
		if (conf.subnet_count == POLICIES_SUBNETS_MAX || length >= sizeof(one) ||
		    prefix_parse(one, &conf.subnets[conf.subnet_count++]) < 0)
			return kinc_error_set(err, EINVAL, "\"%s\" are no subnets",
					      options->pod_subnets);
		at += length + (at[length] == ',');
	}
	int result = policies_new(&conf, &agent->policies, err);
	if (result == 0)
		result = gate_open(options->gate, agent->policies, &agent->gate, err);
	if (result < 0)
		return result;
	agent->gate_source = (struct source){.fd = gate_fd(agent->gate), .ready = gate_ready};
	agent->commit_again.fired = commit_again_fired;
	return loop_add(&agent->loop, &agent->gate_source, EPOLLIN, err);
}

static int open_dns(struct agent *agent, struct kinc_error *err)
{
	const struct agent_options *options = agent->options;

	agent->zone = (struct dns_zone){.records = &agent->records, .domain = options->domain};
	return dns_server_open(&agent->server, &agent->loop, &agent->zone, options->dns,
			       options->dns_upstream, err);
}

static int open_all(struct agent *agent, struct kinc_error *err)
{
	const struct agent_options *options = agent->options;
	int result = loop_open(&agent->loop, err);

	notice_open(&agent->notice);
	if (result == 0)
		result = open_signals(agent, err);
	if (result == 0)
		result = api_open(&agent->api, &agent->loop, options->kubeconfig, err);
	report_open(&agent->report, &agent->api, options->node);
	if (result == 0 && options->policy)
		result = open_policies(agent, err);
	if (result == 0 && options->dns)
		result = open_dns(agent, err);
	if (result == 0 && options->metrics)
		result = metrics_open(&agent->metrics, &agent->loop, options->metrics,
				      print_metrics, agent, err);
	/* Whatever comes from outside is only read behind this. */
	return result < 0 ? result
			  : kinc_sandbox_enter(syscalls_kincnetd, KINC_SANDBOX_REFUSE, err);
}

static void start_watches(struct agent *agent)
{
	agent->handler = (struct watch_handler){on_relist, on_object, on_synced, on_trouble, agent};
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
		if (kind < OBJECT_POLICY_KINDS ? agent->options->policy : agent->options->dns != NULL)
			watch_start(&agent->watches[agent->watch_count++], kind, &agent->api,
				    &agent->handler, agent->options->object_max);
}

static void close_all(struct agent *agent)
{
	for (size_t i = 0; i < agent->watch_count; i++)
		watch_stop(&agent->watches[i]);
	report_close(&agent->report);
	if (agent->options->metrics)
		metrics_close(&agent->metrics);
	if (agent->options->dns)
		dns_server_close(&agent->server);
	dns_records_release(&agent->records);
	if (agent->gate) {
		loop_forget(&agent->loop, &agent->gate_source);
		gate_close(agent->gate);
	}
	if (agent->policies)
		policies_free(agent->policies);
	api_close(&agent->api);
	notice_close(&agent->notice);
	loop_remove(&agent->loop, &agent->signals);
	loop_close(&agent->loop);
}

int agent_run(const struct agent_options *options, struct kinc_error *err)
{
	static struct agent agent;

	agent = (struct agent){.options = options,
			       .signals.fd = -EBADF,
			       .gate_source.fd = -EBADF,
			       .metrics.source.fd = -EBADF};
	int result = open_all(&agent, err);
	if (result < 0)
		return result;
	start_watches(&agent);
	while (!agent.ending) {
		update_status(&agent);
		loop_turn(&agent.loop);
		if (agent.policies)
			commit(&agent);
	}
	close_all(&agent);
	return 0;
}
