#include "kinds.h"

#define TYPE(x) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##x

pl_gen_kind pl_gen_kind_of(const pl_gen_field *field) {
    switch (field->proto->type) {
    case TYPE(STRING):
        return PL_KIND_TEXT;
    case TYPE(BYTES):
        return PL_KIND_BYTES;
    case TYPE(UINT32):
    case TYPE(UINT64):
    case TYPE(FIXED32):
    case TYPE(FIXED64):
        return PL_KIND_U64;
    case TYPE(FLOAT):
    case TYPE(DOUBLE):
        return PL_KIND_F64;
    case TYPE(BOOL):
        return PL_KIND_BOOL;
    case TYPE(ENUM):
        return PL_KIND_ENUM;
    case TYPE(MESSAGE):
    case TYPE(GROUP):
        return PL_KIND_MESSAGE;
    default:
        return PL_KIND_I64;
    }
}

bool pl_gen_is_number(const pl_gen_field *field) {
    pl_gen_kind kind = pl_gen_kind_of(field);
    return kind == PL_KIND_I64 || kind == PL_KIND_U64 || kind == PL_KIND_F64;
}

bool pl_gen_is_map(const pl_gen_field *field) {
    return field->sub && field->sub->map_entry;
}
