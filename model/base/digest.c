#include "model/base/digest.h"

#include <nettle/base64.h>
#include <nettle/md5.h>
#include <nettle/sha2.h>

_Static_assert((int)MD5_SIZE == MD5_DIGEST_SIZE && (int)SHA256_SIZE == SHA256_DIGEST_SIZE,
               "as in Nettle");

/* Base64 goes through a buffer of this many encoded bytes. */
enum { STEP_ENCODED = 1024, STEP_DECODED = STEP_ENCODED / 4 * 3 };

void digest_md5(const void *bytes, size_t length, uint8_t digest[MD5_SIZE])
{
    struct md5_ctx context;
    md5_init(&context);
    md5_update(&context, length, bytes);
    md5_digest(&context, MD5_SIZE, digest);
}

void digest_sha256(const void *bytes, size_t length, uint8_t digest[SHA256_SIZE])
{
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, length, bytes);
    sha256_digest(&context, SHA256_SIZE, digest);
}

static void write_hex(const uint8_t *bytes, size_t length, char *hex)
{
    for (size_t i = 0; i < length; i++) {
        hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    hex[2 * length] = '\0';
}

void digest_md5_hex(const void *bytes, size_t length, char hex[MD5_HEX_SIZE])
{
    uint8_t digest[MD5_SIZE];
    digest_md5(bytes, length, digest);
    write_hex(digest, sizeof digest, hex);
}

void digest_sha256_hex(const void *bytes, size_t length, char hex[SHA256_HEX_SIZE])
{
    uint8_t digest[SHA256_SIZE];
    digest_sha256(bytes, length, digest);
    write_hex(digest, sizeof digest, hex);
}

void base64_append(struct text *text, const void *bytes, size_t length)
{
    const uint8_t *source = bytes;
    char encoded[STEP_ENCODED];
    while (length > 0) {
        size_t step = length < STEP_DECODED ? length : STEP_DECODED;
        base64_encode_raw(encoded, step, source);
        text_append(text, encoded, BASE64_ENCODE_RAW_LENGTH(step));
        source += step;
        length -= step;
    }
}

/* Nettle skips blanks; we do not. */
static bool has_only_base64(const char *base64, size_t length)
{
    if (length % 4 != 0)
        return false;
    while (length > 0 && base64[length - 1] == '=')
        length--;
    for (size_t i = 0; i < length; i++) {
        char c = base64[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '+' || c == '/'))
            return false;
    }
    return true;
}

bool base64_decode_append(struct text *text, const char *base64, size_t length)
{
    if (!has_only_base64(base64, length))
        return false;
    size_t length_before = text->length;
    struct base64_decode_ctx context;
    base64_decode_init(&context);
    bool valid = true;
    while (valid && length > 0) {
        uint8_t decoded[BASE64_DECODE_LENGTH(STEP_ENCODED)];
        size_t decoded_length = sizeof decoded;
        size_t step = length < STEP_ENCODED ? length : STEP_ENCODED;
        valid = base64_decode_update(&context, &decoded_length, decoded, step, base64) == 1;
        if (valid)
            text_append(text, (const char *)decoded, decoded_length);
        base64 += step;
        length -= step;
    }
    if (valid && base64_decode_final(&context) == 1)
        return true;
    if (!text->failed && text->bytes != NULL) {
        text->length = length_before;
        text->bytes[length_before] = '\0';
    }
    return false;
}
