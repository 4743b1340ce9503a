/* A class report as SARIF: the counterexamples of all solutions in one run. */
#include "reports/grade.h"

#include "model/base/json.h"
#include "reports/sarif.h"

#include <string.h>

void grade_append_sarif(struct text *text, const struct grade_class *class)
{
    struct value_store *store = class->store;
    struct memory *memory = value_store_memory(store);
    const size_t size = class->row_count + 1;
    struct value *traces = memory_allocate_zeroed(memory, size, sizeof *traces);
    size_t count = 0;
    for (size_t i = 0; traces != NULL && i < class->row_count; i++) {
        const char *trace = class->rows[i].checks[0].trace;
        struct error ignored = ERROR_INIT;
        if (trace[0] != '\0' &&
            json_parse(store, trace, strlen(trace), NULL, &traces[count], &ignored) == STATUS_OK)
            count++;
    }
    struct value result = value_map(store, NULL, 0);
    result = value_put_text(store, result, "verdict",
                            value_text(store, count == 0 ? "holds" : "violated"));
    result = value_put_text(store, result, "scenario", value_text(store, class->scenario));
    result = value_put_text(store, result, "solution", value_text(store, class->folder));
    const struct export_source source = {.store = store,
                                         .result = result,
                                         .traces = traces,
                                         .trace_count = count,
                                         .started_ms = class->started_ms};
    if (traces == NULL)
        text->failed = true;
    else
        sarif_append(text, &source);
    memory_free(memory, traces, size * sizeof *traces);
}
