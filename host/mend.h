/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_MEND_H
#define KINC_HOST_MEND_H

/* What mends a fault of which a log or a message tells; NULL when that is not known. */
const char *mend_of(const char *text);

#endif
