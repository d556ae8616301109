/* Comments and positions, from the SourceCodeInfo that protoc sends along. */
#ifndef PL_GEN_SOURCE_H
#define PL_GEN_SOURCE_H

#include "model.h"

/* PLACE one level deeper: the field FIELD of the element, or its item INDEX too (-1: the
 * field is not repeated). */
pl_gen_place pl_gen_place_in(const pl_gen_place *place, int32_t field, int32_t index);

/* The comment of an element without its indentation: what stands before it and what stands behind
 * it. NULL: none, or no memory. */
const char *pl_gen_comment(const pl_gen_place *place, pl_arena *arena);
/* The same, with a word about it where the element is deprecated. */
const char *pl_gen_comment_of(const pl_gen_place *place, bool deprecated, pl_arena *arena);

/* The comment at the head of a file, before `syntax`. NULL: none, or no memory. */
const char *pl_gen_file_comment(const pl_gen_file *file, pl_arena *arena);

/* Line and column of PLACE, from 1; where protoc says nothing about it those of the
 * nearest element around it; 1 and 1 without source information. */
void pl_gen_position(const pl_gen_place *place, int *out_line, int *out_col);

#endif
