#include "provisioning/mail/settings.h"

#include "common/base/text.h"
#include "common/base/url.h"
#include "common/net/smtp_client.h"

static const char *server_fault(const struct mail_settings *s)
{
	struct url url;
	bool is_tls;

	if (!url_parse(s->smtp_url, &url) || url.has_userinfo || url.has_fragment || !str_is_null(url.query) || (url.path.len > 0 && !str_equal(url.path, STR("/"))))
		return "smtp_url: smtp://host[:port] or smtps://host[:port] is needed";
	is_tls = str_equal(url.scheme, STR("smtps"));
	if (!is_tls && !str_equal(url.scheme, STR("smtp")))
		return "smtp_url: smtp:// or smtps:// is needed";
	/* By its address: what a name means is somebody else's word. */
	if (!is_tls && !s->starttls && !url_host_is_loopback_ip(&url))
		return "starttls = false only to this machine, by its address (127.0.0.1)";
	return NULL;
}

const char *mail_settings_fault(const struct mail_settings *s)
{
	const char *fault;
	struct url link;

	if (str_is_empty(s->smtp_url))
		return NULL;
	fault = server_fault(s);
	if (fault)
		return fault;
	if (!smtp_address_is_good(s->from))
		return "from: an address is needed, such as khong-tra-loi@nghean.example";
	if (!text_is_printable(s->from_name) || s->from_name.len > 200)
		return "from_name: at most 200 bytes of text";
	if (str_is_empty(s->user) != str_is_empty(s->password))
		return "user and password_file belong together";
	if (!url_parse(s->link, &link) || link.has_userinfo || (!str_equal(link.scheme, STR("https")) && !str_equal(link.scheme, STR("http"))))
		return "link: an address of a page is needed";
	return NULL;
}

bool mail_settings_are_plain(const struct mail_settings *s)
{
	return !s->starttls && str_starts(s->smtp_url, STR("smtp://"));
}
