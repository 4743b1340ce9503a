/* A class report as one HTML page that needs no network and no other file. */
#include "reports/grade.h"

#include "reports/field.h"
#include "reports/page_assets.h"

#include <string.h>

#define POLICY                                                                                     \
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "                  \
    "base-uri 'none'; form-action 'none'"

static void append_escaped(struct text *text, const char *bytes)
{
    for (; *bytes != '\0'; bytes++) {
        if (*bytes == '&')
            text_append_string(text, "&amp;");
        else if (*bytes == '<')
            text_append_string(text, "&lt;");
        else if (*bytes == '>')
            text_append_string(text, "&gt;");
        else if (*bytes == '"')
            text_append_string(text, "&quot;");
        else
            text_append_char(text, *bytes);
    }
}

static const char *tone_of(const char *verdict)
{
    if (strcmp(verdict, "holds") == 0 || strcmp(verdict, "sampled") == 0)
        return "good";
    if (strcmp(verdict, "violated") == 0)
        return "bad";
    return strcmp(verdict, "-") == 0 ? "none" : "odd";
}

static void append_verdict(struct text *text, const char *verdict)
{
    text_append_format(text, "<span class=\"verdict %s\">", tone_of(verdict));
    append_escaped(text, verdict);
    text_append_string(text, "</span>");
}

static void append_number(struct text *text, const struct value_store *store, struct value map,
                          const char *name)
{
    char number[DECIMAL_TEXT_SIZE];
    text_append_format(text, "<td class=\"number\">%s</td>",
                       field_number_text(store, map, name, number));
}

static void append_why(struct text *text, const struct value_store *store, struct value document,
                       struct value check)
{
    struct value violation = value_member(store, check, "violation", VALUE_MAP);
    const char *messages = field_text(store, check, "messages");
    text_append_string(text, "<td class=\"why\">");
    if (value_is_none(violation)) {
        append_escaped(text, field_text(store, check, "reason"));
        if (messages[0] != '\0') {
            text_append_string(text, "<details><summary>messages</summary><pre>");
            append_escaped(text, messages);
            text_append_string(text, "</pre></details>");
        }
    } else {
        const char *cause = field_text(store, violation, "cause");
        size_t number = grade_cluster_number(store, document, field_text(store, violation, "key"));
        text_append_format(text, "<a href=\"#cause-%zu\">%zu</a> ", number, number);
        append_escaped(text, field_text(store, violation, "summary"));
        if (cause[0] != '\0') {
            text_append_string(text, "<br><span class=\"soft\">");
            append_escaped(text, cause);
            text_append_string(text, "</span>");
        }
    }
    text_append_string(text, "</td>");
}

static void append_row(struct text *text, const struct value_store *store, struct value document,
                       struct value row)
{
    struct value check = field_at(store, row, "checks", 0);
    struct value violation = value_member(store, check, "violation", VALUE_MAP);
    text_append_string(text, "<tr><th scope=\"row\">");
    append_escaped(text, field_text(store, row, "name"));
    text_append_string(text, "</th>");
    for (size_t i = 0; i < field_count(store, row, "checks"); i++) {
        text_append_string(text, "<td>");
        append_verdict(text, field_text(store, field_at(store, row, "checks", i), "verdict"));
        text_append_string(text, "</td>");
    }
    append_number(text, store, violation, "faults");
    append_number(text, store, violation, "steps");
    append_why(text, store, document, check);
    append_number(text, store, value_member(store, check, "runtime", VALUE_MAP), "seconds");
    text_append_string(text, "</tr>\n");
}

static void append_heading(struct text *text, const char *name)
{
    text_append_string(text, "<th scope=\"col\"><button type=\"button\">");
    append_escaped(text, name);
    text_append_string(text, "</button></th>");
}

static void append_table(struct text *text, const struct value_store *store, struct value document)
{
    text_append_string(
        text, "<label class=\"soft\">Filter <input id=\"filter\" type=\"search\"></label>\n"
              "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Solutions\">"
              "<table id=\"rows\"><thead><tr>");
    append_heading(text, "solution");
    for (size_t i = 0; i < field_count(store, document, "checks"); i++)
        append_heading(text, value_bytes(store, field_at(store, document, "checks", i), NULL));
    append_heading(text, "faults");
    append_heading(text, "steps");
    append_heading(text, "why");
    append_heading(text, "seconds");
    text_append_string(text, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < field_count(store, document, "solutions"); i++)
        append_row(text, store, document, field_at(store, document, "solutions", i));
    text_append_string(text, "</tbody></table></div>\n");
}

static void append_cluster(struct text *text, const struct value_store *store, struct value cluster,
                           size_t number)
{
    struct value shortest = value_member(store, cluster, "shortest", VALUE_MAP);
    const size_t count = field_count(store, cluster, "solutions");
    text_append_format(text, "<section class=\"cause\" id=\"cause-%zu\"><h3>%zu. ", number, number);
    append_escaped(text, field_text(store, cluster, "key"));
    text_append_format(text, "</h3>\n<p>%zu solution%s: ", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++) {
        text_append_string(text, i == 0 ? "" : ", ");
        append_escaped(text, value_bytes(store, field_at(store, cluster, "solutions", i), NULL));
    }
    text_append_string(text, "</p>\n");
    const char *const sentences[] = {field_text(store, shortest, "cause"),
                                     field_text(store, shortest, "defence")};
    for (size_t i = 0; i < 2; i++) {
        if (sentences[i][0] == '\0')
            continue;
        text_append_string(text, "<p>");
        append_escaped(text, sentences[i]);
        text_append_string(text, "</p>\n");
    }
    text_append_string(text, "<details><summary>The shortest counterexample, ");
    append_escaped(text, field_text(store, shortest, "solution"));
    text_append_string(text, "&#39;s</summary><pre tabindex=\"0\">");
    append_escaped(text, field_text(store, shortest, "text"));
    text_append_string(text, "</pre></details></section>\n");
}

static void append_tiles(struct text *text, const struct value_store *store, struct value document)
{
    struct value verdicts = value_member(store, document, "verdicts", VALUE_MAP);
    text_append_string(text, "<div class=\"tiles\">\n");
    for (size_t i = 0; !value_is_none(verdicts) && i < value_count(store, verdicts); i++) {
        const char *verdict = value_bytes(store, value_key_at(store, verdicts, i), NULL);
        text_append_format(text, "<div class=\"tile %s\"><b>%lld</b>", tone_of(verdict),
                           (long long)field_integer(store, verdicts, verdict, 0));
        append_escaped(text, verdict);
        text_append_string(text, "</div>\n");
    }
    text_append_string(text, "</div>\n");
}

static void append_others(struct text *text, const struct value_store *store, struct value document)
{
    const size_t count = field_count(store, document, "no_solutions");
    if (count == 0)
        return;
    text_append_string(text, "<h2>No solutions</h2>\n<ul>\n");
    for (size_t i = 0; i < count; i++) {
        struct value other = field_at(store, document, "no_solutions", i);
        text_append_string(text, "<li><b>");
        append_escaped(text, field_text(store, other, "name"));
        text_append_string(text, "</b>: ");
        append_escaped(text, field_text(store, other, "reason"));
        text_append_string(text, "</li>\n");
    }
    text_append_string(text, "</ul>\n");
}

void grade_append_page(struct text *text, const struct value_store *store, struct value document)
{
    const size_t clusters = field_count(store, document, "clusters");
    text_append_string(text,
                       "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<title>Class report - oncecheck</title>\n<style>\n");
    text_append_string(text, page_asset_grade_css);
    text_append_string(text, "</style>\n</head>\n<body>\n<main>\n<h1>Class report</h1>\n"
                             "<p class=\"soft\">");
    append_escaped(text, field_text(store, document, "folder"));
    text_append_string(text, ", scenario ");
    append_escaped(text, field_text(store, document, "scenario"));
    text_append_string(text, "</p>\n");
    append_tiles(text, store, document);
    append_table(text, store, document);
    if (clusters > 0)
        text_append_string(text, "<h2>Causes</h2>\n");
    for (size_t i = 0; i < clusters; i++)
        append_cluster(text, store, field_at(store, document, "clusters", i), i + 1);
    append_others(text, store, document);
    text_append_string(text, "</main>\n<script>\n\"use strict\";\n");
    text_append_string(text, page_asset_grade_js);
    text_append_string(text, "</script>\n</body>\n</html>\n");
}
