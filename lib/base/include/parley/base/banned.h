/* Functions that cannot be used safely, or not from threads, or that have a better
 * way here: a call of one does not compile. The build includes this header before
 * every C source. */
#ifndef PARLEY_BASE_BANNED_H
#define PARLEY_BASE_BANNED_H
#ifndef __cplusplus

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef strtok
#undef sprintf
#undef vsprintf
#undef gets
#undef atoi
#undef atol
#undef atof
#undef localtime
#undef gmtime
#undef asctime
#undef ctime
#undef rand
#undef system
#undef alloca
#undef strerror
#undef setlocale

#define strcpy(...)    strcpy_is_banned_use_snprintf_or_pl_buf
#define strcat(...)    strcat_is_banned_use_pl_buf
#define strncpy(...)   strncpy_is_banned_use_snprintf_or_memcpy
#define strncat(...)   strncat_is_banned_use_pl_buf
#define strtok(...)    strtok_is_banned_use_pl_str_split
#define sprintf(...)   sprintf_is_banned_use_snprintf_or_pl_buf
#define vsprintf(...)  vsprintf_is_banned_use_vsnprintf_or_pl_buf
#define gets(...)      gets_is_banned_use_fgets
#define atoi(...)      atoi_is_banned_use_pl_str_i64
#define atol(...)      atol_is_banned_use_pl_str_i64
#define atof(...)      atof_is_banned_use_strtod
#define localtime(...) localtime_is_banned_use_localtime_r
#define gmtime(...)    gmtime_is_banned_use_gmtime_r
#define asctime(...)   asctime_is_banned_use_pl_rfc3339
#define ctime(...)     ctime_is_banned_use_pl_rfc3339
#define rand(...)      rand_is_banned_use_pl_random
#define system(...)    system_is_banned_use_pl_child
#define alloca(...)    alloca_is_banned_use_pl_arena
#define strerror(...)  strerror_is_banned_use_pl_error_errno
#define setlocale(...) setlocale_is_banned

#endif
#endif
