#include "reports/coverage_page.h"

#include "reports/coverage_judge.h"
#include "reports/field.h"

#include <string.h>

static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1a1d21;--soft:#5b6470;--line:#d9dee4;"
    "--red:#b3261e;--redbg:#fdecea;--green:#1b6e3c;--greenbg:#e6f4ea;--amber:#8a5a00;"
    "--amberbg:#fff4dc}"
    "@media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e6e9ec;--soft:#9aa4af;"
    "--line:#333a41;--red:#ff9b92;--redbg:#43201d;--green:#8fd6a8;--greenbg:#17321f;"
    "--amber:#f0c36a;--amberbg:#3a2d10}}"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:75rem;padding:1rem;background:var(--bg);"
    "color:var(--fg);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
    "h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem}"
    ".soft{color:var(--soft)}.tiles{display:flex;flex-wrap:wrap;gap:.75rem;margin:1rem 0}"
    ".tile{border:1px solid var(--line);border-radius:.5rem;padding:.6rem .9rem;flex:1 1 12rem}"
    ".tile b{display:block;font-size:1.6rem}.call{border:1px solid var(--line);"
    "border-radius:.5rem;padding:.6rem .9rem;margin:.6rem 0}.cells{display:flex;flex-wrap:wrap;"
    "gap:.35rem;margin-top:.4rem}.cell{border-radius:.3rem;padding:.1rem .5rem;font-size:.875rem;"
    "border:1px solid var(--line);color:var(--soft)}.reached,.equal{background:var(--greenbg);"
    "color:var(--green)}.missed,.bad{background:var(--redbg);color:var(--red)}"
    "li{margin:.3rem 0}pre{margin:0;overflow-x:auto;border:1px solid var(--line);"
    "border-radius:.5rem;font:13px/1.5 ui-monospace,monospace}pre span{display:block;"
    "min-width:max-content;padding:0 .5rem}pre i{display:inline-block;width:9.5em;"
    "font-style:normal;color:var(--soft);user-select:none}pre .late{background:var(--amberbg);"
    "color:var(--amber)}pre span:focus::after{content:attr(title);display:block;color:var(--fg);"
    "white-space:normal;max-width:60ch}summary{cursor:pointer;padding:.3rem 0}";

/* Text for an element or an attribute in double quotes. */
static void append_escaped(struct text *text, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '&')
            text_append_string(text, "&amp;");
        else if (bytes[i] == '<')
            text_append_string(text, "&lt;");
        else if (bytes[i] == '>')
            text_append_string(text, "&gt;");
        else if (bytes[i] == '"')
            text_append_string(text, "&quot;");
        else
            text_append_char(text, bytes[i]);
    }
}

static void append_field(struct text *text, const struct value_store *store, struct value map,
                         const char *name)
{
    const char *bytes = field_text(store, map, name);
    append_escaped(text, bytes, strlen(bytes));
}

static void append_call(struct text *text, const struct value_store *store, struct value call)
{
    text_append_string(text, "<b>");
    append_field(text, store, call, "function");
    text_append_string(text, "</b> ");
    append_field(text, store, call, "operation");
    text_append_char(text, ' ');
    append_field(text, store, call, "tables");
    text_append_string(text, " <span class=soft>");
    append_field(text, store, call, "file");
    text_append_format(text, ":%lld</span>", (long long)field_integer(store, call, "line", 0));
}

static void append_tile(struct text *text, const struct value_store *store, struct value judged,
                        const char *name, const char *what)
{
    struct value summary = value_member(store, judged, "summary", VALUE_MAP);
    struct value tally = value_member(store, summary, name, VALUE_MAP);
    long long reached = (long long)field_integer(store, tally, "reached", 0);
    long long of = (long long)field_integer(store, tally, "of", 0);
    if (of == 0)
        return;
    text_append_format(text, "<div class=\"tile%s\"><b>%lld&#8239;%%</b>%lld of %lld %s</div>\n",
                       reached < of ? " bad" : "", reached * 100 / of, reached, of, what);
}

static void append_head(struct text *text, const struct value_store *store, struct value judged)
{
    text_append_format(text,
                       "<!doctype html>\n<html lang=en><meta charset=utf-8>\n<meta name=viewport "
                       "content=\"width=device-width,initial-scale=1\">\n<title>Coverage</title>"
                       "\n<style>%s</style>\n<h1>What was reached, and what was not</h1>\n",
                       style);
    for (size_t i = 0; i < field_count(store, judged, "bounds"); i++) {
        struct value bound = field_at(store, judged, "bounds", i);
        int64_t faults = field_integer(store, bound, "faults", -1);
        struct value kinds = value_member(store, bound, "kinds", VALUE_MAP);
        text_append_string(text, "<div class=soft>");
        if (i < field_count(store, judged, "runs"))
            text_append_format(
                text, "Run %s: ", field_text(store, field_at(store, judged, "runs", i), "name"));
        text_append_string(text, "scenario ");
        append_field(text, store, bound, "scenario");
        text_append_string(text, ", ");
        append_field(text, store, bound, "verdict");
        if (faults < 0)
            text_append_string(text, ", any number of faults");
        else
            text_append_format(text, ", at most %lld faults", (long long)faults);
        for (size_t k = 0; !value_is_none(kinds) && k < value_count(store, kinds); k++)
            text_append_format(text, "%s%s", k == 0 ? " of " : ", ",
                               value_bytes(store, value_key_at(store, kinds, k), NULL));
        text_append_string(text, "</div>\n");
    }
    text_append_string(text, "<div class=tiles>\n");
    append_tile(text, store, judged, "cells", "faults at calls, of the kinds that were on");
    append_tile(text, store, judged, "lines", "lines of the functions");
    append_tile(text, store, judged, "branches", "branches of the functions");
    text_append_string(text, "</div>\n");
}

static void append_missed(struct text *text, const struct value_store *store, struct value judged)
{
    struct missed_cell missed = {0};
    bool any = false;
    for (; coverage_next_missed(store, judged, &missed); any = true) {
        text_append_string(text, any ? "<li>" : "<h2>Not reached</h2>\n<ul>\n<li>");
        append_call(text, store, missed.call);
        text_append_string(text, "<br><span class=\"cell missed\">");
        append_field(text, store, missed.cell, "fault");
        text_append_char(text, ' ');
        append_field(text, store, missed.cell, "outcome");
        text_append_string(text, "</span> ");
        append_field(text, store, missed.cell, "why");
        text_append_string(text, "\n");
    }
    text_append_string(text, any ? "</ul>\n" : "");
}

/* Each cell tells in its own words why it is as it is: a touch screen has no tooltips. */
static void append_cell(struct text *text, const struct value_store *store, struct value cell)
{
    const char *status = field_text(store, cell, "status");
    text_append_format(text, "<span class=\"cell %s\" title=\"", status);
    append_field(text, store, cell, "why");
    text_append_string(text, "\">");
    append_field(text, store, cell, "fault");
    text_append_char(text, ' ');
    append_field(text, store, cell, "outcome");
    if (strcmp(status, "reached") == 0)
        text_append_format(text, ": %lld", (long long)field_integer(store, cell, "explored", 0));
    else
        text_append_string(text, ": ");
    if (strcmp(status, "reached") != 0)
        append_field(text, store, cell, "why");
    text_append_string(text, "</span>\n");
}

static void append_calls(struct text *text, const struct value_store *store, struct value judged)
{
    text_append_string(text, "<h2>Calls</h2>\n<p class=soft>In how many situations each fault was "
                             "explored. A situation is all that the function can tell apart, "
                             "however many states look the same to it.</p>\n");
    for (size_t i = 0; i < field_count(store, judged, "calls"); i++) {
        struct value call = field_at(store, judged, "calls", i);
        bool more = false;
        text_append_string(text, "<div class=call>");
        append_call(text, store, call);
        text_append_string(text, "<div class=cells>\n");
        for (size_t k = 0; k < field_count(store, call, "cells"); k++) {
            struct value cell = field_at(store, call, "cells", k);
            const char *status = field_text(store, cell, "status");
            if (strcmp(status, "off") == 0 || strcmp(status, "impossible") == 0)
                more = true;
            else
                append_cell(text, store, cell);
        }
        text_append_string(text, "</div>\n");
        if (more)
            text_append_string(text, "<details><summary class=soft>off or impossible</summary><div "
                                     "class=cells>\n");
        for (size_t k = 0; more && k < field_count(store, call, "cells"); k++) {
            struct value cell = field_at(store, call, "cells", k);
            const char *status = field_text(store, cell, "status");
            if (strcmp(status, "off") == 0 || strcmp(status, "impossible") == 0)
                append_cell(text, store, cell);
        }
        text_append_string(text, more ? "</div></details></div>\n" : "</div>\n");
    }
}

/* The entry of a line that can run, or VALUE_NONE. Lines are in ascending order; *next is where to
 * go on. */
static struct value line_entry(const struct value_store *store, struct value file, int64_t number,
                               size_t *next)
{
    while (*next < field_count(store, file, "lines")) {
        struct value line = field_at(store, file, "lines", *next);
        int64_t found = field_integer(store, line, "line", 0);
        if (found == number)
            return line;
        if (found > number)
            break;
        (*next)++;
    }
    return VALUE_NONE;
}

static void append_source_line(struct text *text, const struct value_store *store,
                               struct value line, int64_t number, const char *source, size_t length)
{
    int64_t count = field_integer(store, line, "count", 0);
    int64_t faults = field_integer(store, line, "faults", 0);
    const char *class = "";
    if (!value_is_none(line))
        class = count == 0 ? "missed" : faults > 0 ? "late" : "reached";
    text_append_format(text, "<span class=\"%s\" title=\"", class);
    if (!value_is_none(line) && count > 0) {
        text_append_string(text,
                           faults > 0 ? "only after a fault; shortest way: " : "shortest way: ");
        append_field(text, store, line, "path");
    }
    /* a touch or the keyboard shows what a mouse shows by hovering */
    text_append_format(text, "\"%s><i>%lld",
                       count == 0   ? ""
                       : faults > 0 ? " tabindex=0"
                                    : " tabindex=-1",
                       (long long)number);
    if (!value_is_none(line) && count == 0)
        text_append_string(text, " not run");
    else if (!value_is_none(line))
        text_append_format(text, " &times;%lld%s", (long long)count, faults > 0 ? " fault" : "");
    text_append_string(text, "</i>");
    append_escaped(text, source, length);
    text_append_string(text, "</span>");
}

static void append_source(struct text *text, const struct value_store *store, struct value file)
{
    struct value body = value_member(store, file, "text", VALUE_STRING);
    size_t length = 0;
    const char *source = value_is_none(body) ? "" : value_bytes(store, body, &length);
    size_t next = 0;
    int64_t number = 0;
    text_append_string(text, "<pre>");
    for (size_t start = 0; start < length; number++) {
        const char *end = memchr(source + start, '\n', length - start);
        size_t size = end == NULL ? length - start : (size_t)(end - source) - start;
        append_source_line(text, store, line_entry(store, file, number + 1, &next), number + 1,
                           source + start, size);
        start += size + 1;
    }
    text_append_string(text, "</pre>\n");
}

static bool has_missed_line(const struct value_store *store, struct value file)
{
    for (size_t k = 0; k < field_count(store, file, "lines"); k++) {
        if (field_integer(store, field_at(store, file, "lines", k), "count", 0) == 0)
            return true;
    }
    return false;
}

/* Files with lines that did not run come first and open. */
static void append_files(struct text *text, const struct value_store *store, struct value judged)
{
    size_t count = field_count(store, judged, "lines");
    if (count == 0) {
        text_append_string(text, "<h2>Code</h2>\n<p class=soft>No lines were collected: <code>"
                                 "oncecheck verify --coverage</code> does.</p>\n");
        return;
    }
    text_append_string(text, "<h2>Code</h2>\n<p class=soft>How many ways through the function ran "
                             "a line. Amber: only after a fault. Red: never.</p>\n");
    for (int missed = 1; missed >= 0; missed--) {
        for (size_t i = 0; i < count; i++) {
            struct value file = field_at(store, judged, "lines", i);
            if (has_missed_line(store, file) != (missed == 1))
                continue;
            text_append_format(text, "<details%s><summary>", missed == 1 ? " open" : "");
            append_field(text, store, file, "function");
            text_append_char(text, '/');
            append_field(text, store, file, "file");
            text_append_string(text, "</summary>\n");
            append_source(text, store, file);
            text_append_string(text, "</details>\n");
        }
    }
}

void coverage_append_page(struct text *text, const struct value_store *store, struct value judged)
{
    append_head(text, store, judged);
    append_missed(text, store, judged);
    append_calls(text, store, judged);
    append_files(text, store, judged);
    text_append_string(text, "</html>\n");
}
