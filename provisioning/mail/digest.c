#include "provisioning/mail/digest.h"

static bool is_never(const struct digest_person *p, const struct digest_notice *n)
{
	if (!n->kind || n->is_read || n->age_s > DIGEST_OLD_S || !p->has_mailbox)
		return true;
	if (!p->is_active)
		return !n->kind->reaches_off || !n->is_own;
	return p->wants_required_only && !n->kind->must_reach;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Seconds until a message may go; 0 or less: now. */
static int64_t wait_of(const struct digest_rules *rules, const struct digest_person *p, bool is_urgent, int64_t oldest_s)
{
	if (is_urgent)
		return p->n_day == 0 ? 0 : DIGEST_URGENT_APART_S - p->newest_s;
	return later(rules->gather_s - oldest_s, p->n_day < rules->daily_max ? 0 : DIGEST_DAY_S - p->oldest_s);
}

int64_t digest_decide(const struct digest_rules *rules, struct digest_person *p)
{
	int64_t oldest_s = -1, wait_s;
	bool is_urgent = false;

	for (size_t i = 0; i < p->n; i++) {
		struct digest_notice *n = &p->notices[i];

		n->fate = is_never(p, n) ? NOTICE_NEVER : NOTICE_GOES;
		if (n->fate == NOTICE_NEVER)
			continue;
		oldest_s = later(oldest_s, n->age_s);
		is_urgent = is_urgent || n->kind->is_urgent;
	}
	if (oldest_s < 0)
		return 0;
	wait_s = wait_of(rules, p, is_urgent, oldest_s);
	if (wait_s <= 0)
		return 0;
	for (size_t i = 0; i < p->n; i++)
		if (p->notices[i].fate == NOTICE_GOES)
			p->notices[i].fate = NOTICE_WAITS;
	return wait_s;
}
