/* follow_impl.h: between the parts of a follower: one connection. */
#pragma once

#include "provisioning/observe/follow.h"
#include "provisioning/observe/follow_store.h"

/* In one batch. */
#define CLUES_MAX 256

struct following {
	struct follower *follower;
	const struct connector *connector;
	void *instance, *session;
	struct follow row;
	struct arena *arena;      /* of the batch; what waits is copied to the next one */
	struct arena *next_arena;
	struct clue clues[CLUES_MAX];
	size_t n_clues;
	struct told_group groups[CLUES_MAX]; /* whose members are to be looked at */
	size_t n_groups;
	struct follow_mark mark;
	int64_t kept_ms;
};

/* The last word on an account counts. */
void following_add(struct following *f, const struct clue *clue);
/* Judges what has been told; what has to wait stays in clues, and in arena. */
int following_judge(struct following *f, struct op *op) _must_check_;
