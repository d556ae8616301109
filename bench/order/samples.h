/* Durations and their percentiles.
 *
 * Keeps every sample up to a maximum set at the start, so that percentiles are exact.
 *
 *     samples s;
 *     if (samples_init(&s, 1000000)) ...
 *     samples_add(&s, pl_now_ns() - begun);
 *     samples_sort(&s);
 *     int64_t p99 = samples_at(&s, 0.99);
 *     samples_done(&s);
 */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct samples {
    int64_t *ns;
    size_t count;
    size_t max;
} samples;

/* False without memory. */
bool samples_init(samples *s, size_t max);
void samples_done(samples *s);
/* What is beyond the maximum is not kept. */
void samples_add(samples *s, int64_t ns);
/* Before samples_at, and after the last samples_add. */
void samples_sort(samples *s);
/* The smallest sample that a share of QUANTILE (0 to 1) of all does not exceed; 0 without any. */
int64_t samples_at(const samples *s, double quantile);
/* Prints "PREFIX_p50_us 12.3" and the like for p50, p90, p99, p99.9 and the greatest. */
void samples_print(const samples *s, const char *prefix);

#endif
