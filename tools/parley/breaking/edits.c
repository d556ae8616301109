/* What the change does to consumers' contracts. */
#include "breaking/users.h"

#include <string.h>

static bool same_file(const pl_contract_file *a, const pl_contract_file *b) {
    return pl_str_eq(a->consumer, b->consumer) && pl_str_eq(a->provider, b->provider);
}

static const pl_contract_file *find_file(const pl_contract_set *set, const pl_contract_file *file) {
    for (size_t i = 0; i < pl_contract_set_file_count(set); i++) {
        if (same_file(pl_contract_set_file(set, i), file))
            return pl_contract_set_file(set, i);
    }
    return NULL;
}

/* How it was loosened by one set; *out_is stays where there is nothing of the name. Under another
 * name it may stand as it was. */
static const char *judge_in(const pl_contract_set *set, const pl_contract *was,
                            const pl_contract **out_is) {
    const pl_contract_file *file = find_file(set, was->file);
    const pl_contract *is = file ? pl_contract_find(file, was->name) : NULL;
    const char *how = is ? pl_contract_loosened(was, is) : "it was removed";
    for (size_t i = 0; how && file && i < file->contract_count; i++) {
        if (!pl_contract_loosened(was, file->contracts[i]))
            how = NULL;
    }
    if (is)
        *out_is = is;
    return how;
}

static void add(users *u, const contract_edit *edit) {
    if (u->edit_count == u->edit_room) {
        size_t room = u->edit_room ? 2 * u->edit_room : 16;
        contract_edit *grown = pl_arena_alloc(&u->arena, room * sizeof *grown);
        if (!grown) {
            u->edits_full = true;
            return;
        }
        if (u->edit_count)
            memcpy(grown, u->edits, u->edit_count * sizeof *grown);
        u->edits = grown;
        u->edit_room = room;
    }
    u->edits[u->edit_count++] = *edit;
}

/* Both schemas must say so: a contract that follows a renamed field is no looser. */
static void look_at_contract(users *u, const pl_contract *was) {
    contract_edit edit = {.was = was, .file = was->file};
    edit.how = judge_in(u->sets[USERS_NOW_BY_OLD], was, &edit.is);
    if (edit.how)
        edit.how = judge_in(u->sets[USERS_NOW_BY_NEW], was, &edit.is);
    edit.rule = pl_rule_find(edit.is ? "CONTRACT_LOOSENED" : "CONTRACT_REMOVED");
    if (edit.how)
        add(u, &edit);
}

static bool has_source(const contracts *c, const char *path) {
    for (size_t i = 0; i < c->source_count; i++) {
        if (strcmp(c->sources[i].path, path) == 0)
            return true;
    }
    return false;
}

/* PATH is <provider>/<consumer>.yaml of a file that is no YAML. */
static const pl_contract_file *named_by(users *u, const char *path) {
    pl_contract_file *file = PL_ARENA_NEW(&u->arena, pl_contract_file);
    pl_str rest = pl_str_c(path), part, folder = {"", 0}, name = {"", 0};
    while (pl_str_split(&rest, '/', &part)) {
        folder = name;
        name = part;
    }
    if (pl_str_ends(name, pl_str_c(".yaml")))
        name.n -= strlen(".yaml");
    char *consumer = pl_arena_cstr(&u->arena, name), *provider = pl_arena_cstr(&u->arena, folder);
    if (!file || !consumer || !provider)
        return NULL;
    file->path = pl_str_c(path);
    file->consumer = pl_str_c(consumer);
    file->provider = pl_str_c(provider);
    return file;
}

/* Files of the other side that could not be read there, and are gone: nobody knows what was in. */
static void look_at_unread(users *u) {
    const pl_contract_set *before = u->sets[USERS_BEFORE];
    for (size_t i = 0; i < u->before.source_count; i++) {
        const char *path = u->before.sources[i].path;
        bool read = pl_str_ends(pl_str_c(path), pl_str_c("/states.yaml"));
        for (size_t k = 0; !read && k < pl_contract_set_file_count(before); k++)
            read = pl_str_eqc(pl_contract_set_file(before, k)->path, path);
        if (read || has_source(&u->now, path))
            continue;
        contract_edit edit = {.file = named_by(u, path),
                              .rule = pl_rule_find("CONTRACT_REMOVED"),
                              .how = "its contracts, which could not be read, were removed"};
        if (!edit.file)
            u->edits_full = true;
        else if (!users_accepted(u, edit.file))
            add(u, &edit);
    }
}

pl_code users_edits(users *u, pl_error *err) {
    const pl_contract_set *before = u->sets[USERS_BEFORE];
    if (before && !u->before_borrowed)
        look_at_unread(u);
    for (size_t i = 0; before && i < pl_contract_set_file_count(before); i++) {
        const pl_contract_file *file = pl_contract_set_file(before, i);
        const pl_contract_file *now = find_file(u->sets[USERS_NOW_BY_OLD], file);
        contract_edit edit = {.file = file, .rule = pl_rule_find("CONTRACT_LOOSENED")};
        if (users_accepted(u, file))
            continue;
        edit.how = now ? pl_contract_file_loosened(file, now) : NULL;
        if (edit.how)
            add(u, &edit);
        for (size_t k = 0; k < file->contract_count; k++)
            look_at_contract(u, file->contracts[k]);
    }
    return u->edits_full
               ? pl_error_set(err, PL_RESOURCE_EXHAUSTED, "comparing contracts: no memory")
               : PL_OK;
}
