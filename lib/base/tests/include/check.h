/* What every cmocka test of the project includes: cmocka needs these before it. */
#ifndef PARLEY_BASE_TESTS_CHECK_H
#define PARLEY_BASE_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
