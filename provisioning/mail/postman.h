/*
 * postman.h: sends notices by e-mail, in a thread of its own with a connection of its own: nothing else waits for the mail server.
 *
 * Every other second it gathers what is due into messages (store.h); it claims messages from the outbox as the dispatcher of the outbox
 * claims its kinds, sends one after the other over one connection, and writes what came of each before the next.  Several provisioners
 * do the same.  How sure delivery is: answer.h.
 */
#pragma once

#include "common/db/db.h"
#include "provisioning/mail/settings.h"
#include "provisioning/outbox.h"

#include <stdatomic.h>

struct postman_stats {
	atomic_uint_least64_t sent[OUTBOX_OUTCOMES];
	atomic_uint_least64_t in_doubt;   /* of the retries: perhaps it arrived */
	atomic_uint_least64_t fenced;     /* ended after their lease */
	atomic_uint_least64_t gathered;   /* messages made of notices */
	atomic_bool is_down;              /* the mail server does not answer, or not us */
};

struct postman {
	struct db *db;
	const struct mail_settings *settings;
	struct str mail_domain, our_name;
	const atomic_bool *is_stopping;
	struct postman_stats stats;
};

bool postman_is_wanted(const struct mail_settings *settings);
void *postman_main(void *postman);
