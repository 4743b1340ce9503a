/* Handler trees in a file. */
#include "model/handler_tree_internal.h"

void handler_tree_archive(struct handler_tree *tree, struct archive *archive)
{
    size_t count = tree->node_count - HANDLER_NODE_FIRST;
    ARCHIVE(archive, tree->shows_attempts);
    ARCHIVE(archive, tree->depends_on_attempt);
    ARCHIVE(archive, tree->dependence_file);
    ARCHIVE(archive, tree->dependence_line);
    ARCHIVE(archive, tree->remembers);
    ARCHIVE(archive, tree->memory_file);
    ARCHIVE(archive, tree->memory_line);
    ARCHIVE(archive, tree->probes);
    ARCHIVE(archive, tree->probed);
    ARCHIVE(archive, tree->events);
    ARCHIVE(archive, tree->runs);
    archive_count(archive, &count, UINT32_MAX - HANDLER_NODE_FIRST);
    size_t nodes = count + HANDLER_NODE_FIRST;
    if (archive_reads(archive) && count > 0 &&
        !memory_reserve(tree->memory, (void **)&tree->nodes, &tree->node_capacity, nodes,
                        sizeof *tree->nodes)) {
        archive_no_memory(archive);
        return;
    }
    if (count > 0)
        archive_bytes(archive, tree->nodes + HANDLER_NODE_FIRST, count * sizeof *tree->nodes);
    if (!archive_reads(archive) || archive_failed(archive))
        return;
    tree->node_count = nodes;
    if (!handler_tree_index(tree))
        archive_no_memory(archive);
}
