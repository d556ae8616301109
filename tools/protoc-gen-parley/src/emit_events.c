#include <inttypes.h>

#include "emit.h"
#include "names.h"
#include "schema_hash.h"

/* The ABI of parley/event/event.h this generator writes for. */
#define EVENT_ABI 1
/* Bytes of a UTF-8 character at most, and of the NUL behind a text. */
#define CHARACTER_BYTES 4
#define NUL_BYTES       1
/* Bytes fields above this are callbacks: not in the struct, read where they lie. */
#define STATIC_BYTES_MAX 8192

#define TYPE(x) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##x

static bool any_event(const pl_gen_file *file) {
    for (size_t i = 0; i < file->message_count; i++)
        if (file->messages[i].event)
            return true;
    return false;
}

/* "order_placed" of mall.orders.v1.OrderPlaced. */
static const char *snake(pl_out *out, const pl_gen *gen, const pl_gen_message *m) {
    const char *name = pl_name_snake(gen->arena, m->c + strlen(m->file->prefix));
    if (!name)
        out->buf.failed = true;
    return name ? name : "";
}

static void event_header(pl_out *out, const pl_gen *gen, const pl_gen_message *m) {
    const char *name = snake(out, gen, m), *prefix = m->file->prefix;
    pl_out_gap(out);
    pl_out_comment(out, 0, m->comment);
    pl_out_line(out, "extern const pl_event_desc %s_desc;", m->c);
    pl_out_prose(out, 0,
                 "Publishes EVENT in TX; VERSION is that of the aggregate (%s) after it. "
                 "PL_INVALID_ARGUMENT: over a limit, or not UTF-8; else as pl_event_publish.",
                 m->event->aggregate);
    pl_out_line(out,
                "PL_NODISCARD pl_code %spublish_%s(pl_event_tx *tx, int64_t version, const %s "
                "*event, pl_error *err);",
                prefix, name, m->c);
    pl_out_line(out, "/* Reacts to one; everything is borrowed until it returns. */");
    pl_out_line(out,
                "typedef pl_code %s%s_fn(void *self, pl_event_tx *tx, const pl_event_meta *meta, "
                "const %s *event, pl_error *err);",
                prefix, name, m->c);
    pl_out_line(out, "/* Registers FN for these events; before pl_consumer_start. */");
    pl_out_line(out, "void %son_%s(pl_consumer *consumer, %s%s_fn *fn, void *self);", prefix, name,
                prefix, name);
}

void pl_emit_events_header(pl_out *out, const pl_gen *gen, const pl_gen_file *file) {
    pl_emit_banner(out, file);
    pl_out_comment(out, 0, file->comment);
    pl_out_line(out, "#ifndef %s", file->guard);
    pl_out_line(out, "#define %s", file->guard);
    pl_out_gap(out);
    if (any_event(file)) {
        pl_out_line(out, "#include \"parley/event/consumer.h\"");
        pl_out_line(out, "#include \"parley/event/event.h\"");
        pl_emit_abi(out, "PL_EVENT_ABI", EVENT_ABI, file);
    }
    pl_out_line(out, "#include \"%s.pb.h\"", file->base);
    pl_out_gap(out);
    pl_out_raw(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    for (size_t i = 0; i < file->message_count; i++)
        if (file->messages[i].event)
            event_header(out, gen, &file->messages[i]);
    pl_out_gap(out);
    pl_out_raw(out, "#ifdef __cplusplus\n}\n#endif\n#endif\n");
}

static bool is_signed(const pl_gen_field *f) {
    switch (f->proto->type) {
    case TYPE(UINT32):
    case TYPE(UINT64):
    case TYPE(FIXED32):
    case TYPE(FIXED64):
        return false;
    default:
        return true;
    }
}

static void publish(pl_out *out, const pl_gen *gen, const pl_gen_message *m) {
    const char *name = snake(out, gen, m);
    const pl_gen_field *id = pl_gen_find_field(m, pl_str_c(m->event->aggregate));
    bool text = id && id->proto->type == TYPE(STRING);
    pl_out_gap(out);
    pl_out_line(out,
                "pl_code %spublish_%s(pl_event_tx *tx, int64_t version, const %s *event, pl_error "
                "*err) {",
                m->file->prefix, name, m->c);
    pl_out_line(out, "    uint8_t bytes[%s_size];", m->c);
    pl_out_line(out, "    pb_ostream_t stream = pb_ostream_from_buffer(bytes, sizeof(bytes));");
    pl_out_line(out, "    pl_code code = %s_check(event, PL_INVALID_ARGUMENT, err);", m->c);
    pl_out_line(out, "    if (code)");
    pl_out_line(out, "        return code;");
    pl_out_line(out, "    if (!pb_encode(&stream, %s_fields, event))", m->c);
    pl_out_line(out,
                "        return pl_error_set(err, PL_INVALID_ARGUMENT, \"%s cannot be encoded: "
                "%%s\", PB_GET_ERROR(&stream));",
                m->full);
    if (text) {
        pl_out_line(out, "    pl_str subject = pl_str_c(event->%s);", m->event->aggregate);
    } else {
        pl_out_line(out, "    char text[24];");
        pl_out_line(out, "    int n = snprintf(text, sizeof(text), \"%%\" %s, (%s)event->%s);",
                    !id || is_signed(id) ? "PRId64" : "PRIu64",
                    !id || is_signed(id) ? "int64_t" : "uint64_t", m->event->aggregate);
        pl_out_line(out, "    pl_str subject = pl_str_make(text, (size_t)n);");
    }
    pl_out_line(out,
                "    return pl_event_publish(tx, &%s_desc, subject, version, bytes, "
                "stream.bytes_written, err);",
                m->c);
    pl_out_line(out, "}");
}

static void react(pl_out *out, const pl_gen *gen, const pl_gen_message *m) {
    const char *name = snake(out, gen, m);
    pl_out_gap(out);
    pl_out_line(out,
                "static pl_code %s_thunk(pl_event_fn fn, void *self, pl_event_tx *tx, const "
                "pl_event_meta *meta, const uint8_t *payload, size_t size, pl_error *err) {",
                name);
    pl_out_line(out, "    %s event = %s_init_zero;", m->c, m->c);
    pl_out_line(out, "    pb_istream_t stream = pb_istream_from_buffer(payload, size);");
    pl_out_line(out, "    if (!pb_decode(&stream, %s_fields, &event))", m->c);
    pl_out_line(out,
                "        return pl_error_set(err, PL_DATA_LOSS, \"%s cannot be decoded: %%s\", "
                "PB_GET_ERROR(&stream));",
                m->full);
    pl_out_line(out, "    pl_code code = %s_check(&event, PL_DATA_LOSS, err);", m->c);
    pl_out_line(out, "    if (code)");
    pl_out_line(out, "        return code;");
    pl_out_line(out, "    return ((%s%s_fn *)fn)(self, tx, meta, &event, err);", m->file->prefix,
                name);
    pl_out_line(out, "}");
    pl_out_gap(out);
    pl_out_line(out, "void %son_%s(pl_consumer *consumer, %s%s_fn *fn, void *self) {",
                m->file->prefix, name, m->file->prefix, name);
    pl_out_line(out, "    pl_consumer_on(consumer, &%s_desc, %s_thunk, (pl_event_fn)fn, self);",
                m->c, name);
    pl_out_line(out, "}");
}

static void event_desc(pl_out *out, const pl_gen *gen, const pl_gen_message *m) {
    uint64_t hash = 0;
    if (pl_gen_schema_hash(m, gen->arena, &hash) != PL_OK)
        out->buf.failed = true;
    pl_out_gap(out);
    pl_out_line(out, "const pl_event_desc %s_desc = {", m->c);
    pl_out_line(out, "    .type = \"%s\",", m->full);
    pl_out_line(out, "    .aggregate = \"%s/%s\",", m->file->package, m->event->aggregate);
    pl_out_line(out, "    .stream = \"%s\",", m->file->stream ? m->file->stream : "");
    pl_out_line(out, "    .schema_hash = UINT64_C(0x%016" PRIx64 "),", hash);
    pl_out_line(out, "};");
}

void pl_emit_events_source(pl_out *out, const pl_gen *gen, const pl_gen_file *file) {
    pl_emit_banner(out, file);
    pl_out_line(out, "#include \"%s.parley.h\"", file->base);
    if (!any_event(file))
        return;
    pl_out_gap(out);
    pl_out_line(out, "#include <inttypes.h>");
    pl_out_line(out, "#include <pb_decode.h>");
    pl_out_line(out, "#include <pb_encode.h>");
    pl_out_line(out, "#include <stdio.h>");
    pl_out_line(out, "#include <string.h>");
    pl_emit_texts(out, gen, file);
    for (size_t i = 0; i < file->message_count; i++) {
        const pl_gen_message *m = &file->messages[i];
        if (!m->event)
            continue;
        event_desc(out, gen, m);
        publish(out, gen, m);
        react(out, gen, m);
    }
}

static void field_options(pl_out *out, const pl_gen_field *f) {
    uint32_t max = f->limits ? f->limits->max_length : 0;
    bool text = f->proto->type == TYPE(STRING), bytes = f->proto->type == TYPE(BYTES);
    if (bytes && max > STATIC_BYTES_MAX)
        pl_out_raw(out, "%s.%s type:FT_CALLBACK\n", f->message->full, f->name);
    else if (text || bytes)
        pl_out_raw(out, "%s.%s max_size:%u\n", f->message->full, f->name,
                   text ? max * CHARACTER_BYTES + NUL_BYTES : max);
    if (f->repeated && f->limits && f->limits->max_items)
        pl_out_raw(out, "%s.%s max_count:%u\n", f->message->full, f->name, f->limits->max_items);
}

void pl_emit_events_options(pl_out *out, const pl_gen_file *file) {
    pl_out_raw(out, "# Generated by protoc-gen-parley from %s: the bounds of nanopb's structs.\n",
               file->name);
    for (size_t i = 0; i < file->message_count; i++)
        for (size_t f = 0; f < file->messages[i].field_count; f++)
            field_options(out, &file->messages[i].fields[f]);
}
