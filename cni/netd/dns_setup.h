/* SPDX-License-Identifier: MIT */
#ifndef NETD_DNS_SETUP_H
#define NETD_DNS_SETUP_H

#include "error.h"

struct dns_setup {
	const char *service_subnets, *pod_subnets; /* with commas between them */
	const char *domain;
	const char *records; /* ADDRESS:PORT where kincnetd answers */
	const char *directory;
	const char *resolv; /* whose servers answer for the world */
};

/*
 * The ground for cluster DNS, once at boot: each service subnet's tenth address,
 * which kubeadm tells the kubelet, becomes one of the loopback interface, and in
 * directory appear dnsmasq.conf, and kube-dns.json for the API server.
 */
int dns_setup(const struct dns_setup *setup, struct kinc_error *err);

#endif
