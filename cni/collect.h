/* SPDX-License-Identifier: MIT */
#ifndef CNI_COLLECT_H
#define CNI_COLLECT_H

#include "attachment.h"

/*
 * GC: deletes every attachment of the network that conf->valid_attachments
 * does not name. Goes on after a failure and reports the first. -EINVAL when
 * the list is missing: then nothing is touched.
 */
int collect_garbage(const struct conf *conf, enum cni_code *code, struct kinc_error *err);

/* STATUS: 0 when an ADD can be served. */
int collect_status(const struct conf *conf, enum cni_code *code, struct kinc_error *err);

#endif
