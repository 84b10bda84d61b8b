/* SPDX-License-Identifier: MIT */
/*
 * kincnetd: what a cluster's network needs of the API server. It makes
 * NetworkPolicies hold (--policy) and answers for the names of services
 * (--dns). What else it can do without an API server stands in a table.
 */
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "certificate.h"
#include "cleanup.h"
#include "command.h"
#include "dns_setup.h"
#include "gate.h"
#include "io.h"
#include "version.h"

#define KUBECONFIG "/etc/kubernetes/kincnetd.conf"
#define DNS_DIRECTORY "/run/kinc/dns"
#define DNS_RECORDS "127.0.0.1:10053"
#define DOMAIN "cluster.local"
#define OBJECT_MAX ((size_t)4 << 20)

static const char help[] =
	"usage: kincnetd [--policy --pod-subnets LIST] [--dns ADDRESS:PORT] [OPTION...]\n"
	"       kincnetd --explain [--from FILE] SRC DST PORT[/PROTO]   may they talk, and why\n"
	"       kincnetd --compile FILE...                   policies as rules\n"
	"       kincnetd --apply FILE...                     the same, into the kernel\n"
	"       kincnetd --setup-dns SERVICES PODS           subnets: ground for cluster DNS\n"
	"       kincnetd --make-kubeconfig FILE [PKI]        credentials by /etc/kubernetes/pki\n"
	"\n"
	"  --policy             enforce NetworkPolicies on this node\n"
	"  --pod-subnets LIST   of the node's pods, with commas between them\n"
	"  --keep-connections   those that a new policy forbids go on\n"
	"  --admit-unknown      let addresses pass that no known pod has\n"
	"  --gate PATH          socket for kincnet (" GATE_PATH ")\n"
	"  --dns ADDRESS:PORT   answer for names of services\n"
	"  --dns-upstream ADDRESS:PORT  asked for where an ExternalName leads\n"
	"  --domain NAME        of the cluster (" DOMAIN ")\n"
	"  --kubeconfig FILE    how to reach the API server (" KUBECONFIG ")\n"
	"  --node NAME          of this node (the host name)\n"
	"  --metrics PATH       socket that answers with Prometheus text\n"
	"  --object-max BYTES   of one object; a larger one is an error (4194304)\n"
	"\n"
	"  SRC, DST             NAMESPACE/POD or an address\n"
	"  FILE                 JSON, as kubectl get pods,namespaces,networkpolicies -A -o json\n"
	"  --from FILE          explain the objects of FILE, not those of the kincnetd that runs\n"
	"  --pod-subnet SUBNET  for --compile, --apply, --explain: what no pod has there is dropped\n"
	"  --json               the same three, for machines\n"
	"  --version, --help\n"
	"\n"
	"Exit status: 0 done or allowed, 1 forbidden, 100 misuse, 111 system failure.\n"
	"\n"
	"Example: kincnetd --explain --from objects.json default/client default/web 80/TCP\n";

static int fail(const struct kinc_error *err, int status)
{
	fprintf(stderr, "kincnetd: %s\n", err->message);
	return status;
}

static int misuse(const char *what)
{
	fprintf(stderr, "kincnetd: %s. Try kincnetd --help.\n", what);
	return KINC_EXIT_MISUSE;
}

static int command_make_kubeconfig(int argc, char **argv)
{
	const char *pki = argc == 2 ? argv[1] : "/etc/kubernetes/pki";
	char certificate[PATH_MAX], key[PATH_MAX];
	cleanup_free char *text = NULL;
	struct kinc_error err;

	if (argc != 1 && argc != 2)
		return misuse("--make-kubeconfig takes the file to write, and where the authority is");
	snprintf(certificate, sizeof(certificate), "%s/ca.crt", pki);
	snprintf(key, sizeof(key), "%s/ca.key", pki);
	int result = certificate_make_kubeconfig(certificate, key, "system:kincnetd",
						 "https://127.0.0.1:6443", &text, &err);
	if (result == 0)
		result = kinc_write_file_atomic(argv[0], text, strlen(text), 0600, &err);
	return result < 0 ? fail(&err, KINC_EXIT_SYSTEM) : KINC_EXIT_OK;
}

static int command_setup_dns(int argc, char **argv)
{
	struct kinc_error err;

	if (argc != 2)
		return misuse("--setup-dns takes the services' subnets and the pods'");
	const struct dns_setup setup = {
		.service_subnets = argv[0],
		.pod_subnets = argv[1],
		.domain = DOMAIN,
		.records = DNS_RECORDS,
		.directory = DNS_DIRECTORY,
		.resolv = "/etc/resolv.conf",
	};
	return dns_setup(&setup, &err) < 0 ? fail(&err, KINC_EXIT_SYSTEM) : KINC_EXIT_OK;
}

static int command_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("kincnetd " KINC_VERSION);
	return KINC_EXIT_OK;
}

static int command_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fputs(help, stdout);
	return KINC_EXIT_OK;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"--explain", command_explain},
	{"--compile", command_compile},
	{"--apply", command_apply},
	{"--setup-dns", command_setup_dns},
	{"--make-kubeconfig", command_make_kubeconfig},
	{"--version", command_version},
	{"--help", command_help},
};

/* -1 to go on, otherwise the exit status. */
static int read_options(struct agent_options *options, int argc, char **argv)
{
	enum { POLICY, SUBNETS, KEEP, ADMIT, GATE, DNS, UPSTREAM, DOMAIN_NAME, CONFIG, NODE, METRICS,
	       MAX };
	static const struct option known[] = {
		{"policy", no_argument, NULL, POLICY},
		{"pod-subnets", required_argument, NULL, SUBNETS},
		{"keep-connections", no_argument, NULL, KEEP},
		{"admit-unknown", no_argument, NULL, ADMIT},
		{"gate", required_argument, NULL, GATE},
		{"dns", required_argument, NULL, DNS},
		{"dns-upstream", required_argument, NULL, UPSTREAM},
		{"domain", required_argument, NULL, DOMAIN_NAME},
		{"kubeconfig", required_argument, NULL, CONFIG},
		{"node", required_argument, NULL, NODE},
		{"metrics", required_argument, NULL, METRICS},
		{"object-max", required_argument, NULL, MAX},
		{NULL, 0, NULL, 0},
	};
	const char **const texts[] = {
		[SUBNETS] = &options->pod_subnets, [GATE] = &options->gate,
		[DNS] = &options->dns,		   [UPSTREAM] = &options->dns_upstream,
		[DOMAIN_NAME] = &options->domain,  [CONFIG] = &options->kubeconfig,
		[NODE] = &options->node,	   [METRICS] = &options->metrics,
	};
	char *end;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == POLICY)
			options->policy = true;
		else if (option == KEEP)
			options->keep_connections = true;
		else if (option == ADMIT)
			options->admit_unknown = true;
		else if (option == MAX)
			options->object_max = strtoul(optarg, &end, 10);
		else if (option >= 0 && option < MAX)
			*texts[option] = optarg;
		else
			return KINC_EXIT_MISUSE;
		if (option == MAX && (*end || options->object_max < 1024))
			return misuse("--object-max takes at least 1024 bytes");
	}
	if (optind != argc)
		return misuse("there are words that are no option");
	if (!options->policy && !options->dns)
		return misuse("nothing to do: --policy or --dns");
	if (options->policy && !options->pod_subnets)
		return misuse("--policy needs --pod-subnets");
	return -1;
}

int main(int argc, char **argv)
{
	char host[256] = "";
	struct agent_options options = {
		.kubeconfig = KUBECONFIG,
		.node = host,
		.gate = GATE_PATH,
		.domain = DOMAIN,
		.object_max = OBJECT_MAX,
	};
	struct kinc_error err;

	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 2, argv + 2);
	gethostname(host, sizeof(host) - 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	int status = read_options(&options, argc, argv);
	if (status >= 0)
		return status;
	return agent_run(&options, &err) < 0 ? fail(&err, KINC_EXIT_SYSTEM) : KINC_EXIT_OK;
}
