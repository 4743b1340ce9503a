/* An audit as one HTML page that needs no network and no other file. */
#include "reports/audit.h"
#include "reports/page_assets.h"
#include "reports/xml.h"

#include <string.h>

#define POLICY "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/* Where a table's head has no room each cell says whose it is. */
static const char *const styles =
    ".whose { display: none; color: var(--soft); margin-right: .5rem; }\n"
    "a.verdict { text-decoration: none; }\n"
    "@media (max-width: 40rem) { .whose { display: inline; } }\n";

static void append_escaped(struct text *text, const char *bytes)
{
    if (bytes != NULL)
        xml_append_escaped(text, bytes, strlen(bytes));
}

static const char *tone_of(const struct audit_cell *cell)
{
    if (cell->run && cell->verdict == VERDICT_HOLDS)
        return "good";
    return cell->run && cell->verdict == VERDICT_VIOLATED ? "bad" : "odd";
}

/* A cell; `number` of its detail below, 0: it has none. */
static void append_cell(struct text *text, const struct audit_cell *cell, const char *whose,
                        size_t columns, size_t number)
{
    char described[AUDIT_CELL_SIZE];
    audit_describe_cell(cell, described);
    text_append_format(text, "<td colspan=\"%zu\">", columns);
    if (whose != NULL) {
        text_append_string(text, "<span class=\"whose\">");
        append_escaped(text, whose);
        text_append_string(text, "</span>");
    }
    if (number > 0)
        text_append_format(text, "<a class=\"verdict %s\" href=\"#detail-%zu\">", tone_of(cell),
                           number);
    else
        text_append_format(text, "<span class=\"verdict %s\">", tone_of(cell));
    append_escaped(text, described);
    text_append_string(text, number > 0 ? "</a></td>" : "</span></td>");
}

static bool has_detail(const struct audit_cell *cell)
{
    return cell->run && cell->verdict != VERDICT_HOLDS;
}

static void append_table(struct text *text, const struct audit *audit, size_t *number)
{
    text_append_string(text, "<div class=\"scroll\" tabindex=\"0\">\n<table>\n<thead><tr>"
                             "<th scope=\"col\">Weakness</th>");
    for (size_t i = 0; i < audit->function_count; i++) {
        text_append_string(text, "<th scope=\"col\">");
        append_escaped(text, audit->functions[i]);
        text_append_string(text, "</th>");
    }
    text_append_string(text, "</tr></thead>\n<tbody>\n");
    for (size_t row = 0; row < audit_row_count; row++) {
        const size_t count = audit_cell_count(audit, row);
        if (audit->left_out[row])
            continue;
        text_append_string(text, "<tr><th scope=\"row\">");
        append_escaped(text, audit_rows[row].title);
        text_append_string(text, "</th>");
        for (size_t i = 0; i < count; i++) {
            const struct audit_cell *cell = &audit->cells[row][i];
            const bool whole = audit_rows[row].whole;
            append_cell(text, cell, whole ? NULL : audit->functions[i],
                        whole ? audit->function_count : 1, has_detail(cell) ? ++*number : 0);
        }
        text_append_string(text, "</tr>\n");
    }
    text_append_string(text, "</tbody>\n</table>\n</div>\n");
}

static void append_line(struct text *text, const char *name, const char *value)
{
    if (value == NULL)
        return;
    text_append_format(text, "<p><b>%s</b> ", name);
    append_escaped(text, value);
    text_append_string(text, "</p>\n");
}

static void append_detail(struct text *text, const struct audit_cell *cell, const char *title,
                          const char *more, const char *where, size_t number)
{
    text_append_format(text, "<section class=\"cause\" id=\"detail-%zu\">\n<h3>", number);
    append_escaped(text, title);
    text_append_string(text, more);
    append_escaped(text, where);
    text_append_string(text, "</h3>\n");
    if (cell->verdict == VERDICT_VIOLATED) {
        text_append_format(text, "<p>%u fault%s, %u steps: %s: ", (unsigned)cell->faults,
                           cell->faults == 1 ? "" : "s", (unsigned)cell->steps, cell->property);
        append_escaped(text, cell->summary);
        text_append_string(text, "</p>\n");
    }
    append_line(text, "Why:", cell->cause);
    append_line(text, "Missing:", cell->defence);
    append_line(text, cell->verdict == VERDICT_ERROR ? "Not simulated:" : "No verdict:",
                cell->verdict == VERDICT_VIOLATED ? NULL : cell->message);
    if (cell->trace_file != NULL) {
        text_append_string(text, "<pre>oncecheck replay ");
        append_escaped(text, cell->trace_file);
        text_append_string(text, "</pre>\n");
    }
    text_append_string(text, "</section>\n");
}

/* In the order of the tables, whose links have the same numbers. */
static void append_details(struct text *text, const struct audit *audit)
{
    size_t number = 0;
    for (size_t row = 0; row < audit_row_count; row++) {
        for (size_t i = 0; i < audit_cell_count(audit, row); i++) {
            const struct audit_cell *cell = &audit->cells[row][i];
            const bool whole = audit_rows[row].whole;
            if (!has_detail(cell))
                continue;
            text_append_string(text, number == 0 ? "<h2>What breaks it</h2>\n" : "");
            append_detail(text, cell, audit_rows[row].title, whole ? "" : ", in ",
                          whole ? "" : audit->functions[i], ++number);
        }
    }
    for (size_t i = 0; i < audit->pair_count; i++) {
        const struct audit_pair *pair = &audit->pairs[i];
        if (has_detail(&pair->cell))
            append_detail(text, &pair->cell, audit_rows[pair->rows[0]].title, ", with ",
                          audit_rows[pair->rows[1]].title, ++number);
    }
}

static void append_certificate(struct text *text, const struct audit *audit, size_t *number)
{
    bool any = false;
    for (size_t row = 0; row < audit_row_count; row++)
        any = any || audit_is_proved(audit, row);
    if (!any)
        return;
    text_append_string(text, "<h2>Certificate</h2>\n<p>Proved, with the faults in all functions at "
                             "once:</p>\n<ul>\n");
    for (size_t row = 0; row < audit_row_count; row++) {
        if (!audit_is_proved(audit, row))
            continue;
        text_append_string(text, "<li><b>");
        append_escaped(text, audit_rows[row].title);
        text_append_string(text, "</b> ");
        append_escaped(text, audit->certificate[row].bound);
        text_append_string(text, "</li>\n");
    }
    text_append_string(text, "</ul>\n");
    if (audit->pair_count > 0)
        text_append_string(text, "<p>Every two of these kinds, in all functions at once:</p>\n"
                                 "<div class=\"scroll\" tabindex=\"0\">\n<table><tbody>\n");
    for (size_t i = 0; i < audit->pair_count; i++) {
        const struct audit_pair *pair = &audit->pairs[i];
        text_append_string(text, "<tr><td>");
        append_escaped(text, audit_rows[pair->rows[0]].title);
        text_append_string(text, "</td><td>");
        append_escaped(text, audit_rows[pair->rows[1]].title);
        text_append_string(text, "</td>");
        append_cell(text, &pair->cell, NULL, 1, has_detail(&pair->cell) ? ++*number : 0);
        text_append_string(text, "</tr>\n");
    }
    if (audit->pair_count > 0)
        text_append_string(text, "</tbody></table>\n</div>\n");
    text_append_string(text, "<p class=\"soft\">Assumed: " AUDIT_ASSUMPTIONS "</p>\n");
}

static void append_conclusions(struct text *text, const struct audit *audit)
{
    struct text plain;
    text_init(&plain, text->memory);
    audit_append_conclusions(&plain, audit);
    for (const char *line = text_string(&plain); *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        const size_t indent = strspn(line, " ");
        if (length > indent) {
            text_append_string(text, "<p><b>");
            xml_append_escaped(text, line + indent, length - indent);
            text_append_string(text, "</b></p>\n");
        }
        line += length + (line[length] == '\n');
    }
    xml_release_part(text, &plain);
}

void audit_append_page(struct text *text, const struct audit *audit)
{
    size_t number = 0;
    text_append_string(text,
                       "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<title>Audit - oncecheck</title>\n<style>\n");
    text_append_string(text, page_asset_grade_css);
    text_append_string(text, styles);
    text_append_string(text, "</style>\n</head>\n<body>\n<main>\n<h1>Audit</h1>\n"
                             "<p class=\"soft\">");
    append_escaped(text, audit->solution == NULL ? "the C reference handlers" : audit->solution);
    text_append_string(text, ", scenario ");
    append_escaped(text, audit->scenario);
    text_append_string(text,
                       audit->interrupted ? "; interrupted, so that not every row was tried" : "");
    text_append_string(text, "</p>\n");
    append_conclusions(text, audit);
    append_table(text, audit, &number);
    append_certificate(text, audit, &number);
    append_details(text, audit);
    text_append_string(text, "</main>\n</body>\n</html>\n");
}
