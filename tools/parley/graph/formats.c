/* The graph as text, as a diagram of mermaid, and as JSON. */
#include <stdio.h>
#include <string.h>

#include "graph/graph.h"

/* The first arrow between two in a sorted list. */
static bool is_first(const arrows *all, size_t i) {
    return i == 0 || strcmp(all->list[i].consumer, all->list[i - 1].consumer) != 0 ||
           strcmp(all->list[i].provider, all->list[i - 1].provider) != 0;
}

static size_t end_of(const arrows *all, size_t first) {
    size_t i = first + 1;
    while (i < all->count && !is_first(all, i))
        i++;
    return i;
}

/* ---- text ------------------------------------------------------------------------------------ */

void graph_text(const arrows *all, pl_buf *out) {
    size_t width = 0;
    for (size_t i = 0; i < all->count; i++) {
        size_t n = strlen(all->list[i].provider);
        width = n > width ? n : width;
    }
    for (size_t i = 0; i < all->count; i++) {
        const arrow *one = &all->list[i];
        bool first = is_first(all, i);
        if (i == 0 || strcmp(one->consumer, all->list[i - 1].consumer) != 0)
            pl_buf_printf(out, "%s\n", one->consumer);
        pl_buf_printf(out, "  %s %-*s  %-5s  %s", first ? "->" : "  ", (int)width,
                      first ? one->provider : "", one->event ? "event" : "call",
                      arrow_short_name(one));
        if (*one->route)
            pl_buf_printf(out, " as %s", one->route);
        pl_buf_putc(out, '\n');
    }
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* Bytes of NAME without a version at its end: mall.orders provides mall.orders.v1. */
static size_t node_length(const char *name) {
    const char *last = strrchr(name, '.');
    bool version = last && last[1] == 'v' && last[2] >= '0' && last[2] <= '9';
    return version ? (size_t)(last - name) : strlen(name);
}

static bool same_node(const char *a, const char *b) {
    size_t n = node_length(a);
    return n == node_length(b) && memcmp(a, b, n) == 0;
}

/* Whoever is named by the arrows, consumers before providers, each once. */
static const char *node_at(const arrows *all, size_t index) {
    bool consumers = index < all->count;
    return consumers ? all->list[index].consumer : all->list[index - all->count].provider;
}

static size_t node_of(const arrows *all, const char *name) {
    size_t i = 0;
    while (!same_node(node_at(all, i), name))
        i++;
    return i;
}

static bool is_new_node(const arrows *all, size_t index) {
    return node_of(all, node_at(all, index)) == index;
}

/* ---- mermaid --------------------------------------------------------------------------------- */

/* In quotes only these end a label or begin something else. */
static void put_label(const char *text, size_t n, pl_buf *out) {
    for (size_t i = 0; i < n; i++) {
        if (strchr("\"#<>&;", text[i]))
            pl_buf_printf(out, "#%d;", (unsigned char)text[i]);
        else
            pl_buf_putc(out, text[i]);
    }
}

static void put_edge(const arrows *all, size_t first, size_t end, bool events, pl_buf *out) {
    const char *between = "";
    for (size_t i = first; i < end; i++) {
        const arrow *one = &all->list[i];
        const char *name = *one->route ? one->route : arrow_short_name(one);
        if (one->event != events)
            continue;
        if (!*between)
            pl_buf_printf(out, "    n%zu %s|\"", node_of(all, one->consumer),
                          events ? "-.->" : "-->");
        pl_buf_puts(out, between);
        put_label(name, strlen(name), out);
        between = "<br/>";
    }
    if (*between)
        pl_buf_printf(out, "\"| n%zu\n", node_of(all, all->list[first].provider));
}

void graph_mermaid(const arrows *all, pl_buf *out) {
    pl_buf_puts(out, "flowchart LR\n");
    for (size_t i = 0; i < 2 * all->count; i++) {
        const char *name = node_at(all, i);
        if (!is_new_node(all, i))
            continue;
        pl_buf_printf(out, "    n%zu[\"", i);
        put_label(name, node_length(name), out);
        pl_buf_puts(out, "\"]\n");
    }
    for (size_t i = 0; i < all->count; i = end_of(all, i)) {
        put_edge(all, i, end_of(all, i), false, out);
        put_edge(all, i, end_of(all, i), true, out);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void member(pl_buf *out, const char *before, const char *name, const char *value) {
    pl_buf_printf(out, "%s\"%s\":", before, name);
    pl_buf_json(out, pl_str_c(value));
}

static void put_list(const arrows *all, size_t first, size_t end, bool events, pl_buf *out) {
    const char *between = "";
    for (size_t i = first; i < end; i++) {
        const arrow *one = &all->list[i];
        if (one->event != events)
            continue;
        pl_buf_puts(out, between);
        member(out, "{", events ? "type" : "method", one->name);
        if (events)
            member(out, ",", "stream", one->stream);
        else if (*one->route)
            member(out, ",", "http", one->route);
        pl_buf_printf(out, ",\"contracts\":%zu}", one->count);
        between = ",";
    }
}

void graph_json(const arrows *all, pl_buf *out) {
    const char *between = "";
    pl_buf_puts(out, "{\"nodes\":[");
    for (size_t i = 0; i < 2 * all->count; i++) {
        if (!is_new_node(all, i))
            continue;
        pl_buf_puts(out, between);
        pl_buf_json(out, pl_str_make(node_at(all, i), node_length(node_at(all, i))));
        between = ",";
    }
    pl_buf_puts(out, "],\"arrows\":[");
    for (size_t i = 0; i < all->count; i = end_of(all, i)) {
        member(out, i ? ",{" : "{", "consumer", all->list[i].consumer);
        member(out, ",", "provider", all->list[i].provider);
        pl_buf_puts(out, ",\"calls\":[");
        put_list(all, i, end_of(all, i), false, out);
        pl_buf_puts(out, "],\"events\":[");
        put_list(all, i, end_of(all, i), true, out);
        pl_buf_puts(out, "]}");
    }
    pl_buf_puts(out, "]}\n");
}
