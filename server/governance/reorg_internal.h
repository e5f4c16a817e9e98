/* reorg_internal.h (private): the tree of units as steps change it, and what is collected for the plan. */
#pragma once

#include "server/governance/reorg_plan.h"

/* Instead of a unit, of somebody's post or grant. */
enum { REORG_NOBODY_SAID = -1, REORG_ENDS = -2 };

struct reorg_node {
	struct reorg_unit_change as; /* refs are set at the end */
	int parent, was_parent;      /* -1: none */
	bool is_new, is_alive, is_older, is_renamed, is_moved;
	int heir;                    /* merged: the unit it became one with; -1 */
	int parting;                 /* the step, from 0, that split or abolished it; -1 */
	int step;                    /* that ended it; -1 */
};

/* A part of a split unit, or of something below it. */
struct reorg_copy {
	int from, target, to;
	int64_t n_persons;
};

struct reorg_arrival {
	int from, to, share; /* per mille */
};

struct reorg_planner {
	struct arena *arena;
	const struct reorg_facts *facts;
	const struct reorg_steps *steps;
	struct reorg_node *nodes;  /* [0, facts->n_units) are the facts' */
	size_t n_nodes, max_nodes;
	const int *by_code;        /* of the facts' */
	struct reorg_copy *copies;
	size_t n_copies, max_copies;
	struct reorg_arrival *arrivals; /* what ends, and by what it is succeeded; and what moved */
	size_t n_arrivals, max_arrivals;
	struct reorg_op *ops;
	size_t n_ops, max_ops;
	struct reorg_finding *findings;
	size_t n_findings, max_findings;
};

/* An array with room for one more. */
void *reorg_grow(struct arena *a, void *p, size_t n, size_t *max, size_t size);
void reorg_add_op(struct reorg_planner *p, const struct reorg_op *op);
void reorg_add_finding(struct reorg_planner *p, const struct reorg_finding *f);

/* reorg_tree.c: the steps, one after the other. */
void reorg_tree_begin(struct reorg_planner *p);
void reorg_tree_apply(struct reorg_planner *p);
int reorg_tree_of_id(const struct reorg_planner *p, int64_t id); /* -1: none */
int reorg_tree_find(const struct reorg_planner *p, struct str code);
bool reorg_tree_is_under(const struct reorg_planner *p, int node, int above);  /* as it will be; a unit is under itself */
bool reorg_tree_was_under(const struct reorg_planner *p, int node, int above);
static inline bool reorg_node_is_gone(const struct reorg_node *n)
{
	return n->heir >= 0 || n->parting >= 0;
}
/* The unit of the tree as it will be in which part x of a split stands for target; made when it is not there. */
struct reorg_copy *reorg_tree_copy(struct reorg_planner *p, int x, int target);

/* reorg_arrivals.c: where everything that ends or moves is found afterwards; and its successors, as operations. */
void reorg_arrivals(struct reorg_planner *p);
void reorg_successors(struct reorg_planner *p);
/* Comes anything into what lies below "to" that did not lie below "from"? */
bool reorg_others_arrive(const struct reorg_planner *p, int to, int from);

/* reorg_people.c: posts and grants of every person. */
void reorg_people(struct reorg_planner *p);
/* reorg_scopes.c: what administrators' scopes become; then ends of units. */
void reorg_scopes(struct reorg_planner *p);
void reorg_ends(struct reorg_planner *p);
/* reorg_rules.c: where a rule gives its roles to others than before, or not any more. */
void reorg_rules(struct reorg_planner *p);
