#include "reflection_files.h"

#include "parley/schema/wire.h"

/* google/protobuf/descriptor.proto */
enum {
    FILE_PACKAGE = 2,
    FILE_MESSAGE = 4,
    FILE_ENUM = 5,
    FILE_SERVICE = 6,
    MESSAGE_FIELD = 2,
    MESSAGE_NESTED = 3,
    MESSAGE_ENUM = 4,
    SERVICE_METHOD = 2,
    ENUM_VALUE = 2,
    DECLARED_NAME = 1
};

void pl_file_set_add(pl_file_set *set, const pl_file_desc *file) {
    if (pl_file_set_find(set, pl_str_c(file->name)) || set->count == PL_FILE_SET_MAX)
        return;
    set->files[set->count++] = file;
    for (size_t i = 0; i < file->dep_count; i++)
        pl_file_set_add(set, file->deps[i]);
}

const pl_file_desc *pl_file_set_find(const pl_file_set *set, pl_str name) {
    for (size_t i = 0; i < set->count; i++) {
        if (pl_str_eqc(name, set->files[i]->name))
            return set->files[i];
    }
    return NULL;
}

/* Cuts the first part of a dotted name off. */
static pl_str take_part(pl_str *rest) {
    pl_str part = {NULL, 0};

    (void)pl_str_split(rest, '.', &part);
    return part;
}

/* The declaration in PARENT named NAME, in field KIND; {NULL, 0}: none. */
static pl_str find_declared(pl_str parent, uint32_t kind, pl_str name) {
    pl_wire_reader reader = pl_wire_reader_make(parent);
    pl_wire_field field, own;
    pl_str none = {NULL, 0};

    while (pl_wire_next(&reader, &field)) {
        if (field.number == kind && field.type == PL_WIRE_BYTES &&
            pl_wire_find(field.bytes, DECLARED_NAME, &own) && pl_str_eq(own.bytes, name))
            return field.bytes;
    }
    return none;
}

static bool declares_one_of(pl_str parent, const uint32_t *kinds, size_t count, pl_str name) {
    for (size_t i = 0; i < count; i++) {
        if (find_declared(parent, kinds[i], name).p)
            return true;
    }
    return false;
}

/* REST is what follows the message's own name. */
static bool message_declares(pl_str message, pl_str rest) {
    static const uint32_t leaves[] = {MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_ENUM};
    pl_str part;

    while (rest.n) {
        part = take_part(&rest);
        if (!rest.n)
            return declares_one_of(message, leaves, PL_COUNT(leaves), part);
        message = find_declared(message, MESSAGE_NESTED, part);
        if (!message.p)
            return false;
    }
    return true;
}

static bool file_declares(const pl_file_desc *file, pl_str symbol) {
    pl_str bytes = pl_str_make((const char *)file->bytes, file->size);
    static const uint32_t method = SERVICE_METHOD, value = ENUM_VALUE;
    pl_wire_field package;
    pl_str first, found;

    if (pl_wire_find(bytes, FILE_PACKAGE, &package) && package.bytes.n) {
        if (!pl_str_starts(symbol, package.bytes) || symbol.n <= package.bytes.n ||
            symbol.p[package.bytes.n] != '.')
            return false;
        symbol.p += package.bytes.n + 1;
        symbol.n -= package.bytes.n + 1;
    }
    first = take_part(&symbol);
    found = find_declared(bytes, FILE_MESSAGE, first);
    if (found.p)
        return message_declares(found, symbol);
    found = find_declared(bytes, FILE_SERVICE, first);
    if (found.p)
        return !symbol.n || declares_one_of(found, &method, 1, symbol);
    found = find_declared(bytes, FILE_ENUM, first);
    return found.p && (!symbol.n || declares_one_of(found, &value, 1, symbol));
}

const pl_file_desc *pl_file_set_find_symbol(const pl_file_set *set, pl_str symbol) {
    for (size_t i = 0; i < set->count; i++) {
        if (file_declares(set->files[i], symbol))
            return set->files[i];
    }
    return NULL;
}
