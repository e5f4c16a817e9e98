/* peer_life.h: what the scenarios of SCIM alone do with accounts of a persona (stand_scim_peer.h). */
#pragma once

#include "tests/connectors/stand_scim_peer.h"

#include <pthread.h>

#define CROWD_MAX 24
/* Long enough for threads to come together behind a request, on a machine with other things to do. */
#define GATHER_MS "100"

struct one {
	pthread_t thread;
	struct arena *arena;
	const struct desired *d;
	struct result result;
};

/* n officials with the role MC, each by a thread of its own.  Until the last has its result: crowd_go(). */
void crowd_begin(struct one *crowd, size_t n);
void crowd_go(struct one *crowd, size_t n);
/* Each is there, once; those who were not done or in doubt, after another try or two. */
void crowd_ends(struct one *crowd, size_t n);

/* Another name and mail, and the roles ADMIN and TK. */
struct desired *changed(struct desired *d);
/* Created, changed, disabled. */
void whole_life(const char *login);
