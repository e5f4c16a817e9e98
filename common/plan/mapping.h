/*
 * mapping.h: the expression language of mappings: what one attribute at a platform shall be, computed from the
 * facts of one account there.  docs/provisioning/mapping.md is the page for administrators.
 *
 * Total: no loops, no recursion, no errors at run time.  Every program that mapping_compile() accepts
 * evaluates on any facts, in a number of steps known beforehand, into values of bounded size.
 *
 *   expression  = "if" expression "then" expression "else" expression / coalesce
 *   coalesce    = or *( "??" or )                     ; the first that is not null
 *   or          = and *( "or" and )
 *   and         = not *( "and" not )
 *   not         = *"not" comparison
 *   comparison  = sum [ ( "=" / "!=" / "<" / "<=" / ">" / ">=" ) sum ]
 *   sum         = primary *( "+" primary )            ; strings, one behind the other
 *   primary     = path / call / string / integer / "true" / "false" / "null" / "(" expression ")"
 *   path        = name *( "." name )                  ; one of mapping_facts
 *   call        = name "(" [ argument *( "," argument ) ] ")"
 *   argument    = expression / table                  ; a table as second argument of map alone
 *   table       = "{" entry *( "," entry ) [ "," "else" ":" other ] "}"
 *   entry       = string ":" ( string / "null" )
 *   other       = string / "null" / "same"
 *   name        = ALPHA *( ALPHA / DIGIT / "_" )
 *   integer     = [ "-" ] 1*9DIGIT
 *   string      = DQUOTE *( %x20-21 / %x23-5B / %x5D-7E / UTF8-2 / UTF8-3 / UTF8-4 / "\" DQUOTE / "\\" ) DQUOTE
 *                                                     ; in NFC, of characters that are seen, or spaces
 *
 * Binding from loose to tight as above; "if" reaches as far as it can.  White space: SP, HTAB, CR, LF.
 *
 * Types: string, boolean, integer, date, list (of strings), null.  Each expression has one type, which may
 * include null or not.  null as an argument of a function gives null, but for those that say otherwise; null as
 * a condition is false; = and != compare null like a value; < <= > >= with null are false.
 * Strings are NFC; positions and lengths count characters.
 */
#pragma once

#include "common/base/arena.h"

#define MAPPING_SOURCE_MAX 4096   /* bytes of one expression */
#define MAPPING_NODES_MAX 256
#define MAPPING_DEPTH_MAX 64      /* of operators and calls in each other */
#define MAPPING_ENTRIES_MAX 128   /* of all tables of an expression */
#define MAPPING_TEXT_MAX 2048     /* bytes of a value; longer ones end at the last whole character */
#define MAPPING_LIST_MAX 256      /* strings of a list; further ones are left out */
#define MAPPING_STEPS_MAX (1 << 20) /* comparisons and characters looked at, at worst */

enum mapping_type { MAPPING_NULL, MAPPING_STRING, MAPPING_BOOLEAN, MAPPING_INTEGER, MAPPING_DATE, MAPPING_LIST };

struct mapping_value {
	enum mapping_type type;
	struct str text;           /* of a string; of a date as 2026-11-26 */
	int64_t number;            /* of an integer; 1 for true */
	const struct str *items;   /* of a list */
	size_t n;
};

enum mapping_fact {
	FACT_ACCOUNT, FACT_LOGIN, FACT_STATUS, FACT_EMPLOYEE_CODE, FACT_HO, FACT_DEM, FACT_TEN, FACT_FULL_NAME, FACT_MAIL, FACT_PERSON_KIND,
	FACT_UNIT_CODE, FACT_UNIT_NAME, FACT_UNIT_KIND, FACT_UNIT_PATH, FACT_POST_TITLE, FACT_POST_RANK, FACT_POST_SINCE,
	FACT_ROLES, FACT_ROLE_NAMES, FACT_ROLE_UNITS, MAPPING_FACTS_,
};

struct mapping_fact_kind {
	struct str name;
	enum mapping_type type;
	bool may_be_null;
};
extern const struct mapping_fact_kind mapping_facts[MAPPING_FACTS_];

/* The facts of an account as values, by enum mapping_fact.  What is empty is null; dates are dates. */
struct mapping_input {
	struct mapping_value facts[MAPPING_FACTS_];
};

struct mapping_program;

struct mapping_fault {
	size_t at;          /* byte of the source where it shows */
	const char *text;   /* English, static */
};

/* NULL with a fault.  The program lives in a and keeps nothing of source. */
const struct mapping_program *mapping_compile(struct arena *a, struct str source, struct mapping_fault *ret_fault) _must_check_;

enum mapping_type mapping_type_of(const struct mapping_program *p) _pure_;
bool mapping_may_be_null(const struct mapping_program *p) _pure_;
bool mapping_uses(const struct mapping_program *p, enum mapping_fact fact) _pure_;
size_t mapping_steps_of(const struct mapping_program *p) _pure_;

/* The value; texts in it stand in a, in the input or in the program. */
struct mapping_value mapping_eval(struct arena *a, const struct mapping_program *p, const struct mapping_input *in);

const char *mapping_type_name(enum mapping_type type) _pure_;
bool mapping_values_equal(const struct mapping_value *a, const struct mapping_value *b) _pure_;
/* null, "" and [] are one and the same to a platform. */
bool mapping_value_is_empty(const struct mapping_value *v) _pure_;
