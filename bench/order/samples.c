#include "samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

bool samples_init(samples *s, size_t max) {
    *s = (samples){.ns = calloc(max, sizeof *s->ns), .max = max};
    return s->ns != NULL;
}

void samples_done(samples *s) {
    free(s->ns);
    *s = (samples){0};
}

void samples_add(samples *s, int64_t ns) {
    if (s->count < s->max)
        s->ns[s->count++] = ns;
}

static int compare(const void *a, const void *b) {
    const int64_t *x = a;
    const int64_t *y = b;
    return (*x > *y) - (*x < *y);
}

void samples_sort(samples *s) {
    qsort(s->ns, s->count, sizeof *s->ns, compare);
}

int64_t samples_at(const samples *s, double quantile) {
    if (s->count == 0)
        return 0;
    size_t rank = (size_t)ceil(quantile * (double)s->count);
    return s->ns[rank == 0 ? 0 : rank - 1];
}

void samples_print(const samples *s, const char *prefix) {
    static const struct {
        const char *name;
        double quantile;
    } rows[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        printf("%s_%s_us %.1f\n", prefix, rows[i].name,
               (double)samples_at(s, rows[i].quantile) / 1e3);
}
