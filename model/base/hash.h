/* Content hashes (XXH3, 128 bits) and the mixing function of our hash tables.
 *
 * hash128 values are functions of contents alone: the same on every machine and in every run. */
#ifndef ONCECHECK_MODEL_BASE_HASH_H
#define ONCECHECK_MODEL_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HASH128_TEXT_SIZE = 33 };

struct hash128 {
    uint64_t low;
    uint64_t high;
};

struct hash128 hash128_bytes(const void *bytes, size_t length);

/* With a tag that keeps equal bytes of different kinds apart. */
struct hash128 hash128_tagged(uint64_t tag, const void *bytes, size_t length);

/* Hash of `count` hashes in order, with such a tag. */
struct hash128 hash128_combine(uint64_t tag, const struct hash128 *parts, size_t count);

bool hash128_equal(struct hash128 a, struct hash128 b);
int hash128_compare(struct hash128 a, struct hash128 b); /* <0, 0, >0: a total order */

/* 32 lower-case hexadecimal digits and a NUL. Returns `text`. */
const char *hash128_text(struct hash128 hash, char text[HASH128_TEXT_SIZE]);

/* A bijective mixer of 64 bits, for tables keyed by ids: David Stafford's variant 13 of
 * MurmurHash3's finaliser, known from splitmix64. Here to be inlined: searches spend their time in
 * such tables. */
static inline uint64_t hash_mix64(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return x;
}

/* Odd factors for multilinear hashes of 32-bit words: the sum of the words times these, finished by
 * hash_mix64. Independent multiplications, so quicker than a chain (D. Lemire, O. Kaser: "Strongly
 * Universal String Hashing is Fast", The Computer Journal 57(11), 2014). The outputs of splitmix64
 * from 0, made odd. */
enum { HASH_FACTOR_COUNT = 32 };
extern const uint64_t hash_factors[HASH_FACTOR_COUNT];

#endif
