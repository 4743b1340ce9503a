/* The page: charts as SVG, tables, no script. Colours follow the reader's scheme; a chart is as
 * wide as the screen, a table scrolls in a box of its own. */
#include "model/simulation_latency.h"
#include "reports/simulation_report.h"
#include "reports/version.h"

#include <string.h>

enum {
    WIDTH = 720,
    HEIGHT = 200,
    LEFT = 80,
    RIGHT = 8,
    TOP = 12,
    BOTTOM = 28,
    MS_A_SECOND = 1000,
    AXIS_LABELS = 10
};

static const char style[] =
    ":root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--soft:#57606a;--line:#d0d7de;"
    "--a:#0550ae;--b:#953800;--good:#116329;--bad:#a40e26}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--soft:#9da7b3;"
    "--line:#3d444d;--a:#79c0ff;--b:#ffa657;--good:#56d364;--bad:#ff7b72}}\n"
    "body{margin:0 auto;padding:16px;max-width:960px;background:var(--back);color:var(--text);"
    "font:16px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin:1.5em 0 .3em}\n"
    "p{overflow-wrap:anywhere}.soft{color:var(--soft)}.bad{color:var(--bad)}\n"
    "svg{display:block;width:100%;height:auto}svg text{font-size:13px;fill:var(--soft)}\n"
    ".grid{stroke:var(--line);stroke-width:1}.a{stroke:var(--a);fill:none;stroke-width:2}\n"
    ".b{stroke:var(--b);fill:none;stroke-width:2;stroke-dasharray:6 3}\n"
    ".good{fill:var(--good)}.zero{fill:var(--bad)}text.la{fill:var(--a)}text.lb{fill:var(--b)}\n"
    ".box{overflow-x:auto;border:1px solid var(--line)}\n"
    "@media(max-width:600px){svg text{font-size:24px}}\n"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}\n"
    "th,td{padding:4px 10px;text-align:right;border-bottom:1px solid var(--line);"
    "white-space:nowrap}\n"
    "th:first-child,td:first-child,.left{text-align:left}\n";

static void append_escaped(struct text *text, const char *string)
{
    for (; *string != '\0'; string++) {
        switch (*string) {
        case '<':
            text_append_string(text, "&lt;");
            break;
        case '>':
            text_append_string(text, "&gt;");
            break;
        case '&':
            text_append_string(text, "&amp;");
            break;
        case '"':
            text_append_string(text, "&quot;");
            break;
        default:
            text_append_char(text, *string);
        }
    }
}

/* --- charts --- */

typedef double figure_of(const struct minute_figures *minute, const struct pipeline *pipeline);

struct chart {
    const char *title;
    const char *unit;
    const char *name_a;
    figure_of *a;
    const char *name_b; /* NULL: one line */
    figure_of *b;
};

static double latency(uint32_t ms) { return ms == UINT32_MAX ? 0 : (double)ms / MS_A_SECOND; }

static double median_latency(const struct minute_figures *minute, const struct pipeline *pipeline)
{
    (void)pipeline;
    return latency(minute->latency_ms[0]);
}

static double high_latency(const struct minute_figures *minute, const struct pipeline *pipeline)
{
    (void)pipeline;
    return latency(minute->latency_ms[2]);
}

static double errors(const struct minute_figures *minute, const struct pipeline *pipeline)
{
    double sum = 0;
    for (size_t i = 0; i < pipeline->function_count; i++)
        sum += (double)minute->functions[i].errors;
    return sum;
}

static double throttles(const struct minute_figures *minute, const struct pipeline *pipeline)
{
    double sum = 0;
    for (size_t i = 0; i < pipeline->function_count; i++)
        sum += (double)minute->functions[i].throttles;
    return sum;
}

static double dropped(const struct minute_figures *minute, const struct pipeline *pipeline)
{
    double sum = 0;
    for (size_t i = 0; i < pipeline->function_count; i++)
        sum += (double)(minute->functions[i].rejected + minute->functions[i].unchanged);
    return sum;
}

static double copies(const struct minute_figures *minute, const struct pipeline *pipeline)
{
    (void)pipeline;
    return (double)minute->duplicates;
}

static double backlog(const struct minute_figures *minute, const struct pipeline *pipeline)
{
    double sum = 0;
    for (size_t i = 0; i < pipeline->mapping_count; i++)
        sum += (double)minute->backlog[i];
    return sum;
}

/* The least of 1, 2, 5, 10, 20, ... that is not below the number. */
static double round_up(double number)
{
    static const double steps[] = {1, 2, 5};
    for (double unit = 1;; unit *= 10)
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
            if (steps[i] * unit >= number)
                return steps[i] * unit;
}

static double x_of(const struct simulation_report *report, size_t index)
{
    const double span = WIDTH - LEFT - RIGHT;
    return LEFT + span * ((double)index + 0.5) / (double)report->minute_count;
}

static void append_open(struct text *text, const char *label)
{
    text_append_format(text, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH,
                       HEIGHT);
    append_escaped(text, label);
    text_append_string(text, "\">\n");
}

/* Minutes under the chart: at most AXIS_LABELS of them. */
static void append_minutes_axis(struct text *text, const struct simulation_report *report)
{
    const size_t step = (report->minute_count + AXIS_LABELS - 1) / AXIS_LABELS;
    for (size_t i = 0; i < report->minute_count; i += step == 0 ? 1 : step)
        text_append_format(text, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%u</text>\n",
                           x_of(report, i), HEIGHT - 8, (unsigned)report->minutes[i].minute);
}

static void append_line(struct text *text, const struct simulation_report *report,
                        figure_of *figure, double most, const char *class)
{
    text_append_format(text, "<polyline class=\"%s\" points=\"", class);
    for (size_t i = 0; i < report->minute_count; i++)
        text_append_format(text, "%s%.1f,%.1f", i == 0 ? "" : " ", x_of(report, i),
                           HEIGHT - BOTTOM -
                               (HEIGHT - TOP - BOTTOM) *
                                   figure(&report->minutes[i], report->pipeline) / most);
    text_append_string(text, "\"/>\n");
}

static void append_chart(struct text *text, const struct simulation_report *report,
                         const struct chart *chart)
{
    double most = 1;
    for (size_t i = 0; i < report->minute_count; i++) {
        const double a = chart->a(&report->minutes[i], report->pipeline);
        const double b =
            chart->name_b != NULL ? chart->b(&report->minutes[i], report->pipeline) : 0;
        most = a > most ? a : most;
        most = b > most ? b : most;
    }
    most = round_up(most);
    text_append_format(text, "<h2>%s</h2>\n", chart->title);
    append_open(text, chart->title);
    for (int i = 0; i <= 2; i++) {
        const double y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * i / 2.0;
        text_append_format(text,
                           "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                           "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g%s</text>\n",
                           LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4, most * i / 2, chart->unit);
    }
    append_line(text, report, chart->a, most, "a");
    if (chart->name_b != NULL)
        append_line(text, report, chart->b, most, "b");
    append_minutes_axis(text, report);
    text_append_string(text, "</svg>\n<p class=\"soft\">");
    text_append_format(text, "%s: solid", chart->name_a);
    if (chart->name_b != NULL)
        text_append_format(text, "; %s: dashed", chart->name_b);
    text_append_string(text, "</p>\n");
}

static void append_scores(struct text *text, const struct simulation_report *report)
{
    const double width = (double)(WIDTH - LEFT - RIGHT) / (double)report->minute_count;
    text_append_string(text, "<h2>Score per minute</h2>\n");
    append_open(text, "Score per minute");
    for (size_t i = 0; i < report->minute_count; i++) {
        const struct minute_figures *minute = &report->minutes[i];
        const double height = minute->scored ? HEIGHT - TOP - BOTTOM : 6;
        text_append_format(
            text,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>"
            "minute %u, Lab %u: %d</title></rect>\n",
            minute->scored ? "good" : "zero", x_of(report, i) - width * 0.4,
            HEIGHT - BOTTOM - height, width * 0.8, height, (unsigned)minute->minute,
            (unsigned)minute->lab, minute->scored ? GAME_MINUTE_POINTS : 0);
    }
    text_append_format(text, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%d</text>\n", LEFT - 6,
                       TOP + 10, GAME_MINUTE_POINTS);
    append_minutes_axis(text, report);
    text_append_string(text, "</svg>\n");
}

/* --- tables --- */

static void append_minutes_table(struct text *text, const struct simulation_report *report)
{
    text_append_string(
        text, "<h2>Minutes</h2>\n<div class=\"box\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Minutes\"><table><thead><tr><th>minute<th>lab<th>score<th>messages"
              "<th>copies<th>updates<th>errors<th>dropped<th>p50 s<th>p99 s<th>backlog"
              "<th class=\"left\">worst sum</tr></thead><tbody>\n");
    for (size_t i = 0; i < report->minute_count; i++) {
        const struct minute_figures *minute = &report->minutes[i];
        text_append_format(
            text,
            "<tr><td>%u<td>%u<td>%d<td>%llu<td>%llu<td>%llu<td>%.0f<td>%.0f<td>%.1f<td>%.1f"
            "<td>%.0f<td class=\"left\">",
            (unsigned)minute->minute, (unsigned)minute->lab,
            minute->scored ? GAME_MINUTE_POINTS : 0, (unsigned long long)minute->messages,
            (unsigned long long)minute->duplicates, (unsigned long long)minute->modifications,
            errors(minute, report->pipeline), dropped(minute, report->pipeline),
            median_latency(minute, NULL), high_latency(minute, NULL),
            backlog(minute, report->pipeline));
        if (minute->worst_key[0] != '\0')
            text_append_format(text, "<span class=\"bad\">%s by %.6g</span>", minute->worst_key,
                               minute->worst_difference);
        text_append_string(text, "</tr>\n");
    }
    text_append_string(text, "</tbody></table></div>\n");
}

static void append_assumptions(struct text *text)
{
    text_append_string(
        text,
        "<h2>Assumptions</h2>\n<div class=\"box\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"Assumptions\"><table><thead><tr><th>latency<th>least<th>50 %<th>90 %<th>99 "
        "%<th>most, ms<th class=\"left\">source</tr></thead><tbody>\n");
    for (int i = 0; i < LATENCY_COUNT; i++) {
        const struct latency_row *row = latency_row((enum latency)i);
        text_append_string(text, "<tr><td>");
        append_escaped(text, row->what);
        for (int j = 0; j < LATENCY_QUANTILES; j++)
            text_append_format(text, "<td>%lld", (long long)(row->quantiles_us[j] / MS_A_SECOND));
        text_append_string(text, "<td class=\"left\">");
        append_escaped(text, row->source);
        text_append_string(text, "</tr>\n");
    }
    text_append_string(text, "</tbody></table></div>\n");
}

static void append_summary(struct text *text, const struct simulation_report *report)
{
    const struct wrong_message *wrong = report->wrong;
    const size_t count = report->minute_count;
    text_append_string(text, "<h1>The workshop's game</h1>\n<p>");
    append_escaped(text, report->handlers);
    text_append_format(text, ", seed %llu: %zu minute%s, %u points%s.</p>\n",
                       (unsigned long long)report->options->seed, count, count == 1 ? "" : "s",
                       count == 0 ? 0U : (unsigned)report->minutes[count - 1].points,
                       report->interrupted ? " (interrupted)" : "");
    if (wrong->kind == WRONG_NOTHING)
        return;
    text_append_format(text,
                       "<p class=\"bad\">Minute %u is the first that scores 0. What went wrong "
                       "first: trade %s version %u, put at %.1f s: ",
                       (unsigned)wrong->minute, wrong->id, (unsigned)wrong->version,
                       (double)wrong->put_ms / MS_A_SECOND);
    append_escaped(text, wrong_kind_text(wrong->kind));
    text_append_string(text, ".</p>\n");
}

void append_simulation_page(struct text *text, const struct simulation_report *report)
{
    static const struct chart charts[] = {
        {"Latency from put to aggregate", " s", "median", median_latency, "99 %", high_latency},
        {"Failures", "", "invocations that failed", errors, "throttled", throttles},
        {"Writes that changed nothing", "", "rejected or unchanged", dropped, "copies put", copies},
        {"Backlog when the score is taken", "", "records not acknowledged", backlog, NULL, NULL}};
    text_append_format(text,
                       "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                       "<meta name=\"generator\" content=\"oncecheck %s\">"
                       "<title>oncecheck simulate</title><style>\n%s</style></head><body><main>\n",
                       ONCECHECK_VERSION, style);
    append_summary(text, report);
    if (report->minute_count > 0) {
        append_scores(text, report);
        for (size_t i = 0; i < sizeof charts / sizeof charts[0]; i++)
            append_chart(text, report, &charts[i]);
        append_minutes_table(text, report);
    }
    append_assumptions(text);
    text_append_string(text, "</main></body></html>\n");
}
