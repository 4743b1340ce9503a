#include "model/base/hash.h"

#include <stdio.h>
#include <xxhash.h>

/* hash128_combine hashes 64-bit words as they lie in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "content hashes are defined for little-endian machines");
_Static_assert(sizeof(struct hash128) == 16, "no padding");

struct hash128 hash128_bytes(const void *bytes, size_t length)
{
    XXH128_hash_t hash = XXH3_128bits(bytes, length);
    return (struct hash128){.low = hash.low64, .high = hash.high64};
}

struct hash128 hash128_tagged(uint64_t tag, const void *bytes, size_t length)
{
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, length, tag);
    return (struct hash128){.low = hash.low64, .high = hash.high64};
}

struct hash128 hash128_combine(uint64_t tag, const struct hash128 *parts, size_t count)
{
    return hash128_tagged(tag, parts, count * sizeof *parts);
}

bool hash128_equal(struct hash128 a, struct hash128 b)
{
    return a.low == b.low && a.high == b.high;
}

int hash128_compare(struct hash128 a, struct hash128 b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    if (a.low != b.low)
        return a.low < b.low ? -1 : 1;
    return 0;
}

const char *hash128_text(struct hash128 hash, char text[HASH128_TEXT_SIZE])
{
    snprintf(text, HASH128_TEXT_SIZE, "%016llx%016llx", (unsigned long long)hash.high,
             (unsigned long long)hash.low);
    return text;
}

/* David Stafford's variant 13 of MurmurHash3's finaliser, known from splitmix64. */
uint64_t hash_mix64(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9U;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebU;
    x ^= x >> 31;
    return x;
}
