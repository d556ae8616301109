#include "number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "in.h"

/* A decimal number: the digits without leading zeros, times ten to the exponent. */
typedef struct decimal {
    bool negative;
    uint64_t digits; /* the first 19 */
    unsigned count;  /* of digits, zeros at the end not counted */
    int64_t exponent;
    bool exact; /* no digit but zeros was left out */
} decimal;

/* Beyond this an exponent is out of any range; keeps sums from overflowing. */
#define EXPONENT_MAX 100000

static int64_t read_exponent(const char *p, const char *end) {
    bool negative = p < end && *p == '-';
    int64_t e = 0;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (; p < end; p++)
        e = e < EXPONENT_MAX ? e * 10 + (*p - '0') : EXPONENT_MAX;
    return negative ? -e : e;
}

/* TEXT is a valid number. Zeros wait until another digit follows, so that 1000 is
 * 1 times ten to the 3. */
static decimal read_decimal(pl_str text) {
    decimal d = {.exact = true};
    const char *p = text.p, *end = p + text.n;
    bool fraction = false;
    int64_t zeros = 0;
    if (*p == '-') {
        d.negative = true;
        p++;
    }
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            fraction = true;
            continue;
        }
        d.exponent -= fraction;
        if (*p == '0') {
            zeros += d.count > 0;
            continue;
        }
        if (d.count + (unsigned)(zeros < 20 ? zeros : 20) >= 19) {
            d.exact = false;
            zeros++;
            continue;
        }
        for (; zeros > 0; zeros--, d.count++)
            d.digits *= 10;
        d.digits = d.digits * 10 + (uint64_t)(*p - '0');
        d.count++;
    }
    d.exponent += zeros;
    if (p < end)
        d.exponent += read_exponent(p + 1, end);
    return d;
}

bool json_number_valid(pl_str text) {
    json_in in = json_in_make(text);
    pl_str number;
    if (!text.n || !(*text.p == '-' || (*text.p >= '0' && *text.p <= '9')))
        return false;
    return json_number_take(&in, &number) && number.n == text.n;
}

static bool exact_integer(pl_str text, bool *out_negative, uint64_t *out_value) {
    decimal d = read_decimal(text);
    *out_negative = d.negative;
    *out_value = 0;
    if (d.digits == 0)
        return true;
    if (!d.exact || d.exponent < 0 || d.exponent > 19) {
        /* The only 20-digit numbers that fit have their last digits beyond what is kept. */
        return pl_str_u64(d.negative ? pl_str_make(text.p + 1, text.n - 1) : text, out_value);
    }
    uint64_t v = d.digits;
    for (int64_t e = d.exponent; e > 0; e--)
        if (__builtin_mul_overflow(v, (uint64_t)10, &v))
            return false;
    *out_value = v;
    return true;
}

bool json_number_i64(pl_str text, int64_t *out_value) {
    bool negative;
    uint64_t v;
    if (text.n > JSON_NUMBER_MAX || !exact_integer(text, &negative, &v))
        return false;
    if (v > (uint64_t)INT64_MAX + negative)
        return false;
    *out_value = negative ? (int64_t)(~v + 1) : (int64_t)v;
    return true;
}

bool json_number_u64(pl_str text, uint64_t *out_value) {
    bool negative;
    uint64_t v;
    if (text.n > JSON_NUMBER_MAX || !exact_integer(text, &negative, &v) || (negative && v))
        return false;
    *out_value = v;
    return true;
}

/* Exact where digits and power of ten are both exact doubles (Clinger's fast path). */
static bool fast_double(const decimal *d, double *out_value) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (!d->exact || d->digits >= UINT64_C(1) << 53 || d->exponent < -22 || d->exponent > 22)
        return false;
    double v = (double)d->digits;
    v = d->exponent < 0 ? v / powers[-d->exponent] : v * powers[d->exponent];
    *out_value = d->negative ? -v : v;
    return true;
}

bool json_number_double(pl_str text, double *out_value) {
    char copy[JSON_NUMBER_MAX + 1];
    if (text.n > JSON_NUMBER_MAX)
        return false;
    decimal d = read_decimal(text);
    if (fast_double(&d, out_value))
        return true;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    double v = strtod(copy, NULL);
    if (isinf(v))
        return false;
    *out_value = v;
    return true;
}

bool json_number_float(pl_str text, float *out_value) {
    char copy[JSON_NUMBER_MAX + 1];
    if (text.n > JSON_NUMBER_MAX)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    float v = strtof(copy, NULL);
    if (isinf(v))
        return false;
    *out_value = v;
    return true;
}

/* Whole numbers of up to 15 digits, the common case, need no search. */
static size_t print_whole(double value, char *out) {
    if (fabs(value) >= 1e15 || value != floor(value) || (value == 0 && signbit(value)))
        return 0;
    return (size_t)snprintf(out, JSON_NUMBER_SIZE, "%lld", (long long)value);
}

size_t json_double_print(double value, char out[JSON_NUMBER_SIZE]) {
    size_t n = print_whole(value, out);
    /* Every number of 15 digits survives, but a subnormal one may need fewer. */
    for (int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG; !n && digits <= 17; digits++) {
        int size = snprintf(out, JSON_NUMBER_SIZE, "%.*g", digits, value);
        if (digits == 17 || strtod(out, NULL) == value)
            n = (size_t)size;
    }
    return n;
}

size_t json_float_print(float value, char out[JSON_NUMBER_SIZE]) {
    size_t n = fabsf(value) < 1e6f ? print_whole((double)value, out) : 0;
    for (int digits = fabsf(value) < FLT_MIN ? 1 : FLT_DIG; !n && digits <= 9; digits++) {
        int size = snprintf(out, JSON_NUMBER_SIZE, "%.*g", digits, (double)value);
        if (digits == 9 || strtof(out, NULL) == value)
            n = (size_t)size;
    }
    return n;
}
