/* Shared by ledger.c and ledger_content.c: whose values are in a content. */
#ifndef ONCECHECK_REPORTS_LEDGER_INTERNAL_H
#define ONCECHECK_REPORTS_LEDGER_INTERNAL_H

#include "reports/ledger.h"

/* The values in a record, item or request, as texts. */
struct ledger_content {
    struct value atoms[LEDGER_ATOMS_MAX];
    size_t count;
};

/* What only one record of its batch holds. */
struct ledger_own {
    struct value atoms[LEDGER_ATOMS_MAX];
    size_t count;
};

/* Fill `own` for the records of a batch, by their places in batch_records. `scratch` has
 * LEDGER_NARROWED_MAX + 1 elements. */
void ledger_find_own(const struct ledger *ledger, size_t batch, struct ledger_own *own,
                     struct ledger_content *scratch);

/* The messages of the batch that a content belongs to; where it tells nothing, `otherwise`, or all
 * of the batch where that is 0. `content` may be VALUE_NONE. */
uint64_t ledger_attribute(const struct ledger *ledger, size_t batch, struct value content,
                          const struct ledger_own *own, struct ledger_content *scratch,
                          uint64_t otherwise);

/* Whether a text is one of the content's values. */
bool ledger_holds_text(struct value_store *store, struct value content, const char *text,
                       struct ledger_content *scratch);

#endif
