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

enum { BASE64_NONE = 64, DIGIT_BITS = 6, GROUP_SIZE = 4 };

/* What a character stands for (RFC 4648, table 1), or BASE64_NONE. */
static uint32_t base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : BASE64_NONE;
}

/* Decode the four characters of a group, the last `padding` of which are '='. */
static bool decode_group(const char *group, size_t padding, char bytes[3])
{
    uint32_t bits = 0;
    uint32_t all = 0;
    for (size_t i = 0; i < GROUP_SIZE; i++) {
        const uint32_t digit = i < GROUP_SIZE - padding ? base64_digit(group[i]) : 0;
        bits = bits << DIGIT_BITS | (digit & (BASE64_NONE - 1));
        all |= digit;
    }
    for (size_t i = 0; i < 3; i++)
        bytes[i] = (char)(uint8_t)(bits >> (16 - 8 * i));
    const bool rest = padding > 0 && (bits & ((UINT32_C(1) << 8 * padding) - 1)) != 0;
    return (all & BASE64_NONE) == 0 && !rest;
}

/* By hand: Nettle's decoder goes on after blanks, and takes some fifty instructions a character. */
bool base64_decode_append(struct text *text, const char *base64, size_t length)
{
    const size_t length_before = text->length;
    bool valid = length % GROUP_SIZE == 0;
    for (size_t i = 0; i < length && valid; i += GROUP_SIZE) {
        char bytes[3];
        const bool last = i + GROUP_SIZE == length;
        const size_t padding = last && base64[i + 3] == '=' ? (base64[i + 2] == '=' ? 2 : 1) : 0;
        valid = decode_group(base64 + i, padding, bytes);
        if (valid)
            text_append(text, bytes, sizeof bytes - padding);
    }
    if (valid)
        return true;
    if (!text->failed && text->bytes != NULL) {
        text->length = length_before;
        text->bytes[length_before] = '\0';
    }
    return false;
}
