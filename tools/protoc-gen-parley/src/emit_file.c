#include "emit.h"

/* FILE without its source information, packed; the arena of the run holds it. */
static pl_code pack(const pl_gen *gen, const pl_gen_file *file, pl_str *out_bytes) {
    pl_file_proto copy = *file->proto;
    copy.source_code_info = NULL;
    return pl_plugin_pack(&copy.base, gen->arena, out_bytes, NULL);
}

void pl_emit_file_source(pl_out *out, const pl_gen *gen, const pl_gen_file *file) {
    const pl_file_proto *proto = file->proto;
    pl_str bytes;
    if (pack(gen, file, &bytes) != PL_OK) {
        out->buf.failed = true;
        return;
    }
    pl_out_gap(out);
    pl_out_line(out, "/* A google.protobuf.FileDescriptorProto, for reflection. */");
    pl_out_line(out, "static const uint8_t FILE_BYTES[] = {");
    pl_out_bytes(out, (const uint8_t *)bytes.p, bytes.n);
    pl_out_line(out, "};");
    pl_out_gap(out);
    if (proto->n_dependency) {
        pl_out_line(out, "static const pl_file_desc *const FILE_DEPS[] = {");
        for (size_t i = 0; i < proto->n_dependency; i++) {
            const pl_gen_file *dep = pl_gen_find_file(gen, proto->dependency[i]);
            if (dep)
                pl_out_line(out, "    &%s_file,", dep->ident);
        }
        pl_out_line(out, "};");
        pl_out_gap(out);
    }
    pl_out_line(out, "const pl_file_desc %s_file = {", file->ident);
    pl_out_line(out, "    .name = \"%s\",", file->name);
    pl_out_line(out, "    .bytes = FILE_BYTES,");
    pl_out_line(out, "    .size = sizeof(FILE_BYTES),");
    if (proto->n_dependency) {
        pl_out_line(out, "    .deps = FILE_DEPS,");
        pl_out_line(out, "    .dep_count = sizeof(FILE_DEPS) / sizeof(FILE_DEPS[0]),");
    }
    pl_out_line(out, "};");
}
