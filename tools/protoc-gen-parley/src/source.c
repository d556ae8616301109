#include "source.h"

typedef Google__Protobuf__SourceCodeInfo__Location location;

/* FileDescriptorProto.syntax */
#define FIELD_SYNTAX 12

pl_gen_place pl_gen_place_in(const pl_gen_place *place, int32_t field, int32_t index) {
    pl_gen_place inner = *place;
    if (inner.depth + 2 > PL_GEN_PATH_MAX)
        return inner;
    inner.path[inner.depth++] = field;
    if (index >= 0)
        inner.path[inner.depth++] = index;
    return inner;
}

/* The first location whose path begins with the DEPTH first steps of PLACE; an exact one
 * where EXACT. */
static const location *find(const pl_gen_place *place, size_t depth, bool exact) {
    const Google__Protobuf__SourceCodeInfo *info = place->file->proto->source_code_info;
    for (size_t i = 0; info && i < info->n_location; i++) {
        const location *l = info->location[i];
        if (l->n_path < depth || (exact && l->n_path != depth) || l->n_span < 3)
            continue;
        if (depth == 0 || memcmp(l->path, place->path, depth * sizeof(*l->path)) == 0)
            return l;
    }
    return NULL;
}

/* TEXT without the space that follows each "//" and without white space at its end. */
static const char *tidy(const char *text, pl_arena *arena) {
    size_t n = strlen(text), k = 0;
    char *out = pl_arena_alloc(arena, n + 1);
    if (!out)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        bool line_start = i == 0 || text[i - 1] == '\n';
        if (line_start && text[i] == ' ')
            continue;
        out[k++] = text[i];
    }
    while (k && (out[k - 1] == '\n' || out[k - 1] == ' '))
        k--;
    out[k] = '\0';
    return k ? out : NULL;
}

const char *pl_gen_comment(const pl_gen_place *place, pl_arena *arena) {
    const location *l = find(place, place->depth, true);
    const char *before = l && l->leading_comments ? tidy(l->leading_comments, arena) : NULL;
    const char *behind = l && l->trailing_comments ? tidy(l->trailing_comments, arena) : NULL;
    if (before && behind)
        return pl_arena_printf(arena, "%s\n%s", before, behind);
    return before ? before : behind;
}

const char *pl_gen_comment_of(const pl_gen_place *place, bool deprecated, pl_arena *arena) {
    const char *comment = pl_gen_comment(place, arena);
    if (!deprecated)
        return comment;
    return pl_arena_printf(arena, "%s%sDeprecated.", comment ? comment : "", comment ? "\n" : "");
}

const char *pl_gen_file_comment(const pl_gen_file *file, pl_arena *arena) {
    pl_gen_place place = {.file = file, .path = {FIELD_SYNTAX}, .depth = 1};
    return pl_gen_comment(&place, arena);
}

void pl_gen_position(const pl_gen_place *place, int *out_line, int *out_col) {
    const location *l = NULL;
    for (size_t depth = place->depth; !l && depth > 0; depth--)
        l = find(place, depth, depth != place->depth);
    *out_line = l ? l->span[0] + 1 : 1;
    *out_col = l ? l->span[1] + 1 : 1;
}
