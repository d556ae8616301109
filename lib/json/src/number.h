/* Numbers in JSON: exact integers, shortest floats. Texts are JSON numbers (in.h). */
#ifndef JSON_NUMBER_H
#define JSON_NUMBER_H

#include "parley/base/str.h"

/* Greatest number text that is converted, in bytes. */
#define JSON_NUMBER_MAX 1024
/* Room for any printed number, NUL included. */
#define JSON_NUMBER_SIZE 32

/* The text as it would stand in JSON: for numbers that come in quotes. */
bool json_number_valid(pl_str text);

/* The value where it is a whole number ("1e2" and "1.0" are) and fits exactly. */
bool json_number_i64(pl_str text, int64_t *out_value);
bool json_number_u64(pl_str text, uint64_t *out_value);
/* The nearest value; false where it is out of range. */
bool json_number_double(pl_str text, double *out_value);
bool json_number_float(pl_str text, float *out_value);

/* The shortest text that reads back as the same value; its size. Finite values only. */
size_t json_double_print(double value, char out[JSON_NUMBER_SIZE]);
size_t json_float_print(float value, char out[JSON_NUMBER_SIZE]);

#endif
