#include "server/scim/schema.h"

/* Trailing members of an attribute that are not what they usually are stand by name. */
#define TEXT(name_, ...) { .name = (name_), .kind = SCIM_STRING, ##__VA_ARGS__ }
#define EXACT(name_, ...) { .name = (name_), .kind = SCIM_STRING, .exact = true, ##__VA_ARGS__ }
#define FLAG(name_, ...) { .name = (name_), .kind = SCIM_BOOLEAN, ##__VA_ARGS__ }
#define TIME(name_, ...) { .name = (name_), .kind = SCIM_DATETIME, ##__VA_ARGS__ }
#define REFERENCE(name_, to, ...) { .name = (name_), .kind = SCIM_REFERENCE, .exact = true, .refs = (to), ##__VA_ARGS__ }
#define COMPLEX(name_, subs_, ...) { .name = (name_), .kind = SCIM_COMPLEX, .subs = (subs_), .n_subs = ARRAY_LEN(subs_), ##__VA_ARGS__ }
#define READ_ONLY .mutability = SCIM_READ_ONLY

static const struct scim_attr meta_subs[] = {
	EXACT("resourceType", READ_ONLY), TIME("created", READ_ONLY), TIME("lastModified", READ_ONLY), REFERENCE("location", "uri", READ_ONLY),
	EXACT("version", READ_ONLY),
};
static const struct scim_attr common_attrs[] = {
	EXACT("id", READ_ONLY, .returned = SCIM_ALWAYS, .unique = "server", .description = "Ours, and never another's"),
	EXACT("externalId", .description = "The source's own; each source has a name space of its own"),
	COMPLEX("meta", meta_subs, READ_ONLY, .description = "About the resource"),
	{ .name = "schemas", .kind = SCIM_STRING, .multi = true, .mutability = SCIM_READ_ONLY, .returned = SCIM_ALWAYS, .description = "What the resource has" },
};
const struct scim_schema scim_common = { "", "Common", "", common_attrs, ARRAY_LEN(common_attrs) };

static const struct scim_attr name_subs[] = {
	TEXT("formatted", .description = "The whole name; read where there are no parts"), TEXT("familyName", .description = "Họ"),
	TEXT("givenName", .description = "Tên"), TEXT("middleName", .description = "Đệm"), TEXT("honorificPrefix"), TEXT("honorificSuffix"),
};
#define PLURAL(name_, types, value_) \
	static const struct scim_attr name_##_subs[] = { value_, TEXT("display"), TEXT("type", .canonical = (types)), FLAG("primary") }
PLURAL(email, "work|home|other", TEXT("value", .required = true));
PLURAL(phone, "work|home|mobile|fax|pager|other", TEXT("value", .required = true));
PLURAL(im, "zalo|xmpp|skype", TEXT("value", .required = true));
PLURAL(photo, "photo|thumbnail", REFERENCE("value", "external", .required = true));
PLURAL(entitlement, NULL, TEXT("value", .required = true));
PLURAL(role, NULL, TEXT("value", .required = true));
#define BINARY(name_, ...) { .name = (name_), .kind = SCIM_BINARY, .exact = true, ##__VA_ARGS__ }
PLURAL(certificate, NULL, BINARY("value", .required = true));
static const struct scim_attr address_subs[] = {
	TEXT("formatted"), TEXT("streetAddress"), TEXT("locality"), TEXT("region"), TEXT("postalCode"), TEXT("country"),
	TEXT("type", .canonical = "work|home|other"), FLAG("primary"),
};
static const struct scim_attr group_of_user_subs[] = {
	EXACT("value", READ_ONLY), REFERENCE("$ref", "Group", READ_ONLY), TEXT("display", READ_ONLY),
	TEXT("type", READ_ONLY, .canonical = "direct"),
};
static const struct scim_attr user_attrs[] = {
	TEXT("userName", .required = true, .unique = "server", .description = "The source's own name of the person; not the name to sign in with"),
	COMPLEX("name", name_subs, .description = "Name of the person"),
	TEXT("displayName"), TEXT("nickName"), REFERENCE("profileUrl", "external"),
	TEXT("title", .description = "Title of the main post, where no posts are stated"),
	TEXT("userType", .canonical = "can_bo|cong_chuc|vien_chuc|khong_chuyen_trach", .closed = true, .description = "Kind of official"),
	TEXT("preferredLanguage"), TEXT("locale"), TEXT("timezone"),
	FLAG("active", .description = "Whether the source states that the person works here; left out, it does not change"),
	COMPLEX("emails", email_subs, .multi = true), COMPLEX("phoneNumbers", phone_subs, .multi = true),
	COMPLEX("ims", im_subs, .multi = true), COMPLEX("photos", photo_subs, .multi = true), COMPLEX("addresses", address_subs, .multi = true),
	COMPLEX("groups", group_of_user_subs, .multi = true, READ_ONLY, .description = "Changed by the groups"),
	COMPLEX("entitlements", entitlement_subs, .multi = true), COMPLEX("roles", role_subs, .multi = true, .description = "Kept, and without effect"),
	COMPLEX("x509Certificates", certificate_subs, .multi = true),
};
static const struct scim_schema user_schema = { SCIM_URN_USER, "User", "An official", user_attrs, ARRAY_LEN(user_attrs) };

static const struct scim_attr manager_subs[] = { TEXT("value"), REFERENCE("$ref", "User"), TEXT("displayName", READ_ONLY) };
static const struct scim_attr enterprise_attrs[] = {
	EXACT("employeeNumber", .mutability = SCIM_IMMUTABLE, .unique = "server", .description = "Employee code: who it is"),
	TEXT("costCenter"), TEXT("organization"), TEXT("division"),
	TEXT("department", .description = "Code of the unit of the main post, where no posts are stated"), COMPLEX("manager", manager_subs),
};
static const struct scim_schema enterprise_schema = {
	SCIM_URN_ENTERPRISE, "EnterpriseUser", "Enterprise User", enterprise_attrs, ARRAY_LEN(enterprise_attrs)
};

static const struct scim_attr post_subs[] = {
	EXACT("unit", .required = true, .description = "Code of the unit"), EXACT("title", .required = true),
	EXACT("kind", .required = true, .canonical = "main|concurrent|acting|seconded|delegated", .closed = true),
	EXACT("rank", .canonical = "staff|division_deputy|division_head|department_deputy|department_head", .closed = true),
	EXACT("validFrom", .required = true, .description = "First day, YYYY-MM-DD"),
	EXACT("validTo", .description = "First day on which it is over; none: open"), EXACT("decisionNumber", .required = true),
	EXACT("decisionDate"), EXACT("signer"),
};
static const struct scim_attr departure_subs[] = {
	EXACT("kind", .required = true, .canonical = "resign|dismiss|retire|suspend|leave|death", .closed = true),
	EXACT("date", .description = "First day without work; none: today"), EXACT("until", .description = "leave: first day back"),
	EXACT("decisionNumber"), EXACT("decisionDate"), EXACT("signer"), EXACT("reason"),
};
static const struct scim_attr official_attrs[] = {
	EXACT("birthDate", .description = "YYYY-MM-DD"), EXACT("sex", .canonical = "male|female", .closed = true),
	COMPLEX("posts", post_subs, .multi = true, .description = "All posts held now or later; what is left out ends today"),
	COMPLEX("departure", departure_subs, .description = "Why the person does not work here: stated together with active false"),
	EXACT("state", READ_ONLY, .canonical = "new|working|on_leave|suspended|retired|left|dead", .closed = true,
	      .description = "Where the person stands by all that is known here; in lists where it is asked for by name"),
};
static const struct scim_schema official_schema = {
	SCIM_URN_OFFICIAL, "Official", "Posts with their decisions", official_attrs, ARRAY_LEN(official_attrs)
};
const struct scim_type scim_user = {
	"User", "/Users", "Officials", &user_schema, { &enterprise_schema, &official_schema }, 2
};

static const struct scim_attr member_subs[] = {
	EXACT("value", .mutability = SCIM_IMMUTABLE, .required = true), REFERENCE("$ref", "User", .mutability = SCIM_IMMUTABLE), TEXT("display", READ_ONLY),
	TEXT("type", .mutability = SCIM_IMMUTABLE, .canonical = "User"),
};
static const struct scim_attr group_attrs[] = {
	TEXT("displayName", .required = true, .description = "Name of the group"), COMPLEX("members", member_subs, .multi = true),
};
static const struct scim_schema group_schema = { SCIM_URN_GROUP, "Group", "A group of the source's users", group_attrs, ARRAY_LEN(group_attrs) };
const struct scim_type scim_group = { "Group", "/Groups", "Groups", &group_schema, { NULL }, 0 };

static const struct scim_attr *find(const struct scim_attr *attrs, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal_nocase(str_c(attrs[i].name), name))
			return &attrs[i];
	return NULL;
}

const struct scim_attr *scim_find_sub(const struct scim_attr *attr, struct str name)
{
	return find(attr->subs, attr->n_subs, name);
}

const struct scim_schema *scim_find_extension(const struct scim_type *type, struct str urn)
{
	for (size_t i = 0; i < type->n_extensions; i++)
		if (str_equal_nocase(str_c(type->extensions[i]->urn), urn))
			return type->extensions[i];
	return NULL;
}

/* "urn:…:User:name" begins with "urn:…:User". */
static bool take_urn(const char *urn, struct str *path)
{
	size_t len = strlen(urn);

	if (path->len < len || !str_equal_nocase(str_n(path->p, len), str_c(urn)))
		return false;
	if (path->len == len) {
		*path = STR_NULL;
		return true;
	}
	if (path->p[len] != ':')
		return false;
	*path = str_skip(*path, len + 1);
	return true;
}

static bool resolve_in(const struct scim_schema *schema, struct str path, struct scim_ref *ref)
{
	ptrdiff_t dot = str_index(path, '.');
	struct str name = dot < 0 ? path : str_n(path.p, (size_t)dot);

	ref->attr = find(schema->attrs, schema->n_attrs, name);
	ref->sub = NULL;
	if (!ref->attr || dot < 0)
		return ref->attr != NULL;
	ref->sub = scim_find_sub(ref->attr, str_skip(path, (size_t)dot + 1));
	return ref->sub != NULL;
}

bool scim_resolve(const struct scim_type *type, struct str path, struct scim_ref *ret_ref)
{
	*ret_ref = (struct scim_ref){ NULL, NULL, NULL };
	for (size_t i = 0; i < type->n_extensions; i++)
		if (take_urn(type->extensions[i]->urn, &path)) {
			ret_ref->schema = type->extensions[i];
			return str_is_null(path) || resolve_in(type->extensions[i], path, ret_ref);
		}
	if (take_urn(type->core->urn, &path) && str_is_null(path))
		return false;
	return resolve_in(type->core, path, ret_ref) || resolve_in(&scim_common, path, ret_ref);
}

bool scim_is_listed(const char *listed, struct str value)
{
	struct str rest = str_c(listed), word;

	while (str_split(&rest, '|', &word))
		if (str_equal(word, value))
			return true;
	return false;
}
