/* SPDX-License-Identifier: MIT */
#ifndef NETD_OBJECT_H
#define NETD_OBJECT_H

/* What is watched. The first three decide about policy. */
enum object_kind {
	OBJECT_POD,
	OBJECT_NAMESPACE,
	OBJECT_POLICY,
	OBJECT_SERVICE,
	OBJECT_ENDPOINTSLICE,
	OBJECT_KINDS,
};
#define OBJECT_POLICY_KINDS (OBJECT_POLICY + 1)

/* What a list or a watch said of an object. */
enum object_change {
	OBJECT_PRESENT, /* listed, added or modified: it is now as given */
	OBJECT_GONE,	/* deleted */
};

#endif
