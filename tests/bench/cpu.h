/* cpu.h: CPU time of other processes, with that of their children (PostgreSQL's sessions are such), and their memory. */
#pragma once

#include <stdint.h>

/* So far, user and system, in microseconds; resolution 10 ms. */
int64_t cpu_of_process_us(int64_t pid);
int64_t cpu_of_this_us(void);
/* Resident at this moment, without its children. */
int64_t rss_of_process_kib(int64_t pid);
