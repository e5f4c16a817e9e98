#include "common/net/smtp_client.h"

#include "common/base/buf.h"
#include "common/base/url.h"
#include "common/net/curl_ready.h"

#include <curl/curl.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#define ADDRESS_MAX_LEN 254 /* RFC 5321 §4.5.3.1.3, without the brackets */
#define LOCAL_MAX_LEN 64    /* §4.5.3.1.1 */
#define LABEL_MAX_LEN 63    /* RFC 1035 §2.3.4 */
#define WORDS_MAX_LEN 200
#define URL_MAX_BYTES 1024

struct smtp_client {
	CURL *curl; /* with its connection */
	const char *url, *user, *password, *ca_file;
	bool is_plain;
	int connect_timeout_ms, total_timeout_ms;
	const atomic_bool *is_stopping;
};

/* One message, seen by libcurl's callbacks. */
struct sending {
	struct smtp_client *client;
	struct str text;
	size_t n_sent;
	enum smtp_stage stage;
	struct buf words;
	char reason[CURL_ERROR_SIZE];
};

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One or more parts with dots between. */
static bool are_parts(struct str s, const char *besides, size_t part_max)
{
	struct str rest = s, part;

	if (s.len == 0)
		return false;
	while (str_split(&rest, '.', &part)) {
		if (part.len == 0 || part.len > part_max)
			return false;
		for (size_t i = 0; i < part.len; i++)
			if (part.p[i] == '\0' || (!is_alnum(part.p[i]) && !strchr(besides, part.p[i])))
				return false;
	}
	return true;
}

bool smtp_address_is_good(struct str address)
{
	ptrdiff_t at = str_index(address, '@');
	struct str local, domain;

	if (at < 0 || address.len > ADDRESS_MAX_LEN)
		return false;
	local = str_n(address.p, (size_t)at);
	domain = str_skip(address, (size_t)at + 1);
	return local.len <= LOCAL_MAX_LEN && are_parts(local, "!#$%&'*+-/=?^_`{|}~", LOCAL_MAX_LEN) && are_parts(domain, "-", LABEL_MAX_LEN);
}

/* libcurl takes our name for EHLO from the URL's path; an address stands in brackets there (RFC 5321 §4.1.3). */
static int make_url(struct op *op, const struct smtp_config *config, const char **ret_url)
{
	struct buf b = buf_new(op->arena, URL_MAX_BYTES);
	char binary[sizeof(struct in6_addr)];
	const char *name = arena_cstr(op->arena, config->our_name);
	struct str literal = config->our_name;

	if (inet_pton(AF_INET, name, binary) == 1)
		literal = arena_printf(op->arena, "[%s]", name);
	else if (inet_pton(AF_INET6, name, binary) == 1)
		literal = arena_printf(op->arena, "[IPv6:%s]", name);
	buf_add(&b, config->url);
	if (str_ends(config->url, STR("/")))
		b.len--;
	buf_add_char(&b, '/');
	url_escape(&b, literal);
	*ret_url = b.p;
	return buf_ok(&b) ? 0 : op_fail(op, ERR_CONFIG, "the address of the mail server is too long");
}

static const char *kept(struct op *op, struct str s)
{
	return s.len > 0 ? arena_cstr(op->arena, arena_dup(op->arena, s)) : NULL;
}

int smtp_client_open(struct op *op, const struct smtp_config *config, struct smtp_client **ret_client)
{
	struct smtp_client *c = ARENA_NEW(op->arena, struct smtp_client);

	assert(config->connect_timeout_ms > 0 && config->total_timeout_ms > 0);
	curl_ready();
	if (make_url(op, config, &c->url) < 0)
		return op->error.code;
	c->user = kept(op, config->user);
	c->password = kept(op, config->password);
	c->ca_file = kept(op, config->ca_file);
	if (c->ca_file && access(c->ca_file, R_OK) < 0)
		return op_fail_detail(op, ERR_CONFIG, "the CA file cannot be read", "%s", c->ca_file);
	c->is_plain = config->is_plain;
	c->connect_timeout_ms = config->connect_timeout_ms;
	c->total_timeout_ms = config->total_timeout_ms;
	c->is_stopping = config->is_stopping;
	c->curl = curl_easy_init();
	if (!c->curl)
		abort();
	*ret_client = c;
	return 0;
}

void smtp_client_close(struct smtp_client *c)
{
	if (c)
		curl_easy_cleanup(c->curl);
}

/* Cannot be rewound: libcurl cannot send it a second time on its own. */
static size_t read_text(char *data, size_t size, size_t count, void *userdata)
{
	struct sending *s = userdata;
	struct str rest = str_skip(s->text, s->n_sent);
	size_t len = size * count < rest.len ? size * count : rest.len;

	if (len > 0)
		memcpy(data, rest.p, len);
	s->n_sent += len;
	if (s->n_sent == s->text.len)
		s->stage = SMTP_SENT;
	return len;
}

/* What no longer takes the message as a whole may end it: without its last line it is none (RFC 5321 §4.1.1.4). */
static int may_go_on(void *userdata, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct sending *s = userdata;

	(void)a, (void)b, (void)c, (void)d;
	return s->stage < SMTP_SENT && s->client->is_stopping && atomic_load(s->client->is_stopping);
}

static void keep_words(struct sending *s, struct str line)
{
	if (line.len < 3 || (line.p[0] != '4' && line.p[0] != '5'))
		return;
	s->words.len = 0;
	for (size_t i = 0; i < line.len && s->words.len < WORDS_MAX_LEN; i++)
		if (line.p[i] != '\r' && line.p[i] != '\n')
			buf_add_char(&s->words, line.p[i] >= ' ' && line.p[i] <= '~' ? line.p[i] : '?');
}

/* Which command was sent last, and the last reply; nothing else of what passes is kept: passwords pass here. */
static int watch(CURL *curl, curl_infotype type, char *data, size_t size, void *userdata)
{
	static const struct {
		struct str begin;
		enum smtp_stage stage;
	} commands[] = { { STR("AUTH "), SMTP_SIGNING_IN }, { STR("MAIL FROM:"), SMTP_SENDER }, { STR("RCPT TO:"), SMTP_RECIPIENT }, { STR("DATA\r\n"), SMTP_TEXT } };
	struct sending *s = userdata;

	(void)curl;
	if (type == CURLINFO_HEADER_IN)
		keep_words(s, str_n(data, size));
	for (size_t i = 0; type == CURLINFO_HEADER_OUT && i < ARRAY_LEN(commands); i++) {
		if (!str_starts(str_n(data, size), commands[i].begin))
			continue;
		s->stage = commands[i].stage;
		/* What was said before did not matter.  QUIT is none of these: what was said before it does. */
		s->words.len = 0;
	}
	return 0;
}

/* Every option counts: one that this libcurl does not know must not be left out silently. */
#define SET(option, value) (ok = curl_easy_setopt(curl, (option), (value)) == CURLE_OK && ok)

static bool set_connection(CURL *curl, const struct smtp_client *c)
{
	bool ok = true;

	SET(CURLOPT_URL, c->url);
	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(CURLOPT_PROXY, ""); /* not even from the environment */
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_USE_SSL, (long)(c->is_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (c->ca_file) {
		SET(CURLOPT_CAINFO, c->ca_file);
		SET(CURLOPT_CAPATH, NULL); /* this file instead of the system's, not besides */
	}
	if (c->user) {
		SET(CURLOPT_USERNAME, c->user);
		SET(CURLOPT_PASSWORD, c->password ? c->password : "");
		SET(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
	}
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect_timeout_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)c->total_timeout_ms);
	SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)(c->total_timeout_ms + 999) / 1000);
	return ok;
}

static bool set_message(CURL *curl, struct sending *s, const struct smtp_mail *mail, const char *from, struct curl_slist *to)
{
	bool ok = true;

	/* Within this call's time: cleaning up the handle would wait for the answer to QUIT much longer. */
	SET(CURLOPT_FORBID_REUSE, mail->is_last ? 1L : 0L);
	SET(CURLOPT_MAIL_FROM, from);
	SET(CURLOPT_MAIL_RCPT, to);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->text.len);
	SET(CURLOPT_READFUNCTION, read_text);
	SET(CURLOPT_READDATA, s);
	SET(CURLOPT_VERBOSE, 1L); /* for watch() */
	SET(CURLOPT_DEBUGFUNCTION, watch);
	SET(CURLOPT_DEBUGDATA, s);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, may_go_on);
	SET(CURLOPT_XFERINFODATA, s);
	SET(CURLOPT_ERRORBUFFER, s->reason);
	return ok;
}

static bool is_ours_to_mend(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_LOGIN_DENIED ||
	       code == CURLE_URL_MALFORMAT;
}

static int fail(struct op *op, const struct sending *s, CURLcode code, const struct smtp_answer *answer)
{
	const char *reason = s->reason[0] ? s->reason : curl_easy_strerror(code);

	if (code == CURLE_ABORTED_BY_CALLBACK)
		return op_fail(op, ERR_UNAVAILABLE, "we are stopping");
	if (is_ours_to_mend(code))
		return op_fail_detail(op, ERR_CONFIG, "the mail server is not to be trusted, or does not know us", "curl %d: %s %.*s", (int)code, reason, STR_ARG(answer->words));
	if (answer->code >= 400)
		return op_fail_detail(op, ERR_TARGET, "the mail server refused", "%.*s", STR_ARG(answer->words));
	if (s->stage == SMTP_SENT)
		return op_fail_detail(op, ERR_OUTCOME_UNKNOWN, "the answer was lost after sending", "curl %d: %s", (int)code, reason);
	return op_fail_detail(op, ERR_UNAVAILABLE, "no answer from the mail server", "curl %d: %s", (int)code, reason);
}

int smtp_send(struct op *op, struct smtp_client *c, const struct smtp_mail *mail, struct smtp_answer *ret_answer)
{
	struct sending s = { .client = c, .text = mail->text, .words = buf_new(op->arena, WORDS_MAX_LEN + 1) };
	struct curl_slist *to = NULL;
	CURLcode code = CURLE_OUT_OF_MEMORY;
	long reply = 0;
	bool ok;

	*ret_answer = (struct smtp_answer){ 0 };
	if (!smtp_address_is_good(mail->from) || !smtp_address_is_good(mail->to) || mail->text.len == 0)
		return op_fail(op, ERR_BAD_REQUEST, "a message cannot be sent from or to such an address");
	to = curl_slist_append(NULL, arena_cstr(op->arena, mail->to));
	if (!to)
		abort();
	ok = set_connection(c->curl, c) && set_message(c->curl, &s, mail, arena_cstr(op->arena, mail->from), to);
	if (ok)
		code = curl_easy_perform(c->curl);
	if (curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &reply) == CURLE_OK && reply >= 200 && reply <= 599)
		ret_answer->code = (int)reply;
	ret_answer->stage = s.stage;
	if (s.words.len > 0)
		ret_answer->words = arena_dup(op->arena, buf_str(&s.words));
	curl_easy_reset(c->curl); /* forgets every pointer into the call, keeps the connection */
	curl_slist_free_all(to);
	if (!ok)
		return op_fail(op, ERR_INTERNAL, "libcurl lacks an option");
	return code == CURLE_OK ? 0 : fail(op, &s, code, ret_answer);
}
