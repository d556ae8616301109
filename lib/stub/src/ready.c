/* A contract of a bundle is read when a call may be about it, so that the stub serves soon. */
#include "stub_internal.h"

enum { LABEL_MAX = 1000 };

/* "NAME, FILE:LINE", with what is no printable ASCII as %XX, as metadata want it. */
static const char *label_of(const pl_contract *contract, pl_arena *arena) {
    pl_buf text = pl_buf_make(LABEL_MAX);
    pl_buf label = pl_buf_make(3 * LABEL_MAX);
    const char *out;

    pl_buf_printf(&text, "%s, %s:%u", contract->name.p, contract->file->path.p, contract->at.line);
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= ' ' && c <= '~' && c != '%')
            pl_buf_putc(&label, (char)c);
        else
            pl_buf_printf(&label, "%%%02X", c);
    }
    out = pl_arena_strdup(arena, label.p);
    pl_buf_done(&label);
    pl_buf_done(&text);
    return out;
}

/* Its example needs neither the clock nor a state. */
static bool is_fixed(const pl_matcher *matcher) {
    while (matcher->example != matcher && matcher->kind != PL_MATCH_FROM_STATE)
        matcher = matcher->example;
    if (matcher->kind == PL_MATCH_FROM_STATE || matcher->now)
        return false;
    for (size_t i = 0; i < matcher->member_count; i++) {
        if (!is_fixed(matcher->members[i].matcher))
            return false;
    }
    for (size_t i = 0; i < matcher->item_count; i++) {
        if (!is_fixed(matcher->items[i]))
            return false;
    }
    return true;
}

/* Without memory the entry is not ready, and tried again. */
static stub_ready *make(pl_stub *stub, stub_entry *entry) {
    stub_ready *ready = PL_ARENA_NEW(&stub->arena, stub_ready);
    pl_error err = PL_ERROR_INIT;
    const pl_matcher *response;

    entry->label = label_of(entry->contract, &stub->arena);
    if (!ready || !entry->label)
        return NULL;
    ready->verified = stub_verified(stub, entry->contract);
    ready->answer = pl_buf_make(PL_SERVER_MAX_MESSAGE);
    pl_code code = pl_contract_load(entry->contract, &err);
    if (code == PL_RESOURCE_EXHAUSTED)
        return NULL;
    ready->broken = code != PL_OK;
    if (ready->broken && stub->broken.code == PL_OK)
        (void)pl_error_set(&stub->broken, PL_INTERNAL, "%s: %s", entry->label, err.message);
    response = ready->broken || !entry->contract->method ? NULL
                                                         : pl_contract_response(entry->contract);
    ready->fixed = response && is_fixed(response);
    ready->next = stub->readies;
    stub->readies = ready;
    return ready;
}

bool stub_entry_ready(pl_stub *stub, stub_entry *entry) {
    if (!entry->ready)
        entry->ready = make(stub, entry);
    return entry->ready && !entry->ready->broken;
}
