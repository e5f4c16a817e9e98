#include "provisioning/mail/postman.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "provisioning/mail/answer.h"
#include "provisioning/mail/message.h"
#include "provisioning/mail/store.h"

#include <time.h>

#define ROUND_BYTES ((size_t)16 * 1024 * 1024)
#define MESSAGE_BYTES ((size_t)4 * 1024 * 1024)
#define CLIENT_BYTES ((size_t)64 * 1024)
#define POLL_MS 500
#define GATHER_EVERY_MS 2000
#define FAULT_PAUSE_MS 1000
#define CONNECT_TIMEOUT_MS 10000
#define BATCH 20
#define LEASE_S 600
#define COMPLETE_TRIES 5

/* Of the thread alone. */
struct round {
	struct postman *of;
	struct smtp_client *client;
	struct breaker breaker;
	struct arena *arena, *message; /* of a round, of one message */
	int64_t gather_ms;
};

bool postman_is_wanted(const struct mail_settings *settings)
{
	return !str_is_empty(settings->smtp_url);
}

static bool is_stopping(const struct round *d)
{
	return atomic_load(d->of->is_stopping);
}

static void pause_for(const struct round *d, int64_t ms)
{
	int64_t until_ms = clock_mono_ms() + ms;

	while (!is_stopping(d) && clock_mono_ms() < until_ms)
		nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000000 }, NULL);
}

static void complain(const char *event, const struct op *op)
{
	log_event(LOG_LEVEL_WARN, event, L_C("error", err_name(op->error.code)), L_C("text", op->error.text), L_STR("detail", op->error.detail));
}

/* true: there may be more right now. */
static bool gather(struct round *d)
{
	const struct digest_rules rules = { d->of->settings->gather_s, d->of->settings->daily_max };
	struct gathered g;
	struct op op;
	int r;

	if (clock_mono_ms() < d->gather_ms)
		return false;
	arena_reset(d->arena);
	op_init(&op, d->arena, d->of->db, NULL);
	r = mail_gather(&op, &rules, &g);
	db_op_done(&op);
	if (r < 0)
		complain("mail.gather", &op);
	else if (g.n_messages > 0)
		log_event(LOG_LEVEL_INFO, "mail.gathered", L_INT("messages", (int64_t)g.n_messages), L_INT("notices", (int64_t)g.n_notices));
	atomic_fetch_add(&d->of->stats.gathered, g.n_messages);
	d->gather_ms = r == 0 && g.has_more ? 0 : clock_mono_ms() + GATHER_EVERY_MS;
	return r == 0 && g.has_more;
}

static struct outbox_answer not_sent(enum outbox_outcome outcome, struct str detail)
{
	return (struct outbox_answer){ .outcome = outcome, .tells_nothing = true, .delay_cap_ms = RETRY_DOWN_CAP_MS, .pause_s = -1, .detail = detail };
}

static int write_message(struct op *op, const struct postman *of, const struct outbox_item *item, const struct mail_content *content,
                         struct smtp_mail *ret)
{
	const struct mail_settings *s = of->settings;
	const struct mail_reader reader = { content->login, s->from_name, s->link };
	const struct mail_message m = {
		.from = s->from,
		.from_name = s->from_name,
		.to = arena_printf(op->arena, "%.*s@%.*s", STR_ARG(content->mailbox), STR_ARG(of->mail_domain)),
		/* The same at each attempt: who gets it twice can see that. */
		.id = item->id,
		.date_s = item->created_at_s,
		.subject = mail_subject(op->arena, content->lines, content->n),
		.text = mail_text(op->arena, &reader, content->lines, content->n),
	};

	ret->from = m.from;
	ret->to = m.to;
	return mail_message_write(op, &m, &ret->text);
}

static struct outbox_answer send_one(struct round *d, struct op *op, const struct outbox_item *item, bool is_last)
{
	struct smtp_answer answer = { 0 };
	struct smtp_mail mail = { .is_last = is_last };
	struct mail_content content;
	int r = mail_content_read(op, item, &content);

	if (r < 0)
		return not_sent(OUTBOX_RETRY, arena_printf(op->arena, "%s: %.*s", op->error.text, STR_ARG(op->error.detail)));
	if (content.n == 0)
		return not_sent(OUTBOX_VOID, STR("nothing is left to tell"));
	r = write_message(op, d->of, item, &content, &mail);
	if (r == 0)
		r = smtp_send(op, d->client, &mail, &answer);
	if (r == ERR_OUTCOME_UNKNOWN && answer.stage == SMTP_SENT)
		atomic_fetch_add(&d->of->stats.in_doubt, 1);
	return mail_answer_read(op, r, &answer, item->attempts);
}

static int64_t delay_of(const struct outbox_item *item, const struct outbox_answer *a)
{
	uint32_t randomness;

	if (a->outcome != OUTBOX_RETRY)
		return 0;
	if (a->pause_s >= 0)
		return a->pause_s * 1000;
	random_bytes(&randomness, sizeof(randomness));
	return retry_delay_ms(item->attempts, a->delay_cap_ms, randomness);
}

/* A database that is away for a moment shall not cost a second message. */
static size_t write_end(struct round *d, const struct outbox_end *end)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(MESSAGE_BYTES);

	for (int i = 0; i < COMPLETE_TRIES; i++) {
		size_t n_held = 0;
		struct op op;
		int r;

		arena_reset(a);
		op_init(&op, a, d->of->db, NULL);
		r = outbox_complete(&op, end, 1, &n_held);
		db_op_done(&op);
		if (r == 0)
			return n_held;
		complain("mail.complete", &op);
		nanosleep(&(struct timespec){ .tv_nsec = 300 * 1000000 }, NULL);
	}
	/* The lease ends by time; then it is sent again. */
	return 0;
}

static void hurry(struct round *d)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(MESSAGE_BYTES);
	struct op op;

	op_init(&op, a, d->of->db, NULL);
	if (outbox_hurry(&op, OUTBOX_MAIL, STR(MAIL_RELAY)) < 0)
		complain("mail.hurry", &op);
	db_op_done(&op);
}

static void note_breaker(struct round *d, const struct outbox_answer *a)
{
	bool was_closed = d->breaker.state == BREAKER_CLOSED;

	if (a->tells_nothing)
		return;
	if (breaker_note(&d->breaker, a->event, clock_mono_ms())) {
		log_event(LOG_LEVEL_INFO, "mail.relay_up");
		hurry(d);
	} else if (was_closed && d->breaker.state != BREAKER_CLOSED) {
		log_event(LOG_LEVEL_WARN, "mail.relay_down", L_C("state", breaker_state_name(d->breaker.state)), L_STR("detail", a->detail));
	}
	atomic_store(&d->of->stats.is_down, d->breaker.state != BREAKER_CLOSED);
}

static void end_one(struct round *d, const struct outbox_item *item, const struct outbox_answer *a)
{
	const struct outbox_end end = { item, a->outcome, delay_of(item, a), a->detail };

	if (write_end(d, &end) == 0)
		atomic_fetch_add(&d->of->stats.fenced, 1);
	atomic_fetch_add(&d->of->stats.sent[a->outcome], 1);
	log_event(a->outcome == OUTBOX_REFUSED ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "mail", L_STR("account", item->account_id), L_STR("id", item->id),
	          L_C("outcome", outbox_outcome_name(a->outcome)), L_INT("attempt", item->attempts), L_STR("detail", a->detail));
	note_breaker(d, a);
}

/* For whoever comes next, at once. */
static struct outbox_answer not_begun(const char *why)
{
	struct outbox_answer a = not_sent(OUTBOX_RETRY, str_c(why));

	a.pause_s = 0;
	return a;
}

static void serve(struct round *d, const struct outbox_item *item, int64_t deadline_ms, bool is_last)
{
	bool was_probing = d->breaker.is_probing;
	struct outbox_answer a;
	struct op op;

	arena_reset(d->message);
	op_init(&op, d->message, d->of->db, NULL);
	if (is_stopping(d) || (d->breaker.state != BREAKER_CLOSED && !was_probing))
		a = not_begun("not begun");
	else if (clock_mono_ms() + d->of->settings->timeout_s * 1000 > deadline_ms)
		a = not_begun("no time left within the lease");
	else
		a = send_one(d, &op, item, is_last);
	db_op_done(&op);
	end_one(d, item, &a);
}

/* true: there may be more right now. */
static bool deliver(struct round *d)
{
	/* Before the statement: our clock may only be ahead of the lease's end. */
	int64_t now_ms = clock_mono_ms(), deadline_ms = now_ms + LEASE_S * 1000;
	struct outbox_quota quota = { STR(MAIL_RELAY), breaker_admit(&d->breaker, BATCH, now_ms, true) };
	const struct outbox_request rq = { &quota, 1, BATCH, LEASE_S };
	const struct outbox_item *items = NULL;
	struct op op;
	size_t n = 0;
	int r;

	if (quota.n <= 0)
		return false;
	arena_reset(d->arena);
	op_init(&op, d->arena, d->of->db, NULL);
	r = outbox_claim(&op, OUTBOX_MAIL, &rq, &items, &n);
	db_op_done(&op);
	for (size_t i = 0; r == 0 && i < n; i++)
		serve(d, &items[i], deadline_ms, i + 1 == n);
	/* A probe that found nothing to send, or did not come that far. */
	breaker_unused(&d->breaker);
	if (r < 0) {
		complain("mail.claim", &op);
		pause_for(d, FAULT_PAUSE_MS);
	}
	return n == BATCH;
}

void *postman_main(void *arg)
{
	struct postman *p = arg;
	_cleanup_(arena_freep) struct arena *of_client = arena_new(CLIENT_BYTES), *arena = arena_new(ROUND_BYTES), *message = arena_new(MESSAGE_BYTES);
	struct round d = { .of = p, .arena = arena, .message = message };
	const struct smtp_config config = {
		.url = p->settings->smtp_url,
		.is_plain = mail_settings_are_plain(p->settings),
		.user = p->settings->user,
		.password = p->settings->password,
		.ca_file = p->settings->ca_file,
		.our_name = p->our_name,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.total_timeout_ms = (int)p->settings->timeout_s * 1000,
		.is_stopping = p->is_stopping,
	};
	struct op op;

	op_init(&op, of_client, NULL, NULL);
	if (smtp_client_open(&op, &config, &d.client) < 0) {
		complain("mail", &op);
		return NULL;
	}
	while (!is_stopping(&d)) {
		bool has_more = gather(&d);

		if (!deliver(&d) && !has_more)
			pause_for(&d, POLL_MS);
	}
	smtp_client_close(d.client);
	return NULL;
}
