#include "kinds.h"

const pl_gen_file *pl_gen_find_file(const pl_gen *gen, const char *name) {
    for (size_t i = 0; i < gen->file_count; i++)
        if (strcmp(gen->files[i].name, name) == 0)
            return &gen->files[i];
    return NULL;
}

const pl_gen_message *pl_gen_find_message(const pl_gen *gen, const char *full) {
    full += full[0] == '.';
    for (size_t i = 0; i < gen->file_count; i++)
        for (size_t m = 0; m < gen->files[i].message_count; m++)
            if (strcmp(gen->files[i].messages[m].full, full) == 0)
                return &gen->files[i].messages[m];
    return NULL;
}

const pl_gen_enum *pl_gen_find_enum(const pl_gen *gen, const char *full) {
    full += full[0] == '.';
    for (size_t i = 0; i < gen->file_count; i++)
        for (size_t e = 0; e < gen->files[i].enum_count; e++)
            if (strcmp(gen->files[i].enums[e].full, full) == 0)
                return &gen->files[i].enums[e];
    return NULL;
}

const pl_gen_field *pl_gen_find_field(const pl_gen_message *message, pl_str name) {
    for (size_t i = 0; i < message->field_count; i++)
        if (pl_str_eqc(name, message->fields[i].name))
            return &message->fields[i];
    return NULL;
}

bool pl_gen_streams(const pl_gen_service *service) {
    for (size_t i = 0; i < service->method_count; i++)
        if (!service->methods[i].unary)
            return true;
    return false;
}

/* Types may be declared after their use: fields find theirs when all files are loaded. */
static pl_code link_types(pl_gen *gen, pl_error *err) {
    for (size_t i = 0; i < gen->file_count; i++) {
        for (size_t m = 0; m < gen->files[i].message_count; m++) {
            pl_gen_message *message = &gen->files[i].messages[m];
            for (size_t f = 0; f < message->field_count; f++) {
                pl_gen_field *field = &message->fields[f];
                pl_gen_kind kind = pl_gen_kind_of(field);
                if (kind != PL_KIND_MESSAGE && kind != PL_KIND_ENUM)
                    continue;
                if (kind == PL_KIND_MESSAGE)
                    field->sub = pl_gen_find_message(gen, field->proto->type_name);
                else
                    field->values = pl_gen_find_enum(gen, field->proto->type_name);
                if (!field->sub && !field->values)
                    return pl_error_set(err, PL_INVALID_ARGUMENT, "%s.%s: type %s is not known",
                                        message->full, field->name, field->proto->type_name);
            }
        }
    }
    return PL_OK;
}

/* AIP-134: an update carries the resource and an update_mask that says which of its fields
 * count; the others are not to be judged. */
static void mark_masked(pl_gen_message *request) {
    const pl_gen_field *mask = pl_gen_find_field(request, pl_str_c("update_mask"));
    if (!mask || mask->repeated || !mask->sub ||
        strcmp(mask->sub->full, "google.protobuf.FieldMask") != 0)
        return;
    for (size_t i = 0; i < request->field_count; i++) {
        pl_gen_field *field = &request->fields[i];
        bool resource = field->sub && field != mask && !field->repeated && !field->case_member &&
                        field->sub->file == request->file;
        for (size_t m = 0; resource && m < request->file->message_count; m++)
            if (&request->file->messages[m] == field->sub)
                request->file->messages[m].masked = true;
        if (resource)
            field->mask = mask;
    }
}

/* A field by itself gives a validator something to do. */
static bool field_checked(const pl_gen_field *field) {
    return field->limits || field->values || (field->sub && field->sub->checked);
}

/* Spreads `checked` from sub-messages to what contains them, until nothing changes. Files
 * without our options have no validators. */
static void mark_checked(pl_gen *gen) {
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < gen->file_count; i++) {
            for (size_t m = 0; m < gen->files[i].message_count; m++) {
                pl_gen_message *message = &gen->files[i].messages[m];
                if (message->checked || !gen->files[i].uses_options)
                    continue;
                for (size_t f = 0; f < message->field_count && !message->checked; f++)
                    message->checked = field_checked(&message->fields[f]);
                changed = changed || message->checked;
            }
        }
    }
}

static int compare_names(const void *left, const void *right) {
    const pl_gen_file *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static pl_code sort_files(pl_gen *gen, pl_error *err) {
    gen->by_name = pl_arena_calloc(gen->arena, gen->file_count + 1, sizeof(gen->by_name[0]));
    if (!gen->by_name)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory");
    for (size_t i = 0; i < gen->file_count; i++)
        gen->by_name[i] = &gen->files[i];
    qsort(gen->by_name, gen->file_count, sizeof(gen->by_name[0]), compare_names);
    return PL_OK;
}

pl_code pl_gen_link(pl_gen *gen, pl_error *err) {
    pl_code code = sort_files(gen, err);
    if (!code)
        code = link_types(gen, err);
    if (code)
        return code;
    mark_checked(gen);
    for (size_t i = 0; i < gen->file_count; i++)
        for (size_t m = 0; m < gen->files[i].message_count; m++)
            mark_masked(&gen->files[i].messages[m]);
    return PL_OK;
}
