/* Values in the order of their ids: parts come before what they are parts of. */
#include "model/base/error.h"
#include "model/base/value_internal.h"

struct archived_value {
    struct hash128 hash;
    uint64_t size; /* of the payload */
    uint32_t count;
    uint16_t depth;
    uint8_t kind;
    uint8_t chunked;
};

static void write_value(const struct value_header *header, struct archive *archive)
{
    struct archived_value value = {.hash = header->hash,
                                   .size = value_payload_size(header),
                                   .count = header->count,
                                   .depth = header->depth,
                                   .kind = header->kind,
                                   .chunked = header->chunked};
    ARCHIVE(archive, value);
    archive_write(archive, header->payload, value.size);
}

/* Adds the value; it must get the id it had. */
static void read_value(struct value_store *store, size_t id, void **payload, size_t *capacity,
                       struct archive *archive)
{
    struct archived_value value;
    ARCHIVE(archive, value);
    if (archive_failed(archive))
        return;
    if (value.kind > VALUE_BINARY_SET || value.size > UINT32_MAX * UINT64_C(16)) {
        archive_reject(archive, "holds a value of no kind");
        return;
    }
    if (!memory_reserve(store->memory, payload, capacity, value.size + 1, 1)) {
        archive_no_memory(archive);
        return;
    }
    archive_bytes(archive, *payload, value.size);
    struct value_content content = {.hash = value.hash,
                                    .payload = *payload,
                                    .count = value.count,
                                    .kind = (enum value_kind)value.kind,
                                    .chunked = value.chunked != 0,
                                    .depth = value.depth};
    if (archive_failed(archive))
        return;
    struct value made = value_intern(store, &content);
    if (value_is_none(made))
        archive_no_memory(archive);
    else if (made.id != id)
        archive_reject(archive, "holds a value twice");
}

void value_store_archive(struct value_store *store, struct archive *archive)
{
    size_t count = store->count;
    void *payload = NULL;
    size_t capacity = 0;
    archive_count(archive, &count, UINT32_MAX);
    CHECK(!archive_reads(archive) || store->count == 1);
    for (size_t id = 1; id < count && !archive_failed(archive); id++) {
        if (archive_reads(archive))
            read_value(store, id, &payload, &capacity, archive);
        else
            write_value(&store->headers[id], archive);
    }
    memory_free(store->memory, payload, capacity);
}
