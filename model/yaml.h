/* YAML (and JSON, which YAML contains) as a tree of nodes that know where they were written.
 *
 * libfyaml reports what it parses as events; they are turned into a tree of our own, so that every
 * node has a file, line and column, short tags such as !Ref are kept, and a hostile file meets our
 * limits. A file holds one document. Keys are scalars and unique. An alias is the node it names; a
 * document whose aliases would expand to more than YAML_NODES_MAX nodes is refused. The tree is
 * immutable and belongs to the arena; strings are NUL-terminated and hold no NUL.
 *
 * Errors of the input are STATUS_BAD_INPUT (STATUS_LIMIT for the limits below) with file, line and
 * column. Readers of the tree use the helpers below, whose messages all say what was expected and
 * what was found. Plain scalars are typed by YAML 1.2's core schema; a quoted scalar is a text. */
#ifndef ONCECHECK_MODEL_YAML_H
#define ONCECHECK_MODEL_YAML_H

#include "model/base/arena.h"
#include "model/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    YAML_DEPTH_MAX = 64,      /* mappings and sequences within each other */
    YAML_NODES_MAX = 1 << 19, /* with aliases expanded */
    YAML_ANCHORS_MAX = 1024,
    YAML_QUOTE_MAX = 60 /* bytes of an input that a message repeats */
};

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

/* What a scalar is. A quoted or block scalar is TEXT; so is a plain one that is nothing else. */
enum yaml_type { YAML_NULL, YAML_BOOL, YAML_INTEGER, YAML_FLOAT, YAML_TEXT };

struct yaml_entry;

struct yaml_node {
    enum yaml_kind kind;
    const char *file;
    uint32_t line; /* from 1 */
    uint32_t column;
    const char *tag;                         /* "!Ref", "tag:yaml.org,2002:str"; NULL: none */
    bool plain;                              /* SCALAR: neither quoted nor a block */
    const char *text;                        /* SCALAR */
    const struct yaml_node *const *elements; /* SEQUENCE */
    const struct yaml_entry *entries;        /* MAPPING, in the file's order */
    size_t count;                            /* elements or entries */
    uint32_t size;                           /* nodes below and this one, aliases expanded */
};

struct yaml_entry {
    const struct yaml_node *key; /* a scalar */
    const struct yaml_node *value;
};

/* Read a file of at most `size_max` bytes. */
enum status yaml_read_file(const char *file, size_t size_max, struct arena *arena,
                           const struct yaml_node **root, struct error *error);

/* Parse `length` bytes; `file` is for messages. An empty document is an error. */
enum status yaml_parse(const char *bytes, size_t length, const char *file, struct arena *arena,
                       const struct yaml_node **root, struct error *error);

/* A plain scalar in the place of `origin`, for what is computed from a node; NULL: no memory. */
const struct yaml_node *yaml_make_scalar(struct arena *arena, const struct yaml_node *origin,
                                         const char *text);

/* STATUS_BAD_INPUT at the node. */
__attribute__((format(printf, 3, 4))) enum status
yaml_error(struct error *error, const struct yaml_node *node, const char *format, ...);
__attribute__((format(printf, 3, 4))) enum status
yaml_unsupported(struct error *error, const struct yaml_node *node, const char *format, ...);

enum yaml_type yaml_scalar_type(const struct yaml_node *scalar);

/* What a node is, for "expected ..., found %s": "the number 3", "a list". Returns `buffer`. */
enum { YAML_DESCRIPTION_SIZE = 128 };
const char *yaml_describe(const struct yaml_node *node, char buffer[YAML_DESCRIPTION_SIZE]);

/* The value under `key`, or NULL. `node` may be of any kind. */
const struct yaml_node *yaml_find(const struct yaml_node *node, const char *key);
/* The key's own node, for messages about the entry; NULL as above. */
const struct yaml_node *yaml_find_key(const struct yaml_node *node, const char *key);

/* The value under a key that has to be there; `what` names the mapping: "a message". */
enum status yaml_require(const struct yaml_node *node, const char *key, const char *what,
                         const struct yaml_node **value, struct error *error);

/* Typed access; `what` names the value in messages: "'copies'". No coercion between types but that
 * an integer is a number. */
enum status yaml_expect(const struct yaml_node *node, enum yaml_kind kind, const char *what,
                        struct error *error);
enum status yaml_get_text(const struct yaml_node *node, const char *what, const char **text,
                          struct error *error);
enum status yaml_get_bool(const struct yaml_node *node, const char *what, bool *truth,
                          struct error *error);
enum status yaml_get_integer(const struct yaml_node *node, const char *what, int64_t min,
                             int64_t max, int64_t *integer, struct error *error);
/* A finite number within min..max. */
enum status yaml_get_number(const struct yaml_node *node, const char *what, double min, double max,
                            double *number, struct error *error);
/* The index of a text within `choices`. */
enum status yaml_get_choice(const struct yaml_node *node, const char *what,
                            const char *const *choices, size_t count, size_t *choice,
                            struct error *error);

/* `node` must be a mapping without keys other than `keys`. An unknown one is an error with the most
 * similar known key as a suggestion; `what` names the mapping. */
enum status yaml_check_keys(const struct yaml_node *node, const char *what, const char *const *keys,
                            size_t count, struct error *error);

/* The candidate most similar to `word` (fewest edits, the first of equals), or NULL if none is
 * close enough to have been meant. Letter case counts as no edit. */
const char *yaml_suggest(const char *word, const char *const *candidates, size_t count);

/* The same with at most `edits_max` edits. */
const char *yaml_closest(const char *word, const char *const *candidates, size_t count,
                         size_t edits_max);

/* Write "" or ", did you mean 'x'?" into `buffer`; returns it. */
const char *yaml_suggestion(const char *word, const char *const *candidates, size_t count,
                            char buffer[YAML_DESCRIPTION_SIZE]);

#endif
