/* SPDX-License-Identifier: MIT */
#ifndef KINC_HASH_H
#define KINC_HASH_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a: names are made from it, nothing is kept secret by it. */
#define HASH_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
	for (const unsigned char *at = data, *end = at + size; at < end; at++)
		hash = (hash ^ *at) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
