/* MD5, SHA-256 and base64 (Nettle): Kinesis hashes partition keys with MD5, handlers hash records.
 */
#ifndef ONCECHECK_MODEL_BASE_DIGEST_H
#define ONCECHECK_MODEL_BASE_DIGEST_H

#include "model/base/memory.h"
#include "model/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MD5_SIZE = 16, SHA256_SIZE = 32, MD5_HEX_SIZE = 33, SHA256_HEX_SIZE = 65 };

void digest_md5(const void *bytes, size_t length, uint8_t digest[MD5_SIZE]);
void digest_sha256(const void *bytes, size_t length, uint8_t digest[SHA256_SIZE]);

/* Lower-case hexadecimal digits with a NUL, as Python's hexdigest(). */
void digest_md5_hex(const void *bytes, size_t length, char hex[MD5_HEX_SIZE]);
void digest_sha256_hex(const void *bytes, size_t length, char hex[SHA256_HEX_SIZE]);

/* Standard alphabet with padding, no line breaks. */
void base64_append(struct text *text, const void *bytes, size_t length);

/* Strict: padding required, no blanks. Appends to `text`; false (and nothing appended) if the input
 * is not base64. */
bool base64_decode_append(struct text *text, const char *base64, size_t length);

#endif
