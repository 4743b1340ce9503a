#include "reports/audit.h"

#include <stdio.h>
#include <string.h>

enum { TITLE_WIDTH = 38, CELL_WIDTH = 18 };

static size_t row_named(const char *name)
{
    const size_t row = audit_row_find(name);
    CHECK(row < audit_row_count);
    return row;
}

size_t audit_cell_count(const struct audit *audit, size_t row)
{
    if (audit->left_out[row])
        return 0;
    return audit_rows[row].whole ? 1 : audit->function_count;
}

bool audit_row_holds(const struct audit *audit, size_t row)
{
    if (audit->left_out[row])
        return false;
    for (size_t i = 0; i < audit_cell_count(audit, row); i++) {
        const struct audit_cell *cell = &audit->cells[row][i];
        if (!cell->run || cell->verdict != VERDICT_HOLDS)
            return false;
    }
    return true;
}

bool audit_is_proved(const struct audit *audit, size_t row)
{
    return audit->certificate[row].run && audit->certificate[row].verdict == VERDICT_HOLDS;
}

bool audit_broken_without_fault(const struct audit *audit)
{
    const struct audit_cell *first = &audit->cells[row_named("no_fault")][0];
    return first->run && first->verdict == VERDICT_VIOLATED;
}

enum verdict audit_verdict(const struct audit *audit)
{
    bool found[VERDICT_VACUOUS + 1] = {false};
    for (size_t row = 0; row < audit_row_count; row++) {
        for (size_t i = 0; i < audit_cell_count(audit, row); i++)
            found[audit->cells[row][i].run ? audit->cells[row][i].verdict : VERDICT_INCONCLUSIVE] =
                true;
    }
    for (size_t i = 0; i < audit->pair_count; i++)
        found[audit->pairs[i].cell.run ? audit->pairs[i].cell.verdict : VERDICT_INCONCLUSIVE] =
            true;
    if (found[VERDICT_VIOLATED])
        return VERDICT_VIOLATED;
    if (found[VERDICT_NONDETERMINISTIC])
        return VERDICT_NONDETERMINISTIC;
    return found[VERDICT_INCONCLUSIVE] ? VERDICT_INCONCLUSIVE : VERDICT_HOLDS;
}

/* --- for people --- */

void audit_describe_cell(const struct audit_cell *cell, char text[AUDIT_CELL_SIZE])
{
    if (!cell->run)
        (void)snprintf(text, AUDIT_CELL_SIZE, "not tried");
    else if (cell->verdict == VERDICT_HOLDS && cell->any_number)
        (void)snprintf(text, AUDIT_CELL_SIZE, "holds");
    else if (cell->verdict == VERDICT_HOLDS)
        (void)snprintf(text, AUDIT_CELL_SIZE, "holds up to %u", (unsigned)cell->faults_max);
    else if (cell->verdict == VERDICT_VIOLATED && cell->faults == 0)
        (void)snprintf(text, AUDIT_CELL_SIZE, "BROKEN");
    else if (cell->verdict == VERDICT_VIOLATED)
        (void)snprintf(text, AUDIT_CELL_SIZE, "BROKEN: %u fault%s", (unsigned)cell->faults,
                       cell->faults == 1 ? "" : "s");
    else if (cell->verdict == VERDICT_ERROR)
        (void)snprintf(text, AUDIT_CELL_SIZE, "not simulated");
    else
        (void)snprintf(text, AUDIT_CELL_SIZE, "%s", verdict_name(cell->verdict));
}

static void append_cell(struct text *text, const struct audit_cell *cell, bool color)
{
    char described[AUDIT_CELL_SIZE];
    audit_describe_cell(cell, described);
    bool broken = cell->run && cell->verdict == VERDICT_VIOLATED;
    text_append_format(text, " %s%-*s%s", color && broken ? "\033[1;31m" : "", CELL_WIDTH - 1,
                       described, color && broken ? "\033[0m" : "");
}

static void end_line(struct text *text)
{
    while (text->length > 0 && text_string(text)[text->length - 1] == ' ')
        text->length--;
    text_append_char(text, '\n');
}

static void append_table(struct text *text, const struct audit *audit, bool color)
{
    text_append_format(text, "\n  %-*s", TITLE_WIDTH, "weakness");
    for (size_t i = 0; i < audit->function_count; i++)
        text_append_format(text, " %-*s", CELL_WIDTH - 1, audit->functions[i]);
    end_line(text);
    for (size_t row = 0; row < audit_row_count; row++) {
        if (audit->left_out[row])
            continue;
        text_append_format(text, "  %-*s", TITLE_WIDTH, audit_rows[row].title);
        for (size_t i = 0; i < audit_cell_count(audit, row); i++)
            append_cell(text, &audit->cells[row][i], color);
        end_line(text);
    }
}

static void append_detail(struct text *text, const struct audit_cell *cell)
{
    if (cell->verdict != VERDICT_VIOLATED) {
        text_append_format(text, "%s: %s\n",
                           cell->verdict == VERDICT_ERROR ? "not simulated"
                                                          : verdict_name(cell->verdict),
                           cell->message == NULL ? "no reason is known" : cell->message);
        return;
    }
    text_append_format(text, "%u fault%s, %u steps: %s: %s\n", (unsigned)cell->faults,
                       cell->faults == 1 ? "" : "s", (unsigned)cell->steps, cell->property,
                       cell->summary);
    if (cell->cause != NULL)
        text_append_format(text, "     why: %s\n", cell->cause);
    if (cell->defence != NULL)
        text_append_format(text, "     missing: %s\n", cell->defence);
    if (cell->trace_file != NULL)
        text_append_format(text, "     oncecheck replay %s\n", cell->trace_file);
}

static void append_details(struct text *text, const struct audit *audit)
{
    size_t number = 0;
    for (size_t row = 0; row < audit_row_count; row++) {
        for (size_t i = 0; i < audit_cell_count(audit, row); i++) {
            const struct audit_cell *cell = &audit->cells[row][i];
            if (!cell->run || cell->verdict == VERDICT_HOLDS)
                continue;
            text_append_format(text, "\n  %zu. %s%s%s: ", ++number, audit_rows[row].title,
                               audit_rows[row].whole ? "" : ", in ",
                               audit_rows[row].whole ? "" : audit->functions[i]);
            append_detail(text, cell);
        }
    }
    for (size_t i = 0; i < audit->pair_count; i++) {
        const struct audit_pair *pair = &audit->pairs[i];
        if (!pair->cell.run || pair->cell.verdict == VERDICT_HOLDS)
            continue;
        text_append_format(text, "\n  %zu. %s, with %s: ", ++number,
                           audit_rows[pair->rows[0]].title, audit_rows[pair->rows[1]].title);
        append_detail(text, &pair->cell);
    }
}

static bool holds(const struct audit *audit, const char *name, size_t function)
{
    const struct audit_cell *cell = &audit->cells[row_named(name)][function];
    return cell->run && cell->verdict == VERDICT_HOLDS;
}

static bool broken(const struct audit *audit, const char *name, size_t function)
{
    const struct audit_cell *cell = &audit->cells[row_named(name)][function];
    return cell->run && cell->verdict == VERDICT_VIOLATED;
}

/* What the rows say together. */
void audit_append_conclusions(struct text *text, const struct audit *audit)
{
    if (audit_broken_without_fault(audit))
        text_append_string(text, "\n  It is wrong without any fault, so that every row would be: "
                                 "repair that first.\n");
    for (size_t i = 0; i < audit->function_count; i++) {
        const char *name = audit->functions[i];
        if (holds(audit, "crash", i) && holds(audit, "stale_minutes", i) &&
            broken(audit, "retry_late", i))
            text_append_format(text,
                               "\n  %s is safe only while retries end within 10 minutes: a crash "
                               "does no harm, nor do 11 minutes, but both together do.\n",
                               name);
        if (holds(audit, "redeliver", i) && broken(audit, "rebatch", i))
            text_append_format(text,
                               "\n  %s is safe only while a batch comes again as the same batch: "
                               "what it writes is guarded by batch, not by record.\n",
                               name);
        if (holds(audit, "crash", i) && broken(audit, "stale_minute", i))
            text_append_format(text,
                               "\n  %s is safe only while records reach it within a minute: it "
                               "leaves older ones out.\n",
                               name);
    }
}

/* What was proved of every two kinds; a kind that has a cap has it beside another, too. */
static void append_pairs(struct text *text, const struct audit *audit)
{
    size_t proved = 0;
    if (!audit->wants_pairs)
        return;
    text_append_string(text, "\n  Every two of these kinds, in all functions at once:\n");
    for (size_t i = 0; i < audit->pair_count; i++) {
        const struct audit_pair *pair = &audit->pairs[i];
        char described[AUDIT_CELL_SIZE];
        const bool held = pair->cell.run && pair->cell.verdict == VERDICT_HOLDS;
        audit_describe_cell(&pair->cell, described);
        text_append_format(text, "    %-*s %-*s %s", TITLE_WIDTH - 10,
                           audit_rows[pair->rows[0]].title, TITLE_WIDTH - 10,
                           audit_rows[pair->rows[1]].title, held ? "holds" : described);
        for (size_t j = 0; held && j < 2; j++) {
            const size_t row = pair->rows[j];
            if (!audit->certificate[row].any_number)
                text_append_format(text, " (%s: up to %u)", audit_rows[row].title,
                                   (unsigned)audit->certificate[row].faults_max);
        }
        text_append_char(text, '\n');
        proved += held;
    }
    text_append_format(text, "    %zu of %zu pairs proved%s\n", proved, audit->pair_count,
                       audit->pair_count == 0 ? " (fewer than two kinds were)" : "");
}

static void append_certificate(struct text *text, const struct audit *audit)
{
    bool any = false;
    for (size_t row = 0; row < audit_row_count; row++) {
        const struct audit_cell *cell = &audit->certificate[row];
        if (!audit_is_proved(audit, row))
            continue;
        if (!any)
            text_append_string(text, "\n  Proved, with the faults in all functions at once:\n");
        any = true;
        text_append_format(text, "    %-*s %s\n", TITLE_WIDTH - 3, audit_rows[row].title,
                           cell->bound);
    }
    if (any)
        append_pairs(text, audit);
    if (any)
        text_append_string(text, "\n  Assumed: " AUDIT_ASSUMPTIONS "\n");
}

void audit_append_text(struct text *text, const struct audit *audit, bool color)
{
    text_append_format(text, "Audit of %s, scenario %s\n",
                       audit->solution == NULL ? "the C reference handlers" : audit->solution,
                       audit->scenario);
    append_table(text, audit, color);
    audit_append_conclusions(text, audit);
    append_details(text, audit);
    append_certificate(text, audit);
    enum verdict verdict = audit_verdict(audit);
    text_append_format(text, "\n%s%s\n",
                       verdict == VERDICT_VIOLATED ? "broken"
                       : verdict == VERDICT_HOLDS  ? "no row is broken"
                                                   : verdict_name(verdict),
                       audit->interrupted ? " (interrupted: not every row was tried)" : "");
}

/* --- as JSON --- */

static struct value cell_value(struct value_store *store, const struct audit_cell *cell)
{
    struct value value = value_map(store, NULL, 0);
    bool held = cell->run && cell->verdict == VERDICT_HOLDS;
    bool violated = cell->run && cell->verdict == VERDICT_VIOLATED;
    value = value_put_text(store, value, "verdict",
                           value_text(store, !cell->run ? "not_tried"
                                             : cell->verdict == VERDICT_ERROR
                                                 ? "not_simulated"
                                                 : verdict_name(cell->verdict)));
    value = value_put_text(store, value, "any_number", value_bool(store, held && cell->any_number));
    value = value_put_text(store, value, "faults_max",
                           held && !cell->any_number ? value_integer(store, cell->faults_max)
                                                     : value_null(store));
    value =
        value_put_text(store, value, "bound", value_text_or_null(store, held ? cell->bound : NULL));
    value = value_put_text(store, value, "message", value_text_or_null(store, cell->message));
    struct value violation = value_null(store);
    if (violated) {
        violation = value_map(store, NULL, 0);
        violation = value_put_text(store, violation, "faults", value_integer(store, cell->faults));
        violation = value_put_text(store, violation, "steps", value_integer(store, cell->steps));
        violation = value_put_text(store, violation, "property", value_text(store, cell->property));
        violation = value_put_text(store, violation, "summary", value_text(store, cell->summary));
        violation =
            value_put_text(store, violation, "cause", value_text_or_null(store, cell->cause));
        violation =
            value_put_text(store, violation, "defence", value_text_or_null(store, cell->defence));
        violation =
            value_put_text(store, violation, "trace", value_text_or_null(store, cell->trace_file));
    }
    return value_put_text(store, value, "violation", violation);
}

static struct value row_value(struct value_store *store, size_t row, const struct audit_cell *cell,
                              const char *function)
{
    const struct audit_row *of = &audit_rows[row];
    struct value kinds = value_list(store, NULL, 0);
    for (size_t i = 0; i < AUDIT_KINDS_MAX && of->kinds[i] != NULL; i++)
        kinds = value_append(store, kinds, value_text(store, of->kinds[i]));
    struct value value = cell_value(store, cell);
    value = value_put_text(store, value, "weakness", value_text(store, of->name));
    value = value_put_text(store, value, "title", value_text(store, of->title));
    value = value_put_text(store, value, "function", value_text_or_null(store, function));
    value = value_put_text(store, value, "faults", kinds);
    value =
        value_put_text(store, value, "longest_delay", value_text_or_null(store, of->longest_delay));
    return value_put_text(store, value, "setting", value_text_or_null(store, of->setting));
}

static struct value pairs_value(struct value_store *store, const struct audit *audit)
{
    struct value pairs = value_list(store, NULL, 0);
    for (size_t i = 0; i < audit->pair_count; i++) {
        struct value names = value_list(store, NULL, 0);
        struct value kinds = value_list(store, NULL, 0);
        for (size_t j = 0; j < 2; j++) {
            const struct audit_row *row = &audit_rows[audit->pairs[i].rows[j]];
            names = value_append(store, names, value_text(store, row->name));
            for (size_t k = 0; k < AUDIT_KINDS_MAX && row->kinds[k] != NULL; k++)
                kinds = value_append(store, kinds, value_text(store, row->kinds[k]));
        }
        struct value value = cell_value(store, &audit->pairs[i].cell);
        value = value_put_text(store, value, "weaknesses", names);
        value = value_put_text(store, value, "faults", kinds);
        pairs = value_append(store, pairs, value);
    }
    return pairs;
}

struct value audit_value(struct value_store *store, const struct audit *audit)
{
    struct value rows = value_list(store, NULL, 0);
    struct value certificate = value_list(store, NULL, 0);
    for (size_t row = 0; row < audit_row_count; row++) {
        for (size_t i = 0; i < audit_cell_count(audit, row); i++)
            rows = value_append(store, rows,
                                row_value(store, row, &audit->cells[row][i],
                                          audit_rows[row].whole ? NULL : audit->functions[i]));
        if (audit->certificate[row].run)
            certificate = value_append(store, certificate,
                                       row_value(store, row, &audit->certificate[row], NULL));
    }
    enum verdict verdict = audit_verdict(audit);
    struct value runtime = value_put_text(store, value_map(store, NULL, 0), "milliseconds",
                                          value_integer(store, (int64_t)(audit->seconds * 1000)));
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "format", value_text(store, "oncecheck-audit/1"));
    value = value_put_text(
        store, value, "verdict",
        value_text(store, verdict == VERDICT_VIOLATED ? "broken" : verdict_name(verdict)));
    value =
        value_put_text(store, value, "exit_code", value_integer(store, verdict_exit_code(verdict)));
    value = value_put_text(store, value, "solution", value_text_or_null(store, audit->solution));
    value = value_put_text(store, value, "scenario", value_text(store, audit->scenario));
    value = value_put_text(store, value, "interrupted", value_bool(store, audit->interrupted));
    value = value_put_text(store, value, "rows", rows);
    value = value_put_text(store, value, "certificate", certificate);
    value = value_put_text(store, value, "pairs",
                           audit->wants_pairs ? pairs_value(store, audit) : value_null(store));
    return value_put_text(store, value, "runtime", runtime);
}
