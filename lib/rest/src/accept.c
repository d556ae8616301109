#include "accept.h"

/* Weights are in thousandths, as precise as the header can be. */
#define WEIGHT_ONE     1000
#define WEIGHT_UNKNOWN (-1)

/* The weight of each form, and how exactly the range that gave it named it. */
typedef struct accept_weights {
    int hal, hal_rank;
    int json, json_rank;
    int plain;
} accept_weights;

/* "0.5" as 500; malformed ones count as 1. */
static int weight_of(pl_str text) {
    if (text.n == 0 || text.p[0] != '0')
        return WEIGHT_ONE;
    int weight = 0;
    int unit = 100;
    for (size_t i = 2; i < text.n && unit > 0; i++, unit /= 10) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return WEIGHT_ONE;
        weight += (text.p[i] - '0') * unit;
    }
    return weight;
}

static pl_str unquote(pl_str text) {
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        return pl_str_make(text.p + 1, text.n - 2);
    return text;
}

/* The parameters behind a media range. */
static void take_parameters(pl_str rest, int *out_weight, bool *out_plain) {
    pl_str piece;
    while (pl_str_split(&rest, ';', &piece)) {
        piece = pl_str_trim(piece);
        size_t equals = pl_str_index(piece, '=');
        if (equals >= piece.n)
            continue;
        pl_str name = pl_str_make(piece.p, equals);
        pl_str value = unquote(pl_str_make(piece.p + equals + 1, piece.n - equals - 1));
        if (pl_str_eq_nocase(name, pl_str_c("q")))
            *out_weight = weight_of(value);
        else if (pl_str_eq_nocase(name, pl_str_c("profile")))
            *out_plain = pl_str_eqc(value, "plain");
    }
}

static void set_weight(int *weight, int *rank, int new_weight, int new_rank) {
    if (new_rank > *rank || (new_rank == *rank && new_weight > *weight)) {
        *weight = new_weight;
        *rank = new_rank;
    }
}

static void take_range(pl_str range, accept_weights *weights) {
    size_t semicolon = pl_str_index(range, ';');
    pl_str type = pl_str_trim(pl_str_make(range.p, semicolon));
    int weight = WEIGHT_ONE;
    bool plain = false;
    if (semicolon < range.n)
        take_parameters(pl_str_make(range.p + semicolon + 1, range.n - semicolon - 1), &weight,
                        &plain);
    if (pl_str_eqc(type, "*/*") || pl_str_eq_nocase(type, pl_str_c("application/*"))) {
        int rank = type.n == 3 ? 1 : 2;
        set_weight(&weights->hal, &weights->hal_rank, weight, rank);
        set_weight(&weights->json, &weights->json_rank, weight, rank);
    } else if (pl_str_eq_nocase(type, pl_str_c("application/hal+json"))) {
        set_weight(&weights->hal, &weights->hal_rank, weight, 3);
    } else if (pl_str_eq_nocase(type, pl_str_c("application/json"))) {
        if (plain && weight > weights->plain)
            weights->plain = weight;
        else if (!plain)
            set_weight(&weights->json, &weights->json_rank, weight, 3);
    }
}

rest_form rest_accept(const pl_rest_pair *headers, size_t count, bool hal_offered) {
    accept_weights weights = {.plain = WEIGHT_UNKNOWN};
    bool given = false;
    for (size_t i = 0; i < count; i++) {
        if (!pl_str_eq_nocase(headers[i].name, pl_str_c("accept")))
            continue;
        pl_str rest = headers[i].value;
        pl_str range;
        while (pl_str_split(&rest, ',', &range)) {
            given = given || pl_str_trim(range).n > 0;
            take_range(pl_str_trim(range), &weights);
        }
    }
    if (!given)
        return hal_offered ? REST_FORM_HAL : REST_FORM_PLAIN;
    if (!hal_offered)
        return weights.json > 0 || weights.plain > 0 ? REST_FORM_PLAIN : REST_FORM_NONE;
    if (weights.plain > 0 && weights.plain >= weights.hal)
        return REST_FORM_PLAIN;
    if (weights.hal > 0 && weights.hal >= weights.json)
        return REST_FORM_HAL;
    return weights.json > 0 ? REST_FORM_HAL_JSON : REST_FORM_NONE;
}

pl_str rest_form_type(rest_form form) {
    return pl_str_c(form == REST_FORM_HAL ? "application/hal+json" : "application/json");
}
