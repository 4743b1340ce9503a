#include "reports/json_report.h"

#include "model/base/json.h"

void json_report_append(struct text *text, const struct export_source *source)
{
    struct value_store *store = source->store;
    struct value report = value_map(store, NULL, 0);
    report = value_put_text(store, report, "format", value_text(store, JSON_REPORT_FORMAT));
    report = value_put_text(store, report, "result",
                            value_is_none(source->result) ? value_null(store) : source->result);
    report = value_put_text(store, report, "traces",
                            value_list(store, source->traces, source->trace_count));
    if (value_is_none(report)) {
        text->failed = true;
        return;
    }
    json_append_pretty(text, store, report, 0);
    text_append_char(text, '\n');
}
