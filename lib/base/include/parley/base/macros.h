/* The few compiler attributes the toolkit uses, and small macros everybody needs. */
#ifndef PARLEY_BASE_MACROS_H
#define PARLEY_BASE_MACROS_H

#include <stddef.h>

#define PL_PRINTF(format_index, first_arg) __attribute__((format(printf, format_index, first_arg)))
#define PL_NODISCARD                       __attribute__((warn_unused_result))
#define PL_NORETURN                        __attribute__((noreturn))
#define PL_UNUSED                          __attribute__((unused))
/* Errors and what happens rarely: kept out of the way of the functions that call it. */
#define PL_COLD __attribute__((cold, noinline))

/* Elements of an array (not of a pointer). */
#define PL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The struct that contains MEMBER at POINTER. */
#define PL_CONTAINER_OF(pointer, type, member)                                                     \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
