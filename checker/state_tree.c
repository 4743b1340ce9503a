#include "checker/state_tree.h"

#include "checker/slot_table.h"

#include "model/base/error.h"
#include "model/base/hash.h"

#include <string.h>

enum { INDEX_SIZE_FIRST = 4096, KEY_BITS = 64 };

#define PAIRS_MAX (UINT32_MAX - 1)

struct pair_entry {
    uint32_t left;
    uint32_t right;
    uint32_t number; /* from 1; 0: free */
};

/* Nodes of the tree: the runs, then the pairs, a pair after what it combines. */
struct pair_node {
    uint32_t left;
    uint32_t right;
};

/* A run's number takes `bits` bits of a packed key, from bit `shift` on. */
struct run_place {
    uint32_t shift;
    uint32_t bits;
};

struct run {
    uint32_t first; /* slot */
    struct slot_table table;
    struct run_place place;
    struct run_place old_place; /* before the bits were shared out last */
    size_t marked;              /* runs that there were at the mark */
};

struct state_tree {
    struct memory *memory;
    uint32_t slot_count;
    run_fingerprint fingerprint;
    const void *context;
    struct run *runs; /* as many as there may be: slot_count */
    uint32_t run_count;
    uint32_t *run_of_slot;
    bool packed;              /* keys are numbers side by side; else root pairs */
    bool old_packed;          /* and before the bits were shared out last */
    uint32_t *numbers;        /* scratch of state_tree_rewrite, by node */
    struct pair_entry *index; /* open addressing, at most half full */
    size_t index_size;
    uint64_t *pairs; /* by number - 1 */
    size_t pair_count;
    size_t pair_capacity;
    struct pair_node *nodes; /* of pair i is node run_count + i */
    uint32_t *parents;       /* by node; NO_NODE for the halves of the root */
    uint32_t pair_nodes;
    uint32_t root[2];   /* nodes; the second is NO_NODE where there is one run only */
    bool marked_packed; /* at the mark */
    size_t marked_pairs;
};

#define NO_NODE UINT32_MAX

static uint64_t make_pair(uint32_t left, uint32_t right) { return (uint64_t)left << 32 | right; }

/* Room for runs and pairs. */
static size_t node_count(const struct state_tree *tree) { return 2 * (size_t)tree->slot_count; }

static size_t mark_words(const struct state_tree *tree) { return (node_count(tree) + 63) / 64; }

/* Combine neighbours until `left` nodes are left; an odd one out moves up as it is. Returns how
 * many there are. */
static size_t combine(struct state_tree *tree, uint32_t *nodes, size_t count, size_t left)
{
    while (count > left) {
        size_t made = 0;
        for (size_t i = 0; i < count; i += 2) {
            if (i + 1 == count) {
                nodes[made++] = nodes[i];
                continue;
            }
            uint32_t node = tree->run_count + tree->pair_nodes;
            tree->nodes[tree->pair_nodes++] =
                (struct pair_node){.left = nodes[i], .right = nodes[i + 1]};
            tree->parents[nodes[i]] = node;
            tree->parents[nodes[i + 1]] = node;
            tree->parents[node] = NO_NODE;
            nodes[made++] = node;
        }
        count = made;
    }
    return count;
}

/* Cut the groups into runs of about equal width. */
static bool make_runs(struct state_tree *tree, const uint16_t *group_ends, size_t group_count)
{
    uint32_t slot = 0;
    for (size_t g = 0; g < group_count; g++) {
        uint32_t left = group_ends[g] - slot;
        uint32_t cuts = (left + SLOT_TABLE_WIDTH_MAX - 1) / SLOT_TABLE_WIDTH_MAX;
        for (; cuts > 0; cuts--) {
            uint32_t width = (left + cuts - 1) / cuts;
            struct run *run = &tree->runs[tree->run_count];
            run->first = slot;
            if (!slot_table_init(&run->table, tree->memory, width))
                return false;
            for (uint32_t i = 0; i < width; i++)
                tree->run_of_slot[slot++] = tree->run_count;
            tree->run_count++;
            left -= width;
        }
    }
    return true;
}

/* Combine the runs of each group, then the groups. */
static void make_pairs(struct state_tree *tree, const uint16_t *group_ends, size_t group_count,
                       uint32_t *scratch)
{
    size_t groups = 0;
    uint32_t run = 0;
    for (uint32_t i = 0; i < tree->run_count; i++)
        tree->parents[i] = NO_NODE;
    for (size_t g = 0; g < group_count; g++) {
        size_t count = 0;
        while (run < tree->run_count && tree->runs[run].first < group_ends[g])
            scratch[groups + count++] = run++;
        groups += combine(tree, scratch + groups, count, 1);
    }
    groups = combine(tree, scratch, groups, 2);
    tree->root[0] = scratch[0];
    tree->root[1] = groups == 2 ? scratch[1] : NO_NODE;
}

struct state_tree *state_tree_create(struct memory *memory, const uint16_t *group_ends,
                                     size_t group_count, run_fingerprint fingerprint,
                                     const void *context)
{
    CHECK(group_count >= 1);
    struct state_tree *tree = memory_allocate_zeroed(memory, 1, sizeof *tree);
    if (tree == NULL)
        return NULL;
    uint32_t slot_count = group_ends[group_count - 1];
    tree->memory = memory;
    tree->slot_count = slot_count;
    tree->fingerprint = fingerprint;
    tree->context = context;
    tree->runs = memory_allocate_zeroed(memory, slot_count, sizeof *tree->runs);
    tree->run_of_slot = memory_allocate_zeroed(memory, slot_count, sizeof *tree->run_of_slot);
    tree->index = memory_allocate_zeroed(memory, INDEX_SIZE_FIRST, sizeof *tree->index);
    tree->index_size = tree->index == NULL ? 0 : INDEX_SIZE_FIRST;
    tree->nodes = memory_allocate_zeroed(memory, slot_count, sizeof *tree->nodes);
    tree->parents = memory_allocate_zeroed(memory, node_count(tree), sizeof *tree->parents);
    tree->numbers = memory_allocate_zeroed(memory, node_count(tree), sizeof *tree->numbers);
    uint32_t *scratch = memory_allocate_zeroed(memory, slot_count, sizeof *scratch);
    bool made = tree->numbers != NULL && tree->runs != NULL && tree->run_of_slot != NULL &&
                tree->index != NULL && tree->nodes != NULL && tree->parents != NULL &&
                scratch != NULL && make_runs(tree, group_ends, group_count);
    if (made) {
        make_pairs(tree, group_ends, group_count, scratch);
        tree->packed = true;
        (void)state_tree_share_bits(tree); /* there are no keys yet */
    }
    memory_free(memory, scratch, slot_count * sizeof *scratch);
    if (made)
        return tree;
    state_tree_destroy(tree);
    return NULL;
}

void state_tree_destroy(struct state_tree *tree)
{
    if (tree == NULL)
        return;
    struct memory *memory = tree->memory;
    for (uint32_t i = 0; i < tree->run_count; i++)
        slot_table_release(&tree->runs[i].table);
    memory_free(memory, tree->runs, tree->slot_count * sizeof *tree->runs);
    memory_free(memory, tree->numbers, node_count(tree) * sizeof *tree->numbers);
    memory_free(memory, tree->run_of_slot, tree->slot_count * sizeof *tree->run_of_slot);
    memory_free(memory, tree->index, tree->index_size * sizeof *tree->index);
    memory_free(memory, tree->pairs, tree->pair_capacity * sizeof *tree->pairs);
    memory_free(memory, tree->nodes, tree->slot_count * sizeof *tree->nodes);
    memory_free(memory, tree->parents, node_count(tree) * sizeof *tree->parents);
    memory_free(memory, tree, sizeof *tree);
}

size_t state_tree_bytes(const struct state_tree *tree)
{
    size_t bytes =
        tree->index_size * sizeof *tree->index + tree->pair_capacity * sizeof *tree->pairs;
    for (uint32_t i = 0; i < tree->run_count; i++)
        bytes += slot_table_bytes(&tree->runs[i].table);
    return bytes;
}

uint32_t state_tree_run_of(const struct state_tree *tree, uint32_t slot)
{
    return tree->run_of_slot[slot];
}

bool state_tree_is_packed(const struct state_tree *tree) { return tree->packed; }

bool unfolded_state_init(struct unfolded_state *unfolded, const struct state_tree *tree,
                         struct memory *memory)
{
    size_t count = node_count(tree);
    *unfolded = (struct unfolded_state){0};
    unfolded->slots = memory_allocate_zeroed(memory, tree->slot_count, sizeof *unfolded->slots);
    unfolded->saved_slots =
        memory_allocate_zeroed(memory, tree->slot_count, sizeof *unfolded->saved_slots);
    unfolded->numbers = memory_allocate_zeroed(memory, count, sizeof *unfolded->numbers);
    unfolded->saved = memory_allocate_zeroed(memory, count, sizeof *unfolded->saved);
    unfolded->places = memory_allocate_zeroed(memory, count, sizeof *unfolded->places);
    unfolded->marks = memory_allocate_zeroed(memory, mark_words(tree), sizeof *unfolded->marks);
    if (unfolded->slots != NULL && unfolded->saved_slots != NULL && unfolded->numbers != NULL &&
        unfolded->saved != NULL && unfolded->places != NULL && unfolded->marks != NULL)
        return true;
    unfolded_state_release(unfolded, tree, memory);
    return false;
}

void unfolded_state_release(struct unfolded_state *unfolded, const struct state_tree *tree,
                            struct memory *memory)
{
    size_t count = node_count(tree);
    memory_free(memory, unfolded->slots, tree->slot_count * sizeof *unfolded->slots);
    memory_free(memory, unfolded->saved_slots, tree->slot_count * sizeof *unfolded->saved_slots);
    memory_free(memory, unfolded->numbers, count * sizeof *unfolded->numbers);
    memory_free(memory, unfolded->saved, count * sizeof *unfolded->saved);
    memory_free(memory, unfolded->places, count * sizeof *unfolded->places);
    memory_free(memory, unfolded->marks, mark_words(tree) * sizeof *unfolded->marks);
    *unfolded = (struct unfolded_state){0};
}

static size_t pair_slot(const struct state_tree *tree, uint32_t left, uint32_t right)
{
    size_t slot = (size_t)hash_mix64(make_pair(left, right)) & (tree->index_size - 1);
    while (tree->index[slot].number != 0 &&
           (tree->index[slot].left != left || tree->index[slot].right != right))
        slot = (slot + 1) & (tree->index_size - 1);
    return slot;
}

static bool grow_index(struct state_tree *tree)
{
    struct pair_entry *old = tree->index;
    size_t old_size = tree->index_size;
    struct pair_entry *index = memory_allocate_zeroed(tree->memory, old_size * 2, sizeof *index);
    if (index == NULL)
        return false;
    tree->index = index;
    tree->index_size = old_size * 2;
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].number != 0)
            index[pair_slot(tree, old[i].left, old[i].right)] = old[i];
    }
    memory_free(tree->memory, old, old_size * sizeof *old);
    return true;
}

static enum tree_result find_pair(const struct state_tree *tree, uint32_t left, uint32_t right,
                                  uint32_t *number)
{
    *number = tree->index[pair_slot(tree, left, right)].number;
    return *number == 0 ? TREE_MISSING : TREE_FOUND;
}

static enum tree_result add_pair(struct state_tree *tree, uint32_t left, uint32_t right,
                                 uint32_t *number)
{
    if (find_pair(tree, left, right, number) == TREE_FOUND)
        return TREE_FOUND;
    if (tree->pair_count >= PAIRS_MAX ||
        !memory_reserve(tree->memory, (void **)&tree->pairs, &tree->pair_capacity,
                        tree->pair_count + 1, sizeof *tree->pairs))
        return TREE_NO_MEMORY;
    if ((tree->pair_count + 1) * 2 > tree->index_size && !grow_index(tree))
        return TREE_NO_MEMORY;
    tree->pairs[tree->pair_count++] = make_pair(left, right);
    *number = (uint32_t)tree->pair_count;
    tree->index[pair_slot(tree, left, right)] =
        (struct pair_entry){.left = left, .right = right, .number = *number};
    return TREE_FOUND;
}

static uint64_t root_of(const struct state_tree *tree, const uint32_t *numbers)
{
    return make_pair(numbers[tree->root[0]], tree->root[1] == NO_NODE ? 0 : numbers[tree->root[1]]);
}

static uint64_t key_of(const struct state_tree *tree, const uint32_t *numbers)
{
    if (!tree->packed)
        return root_of(tree, numbers);
    uint64_t key = 0;
    for (uint32_t i = 0; i < tree->run_count; i++)
        key |= (uint64_t)numbers[i] << tree->runs[i].place.shift;
    return key;
}

static uint32_t packed_number(uint64_t key, struct run_place place)
{
    return (uint32_t)(key >> place.shift & ((UINT64_C(1) << place.bits) - 1));
}

static uint32_t bits_for(size_t number)
{
    uint32_t bits = 1;
    while (number >> bits != 0)
        bits++;
    return bits;
}

static uint32_t bits_needed(const struct state_tree *tree)
{
    uint32_t needed = 0;
    for (uint32_t i = 0; i < tree->run_count; i++)
        needed += bits_for(tree->runs[i].table.count);
    return needed;
}

bool state_tree_will_pair(const struct state_tree *tree)
{
    return tree->packed && bits_needed(tree) > KEY_BITS;
}

/* Every run gets the bits it needs and an equal part of those left over. */
void state_tree_share_bits(struct state_tree *tree)
{
    const uint32_t needed = bits_needed(tree);
    CHECK(tree->run_count > 0);
    tree->old_packed = tree->packed;
    for (uint32_t i = 0; i < tree->run_count; i++)
        tree->runs[i].old_place = tree->runs[i].place;
    tree->packed = tree->packed && needed <= KEY_BITS;
    uint32_t spare = tree->packed ? (KEY_BITS - needed) / tree->run_count : 0;
    uint32_t shift = 0;
    for (uint32_t i = 0; tree->packed && i < tree->run_count; i++) {
        uint32_t bits = bits_for(tree->runs[i].table.count) + spare;
        if (bits > 32)
            bits = 32;
        tree->runs[i].place = (struct run_place){.shift = shift, .bits = bits};
        shift += bits;
    }
}

uint64_t state_tree_rewrite(struct state_tree *tree, uint64_t key)
{
    CHECK(tree->old_packed); /* root pairs stay as they are */
    for (uint32_t i = 0; i < tree->run_count; i++)
        tree->numbers[i] = packed_number(key, tree->runs[i].old_place);
    for (uint32_t i = 0; !tree->packed && i < tree->pair_nodes; i++) {
        const struct pair_node *pair = &tree->nodes[i];
        if (add_pair(tree, tree->numbers[pair->left], tree->numbers[pair->right],
                     &tree->numbers[tree->run_count + i]) != TREE_FOUND)
            return 0;
    }
    return key_of(tree, tree->numbers);
}

uint64_t state_tree_fingerprint(const struct state_tree *tree, const uint32_t *numbers)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < tree->run_count; i++)
        sum += slot_table_fingerprint(&tree->runs[i].table, numbers[i]);
    return sum;
}

uint32_t state_tree_run_count(const struct state_tree *tree) { return tree->run_count; }

void state_tree_unpack(const struct state_tree *tree, uint64_t key, uint32_t *numbers)
{
    CHECK(tree->packed);
    for (uint32_t i = 0; i < tree->run_count; i++)
        numbers[i] = packed_number(key, tree->runs[i].place);
}

static void mark(uint64_t *marks, uint32_t node)
{
    if (node != NO_NODE)
        marks[node / 64] |= UINT64_C(1) << node % 64;
}

/* Give a node its number; what hangs below it changes only if that is another. */
static void give(struct unfolded_state *unfolded, uint32_t node, uint32_t number)
{
    if (unfolded->numbers[node] == number)
        return;
    unfolded->numbers[node] = number;
    mark(unfolded->marks, node);
}

static void unfold_node(const struct state_tree *tree, struct unfolded_state *unfolded,
                        uint32_t node)
{
    uint32_t number = unfolded->numbers[node];
    if (node >= tree->run_count) {
        const struct pair_node *pair = &tree->nodes[node - tree->run_count];
        uint64_t halves = tree->pairs[number - 1];
        give(unfolded, pair->left, (uint32_t)(halves >> 32));
        give(unfolded, pair->right, (uint32_t)halves);
        return;
    }
    const struct run *run = &tree->runs[node];
    memcpy(unfolded->slots + run->first, slot_table_get(&run->table, number),
           run->table.width * sizeof *unfolded->slots);
}

/* Top down: a pair comes after what it combines, so the last one marked is next. */
void state_tree_unfold(const struct state_tree *tree, uint64_t key, struct unfolded_state *unfolded)
{
    if (!unfolded->valid) /* nothing has the number 0 */
        memset(unfolded->numbers, 0, node_count(tree) * sizeof *unfolded->numbers);
    unfolded->valid = true;
    for (uint32_t i = 0; tree->packed && i < tree->run_count; i++)
        give(unfolded, i, packed_number(key, tree->runs[i].place));
    if (!tree->packed)
        give(unfolded, tree->root[0], (uint32_t)(key >> 32));
    if (!tree->packed && tree->root[1] != NO_NODE)
        give(unfolded, tree->root[1], (uint32_t)key);
    for (size_t word = mark_words(tree); word-- > 0;) {
        while (unfolded->marks[word] != 0) {
            unsigned bit = 63 - (unsigned)__builtin_clzll(unfolded->marks[word]);
            unfolded->marks[word] &= ~(UINT64_C(1) << bit);
            unfold_node(tree, unfolded, (uint32_t)(word * 64 + bit));
        }
    }
}

static uint32_t add_run(const struct state_tree *tree, struct run *run, const uint32_t *slots)
{
    bool added = false;
    uint32_t number = slot_table_add(&run->table, slots, &added);
    if (added)
        slot_table_set_fingerprint(
            &run->table, number,
            tree->fingerprint(tree->context, slots, run->first, run->table.width));
    return number;
}

/* The number of a node from what lies below it. */
static enum tree_result number_node(const struct state_tree *tree, struct state_tree *adding,
                                    const struct unfolded_state *unfolded, uint32_t node,
                                    uint32_t *number)
{
    if (node >= tree->run_count) {
        const struct pair_node *pair = &tree->nodes[node - tree->run_count];
        uint32_t left = unfolded->numbers[pair->left];
        uint32_t right = unfolded->numbers[pair->right];
        return adding == NULL ? find_pair(tree, left, right, number)
                              : add_pair(adding, left, right, number);
    }
    const struct run *run = &tree->runs[node];
    const uint32_t *slots = unfolded->slots + run->first;
    *number = adding == NULL ? slot_table_find(&run->table, slots)
                             : add_run(adding, &adding->runs[node], slots);
    if (*number == 0)
        return adding == NULL ? TREE_MISSING : TREE_NO_MEMORY;
    return tree->packed && *number >> 1 >> (run->place.bits - 1) != 0 ? TREE_KEYS_FULL : TREE_FOUND;
}

/* Number the nodes that are marked, and then those above them. */
static enum tree_result number_marked(const struct state_tree *tree, struct state_tree *adding,
                                      struct unfolded_state *unfolded, size_t *undo)
{
    enum tree_result result = TREE_FOUND;
    for (size_t word = 0; word < mark_words(tree); word++) {
        while (unfolded->marks[word] != 0) {
            unsigned bit = (unsigned)__builtin_ctzll(unfolded->marks[word]);
            unfolded->marks[word] &= unfolded->marks[word] - 1;
            if (result != TREE_FOUND)
                continue; /* only take the marks away */
            uint32_t node = (uint32_t)(word * 64 + bit);
            uint32_t number = 0;
            result = number_node(tree, adding, unfolded, node, &number);
            unfolded->places[*undo] = node;
            unfolded->saved[(*undo)++] = unfolded->numbers[node];
            unfolded->numbers[node] = number;
            if (!tree->packed)
                mark(unfolded->marks, tree->parents[node]);
        }
    }
    return result;
}

/* `adding` is `tree`, or NULL where nothing is to be added. */
static enum tree_result successor(const struct state_tree *tree, struct state_tree *adding,
                                  struct unfolded_state *unfolded,
                                  const struct slot_change *changes, size_t count, uint64_t *key)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t slot = changes[i].slot;
        unfolded->saved_slots[i] = unfolded->slots[slot];
        unfolded->slots[slot] = changes[i].value;
        mark(unfolded->marks, tree->run_of_slot[slot]);
    }
    size_t undo = 0;
    enum tree_result result = number_marked(tree, adding, unfolded, &undo);
    *key = key_of(tree, unfolded->numbers);
    while (undo > 0) {
        undo--;
        unfolded->numbers[unfolded->places[undo]] = unfolded->saved[undo];
    }
    for (size_t i = 0; i < count; i++)
        unfolded->slots[changes[i].slot] = unfolded->saved_slots[i];
    return result;
}

enum tree_result state_tree_find_successor(const struct state_tree *tree,
                                           struct unfolded_state *unfolded,
                                           const struct slot_change *changes, size_t count,
                                           uint64_t *key)
{
    return successor(tree, NULL, unfolded, changes, count, key);
}

enum tree_result state_tree_add_successor(struct state_tree *tree, struct unfolded_state *unfolded,
                                          const struct slot_change *changes, size_t count,
                                          uint64_t *key)
{
    return successor(tree, tree, unfolded, changes, count, key);
}

static enum tree_result whole(const struct state_tree *tree, struct state_tree *adding,
                              const uint32_t *slots, struct unfolded_state *unfolded, uint64_t *key)
{
    memmove(unfolded->slots, slots, tree->slot_count * sizeof *slots);
    enum tree_result result = TREE_FOUND;
    uint32_t nodes = tree->run_count + (tree->packed ? 0 : tree->pair_nodes);
    for (uint32_t i = 0; result == TREE_FOUND && i < nodes; i++)
        result = number_node(tree, adding, unfolded, i, &unfolded->numbers[i]);
    unfolded->valid = result == TREE_FOUND;
    *key = key_of(tree, unfolded->numbers);
    return result;
}

enum tree_result state_tree_find(const struct state_tree *tree, const uint32_t *slots,
                                 struct unfolded_state *unfolded, uint64_t *key)
{
    return whole(tree, NULL, slots, unfolded, key);
}

enum tree_result state_tree_add(struct state_tree *tree, const uint32_t *slots,
                                struct unfolded_state *unfolded, uint64_t *key)
{
    return whole(tree, tree, slots, unfolded, key);
}

void state_tree_mark(struct state_tree *tree)
{
    tree->marked_packed = tree->packed;
    tree->marked_pairs = tree->pair_count;
    for (uint32_t i = 0; i < tree->run_count; i++)
        tree->runs[i].marked = tree->runs[i].table.count;
}

/* The index of pairs for those there are. */
static bool index_pairs(struct state_tree *tree)
{
    while (tree->pair_count * 2 > tree->index_size) {
        if (!grow_index(tree))
            return false;
    }
    for (size_t i = 0; i < tree->pair_count; i++) {
        uint32_t left = (uint32_t)(tree->pairs[i] >> 32);
        uint32_t right = (uint32_t)tree->pairs[i];
        tree->index[pair_slot(tree, left, right)] =
            (struct pair_entry){.left = left, .right = right, .number = (uint32_t)i + 1};
    }
    return true;
}

bool state_tree_keeps_mark(const struct state_tree *tree)
{
    return tree->marked_packed == tree->packed;
}

void state_tree_archive(struct state_tree *tree, struct archive *archive)
{
    void *pairs = tree->pairs;
    size_t count = tree->marked_pairs;
    CHECK(archive_reads(archive) || state_tree_keeps_mark(tree));
    ARCHIVE(archive, tree->packed);
    for (uint32_t i = 0; i < tree->run_count; i++) {
        slot_table_archive(&tree->runs[i].table, tree->runs[i].marked, archive);
        ARCHIVE(archive, tree->runs[i].place);
    }
    archive_array(archive, tree->memory, &pairs, &count, &tree->pair_capacity, sizeof *tree->pairs);
    tree->pairs = pairs;
    if (!archive_reads(archive))
        return;
    tree->pair_count = count;
    if (!index_pairs(tree))
        archive_no_memory(archive);
}
