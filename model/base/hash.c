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

const uint64_t hash_factors[HASH_FACTOR_COUNT] = {
    UINT64_C(0xe220a8397b1dcdaf), UINT64_C(0x6e789e6aa1b965f5), UINT64_C(0x06c45d188009454f),
    UINT64_C(0xf88bb8a8724c81ed), UINT64_C(0x1b39896a51a8749b), UINT64_C(0x53cb9f0c747ea2eb),
    UINT64_C(0x2c829abe1f4532e1), UINT64_C(0xc584133ac916ab3d), UINT64_C(0x3ee5789041c98ac3),
    UINT64_C(0xf3b8488c368cb0a7), UINT64_C(0x657eecdd3cb13d09), UINT64_C(0xc2d326e0055bdef7),
    UINT64_C(0x8621a03fe0bbdb7b), UINT64_C(0x8e1f7555983aa92f), UINT64_C(0xb54e0f1600cc4d19),
    UINT64_C(0x84bb3f97971d80ab), UINT64_C(0x7d29825c75521255), UINT64_C(0xc3cf17102b7f7f87),
    UINT64_C(0x3466e9a083914f65), UINT64_C(0xd81a8d2b5a4485ad), UINT64_C(0xdb01602b100b9ed7),
    UINT64_C(0xa9038a921825f10d), UINT64_C(0xedf5f1d90dca2f6b), UINT64_C(0x54496ad67bd2634d),
    UINT64_C(0xdd7c01d4f5407269), UINT64_C(0x935e82f1db4c4f7b), UINT64_C(0x69b82ebc92233301),
    UINT64_C(0x40d29eb57de1d511), UINT64_C(0xa2f09dabb45c6317), UINT64_C(0xee521d7a0f4d3873),
    UINT64_C(0xf16952ee72f3454f), UINT64_C(0x377d35dea8e40225)};
