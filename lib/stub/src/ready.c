/* A contract of a bundle is looked at when a call may be about it, so that the stub serves soon;
 * and it is read where its messages alone do not tell that it is meant. */
#include "parley/contract/plain.h"
#include "stub_internal.h"

enum { LABEL_MAX = 1000 };

/* What is no printable ASCII as %XX, as metadata want it. */
static void put_printable(pl_buf *out, pl_str text) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= ' ' && c <= '~' && c != '%')
            pl_buf_putc(out, (char)c);
        else
            pl_buf_printf(out, "%%%02X", c);
    }
}

/* "NAME, FILE:LINE" */
static const char *label_of(pl_stub *stub, const pl_contract *contract) {
    pl_buf_clear(&stub->scratch);
    put_printable(&stub->scratch, pl_utf8_cut(contract->name, LABEL_MAX));
    pl_buf_puts(&stub->scratch, ", ");
    put_printable(&stub->scratch, pl_utf8_cut(contract->file->path, LABEL_MAX));
    pl_buf_putc(&stub->scratch, ':');
    pl_buf_u64(&stub->scratch, contract->at.line);
    return stub->scratch.failed ? NULL : pl_arena_cstr(&stub->arena, pl_buf_view(&stub->scratch));
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

/* The two messages of a plain call, in one piece; false: no memory. */
static bool keep_messages(pl_stub *stub, const pl_contract *contract, stub_ready *ready) {
    pl_plain_call call;
    pl_code code = PL_OK;
    const char *kept;

    pl_buf_clear(&stub->scratch);
    if (!pl_contract_plain(contract, &stub->scratch, &call))
        return true;
    if (call.more)
        code = pl_contract_load_outline(contract, NULL);
    /* What is damaged is said where it is read as a whole. */
    if (code != PL_OK)
        return code != PL_RESOURCE_EXHAUSTED;
    kept = pl_arena_strndup(&stub->arena, stub->scratch.p, stub->scratch.n);
    if (!kept)
        return false;
    ready->request = pl_str_make(kept, call.request_size);
    ready->answer = pl_str_make(kept + call.request_size, stub->scratch.n - call.request_size);
    return true;
}

/* Without memory the entry has not been looked at, and is again. */
static stub_ready *look_at(pl_stub *stub, stub_entry *entry) {
    stub_ready *ready = PL_ARENA_NEW(&stub->arena, stub_ready);

    entry->label = label_of(stub, entry->contract);
    if (!ready || !entry->label || !keep_messages(stub, entry->contract, ready))
        return NULL;
    ready->verified = stub_verified(stub, entry->contract);
    return ready;
}

static void load(pl_stub *stub, stub_entry *entry) {
    stub_ready *ready = entry->ready;
    pl_error err = PL_ERROR_INIT;
    pl_code code = pl_contract_load(entry->contract, &err);

    if (code == PL_RESOURCE_EXHAUSTED)
        return;
    ready->loaded = true;
    ready->broken = code != PL_OK;
    if (ready->broken && stub->broken.code == PL_OK)
        (void)pl_error_set(&stub->broken, PL_INTERNAL, "%s: %s", entry->label, err.message);
    if (ready->broken || !entry->contract->method)
        return;
    const pl_matcher *response = pl_contract_response(entry->contract);
    ready->fixed = response && is_fixed(response);
}

/* MESSAGE is what REQUEST has, whose fields may stand in another order. */
static bool has_bytes(pl_stub *stub, const pl_dynamic *message, pl_str request, pl_str wanted) {
    if (request.n != wanted.n)
        return false;
    if (pl_str_eq(request, wanted))
        return true;
    pl_buf_clear(&stub->scratch);
    return pl_dynamic_encode(message, &stub->scratch) &&
           pl_str_eq(pl_buf_view(&stub->scratch), wanted);
}

bool stub_entry_takes(pl_stub *stub, stub_entry *entry, const pl_dynamic *message, pl_str request) {
    if (!entry->ready)
        entry->ready = look_at(stub, entry);
    return entry->ready && entry->ready->request.p &&
           has_bytes(stub, message, request, entry->ready->request);
}

bool stub_entry_ready(pl_stub *stub, stub_entry *entry) {
    if (!entry->ready)
        entry->ready = look_at(stub, entry);
    if (entry->ready && !entry->ready->loaded)
        load(stub, entry);
    return entry->ready && entry->ready->loaded && !entry->ready->broken;
}
