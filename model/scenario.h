/* A scenario: what is put into the pipeline, which faults may happen, what must hold.
 *
 * Read from YAML (docs/interface.md, "Scenario"); errors name file, line and column, and an unknown
 * key comes with a suggestion. A scenario changes the pipeline it is applied to: shard counts,
 * table stream shards and places, initial items, mapping properties. All memory is the arena's. */
#ifndef ONCECHECK_MODEL_SCENARIO_H
#define ONCECHECK_MODEL_SCENARIO_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/fault.h"
#include "model/pipeline.h"

enum {
    SCENARIO_SOMETIMES_MAX = 64,
    SCENARIO_MESSAGES_MAX = 64,
    SCENARIO_COPIES_MAX = 255, /* puts of one message: counted in a byte */
    SCENARIO_DUPLICATES_MAX = 1000,
    SCENARIO_ITEMS_MAX = 1024, /* a table's items at the start */
    SCENARIO_VERSION_MAX = 1000000000,
    SCENARIO_NAME_MAX = 64,              /* bytes of a trade's name or a part of a hierarchy */
    SCENARIO_DISTINCT_MESSAGES_MAX = 17, /* 8^i exact in a Python float: 8^17 < 2^53 */
    SCENARIO_FILE_SIZE_MAX = 1 << 20
};

/* name in scenario files; how a message's Value and Hierarchy are chosen */
#define VALUATIONS(X)                                                                              \
    X(VALUATION_DISTINCT, "distinct")                                                              \
    X(VALUATION_MOVING, "moving")                                                                  \
    X(VALUATION_EQUAL, "equal")                                                                    \
    X(VALUATION_INCREMENTS, "increments")                                                          \
    X(VALUATION_SIGNED, "signed")

enum valuation {
#define VALUATION_ENUM(id, name) id,
    VALUATIONS(VALUATION_ENUM)
#undef VALUATION_ENUM
        VALUATION_COUNT
};

#define PROPERTIES(X)                                                                              \
    X(PROPERTY_EXACTLY_ONCE, "exactly_once")                                                       \
    X(PROPERTY_NEVER_TWICE, "never_twice")                                                         \
    X(PROPERTY_NOTHING_LOST, "nothing_lost")                                                       \
    X(PROPERTY_NO_STUCK_SHARD, "no_stuck_shard")                                                   \
    X(PROPERTY_LEVELS_AGREE, "levels_agree")

enum property {
#define PROPERTY_ENUM(id, name) id,
    PROPERTIES(PROPERTY_ENUM)
#undef PROPERTY_ENUM
        PROPERTY_COUNT
};

enum { HIERARCHY_LEVELS = 3 };

/* RiskType, TradeDesk, Region, in the order of the aggregate's keys. */
struct hierarchy {
    const char *level[HIERARCHY_LEVELS];
};

struct scenario_message {
    const char *trade;
    int64_t version;
    uint32_t copies;           /* byte-equal puts of this message; 0: left out (checker/reduce.h) */
    int32_t shard;             /* -1: by the partition key */
    const char *partition_key; /* NULL: derived from the place in the list */
    bool has_value;
    double value; /* where given, in every valuation */
    bool has_hierarchy;
    struct hierarchy hierarchy; /* where given, in every valuation */
    bool has_timestamp;
    double timestamp; /* seconds since 1970 */
    uint32_t line;
    uint32_t column;
};

enum put_order { PUT_ORDER_GIVEN, PUT_ORDER_ANY };

/* workload.generate; per cent in hundredths. */
struct scenario_generation {
    uint32_t messages; /* puts, copies included; 0: nothing is generated */
    uint32_t trades;
    uint32_t updates;
    uint32_t duplicates;
    uint32_t line;
    uint32_t column;
};

struct scenario_sections; /* model/scenario_reader.h */

struct scenario {
    const char *file;
    const char *name;
    const char *description;
    const char *template_file; /* NULL: the built-in one. A path that can be opened as it is: the
                                  one written, taken as relative to the scenario's folder */
    const char *stream;        /* NULL: the pipeline's only stream */
    const struct scenario_message *messages;
    size_t message_count;
    enum put_order order;
    /* The order `given` message by message, copies included; those that are more than the
     * message's are left out. NULL: messages in their order, copies in a row. */
    const uint32_t *sequence;
    size_t sequence_length;
    bool seeded; /* messages or sequence are drawn from a seed: see scenario_generate */
    struct scenario_generation generation;
    uint32_t duplicates;                    /* further copies, of messages drawn */
    const struct scenario_message *written; /* workload.messages, before anything is drawn */
    size_t written_count;
    bool valuations[VALUATION_COUNT];
    struct fault_config faults;
    bool properties[PROPERTY_COUNT];
    const char *expect; /* "holds", a property's name, or NULL */
    /* What must be reached, else the verdict is `vacuous`: see checker/coverage.h. */
    const char *sometimes[SCENARIO_SOMETIMES_MAX];
    size_t sometimes_count;
    const struct scenario_sections *sections; /* for scenario_apply; NULL: nothing to apply */
};

const char *valuation_name(enum valuation valuation);
const char *property_name(enum property property);

/* Read a scenario file. Without a `faults` section no kind is switched on and the limit is "any";
 * without `properties` all but levels_agree are checked. */
enum status scenario_read(const char *file, struct arena *arena, struct scenario *scenario,
                          struct error *error);

/* The same from memory; `file` is for messages. */
enum status scenario_parse(const char *bytes, size_t length, const char *file, struct arena *arena,
                           struct scenario *scenario, struct error *error);

/* Draw what `generate` and `duplicates` of the workload leave to chance from another seed than 1,
 * which reading the scenario takes; nothing where there is neither. Messages derived are in the
 * arena. */
enum status scenario_generate(struct scenario *scenario, uint64_t seed, struct arena *arena,
                              struct error *error);

/* Apply the scenario's stream, tables and mappings sections (kept within the scenario) to the
 * pipeline and check that the result is simulated (pipeline_check_supported). On failure the
 * pipeline may be half changed. A mapping is named by its function, or by its logical id where a
 * function has several. Unknown names are errors with the scenario's line. Initial items: what
 * `tables: {T: {items: [...]}}` gives (plain YAML; numbers become N, text S, true BOOL, lists and
 * maps L and M); a table named ParameterTable without items gets the workshop's failure percentages
 * 5, 10, 10. */
enum status scenario_apply(const struct scenario *scenario, struct arena *arena,
                           struct value_store *store, struct pipeline *pipeline,
                           struct error *error);

/* Parse "any" or a count for --faults, and "KIND", "KIND=N", "KIND@FUNCTION", "KIND@FUNCTION=N" for
 * --fault, into `faults`. A kind that is given for several functions may befall each of them. */
enum status fault_config_set_limit(struct fault_config *faults, const char *text,
                                   struct error *error);
/* The functions that faults of the kind may befall, as a bit set by index; an unknown name is an
 * error at its place. */
enum status fault_config_functions(const struct fault_config *faults, enum fault_kind kind,
                                   const struct pipeline *pipeline, uint64_t *functions,
                                   struct error *error);
/* --longest-delay "11min": leave out the delays that are longer. */
enum status fault_config_set_longest_delay(struct fault_config *faults, const char *text,
                                           struct error *error);
enum status fault_config_set_kind(struct fault_config *faults, const char *text,
                                  struct error *error);

#endif
