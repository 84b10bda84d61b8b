/* SPDX-License-Identifier: MIT */
#ifndef KINC_SHA256_H
#define KINC_SHA256_H

#include <stddef.h>
#include <stdint.h>

/*
 * SHA-256 (FIPS 180-4). An own one because what PID 1 links is resident in it:
 * libcrypto alone would double its memory.
 */
#define KINC_SHA256_SIZE 32
#define KINC_SHA256_TEXT 65 /* in hexadecimal, with its end */

struct kinc_sha256 {
	uint32_t state[8];
	uint64_t size; /* bytes so far */
	unsigned char block[64];
};

void kinc_sha256_begin(struct kinc_sha256 *hash);
void kinc_sha256_add(struct kinc_sha256 *hash, const void *data, size_t size);
void kinc_sha256_end(struct kinc_sha256 *hash, unsigned char result[KINC_SHA256_SIZE]);
/* The same as lower-case hexadecimal digits. */
void kinc_sha256_end_text(struct kinc_sha256 *hash, char result[KINC_SHA256_TEXT]);

#endif
