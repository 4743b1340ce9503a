/* The content order that sets and maps are kept in. */
#include "model/base/value_internal.h"

#include <string.h>

static bool is_sorted_unique(const struct value_store *store, const struct value *parts,
                             size_t count, size_t width)
{
    for (size_t i = 1; i < count; i++) {
        if (value_compare(store, parts[(i - 1) * width], parts[i * width]) >= 0)
            return false;
    }
    return true;
}

/* Merge the sorted runs start..middle-1 and middle..end-1; of equal elements the left comes first.
 */
static void merge(const struct value_store *store, const struct value *from, struct value *to,
                  size_t start, size_t middle, size_t end, size_t width)
{
    size_t left = start;
    size_t right = middle;
    for (size_t i = start; i < end; i++) {
        bool take_left = left < middle && (right == end || value_compare(store, from[left * width],
                                                                         from[right * width]) <= 0);
        size_t source = take_left ? left++ : right++;
        memcpy(to + i * width, from + source * width, width * sizeof *to);
    }
}

/* qsort is neither stable nor told the store. */
static void merge_sort(const struct value_store *store, struct value *parts, size_t count,
                       size_t width)
{
    struct value *from = parts;
    struct value *to = parts + count * width;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t start = 0; start < count; start += 2 * run) {
            size_t middle = count - start < run ? count : start + run;
            size_t end = count - middle < run ? count : middle + run;
            merge(store, from, to, start, middle, end, width);
        }
        struct value *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != parts)
        memcpy(parts, from, count * width * sizeof *parts);
}

static size_t drop_duplicates(struct value *parts, size_t count, size_t width)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && value_equal(parts[(kept - 1) * width], parts[i * width]))
            kept--;
        memmove(parts + kept * width, parts + i * width, width * sizeof *parts);
        kept++;
    }
    return kept;
}

size_t value_sort_unique(const struct value_store *store, struct value *parts, size_t count,
                         size_t width)
{
    if (is_sorted_unique(store, parts, count, width))
        return count;
    merge_sort(store, parts, count, width);
    return drop_duplicates(parts, count, width);
}
