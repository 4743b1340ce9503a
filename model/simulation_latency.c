#include "model/simulation_latency.h"

#include "model/base/error.h"

enum { DRAW_SCALE = 1000000 }; /* draws of one sample */

static const struct latency_row rows[] = {
#define LATENCY_ROW(id, name, p0, p50, p90, p99, p100, what, source)                               \
    [id] = {name, {p0, p50, p90, p99, p100}, what, source},
    LATENCIES(LATENCY_ROW)
#undef LATENCY_ROW
};

const struct latency_row *latency_row(enum latency latency)
{
    CHECK(latency < LATENCY_COUNT);
    return &rows[latency];
}

int64_t latency_sample(enum latency latency, struct random *random)
{
    static const int64_t places[LATENCY_QUANTILES] = {0, 500000, 900000, 990000, DRAW_SCALE};
    const int64_t *quantiles = latency_row(latency)->quantiles_us;
    const int64_t drawn = random_below(random, DRAW_SCALE);
    int i = 1;
    while (drawn >= places[i])
        i++;
    return quantiles[i - 1] + (quantiles[i] - quantiles[i - 1]) * (drawn - places[i - 1]) /
                                  (places[i] - places[i - 1]);
}
