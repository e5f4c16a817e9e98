/* mapping_impl.h: between lexer, parser, checker and evaluator. */
#pragma once

#include "common/plan/mapping.h"

enum token_kind {
	TOKEN_END, TOKEN_NAME, TOKEN_STRING, TOKEN_INTEGER, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_COMMA, TOKEN_TABLE_OPEN, TOKEN_TABLE_CLOSE, TOKEN_COLON,
	TOKEN_PLUS, TOKEN_EQUAL, TOKEN_UNEQUAL, TOKEN_LESS, TOKEN_LESS_EQUAL, TOKEN_MORE, TOKEN_MORE_EQUAL, TOKEN_COALESCE,
	/* words */
	TOKEN_IF, TOKEN_THEN, TOKEN_ELSE, TOKEN_AND, TOKEN_OR, TOKEN_NOT, TOKEN_TRUE, TOKEN_FALSE, TOKEN_NULL,
};

struct token {
	enum token_kind kind;
	size_t at;
	struct str text;  /* of a name; of a string what it stands for */
	int64_t number;
};

struct lexer {
	struct arena *arena;
	struct str source;
	size_t at;
	struct mapping_fault fault;
};

/* False with lx->fault. */
bool mapping_lex(struct lexer *lx, struct token *ret) _must_check_;

enum node_kind {
	NODE_CONSTANT, NODE_FACT, NODE_CALL, NODE_MAP, NODE_IF, NODE_COALESCE, NODE_OR, NODE_AND, NODE_NOT, NODE_SUM,
	/* comparisons: in this order */
	NODE_EQUAL, NODE_UNEQUAL, NODE_LESS, NODE_LESS_EQUAL, NODE_MORE, NODE_MORE_EQUAL,
};

struct table_entry {
	struct str key;
	struct str value; /* STR_NULL: null */
};

struct table {
	const struct table_entry *entries;
	size_t n;
	struct str other; /* STR_NULL: null */
	bool is_same;     /* other is the key itself */
};

struct mapping_function;

/* Behind all nodes that it is made of. */
struct node {
	enum node_kind kind;
	size_t at;
	enum mapping_type type;
	bool may_be_null;
	uint16_t first, n_args;  /* in program.args */
	union {
		struct mapping_value constant;
		enum mapping_fact fact;
		const struct mapping_function *function;
		struct table table;
	} u;
};

struct mapping_program {
	struct node *nodes;
	size_t n;
	uint16_t *args;
	size_t n_args;
	size_t steps;
	uint32_t facts; /* bits by enum mapping_fact */
};

/* In the order of evaluation.  False with a fault. */
bool mapping_parse(struct arena *a, struct str source, struct mapping_program *ret, struct mapping_fault *ret_fault) _must_check_;
/* Types, nullability, steps. */
bool mapping_check(struct mapping_program *p, struct mapping_fault *ret_fault) _must_check_;

#define FUNCTION_ARGS_MAX 3

struct mapping_function {
	struct str name;
	uint8_t n_min, n_max;                      /* arguments */
	enum mapping_type args[FUNCTION_ARGS_MAX]; /* the last is that of all further ones */
	enum mapping_type result;
	bool mixed;        /* those of type MAPPING_NULL: strings or lists */
	bool takes_null;   /* null arguments reach it; its result is null only when may_be_null says so */
	bool may_be_null;  /* the result may be null whatever the arguments */
	bool is_linear;    /* looks at the whole of its arguments more than once */
	struct mapping_value (*run)(struct arena *a, const struct mapping_value *const *args, size_t n);
};

/* NULL when there is none. */
const struct mapping_function *mapping_function_find(struct str name);
/* A pattern of format(). */
bool mapping_format_is_valid(struct str pattern) _pure_;

struct mapping_value mapping_null(void);
struct mapping_value mapping_text(struct str text);
/* At most MAPPING_TEXT_MAX bytes, ending with a whole character. */
struct str mapping_cut(struct str s);
/* NFC again after texts were put together or cut. */
struct str mapping_nfc(struct arena *a, struct str s);
