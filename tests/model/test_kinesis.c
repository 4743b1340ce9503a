#include "model/kinesis.h"

#include "model/base/digest.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t shard_of(const char *key, uint32_t shard_count)
{
    return kinesis_shard_of(key, strlen(key), shard_count);
}

/* MD5("a") is 0cc175b9..., MD5("b") 92eb5ffe..., MD5("c") 4a8a08f0..., MD5("d") 8277e091...,
 * MD5("") d41d8cd9... (RFC 1321, appendix A.5, and md5sum). */
Test(kinesis, spreads_keys_by_md5)
{
    cr_assert_eq(shard_of("a", 2), 0);
    cr_assert_eq(shard_of("b", 2), 1);
    cr_assert_eq(shard_of("c", 2), 0);
    cr_assert_eq(shard_of("d", 2), 1);
    cr_assert_eq(shard_of("", 2), 1);
    cr_assert_eq(shard_of("c", 4), 1); /* 0x4a: the second quarter */
    cr_assert_eq(shard_of("d", 4), 2);
    cr_assert_eq(shard_of("", 4), 3);
}

/* 2^128 / 20 is 0x0CCC...: MD5("a") = 0cc175b9... lies below it, barely. */
Test(kinesis, divides_the_space_evenly_among_twenty)
{
    cr_assert_eq(shard_of("a", 20), 0);
    cr_assert_eq(shard_of("b", 20), 0x92ebU * 20 / 0x10000);
    cr_assert_eq(shard_of("", 20), 0xd41dU * 20 / 0x10000);
}

Test(kinesis, sends_everything_to_a_single_shard)
{
    cr_assert_eq(shard_of("a", 1), 0);
    cr_assert_eq(shard_of("", 1), 0);
}

/* The top of the space that the division leaves over belongs to the last shard. */
Test(kinesis, stays_below_the_shard_count)
{
    char key[32];
    for (uint32_t count = 1; count <= 64; count++) {
        for (int i = 0; i < 200; i++) {
            (void)snprintf(key, sizeof key, "key-%d", i);
            cr_assert_lt(shard_of(key, count), count);
        }
    }
}

Test(kinesis, finds_the_first_key_for_every_shard)
{
    for (uint32_t shard = 0; shard < 20; shard++) {
        char key[32];
        kinesis_key_for_shard("m", shard, 20, key, sizeof key);
        cr_assert_eq(shard_of(key, 20), shard);
        cr_assert_eq(strncmp(key, "m-", 2), 0);
        for (int i = 0; i < atoi(key + 2); i++) {
            char earlier[32];
            (void)snprintf(earlier, sizeof earlier, "m-%d", i);
            cr_assert_neq(shard_of(earlier, 20), shard);
        }
    }
}

Test(kinesis, takes_keys_with_any_bytes)
{
    uint8_t digest[MD5_SIZE];
    digest_md5("a\0b", 3, digest);
    cr_assert_eq(kinesis_shard_of("a\0b", 3, 2), digest[0] >> 7);
    cr_assert_eq(kinesis_shard_of("a\0b", 3, 16), digest[0] >> 4);
}

/* ExplicitHashKey: a decimal number below 2^128. API reference, "PutRecord". */
Test(kinesis, reads_explicit_hash_keys)
{
    static const struct {
        const char *text;
        bool valid;
        uint32_t shard; /* of two */
    } rows[] = {
        {"0", true, 0},
        {"17", true, 0},
        {"170141183460469231731687303715884105727", true, 0}, /* 2^127 - 1 */
        {"170141183460469231731687303715884105728", true, 1},
        {"340282366920938463463374607431768211455", true, 1}, /* 2^128 - 1 */
        {"340282366920938463463374607431768211456", false, 0},
        {"", false, 0},
        {"00", false, 0},
        {"017", false, 0},
        {"-1", false, 0},
        {"1x", false, 0},
        {":", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t shard = UINT32_MAX;
        cr_expect_eq(kinesis_shard_of_hash_key(rows[i].text, 2, &shard), rows[i].valid, "%s",
                     rows[i].text);
        if (rows[i].valid)
            cr_expect_eq(shard, rows[i].shard, "%s", rows[i].text);
    }
}
