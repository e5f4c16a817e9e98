#include "common/crypto/pkcs11_impl.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOTS_MAX 64
#define WAIT_S 1
#define ARENA_BYTES ((size_t)4096)

int pkcs11_fail(struct op *op, const char *what, CK_RV code)
{
	return op_fail_detail(op, ERR_UNAVAILABLE, "the signing token does not answer", "PKCS#11 %s: 0x%08lx", what, code);
}

/* Labels are padded with blanks (PKCS#11 §3.3). */
static bool is_labelled(const CK_TOKEN_INFO *info, struct str label)
{
	struct str found = str_n(info->label, sizeof(info->label));

	while (found.len > 0 && found.p[found.len - 1] == ' ')
		found.len--;
	return str_equal(found, label);
}

/* Looked for at each new session: a token may come back in another slot. */
static bool find_slot(struct pkcs11_token *t, CK_SLOT_ID *ret_slot)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG n = SLOTS_MAX;
	CK_TOKEN_INFO info;

	if (t->f->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
		return false;
	for (CK_ULONG i = 0; i < n; i++) {
		if (t->f->C_GetTokenInfo(slots[i], &info) == CKR_OK && is_labelled(&info, t->label)) {
			*ret_slot = slots[i];
			return true;
		}
	}
	return false;
}

static CK_RV log_in(struct pkcs11_token *t, CK_SESSION_HANDLE session)
{
	CK_RV code;

	pthread_mutex_lock(&t->lock);
	code = t->pin_was_refused ? CKR_PIN_INCORRECT
	                          : t->f->C_Login(session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)t->pin.p, t->pin.len);
	if (code == CKR_USER_ALREADY_LOGGED_IN)
		code = CKR_OK;
	if (code == CKR_PIN_INCORRECT || code == CKR_PIN_LOCKED || code == CKR_PIN_LEN_RANGE)
		t->pin_was_refused = true;
	pthread_mutex_unlock(&t->lock);
	return code;
}

static CK_RV open_session(struct pkcs11_token *t, CK_SESSION_HANDLE *ret_session)
{
	CK_SLOT_ID slot;
	CK_RV code;

	if (!find_slot(t, &slot))
		return CKR_TOKEN_NOT_PRESENT;
	code = t->f->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, ret_session);
	if (code != CKR_OK)
		return code;
	code = log_in(t, *ret_session);
	if (code != CKR_OK)
		t->f->C_CloseSession(*ret_session);
	return code;
}

static bool is_there(const struct pkcs11_token *t, bool may_open)
{
	return t->n_idle > 0 || (may_open && t->n_open < PKCS11_SESSIONS_MAX);
}

static void leave_queue(struct pkcs11_token *t, const struct pkcs11_waiting *me)
{
	struct pkcs11_waiting **at = &t->waiting;

	while (*at != me)
		at = &(*at)->next;
	*at = me->next;
	/* There may be one for the next, too. */
	if (t->waiting)
		pthread_cond_broadcast(&t->given);
}

/*
 * An idle one, or the right to open one: *ret_is_idle tells.  false: none for a second.  In the order of coming: who has
 * just given one back would otherwise take it again before those who wait are awake.
 */
static bool wait_for_one(struct pkcs11_token *t, bool may_open, CK_SESSION_HANDLE *ret_session, bool *ret_is_idle)
{
	struct pkcs11_waiting me = { .next = NULL }, **at = &t->waiting;
	struct timespec until;
	bool is_late = false, got_one;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&t->lock);
	while (*at)
		at = &(*at)->next;
	*at = &me;
	while (!(t->waiting == &me && is_there(t, may_open)) && !is_late)
		is_late = pthread_cond_timedwait(&t->given, &t->lock, &until) != 0;
	got_one = t->waiting == &me && is_there(t, may_open);
	*ret_is_idle = got_one && t->n_idle > 0;
	if (*ret_is_idle)
		*ret_session = t->idle[--t->n_idle];
	else if (got_one)
		t->n_open++;
	leave_queue(t, &me);
	pthread_mutex_unlock(&t->lock);
	return got_one;
}

static void closed(struct pkcs11_token *t)
{
	pthread_mutex_lock(&t->lock);
	t->is_suspect = true;
	t->n_open--;
	pthread_cond_broadcast(&t->given);
	pthread_mutex_unlock(&t->lock);
}

/*
 * Libraries go on with what they knew of a token that was taken out and put back.  The caller holds the
 * only right to a session and has not opened it: nobody else is inside the library, or can come in
 * before the lock is free.
 */
static void begin_anew_when_alone(struct pkcs11_token *t)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };

	pthread_mutex_lock(&t->lock);
	if (t->is_suspect && t->n_open == 1) {
		t->f->C_Finalize(NULL);
		/* Where it fails, so does the session that is opened next. */
		(void)t->f->C_Initialize(&args);
		t->is_suspect = false;
		atomic_fetch_add(&t->generation, 1);
	}
	pthread_mutex_unlock(&t->lock);
}

int pkcs11_take(struct op *op, struct pkcs11_token *t, CK_SESSION_HANDLE *ret_session)
{
	bool is_idle;
	CK_RV code;

	if (!wait_for_one(t, true, ret_session, &is_idle))
		return pkcs11_fail(op, "no session is free", CKR_SESSION_COUNT);
	if (is_idle)
		return 0;
	begin_anew_when_alone(t);
	code = open_session(t, ret_session);
	if (code == CKR_OK)
		return 0;
	closed(t);
	/* The token knows a lower limit than ours: wait for one of those that there are. */
	if (code == CKR_SESSION_COUNT && wait_for_one(t, false, ret_session, &is_idle))
		return 0;
	return pkcs11_fail(op, "a session", code);
}

void pkcs11_give(struct pkcs11_token *t, CK_SESSION_HANDLE session)
{
	pthread_mutex_lock(&t->lock);
	t->idle[t->n_idle++] = session;
	pthread_cond_broadcast(&t->given);
	pthread_mutex_unlock(&t->lock);
}

void pkcs11_drop(struct pkcs11_token *t, CK_SESSION_HANDLE session)
{
	CK_SESSION_HANDLE all[PKCS11_SESSIONS_MAX + 1];
	size_t n;

	atomic_fetch_add(&t->generation, 1);
	pthread_mutex_lock(&t->lock);
	n = t->n_idle;
	memcpy(all, t->idle, n * sizeof(*all));
	all[n++] = session;
	t->n_idle = 0;
	t->is_suspect = true;
	pthread_mutex_unlock(&t->lock);
	for (size_t i = 0; i < n; i++)
		t->f->C_CloseSession(all[i]);
	pthread_mutex_lock(&t->lock);
	t->n_open -= n;
	pthread_cond_broadcast(&t->given);
	pthread_mutex_unlock(&t->lock);
}

static int load_library(struct op *op, struct pkcs11_token *t, struct str module)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	CK_RV (*get_functions)(CK_FUNCTION_LIST **list);
	CK_RV code;

	t->library = dlopen(arena_cstr(op->arena, module), RTLD_NOW | RTLD_LOCAL);
	if (!t->library)
		return op_fail_detail(op, ERR_CONFIG, "the PKCS#11 library cannot be loaded", "%s", dlerror());
	*(void **)&get_functions = dlsym(t->library, "C_GetFunctionList");
	if (!get_functions || get_functions(&t->f) != CKR_OK)
		return op_fail(op, ERR_CONFIG, "the PKCS#11 library has no functions");
	code = t->f->C_Initialize(&args);
	if (code == CKR_OK || code == CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return 0;
	t->f = NULL;
	return pkcs11_fail(op, "C_Initialize", code);
}

/* One session, to see that token and PIN are right. */
static int try_token(struct op *op, struct pkcs11_token *t)
{
	CK_SESSION_HANDLE session;
	CK_RV code = open_session(t, &session);

	if (code == CKR_TOKEN_NOT_PRESENT)
		return op_fail_detail(op, ERR_CONFIG, "there is no token of that label", "%.*s", STR_ARG(t->label));
	if (t->pin_was_refused)
		return op_fail_detail(op, ERR_CONFIG, "the token refuses the PIN; it is not tried again", "0x%08lx", code);
	if (code != CKR_OK)
		return pkcs11_fail(op, "a session", code);
	t->n_open = 1;
	pkcs11_give(t, session);
	return 0;
}

int pkcs11_open(struct op *op, const struct pkcs11_config *config, struct pkcs11_token **ret_token)
{
	struct pkcs11_token *t;
	pthread_condattr_t clock;
	int r;

	if (str_is_empty(config->module)) {
		*ret_token = NULL;
		return 0;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		abort();
	t->arena = arena_new(ARENA_BYTES);
	t->label = arena_dup(t->arena, config->token);
	t->pin = arena_dup(t->arena, config->pin);
	atomic_init(&t->generation, 1);
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&t->given, &clock);
	pthread_condattr_destroy(&clock);
	r = load_library(op, t, config->module);
	if (r == 0)
		r = try_token(op, t);
	if (r < 0) {
		pkcs11_close(t);
		return r;
	}
	*ret_token = t;
	return 0;
}

void pkcs11_close(struct pkcs11_token *t)
{
	if (!t)
		return;
	if (t->f)
		t->f->C_Finalize(NULL);
	if (t->library)
		dlclose(t->library);
	pthread_cond_destroy(&t->given);
	pthread_mutex_destroy(&t->lock);
	arena_free(t->arena);
	free(t);
}
