/*
 * banned.h: functions that this code base does without, as compile errors.
 *
 * Included before everything by the build (-include).  Unbounded writes, hidden static state
 * and number parsing that ignores errors are replaced by str.h, buf.h and arena.h; times are
 * broken down with gmtime_r.  The idea is git's.
 */
#pragma once

/* The declarations first: a macro in their way would break the headers themselves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED_(function) function##_is_banned_see_common_base_banned_h

#undef strcpy
#define strcpy(...) BANNED_(strcpy)
#undef strcat
#define strcat(...) BANNED_(strcat)
#undef strncpy
#define strncpy(...) BANNED_(strncpy)
#undef strncat
#define strncat(...) BANNED_(strncat)
#undef sprintf
#define sprintf(...) BANNED_(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED_(vsprintf)
#undef gets
#define gets(...) BANNED_(gets)
#undef strtok
#define strtok(...) BANNED_(strtok)
#undef strtok_r
#define strtok_r(...) BANNED_(strtok_r)
#undef alloca
#define alloca(...) BANNED_(alloca)

/* Locale, leading space, signs and silent overflow: str_to_u64() has none of them. */
#undef atoi
#define atoi(...) BANNED_(atoi)
#undef atol
#define atol(...) BANNED_(atol)
#undef atoll
#define atoll(...) BANNED_(atoll)
#undef strtol
#define strtol(...) BANNED_(strtol)
#undef strtoul
#define strtoul(...) BANNED_(strtoul)
#undef strtoll
#define strtoll(...) BANNED_(strtoll)
#undef strtoull
#define strtoull(...) BANNED_(strtoull)
#undef sscanf
#define sscanf(...) BANNED_(sscanf)

/* One static result shared by all threads. */
#undef gmtime
#define gmtime(...) BANNED_(gmtime)
#undef localtime
#define localtime(...) BANNED_(localtime)
#undef ctime
#define ctime(...) BANNED_(ctime)
#undef asctime
#define asctime(...) BANNED_(asctime)
