/* must_not_contain: held against what is read, and against what there can be. */
#include "compiler.h"

enum { TYPES_MAX = 1024, NAMES_MAX = 4096 };

/* The fields of a message at any depth. */
typedef struct walk {
    const pl_message_type *types[TYPES_MAX]; /* each once */
    size_t type_count;
    const char *names[NAMES_MAX];
    size_t name_count;
} walk;

/* A field that must not be there is not one that the contract reads. */
void check_forbidden(compiler *c, const pl_yaml_node *contract, const pl_matcher *body) {
    const pl_yaml_node *list = pl_yaml_find(contract, "must_not_contain");
    for (size_t i = 0; body && list && i < c->contract->must_not_contain_count; i++) {
        for (size_t k = 0; k < body->member_count; k++) {
            const pl_field *field = body->members[k].field;
            pl_str name = c->contract->must_not_contain[i];
            bool same = pl_str_eq(field->name, name) || pl_str_eq(field->json_name, name);
            if (same && body->members[k].matcher->kind != PL_MATCH_ABSENT)
                compiler_error_at(c, pl_yaml_document(contract), body->members[k].matcher->at,
                                  "FORBIDDEN_FIELD", "'%s' is read here and must not be contained",
                                  field->name.p);
        }
    }
}

static void add_type(walk *w, const pl_message_type *type) {
    for (size_t i = 0; i < w->type_count; i++) {
        if (w->types[i] == type)
            return;
    }
    if (w->type_count < TYPES_MAX)
        w->types[w->type_count++] = type;
}

static void add_name(walk *w, pl_str name) {
    if (w->name_count < NAMES_MAX)
        w->names[w->name_count++] = name.p;
}

static void walk_from(walk *w, const pl_message_type *type) {
    add_type(w, type);
    for (size_t next = 0; next < w->type_count; next++) {
        for (size_t i = 0; i < w->types[next]->field_count; i++) {
            const pl_field *field = &w->types[next]->fields[i];
            add_name(w, field->name);
            add_name(w, field->json_name);
            if (field->message)
                add_type(w, field->message);
        }
    }
}

static bool is_there(const walk *w, pl_str name) {
    for (size_t i = 0; i < w->name_count; i++) {
        if (pl_str_eqc(name, w->names[i]))
            return true;
    }
    return false;
}

/* A guard against a field that is nowhere yet is a good one; one that is misspelled guards nothing.
 */
void check_forbidden_names(compiler *c, const pl_yaml_node *contract, const pl_message_type *type) {
    const pl_yaml_node *node = pl_yaml_find(contract, "must_not_contain");
    if (!node)
        return;
    bool list = pl_yaml_kind_of(node) == PL_YAML_SEQUENCE;
    walk w;
    w.type_count = w.name_count = 0;
    walk_from(&w, type);
    for (size_t i = 0; i < (list ? pl_yaml_count(node) : 1); i++) {
        const pl_yaml_node *one = list ? pl_yaml_at(node, i) : node;
        pl_str name = pl_yaml_text(one);
        const char *near = is_there(&w, name) ? NULL : pl_str_nearest(name, w.names, w.name_count);
        if (!name.n || !near)
            continue;
        compiler_warning(c, one, "MUST_NOT_CONTAIN_UNKNOWN",
                         "%s has no field '%.64s', at any depth", type->name.p, name.p);
        compiler_hint(c, "did you mean '%s'? A field that does not exist yet may stand here", near);
    }
}
