/*
 * connector.h: what a kind of platform must be able to do.
 *
 * A connector knows the protocol and the mapping of one kind of platform, nothing of bindings,
 * retries or time: operate.c decides which operation comes when.  A new one is a file in
 * connectors/ and a row in connectors/registry.c.
 *
 * Every operation ends in a verdict.  The one rule that matters: VERDICT_NOT_DONE only when the
 * platform has certainly not done it; a lost answer is VERDICT_IN_DOUBT.  After a doubtful
 * create, look_up() comes before any other create.
 * Instances are used by several threads at a time.
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"
#include "provisioning/config.h"
#include "common/plan/plan.h"
#include "provisioning/trace.h"

enum verdict {
	VERDICT_DONE,      /* did it; look-up: found, and it is ours */
	VERDICT_ABSENT,    /* there is no such account */
	VERDICT_CONFLICT,  /* the name is taken by an account that is not known to be ours */
	VERDICT_NOT_DONE,  /* certainly not done; may work later */
	VERDICT_IN_DOUBT,  /* maybe done */
	VERDICT_REFUSED,   /* the platform does not accept these data; repeating is useless */
	VERDICT_DOWN,      /* not reached; nothing was sent */
	VERDICT_AUTH,      /* our credentials or rights there are not enough */
	VERDICT_LIMITED,   /* too fast: see fault.retry_after_s */
	VERDICT_HANDED_ON, /* a person has been asked; their answer comes by another way, see fault.detail */
};

/* Why an operation ended otherwise than in VERDICT_DONE. */
struct fault {
	const char *class;     /* stable word for binding.err_class: "data", "conflict", "disputed", … */
	struct str detail;     /* for operators; never a secret */
	int64_t retry_after_s; /* of VERDICT_LIMITED; -1: the platform did not say */
};

/* What an operation changed of an attribute; empty: absent.  Never a secret. */
struct attr_change {
	const char *name;
	struct str before, after;
};
#define CALL_CHANGES_MAX 32

/* What the platform was seen to hold. */
struct observed {
	struct str ext_id;
	struct str stable_id; /* as of struct call */
	struct str etag;   /* or STR_NULL */
	bool is_known;     /* the platform told its state; else active and matches mean nothing */
	bool active;
	bool matches;      /* equal to the desired document, through the mapping */
};

/* An account there that a rule of matching hit. */
struct candidate {
	struct str ext_id;
	struct str label;              /* its user name there */
	const struct match_rule *rule; /* the first that hit it */
	bool is_linked;                /* carries the id of another account of ours */
};
#define CANDIDATES_MAX 16
struct candidates {
	struct candidate items[CANDIDATES_MAX];
	size_t n;                  /* kept, of all rules, each once */
	size_t n_hits, last_hit;   /* of the rule asked last; index of its last one */
	bool is_for_a_person;      /* whatever the rules say of their confidence */
};

/* One operation on one account. */
struct call {
	struct op *op;               /* arena, task id */
	void *instance;
	const struct desired *want;
	int64_t gen;                 /* of the wanted state: a later one is greater */
	struct str ext_id;           /* the platform's identifier, or STR_NULL while unknown */
	struct str stable_id;        /* what the platform itself knows the account by, whatever its name and place; STR_NULL: not known, or there is none */
	int64_t deadline_ms;         /* clock_mono_ms() at which the lease ends */
	struct trace *trace;         /* of a run on demand, or NULL */
	const struct str *words;     /* an error that says one of these means "too fast" */
	size_t n_words;
	/* Out. */
	struct fault fault;
	int64_t status;              /* of HTTP, or LDAP's result code, of the last answer; 0: none */
	int64_t pause_s;             /* the platform's headers say that nothing more will do before; 0: they do not */
	struct attr_change *changes; /* at most CALL_CHANGES_MAX */
	size_t n_changes;
};

/* One account of a listing. */
struct listed {
	struct str ext_id;
	struct str account_id; /* ours, as the account carries it; STR_NULL: none */
	struct str login;      /* its natural key there, or STR_NULL */
	struct str etag;       /* or STR_NULL */
	bool active;
	struct str document;   /* canonical JSON: what it holds of ours, by the platform's own names (attributes.h) */
	struct str stable_id;  /* as of struct call */
};

/* What makes a listing count as whole. */
enum list_proof {
	LIST_BY_END,   /* the protocol marks the end: RFC 2696, RFC 9865, a key of our own */
	LIST_BY_COUNT, /* only when the accounts received are as many as the platform says */
};

struct list_page {
	struct str cursor;      /* in: where to go on; STR_NULL: at the beginning */
	void *session;          /* the connector's own, from page to page; NULL at first; list_end() frees it */
	struct listed *accounts;
	size_t n;
	struct str next;        /* the cursor behind this page; STR_NULL: there is nothing more to be had */
	int64_t total;          /* accounts, as the platform says; -1: it does not say */
	enum list_proof proof;
};

/* Somebody changed an account there. */
struct notice {
	struct str ext_id;     /* or STR_NULL */
	struct str account_id; /* ours, as the platform knows it, or STR_NULL */
	struct str etag;       /* of the account since then, or STR_NULL */
};
struct notices {
	struct str *acks;      /* in: of the last notices, which have taken effect; out: to acknowledge these */
	size_t n_acks;
	struct notice *items;
	size_t n;
	bool is_about_all;     /* of accounts that are not named */
	bool has_more;
};

/* What a platform tells of a change, as it happens. */
enum told {
	TOLD_NOTHING,
	TOLD_ACCOUNT, /* account: as it is now */
	TOLD_GONE,    /* account.ext_id is not there any more; account.login: as its name says */
	TOLD_GROUP,   /* somebody else has changed a group, or deleted it */
};
/* Of who has a role there, or of who is in a unit. */
struct told_group {
	bool is_unit;
	struct str name; /* code */
};
struct news {
	enum told what;
	struct listed account;
	struct told_group group;
	bool is_unsure;  /* some may be gone, and nobody knows which: only a listing can tell */
	bool is_current; /* all that had changed before the session began has been told */
};

/* Is an account in a group there? */
struct role_member {
	struct str account_id, ext_id, login;
	bool is_there;
};
struct group_members {
	struct told_group group;
	struct role_member *expected;
	size_t n;
	const struct str *others; /* out: ext_ids of who else is */
	size_t n_others;
};

struct connector {
	const char *kind;
	const char *proof; /* what its word is, of an account that is off: "confirmed" by a person; NULL: "read_back" */
	/* config and op->db (NULL in some tests) outlive the instance. */
	int (*open)(struct op *op, const struct connector_config *config, void **ret_instance) _must_check_;
	void (*close)(void *instance);
	/*
	 * By stable_id, by our account id, by ext_id, when they are known, then by name; every hit is verified here, not believed.  VERDICT_ABSENT only when
	 * none of them finds anything; VERDICT_CONFLICT when one finds an account without our id.
	 */
	enum verdict (*look_up)(struct call *c, struct observed *ret);
	enum verdict (*create)(struct call *c, struct observed *ret);
	/* The next four need ext_id; VERDICT_ABSENT when it is gone.  All may be repeated without harm. */
	enum verdict (*update)(struct call *c, struct observed *ret);
	enum verdict (*disable)(struct call *c, struct observed *ret);
	enum verdict (*read_back)(struct call *c, struct observed *ret);
	/* Deletes an account that is ours; *ret is not told.  NULL: accounts of this kind are kept. */
	enum verdict (*remove)(struct call *c, struct observed *ret);
	/*
	 * The next page of all accounts there are, whoever's; c->want is NULL.  VERDICT_ABSENT: the cursor is not good any
	 * more, one must begin again.  NULL: the platform cannot list.
	 */
	enum verdict (*list)(struct call *c, struct list_page *page);
	void (*list_end)(void *instance, void *session); /* NULL: there are no sessions */
	/* What an account should hold, in the words of struct listed.document; a new reference.  As list. */
	json_t *(*expect)(struct arena *a, void *instance, const struct desired *want);
	/*
	 * Adds every account that carries the value of a rule of the mapping (match.h), each verified here; VERDICT_REFUSED when
	 * it cannot be known that these are all.  NULL: a platform of this kind cannot be asked.
	 */
	enum verdict (*match)(struct call *c, size_t rule, struct candidates *all);
	/*
	 * The account at ext_id gets our id, and what it is found by, and nothing else; VERDICT_CONFLICT when it is somebody else's.
	 * After a rule, or after a person has decided it: then c->want may have its account_id alone.  NULL: not here.
	 */
	enum verdict (*adopt)(struct call *c, struct observed *ret);
	/* What the platform says of its own accord; c->want is NULL.  VERDICT_REFUSED, "not_able": nothing.  NULL: never. */
	enum verdict (*notices)(struct call *c, struct notices *notices);
	/*
	 * Follows changes from cursor on (empty: all there is, and then what changes), for one thread; c->want is NULL.
	 * VERDICT_ABSENT, also of follow_next: the cursor is not good any more.  NULL, or config.follow_dn is empty: not followed.
	 */
	enum verdict (*follow)(struct call *c, struct str cursor, void **ret_session);
	enum verdict (*follow_next)(struct call *c, void *session, int timeout_ms, struct news *ret);
	struct str (*follow_cursor)(struct arena *a, const void *session); /* of all that has been told */
	void (*follow_end)(void *session);
	/* Sets is_there of who is expected, and tells who else is.  NULL: there is no TOLD_GROUP. */
	enum verdict (*members)(struct call *c, void *session, struct group_members *m);
};

/* NULL when there is none of that kind. */
const struct connector *connector_find(struct str kind) _pure_;

/* Sets the fault and returns verdict. */
enum verdict call_fault(struct call *c, enum verdict verdict, const char *class, const char *format, ...) _printf_(4, 5);

/* Notes what is about to be written; the rest above CALL_CHANGES_MAX is left out.  Copies. */
void call_change(struct call *c, const char *name, struct str before, struct str after);
/* Does an error with this body mean "too fast" there? */
bool call_says_too_fast(const struct call *c, struct str body);

/*
 * Is there time for one more call within the lease?  A connector asks before every write: once
 * the lease has ended, another worker may be at the same account.
 */
bool call_has_time(const struct call *c, int64_t timeout_ms);
