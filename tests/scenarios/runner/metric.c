/* Figures of a service's /metrics (Prometheus text). */
#include <stdio.h>
#include <stdlib.h>

#include "parley/http/client.h"
#include "runner.h"

/* The sum of all series that begin with OF; *OUT_FOUND is set where there is one. */
static double sum_of(pl_str text, const char *of, bool *out_found) {
    pl_str line;
    double sum = 0;
    while (pl_str_split(&text, '\n', &line)) {
        if (!pl_str_starts(line, pl_str_c(of)))
            continue;
        size_t at = line.n;
        while (at > 0 && line.p[at - 1] != ' ')
            at--;
        sum += strtod(line.p + at, NULL);
        *out_found = true;
    }
    return sum;
}

/* Over all replicas of the service. */
static bool read_metric(context *c, const pl_yaml_node *at, const char *on, const char *of,
                        double *out) {
    const pl_json_value *status = world_status(c, at);
    const pl_json_value *list = pl_json_at(status, "services");
    size_t length = strlen(on);
    bool found = false;
    *out = 0;
    for (const pl_json_value *s = list ? list->children : NULL; s; s = s->next) {
        pl_error err = PL_ERROR_INIT;
        pl_str name = pl_json_at(s, "name")->text;
        const pl_json_value *admin = pl_json_at(s, "admin");
        if (!pl_str_starts(name, pl_str_c(on)) || (name.n > length && name.p[length] != '#') ||
            admin->text.n == 0)
            continue;
        pl_http_call call = PL_HTTP_CALL_INIT;
        pl_http_answer *answer = NULL;
        call.address = admin->text.p;
        call.target = pl_str_c("/metrics");
        if (pl_http_fetch(&call, &answer, &err) != PL_OK)
            return blame_error(c->failure, at, &err);
        *out += sum_of(answer->body, of, &found);
        pl_http_answer_free(answer);
    }
    return found || (status && blame(c->failure, at, "%s has no series %s", on, of));
}

bool step_metric(context *c, const pl_yaml_node *step, const pl_yaml_node *value) {
    const char *of = text_of(c, value);
    const char *on = text_at(c, step, "on", NULL);
    const pl_yaml_node *is = pl_yaml_find(step, "is");
    const pl_yaml_node *save = pl_yaml_find(step, "save");
    double figure = 0;
    char text[64];
    if (!of || !on || !read_metric(c, step, on, of, &figure))
        return false;
    (void)snprintf(text, sizeof text, "%.0f", figure);
    if (save)
        vars_set(c->vars, pl_yaml_text(save).p, pl_str_c(text));
    const pl_json_value number = {.kind = PL_JSON_NUMBER, .text = pl_str_c(text)};
    return !is || match(c, is, &number, of);
}
