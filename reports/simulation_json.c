#include "reports/simulation_report.h"
void append_simulation_json(struct text *text, const struct simulation_report *report)
{
    (void)report;
    text_append_string(text, "{}\n");
}
void append_simulation_page(struct text *text, const struct simulation_report *report)
{
    (void)report;
    text_append_string(text, "\n");
}
