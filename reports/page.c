#include "reports/page.h"

#include "model/base/json.h"
#include "reports/ledger_value.h"
#include "reports/page_assets.h"

#include <string.h>

/* Nothing but what the file itself holds is ever run or loaded. */
#define POLICY                                                                                     \
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "   \
    "base-uri 'none'; form-action 'none'"

static void append_escaped(struct text *text, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        switch (bytes[i]) {
        case '&':
            text_append_string(text, "&amp;");
            break;
        case '<':
            text_append_string(text, "&lt;");
            break;
        case '\0':
            text_append_string(text, "\xEF\xBF\xBD");
            break;
        default:
            text_append_char(text, bytes[i]);
        }
    }
}

/* JSON within a script element: no "</script" and no "<!--", whatever the strings hold. */
static void append_script_json(struct text *text, const struct value_store *store,
                               struct value value)
{
    struct text json;
    text_init(&json, text->memory);
    json_append(&json, store, value);
    const char *rest = text_string(&json);
    for (const char *found = strchr(rest, '<'); found != NULL; found = strchr(rest, '<')) {
        text_append(text, rest, (size_t)(found - rest));
        text_append_string(text, "\\u003c");
        rest = found + 1;
    }
    text_append_string(text, rest);
    text->failed = text->failed || text_failed(&json);
    text_release(&json);
}

static struct value names_value(struct value_store *store, const struct pipeline *pipeline)
{
    struct value streams = value_list(store, NULL, 0);
    struct value tables = value_list(store, NULL, 0);
    struct value functions = value_list(store, NULL, 0);
    struct value mappings = value_list(store, NULL, 0);
    for (size_t i = 0; i < pipeline->stream_count; i++)
        streams = value_append(store, streams, value_text(store, pipeline->streams[i].name));
    for (size_t i = 0; i < pipeline->table_count; i++)
        tables = value_append(store, tables, value_text(store, pipeline->tables[i].name));
    for (size_t i = 0; i < pipeline->function_count; i++)
        functions = value_append(store, functions, value_text(store, pipeline->functions[i].name));
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        const char *source = mapping->source_kind == SOURCE_STREAM
                                 ? pipeline->streams[mapping->source].name
                                 : pipeline->tables[mapping->source].name;
        struct value entry = value_map(store, NULL, 0);
        entry = value_put_text(store, entry, "source", value_text(store, source));
        entry = value_put_text(store, entry, "function",
                               value_text(store, pipeline->functions[mapping->function].name));
        mappings = value_append(store, mappings, entry);
    }
    struct value names = value_map(store, NULL, 0);
    names = value_put_text(store, names, "streams", streams);
    names = value_put_text(store, names, "tables", tables);
    names = value_put_text(store, names, "functions", functions);
    return value_put_text(store, names, "mappings", mappings);
}

static void append_title(struct text *text, const struct value_store *store, struct value trace)
{
    struct value violation = value_get_text(store, trace, "violation");
    struct value summary = value_is_none(violation) || value_kind(store, violation) != VALUE_MAP
                               ? VALUE_NONE
                               : value_get_text(store, violation, "summary");
    size_t length = 0;
    if (!value_is_none(summary) && value_kind(store, summary) == VALUE_STRING) {
        const char *bytes = value_bytes(store, summary, &length);
        append_escaped(text, bytes, length);
        text_append_string(text, " - ");
    }
    text_append_string(text, "oncecheck");
}

void page_append(struct text *text, struct value_store *store, struct value trace,
                 const struct pipeline *pipeline)
{
    static const char *const scripts[] = {page_asset_dom, page_asset_model, page_asset_diagram,
                                          page_asset_detail, page_asset_main};
    struct value data = value_map(store, NULL, 0);
    data = value_put_text(store, data, "trace", trace);
    data = value_put_text(store, data, "pipeline", names_value(store, pipeline));
    data = value_put_text(store, data, "ledger", ledger_value(store, trace));
    if (value_is_none(data)) {
        text->failed = true;
        return;
    }
    text_append_string(text,
                       "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                       "<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, "
                       "initial-scale=1\">\n<title>");
    append_title(text, store, trace);
    text_append_string(text, "</title>\n<style>\n");
    text_append_string(text, page_asset_css);
    text_append_string(text, "</style>\n</head>\n<body>\n");
    text_append_string(text, page_asset_html);
    text_append_string(text, "<script type=\"application/json\" id=\"data\">");
    append_script_json(text, store, data);
    text_append_string(text, "</script>\n<script>\n\"use strict\";\n");
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        text_append_string(text, scripts[i]);
    text_append_string(text, "</script>\n</body>\n</html>\n");
}
