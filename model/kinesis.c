#include "model/kinesis.h"

#include "model/base/digest.h"
#include "model/base/error.h"

#include <stdio.h>
#include <string.h>

__extension__ typedef unsigned __int128 hash_key; /* 0 .. 2^128 - 1 */

/* Keys tried before kinesis_key_for_shard gives up: with 64 shards, every key missing one shard
 * that often has a probability of 10^-6,800. */
enum { KEY_ATTEMPTS_MAX = 1000000 };

/* floor(2^128 / shard_count), the width of all ranges but the last, which takes the rest. */
static hash_key range_width(uint32_t shard_count)
{
    hash_key most = ~(hash_key)0;
    hash_key width = most / shard_count;
    return most % shard_count == shard_count - 1 ? width + 1 : width;
}

uint32_t kinesis_shard_of(const char *partition_key, size_t length, uint32_t shard_count)
{
    CHECK(shard_count >= 1);
    if (shard_count == 1)
        return 0; /* the width, 2^128, would not fit */
    uint8_t digest[MD5_SIZE];
    digest_md5(partition_key, length, digest);
    hash_key key = 0;
    for (int i = 0; i < MD5_SIZE; i++)
        key = key << 8 | digest[i];
    hash_key shard = key / range_width(shard_count);
    return shard < shard_count ? (uint32_t)shard : shard_count - 1;
}

void kinesis_key_for_shard(const char *prefix, uint32_t shard, uint32_t shard_count, char *key,
                           size_t key_size)
{
    CHECK(shard < shard_count);
    uint32_t found = shard_count;
    for (int i = 0; found != shard; i++) {
        CHECK(i < KEY_ATTEMPTS_MAX);
        int length = snprintf(key, key_size, "%s-%d", prefix, i);
        CHECK(length > 0 && (size_t)length < key_size);
        found = kinesis_shard_of(key, (size_t)length, shard_count);
    }
}
