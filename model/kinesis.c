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

static uint32_t shard_of(hash_key key, uint32_t shard_count)
{
    if (shard_count == 1)
        return 0; /* the width, 2^128, would not fit */
    hash_key shard = key / range_width(shard_count);
    return shard < shard_count ? (uint32_t)shard : shard_count - 1;
}

uint32_t kinesis_shard_of(const char *partition_key, size_t length, uint32_t shard_count)
{
    CHECK(shard_count >= 1);
    uint8_t digest[MD5_SIZE];
    digest_md5(partition_key, length, digest);
    hash_key key = 0;
    for (int i = 0; i < MD5_SIZE; i++)
        key = key << 8 | digest[i];
    return shard_of(key, shard_count);
}

bool kinesis_shard_of_hash_key(const char *text, uint32_t shard_count, uint32_t *shard)
{
    const hash_key most = ~(hash_key)0;
    hash_key key = 0;
    CHECK(shard_count >= 1);
    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        unsigned digit = (unsigned)(*text - '0');
        if (key > (most - digit) / 10)
            return false;
        key = key * 10 + digit;
    }
    *shard = shard_of(key, shard_count);
    return true;
}

static void decimal_digits(hash_key key, char text[KINESIS_HASH_KEY_TEXT_SIZE])
{
    char digits[KINESIS_HASH_KEY_TEXT_SIZE];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + (int)(key % 10));
        key /= 10;
    } while (key != 0);
    for (size_t i = 0; i < count; i++)
        text[i] = digits[count - 1 - i];
    text[count] = '\0';
}

void kinesis_hash_key_range(uint32_t shard, uint32_t shard_count,
                            char start[KINESIS_HASH_KEY_TEXT_SIZE],
                            char end[KINESIS_HASH_KEY_TEXT_SIZE])
{
    CHECK(shard < shard_count);
    hash_key width = shard_count == 1 ? 0 : range_width(shard_count);
    bool last = shard == shard_count - 1;
    decimal_digits(width * shard, start);
    decimal_digits(last ? ~(hash_key)0 : width * (shard + 1) - 1, end);
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
