/* SPDX-License-Identifier: MIT */
/* #syscalls socket connect sendto recvfrom setsockopt fcntl poll */
#include "isolation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "control.h"
#include "json.h"
#include "masquerade.h"
#include "nft.h"
#include "policy_table.h"

#define NAME_BYTES 256

/* The value of a key of CNI_ARGS, "" where it is not given. */
static void read_arg(const char *key, char value[NAME_BYTES])
{
	const char *text = getenv("CNI_ARGS");
	size_t length = strlen(key);

	value[0] = '\0';
	for (; text && *text; text += strcspn(text, ";"), text += *text == ';') {
		if (strncmp(text, key, length) != 0 || text[length] != '=')
			continue;
		size_t size = strcspn(text + length + 1, ";");
		if (size < NAME_BYTES) {
			memcpy(value, text + length + 1, size);
			value[size] = '\0';
		}
	}
}

static cJSON *make_request(const char *namespace, const struct conf *conf,
			   const struct result *result)
{
	cJSON *request = kinc_control_request("isolate", NULL);
	char value[NAME_BYTES], text[IP_TEXT_MAX];

	cJSON_AddStringToObject(request, "namespace", namespace);
	read_arg("K8S_POD_NAME", value);
	cJSON_AddStringToObject(request, "name", value);
	read_arg("K8S_POD_UID", value);
	cJSON_AddStringToObject(request, "uid", value);
	cJSON *addresses = cJSON_AddArrayToObject(request, "addresses");
	for (size_t i = 0; i < conf->set_count; i++)
		cJSON_AddItemToArray(addresses, cJSON_CreateString(ip_format(
							&result->leases[i].address, text)));
	return request;
}

/* Did kincnetd say that the rules stand, or never will on this kernel? */
static bool ask(const struct conf *conf, const char *namespace, const struct result *result)
{
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	cleanup_json cJSON *request = make_request(namespace, conf, result), *reply = NULL;
	int patience = (int)conf->gate_seconds * 1000;

	return kinc_control_connect(&control, conf->gate, NULL) == 0 &&
	       kinc_control_send(&control, request, patience, NULL) == 0 &&
	       kinc_control_next(&control, patience, &reply, NULL) == 0 &&
	       kinc_json_bool(reply, "ok", false);
}

/* By hand: libnftables is much for one element, and the filter of calls is on. */
static struct nl_msg *make_message(int type, int flags, int family, int resource)
{
	struct nfgenmsg header = {.nfgen_family = (unsigned char)family,
				  .version = NFNETLINK_V0,
				  .res_id = htons((uint16_t)resource)};
	struct nl_msg *message = nlmsg_alloc();

	if (message && nlmsg_put(message, 0, 0, type, 0, NLM_F_REQUEST | flags) &&
	    nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO) == 0)
		return message;
	nlmsg_free(message);
	return NULL;
}

static struct nl_msg *make_known(const struct ip_address *address)
{
	bool ipv4 = address->family == AF_INET;
	struct nl_msg *message =
		make_message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM, NLM_F_CREATE,
			     NFPROTO_INET, 0);
	struct nlattr *list, *one, *key;

	if (message && nla_put_string(message, NFTA_SET_ELEM_LIST_TABLE, KINC_POLICY_TABLE_NAME) == 0 &&
	    nla_put_string(message, NFTA_SET_ELEM_LIST_SET,
			   ipv4 ? KINC_POLICY_KNOWN4 : KINC_POLICY_KNOWN6) == 0 &&
	    (list = nla_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS)) &&
	    (one = nla_nest_start(message, NFTA_LIST_ELEM)) &&
	    (key = nla_nest_start(message, NFTA_SET_ELEM_KEY)) &&
	    nla_put(message, NFTA_DATA_VALUE, (int)ip_size(address->family), address->bytes) == 0) {
		nla_nest_end(message, key);
		nla_nest_end(message, one);
		nla_nest_end(message, list);
		return message;
	}
	nlmsg_free(message);
	return NULL;
}

#define ADMIT_PARTS 3

/* One transaction; what becomes of it nobody waits for. Where there is no table, nothing is denied. */
static void admit_address(int fd, const struct ip_address *address)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct nl_msg *parts[ADMIT_PARTS] = {
		make_message(NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES),
		make_known(address),
		make_message(NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES),
	};
	char batch[1024];
	size_t used = 0;

	for (size_t i = 0; i < ADMIT_PARTS; i++) {
		const struct nlmsghdr *header = parts[i] ? nlmsg_hdr(parts[i]) : NULL;
		if (header && used + NLMSG_ALIGN(header->nlmsg_len) <= sizeof(batch)) {
			memcpy(batch + used, header, header->nlmsg_len);
			used += NLMSG_ALIGN(header->nlmsg_len);
		}
		nlmsg_free(parts[i]);
	}
	(void)!sendto(fd, batch, used, 0, (struct sockaddr *)&kernel, sizeof(kernel));
}

static void admit(const struct conf *conf, const struct result *result)
{
	cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	for (size_t i = 0; fd >= 0 && i < conf->set_count; i++)
		admit_address(fd, &result->leases[i].address);
}

void isolation_await(const struct conf *conf, const struct result *result)
{
	char namespace[NAME_BYTES];

	read_arg("K8S_POD_NAMESPACE", namespace);
	if (!conf->set_count || ask(conf, namespace, result))
		return;
	if (conf->gate_admit || strcmp(namespace, "kube-system") == 0)
		admit(conf, result);
}

int isolation_lay_ground(const struct conf *conf, struct kinc_error *err)
{
	struct subnets subnets = {0};
	cleanup_free char *text = NULL;
	size_t size;
	int status = masquerade_add_subnets(&subnets, conf, err);

	if (status < 0)
		return status;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return kinc_error_errno(err, ENOMEM, "rules");
	kinc_policy_table_print(out, subnets.list, subnets.count, conf->gate_admit);
	if (fclose(out) != 0)
		return kinc_error_errno(err, ENOMEM, "rules");
	/* kincnetd tells of a kernel that can't, loudly. */
	status = nft_run(text, err);
	return status == -EOPNOTSUPP ? 0 : status;
}
