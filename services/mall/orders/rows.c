#include "rows.h"

static bool keep(pl_str *text, pl_arena *arena) {
    const char *copy = pl_arena_cstr(arena, *text);
    if (copy)
        text->p = copy;
    return copy != NULL;
}

pl_code rows_read(const pl_pg_rows *rows, size_t row, pl_arena *arena, order *out_order,
                  pl_error *err) {
    order *o = out_order;
    o->id = pl_pg_get_i64(rows, row, 0);
    o->ver = pl_pg_get_i64(rows, row, 1);
    pl_pg_get_uuid(rows, row, 2, o->charge_key);
    o->state = (order_state)pl_pg_get_i64(rows, row, 3);
    o->product_id = pl_pg_get_i64(rows, row, 4);
    o->product_name = pl_pg_get_str(rows, row, 5);
    o->quantity = (int32_t)pl_pg_get_i64(rows, row, 6);
    o->price = pl_pg_get_i64(rows, row, 7);
    o->customer_id = pl_pg_get_str(rows, row, 8);
    o->customer_name = pl_pg_get_str(rows, row, 9);
    o->customer_addr = pl_pg_get_str(rows, row, 10);
    o->customer_phone = pl_pg_get_str(rows, row, 11);
    o->backorder = pl_pg_get_bool(rows, row, 12);
    o->reason = pl_pg_get_str(rows, row, 13);
    o->created_us = pl_pg_get_time_us(rows, row, 14);
    o->traceparent = pl_pg_get_str(rows, row, 15);
    o->tracestate = pl_pg_get_str(rows, row, 16);
    if (arena && !(keep(&o->product_name, arena) && keep(&o->customer_id, arena) &&
                   keep(&o->customer_name, arena) && keep(&o->customer_addr, arena) &&
                   keep(&o->customer_phone, arena) && keep(&o->reason, arena) &&
                   keep(&o->traceparent, arena) && keep(&o->tracestate, arena)))
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the call's memory is used up");
    return PL_OK;
}
