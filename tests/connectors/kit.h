/*
 * kit.h: the conformance kit of connectors.  The same scenarios (scenarios_*.c) run against each kind of platform;
 * what differs is its stand: the real server, looked at and tampered with from its own side, never through the
 * connector.  A fault proxy stands in between.
 *
 * A new connector: stand_<kind>.c, a row in meson.build.
 */
#pragma once

#include "common/base/clock.h"
#include "provisioning/operate.h"
#include "tests/support/proxy.h"
#include "tests/unit/unit.h"

#define KIT_ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define KIT_TIMEOUT_MS 1000
#define KIT_LEASE_MS 30000

/* An account as the platform's own tools show it. */
struct stand_account {
	size_t n; /* entries with that user name */
	bool active;
	struct str full_name, unit_code, unit_name, post, phone, account_id; /* STR_NULL: the platform does not keep it */
	struct str roles; /* sorted, joined by commas */
};

/* What others do there behind our back. */
enum stand_act {
	STAND_ADD_FOREIGN, /* an account of that user name, without our account id */
	STAND_RENAME,      /* its full name becomes "Ai đó khác" */
	STAND_TAKE_ROLE,   /* all its roles are gone */
	STAND_GIVE_ROLE,   /* it gets the role TK */
	STAND_ENABLE,
	STAND_SET_PHONE,   /* "0238 111 222": an attribute that is none of ours */
	STAND_DELETE,
	STAND_UNMARK,  /* our account id is taken off it */
	STAND_MISMARK, /* it gets the id of somebody else's */
	STAND_RELABEL, /* its user name becomes "ten-khac" */
	STAND_MOVE,    /* it is at another place; the platform's identifier is another then */
	STAND_HIDE,    /* all of it: our account id is gone, the user name has "-khac" behind it, it is outside of where accounts are, and on */
};
#define STAND_OTHERS_ID "aaaaaaaa-0000-4000-8000-00000000000a"

/* What a file of scenarios has: scenarios_<topic>.c. */
struct scenarios {
	const char *name;
	const struct CMUnitTest *tests;
	size_t n;
};
#define OWN_MAX 8

struct stand {
	const char *name;
	bool keeps_phone;   /* has an attribute that is not ours */
	bool knows_roles;   /* refuses a role that it does not have */
	bool renames;       /* a user name may change */
	bool can_lose_id;   /* STAND_UNMARK, STAND_MISMARK: the platform does not keep the account by our id itself */
	bool can_relabel;   /* STAND_RELABEL */
	bool can_move;      /* STAND_MOVE */
	bool can_hide;      /* STAND_HIDE: and the platform knows it all the same */
	bool needs_name;    /* refuses an account without a full name */
	bool hides_roles;   /* a listing does not show them */
	size_t login_max;   /* characters of a user name; 0: as many as we have */
	const char *name_path; /* of a mapping: where the full name stands; NULL: it cannot be asked which accounts are there */
	const struct scenarios *own[OWN_MAX]; /* of this kind alone; NULL-ended unless full */
	/* Empty, with its server running; fills config but for the address; returns the server's TCP port. */
	int (*begin)(struct arena *a, struct connector_config *config);
	/* The address at which the connector shall reach it. */
	void (*set_port)(struct arena *a, struct connector_config *config, int port);
	struct db *(*db)(void);  /* ours, with the schema; NULL: the connector needs none */
	int (*proxy_port)(void); /* NULL: any */
	void (*end)(void);
	void (*wipe)(void);
	struct stand_account (*look)(struct arena *a, const char *login);
	void (*act)(enum stand_act act, const char *login);
	size_t (*count)(void); /* accounts */
	/* What was handed on to a person is carried out there and confirmed, or refused.  NULL: nothing ever is. */
	void (*settle)(struct arena *a, const struct desired *d);
	bool is_directory;        /* accounts are kept for ever, and no mapping says what they hold: neither is tried */
	bool is_reached_by_paper; /* what breaks is the way to our own database; nothing is ever sent to the platform */
	/* Makes our credentials wrong, and right again; NULL: there are none. */
	void (*spoil_password)(struct arena *a, struct connector_config *config);
};
extern const struct stand *const kit_stand; /* each stand's file defines it */

struct kit {
	struct arena *arena; /* of the scenario */
	const struct connector *connector;
	struct connector_config config;
	void *instance;
	struct proxy *proxy;
	unsigned ops_allowed;
	bool deletes;        /* what is off is deleted */
	int64_t lease_ms;
	struct str chosen; /* what a person said, for the next kit_go() */
};

/* The one of the scenario. */
extern struct kit kit;

/* The wanted state of a made-up official, active, with role MC. */
struct desired *kit_official(const char *login);
void kit_roles(struct desired *d, const char *codes); /* "MC,TK" sorted; "": none */
void kit_off(struct desired *d);                      /* shall be disabled */

/* One operation, as a worker would do it.  before: the result of the last one on this account, or NULL. */
struct result kit_go(const struct desired *d, const struct result *before);
/* The same by a thread of its own: own arena, op. */
struct result kit_go_in(struct arena *a, const struct desired *d, const struct result *before);
/* Goes until the outcome is OK, at most times; fails the test otherwise. */
struct result kit_go_until_ok(const struct desired *d, struct result before, int times);

#define assert_outcome(r, o) kit_assert_outcome((r), (o), __FILE__, __LINE__)
void kit_assert_outcome(struct result r, enum outcome outcome, const char *file, int line);
/* The platform holds exactly what d says, once. */
#define assert_there(d) kit_assert_there((d), __FILE__, __LINE__)
void kit_assert_there(const struct desired *d, const char *file, int line);
/* There is an account of that name, off and without roles. */
#define assert_off(d) kit_assert_off((d), __FILE__, __LINE__)
void kit_assert_off(const struct desired *d, const char *file, int line);

/* Another instance, e.g. after a change of kit.config. */
void kit_reopen(void);

/* What is no matter of this stand counts as skipped, not as passed. */
#define ONLY_IF(applies)          \
	do {                      \
		if (!(applies))   \
			skip();   \
	} while (0)

#define SCENARIO(f) cmocka_unit_test_setup_teardown(f, kit_set_up, kit_tear_down)
int kit_set_up(void **state);
int kit_tear_down(void **state);

extern const struct scenarios scenarios_accounts, scenarios_deletion, scenarios_faults, scenarios_lists, scenarios_lost, scenarios_mapping, scenarios_matching,
	scenarios_others;
