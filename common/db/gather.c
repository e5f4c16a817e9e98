#include "common/db/gather.h"

static size_t bytes_of(const struct bound *b)
{
	size_t n = 0;

	for (int i = 0; i < b->n; i++)
		n += (size_t)b->lengths[i];
	return n;
}

static struct str key_of(const struct bound *b)
{
	unsigned key = b->query->key;

	return key == 0 || !b->values[key - 1] ? STR_NULL : str_n(b->values[key - 1], (size_t)b->lengths[key - 1]);
}

static bool has_key_of(struct job *const *picked, size_t n, const struct job *job)
{
	struct str key = key_of(job->bound);

	for (size_t i = 0; i < n && !str_is_null(key); i++)
		if (str_equal(key, key_of(picked[i]->bound)))
			return true;
	return false;
}

/* Jobs of the same query as the first of those that are left, moved to the front of them; how many. */
static size_t pick(struct job **left, size_t n)
{
	const struct query *q = left[0]->bound->query;
	size_t picked = 1, bytes = bytes_of(left[0]->bound);

	for (size_t i = 1; i < n && q->is_gathered; i++) {
		struct job *job = left[i];

		if (job->bound->query != q || has_key_of(left, picked, job))
			continue;
		bytes += bytes_of(job->bound);
		if (bytes > GATHER_MAX_BYTES)
			break;
		left[i] = left[picked];
		left[picked++] = job;
	}
	return picked;
}

static void bind_part(struct arena *a, struct part *p)
{
	const struct bound **each = ARENA_ARRAY(a, const struct bound *, p->n);

	for (size_t i = 0; i < p->n; i++)
		each[i] = p->jobs[i]->bound;
	if (each[0]->query->is_gathered)
		bind_gather(a, each, p->n, &p->bound);
	else
		p->bound = *each[0];
}

size_t gather(struct arena *a, struct job *const *jobs, size_t n, bool together, struct part *ret_parts, struct job **ret_order)
{
	size_t n_parts = 0, done = 0;

	for (size_t i = 0; i < n; i++)
		ret_order[i] = jobs[i];
	while (done < n) {
		struct part *p = &ret_parts[n_parts++];

		*p = (struct part){ .jobs = &ret_order[done], .n = together ? pick(&ret_order[done], n - done) : 1 };
		bind_part(a, p);
		done += p->n;
	}
	return n_parts;
}
