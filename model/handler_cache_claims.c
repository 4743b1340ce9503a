/* Claims on questions: locks on bytes of a file that holds nothing. */
#include "model/handler_cache_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { TAG_CLAIM = 0x434c4d };

static bool set_lock(const struct handler_cache *cache, int64_t place, short kind)
{
    struct flock lock = {.l_type = kind, .l_whence = SEEK_SET, .l_start = place, .l_len = 1};
    /* a signal ends the wait: whoever is to stop soon does not wait for others */
    return fcntl(cache->claims, F_OFD_SETLKW, &lock) == 0;
}

static void open_claims(struct handler_cache *cache)
{
    char path[HANDLER_CACHE_PATH_MAX];
    const int length =
        snprintf(path, sizeof path, "%s/" HANDLER_CACHE_CLAIMS_FILE, cache->options.folder);
    if (length > 0 && (size_t)length < sizeof path)
        cache->claims = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    cache->claims_failed = cache->claims < 0;
}

void handler_cache_claim(struct handler_cache *cache, const struct handler_cache_function *function,
                         struct hash128 prefix)
{
    if (cache == NULL || cache->file == NULL || function->id == 0 || cache->claims_failed)
        return;
    CHECK(cache->claim == NO_CLAIMS);
    if (cache->claims < 0)
        open_claims(cache);
    if (cache->claims < 0)
        return;
    const struct hash128 parts[] = {function->key, prefix};
    const int64_t place = (int64_t)(hash128_combine(TAG_CLAIM, parts, 2).low >> 2);
    if (set_lock(cache, place, F_WRLCK))
        cache->claim = place;
}

void handler_cache_release_claim(struct handler_cache *cache)
{
    if (cache == NULL || cache->claim == NO_CLAIMS)
        return;
    handler_cache_flush(cache);
    (void)set_lock(cache, cache->claim, F_UNLCK); /* at the latest the end of the process does */
    cache->claim = NO_CLAIMS;
}
