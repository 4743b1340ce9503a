/* Kinesis: which shard a partition key belongs to.
 *
 * Source: Kinesis Data Streams API reference, PutRecord: the partition key's MD5 hash, as an
 * unsigned 128-bit integer, falls into one shard's hash key range; a new stream's ranges divide the
 * space evenly. */
#ifndef ONCECHECK_MODEL_KINESIS_H
#define ONCECHECK_MODEL_KINESIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KINESIS_PARTITION_KEY_MAX = 256,
    KINESIS_RECORD_SIZE_MAX = 1 << 20,
    KINESIS_HASH_KEY_TEXT_SIZE = 40 /* 2^128 - 1 in decimal, with its NUL */
};

/* `shard_count` >= 1. */
uint32_t kinesis_shard_of(const char *partition_key, size_t length, uint32_t shard_count);

/* The shard of an ExplicitHashKey, a decimal number from 0 to 2^128 - 1; false if `text` is none.
 */
bool kinesis_shard_of_hash_key(const char *text, uint32_t shard_count, uint32_t *shard);

/* A shard's HashKeyRange, both ends inclusive, in decimal. */
void kinesis_hash_key_range(uint32_t shard, uint32_t shard_count,
                            char start[KINESIS_HASH_KEY_TEXT_SIZE],
                            char end[KINESIS_HASH_KEY_TEXT_SIZE]);

/* Write to `key` the first of "<prefix>-0", "<prefix>-1", ... that MD5 sends to `shard`. */
void kinesis_key_for_shard(const char *prefix, uint32_t shard, uint32_t shard_count, char *key,
                           size_t key_size);

#endif
