#include "server/federation/federation.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)256 << 10)
#define FILE_DEPTH 8
#define RESOLUTIONS_MAX 2 /* at a time, of all threads for slow things */
#define CONFIG_BYTES ((size_t)4 << 20)

struct federation {
	struct arena *arena;
	const struct oidc_settings *oidc;
	struct str organization_name;
	struct str *hints;
	size_t n_hints;
	struct trust_anchor anchors[TRUST_ANCHORS_MAX];
	size_t n_anchors;
	sem_t resolutions;
};

static int read_hints(struct op *op, struct federation *f, struct str list)
{
	struct str part;

	f->hints = ARENA_ARRAY(f->arena, struct str, AUTHORITY_HINTS_MAX);
	while (str_split(&list, ',', &part)) {
		part = str_trim(part);
		if (!entity_id_is_valid(part) || f->n_hints == AUTHORITY_HINTS_MAX || str_equal(part, f->oidc->issuer))
			return op_fail(op, ERR_CONFIG, "[federation] authority_hints must be 1 to 16 https addresses of superiors, comma-separated");
		f->hints[f->n_hints++] = arena_dup(f->arena, part);
	}
	return 0;
}

static int read_file(struct op *op, struct str path, struct str *ret_text)
{
	char *content = arena_alloc(op->arena, FILE_MAX + 1);
	int fd = open(arena_cstr(op->arena, path), O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0 && len <= FILE_MAX) {
		n = read(fd, content + len, FILE_MAX + 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
	if (n < 0 || len > FILE_MAX)
		return op_fail_detail(op, ERR_CONFIG, "[federation] trust_anchors_file cannot be read", "%.*s: %s", STR_ARG(path),
		                      n < 0 ? strerrordesc_np(errno) : "too large");
	*ret_text = str_n(content, len);
	return 0;
}

static int read_anchors(struct op *op, struct federation *f, struct str path)
{
	static const char bad[] = "[federation] trust_anchors_file must be a JSON object of 1 to 8 members {entity identifier: JWK Set}";
	_json_ json_t *json = NULL;
	struct str text;
	const char *id;
	json_t *jwks;
	int r = read_file(op, path, &text);

	if (r < 0)
		return r;
	json = json_read(text, FILE_DEPTH, NULL);
	if (!json_is_object(json) || json_object_size(json) == 0 || json_object_size(json) > TRUST_ANCHORS_MAX)
		return op_fail(op, ERR_CONFIG, bad);
	json_object_foreach(json, id, jwks) {
		struct trust_anchor *anchor = &f->anchors[f->n_anchors];

		if (!entity_id_is_valid(str_c(id)))
			return op_fail_detail(op, ERR_CONFIG, bad, "%s is no entity identifier", id);
		if (federation_keys_read(op, jwks, &anchor->keys) < 0) {
			op_forgive(op);
			return op_fail_detail(op, ERR_CONFIG, bad, "keys of %s: public keys, each with a kid", id);
		}
		anchor->id = arena_dup(f->arena, str_c(id));
		f->n_anchors++;
	}
	return 0;
}

int federation_new(struct op *op, const struct federation_config *config, const struct oidc_settings *oidc, struct federation **ret)
{
	struct arena *arena;
	struct federation *f;
	int r;

	*ret = NULL;
	if (str_is_empty(config->authority_hints))
		return str_is_empty(config->trust_anchors_file) ? 0 : op_fail(op, ERR_CONFIG, "[federation] trust_anchors_file needs authority_hints");
	arena = arena_new(CONFIG_BYTES);
	f = ARENA_NEW(arena, struct federation);
	f->arena = arena;
	f->oidc = oidc;
	sem_init(&f->resolutions, 0, RESOLUTIONS_MAX);
	f->organization_name = arena_dup(arena, config->organization_name);
	r = read_hints(op, f, config->authority_hints);
	if (r >= 0 && !str_is_empty(config->trust_anchors_file))
		r = read_anchors(op, f, config->trust_anchors_file);
	if (r < 0)
		federation_free(f);
	else
		*ret = f;
	return r;
}

void federation_free(struct federation *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n_anchors; i++)
		jwk_set_free(f->anchors[i].keys);
	sem_destroy(&f->resolutions);
	arena_free(f->arena);
}

struct str federation_id(const struct federation *f)
{
	return f->oidc->issuer;
}

const struct oidc_settings *federation_oidc(const struct federation *f)
{
	return f->oidc;
}

struct str_list federation_hints(const struct federation *f)
{
	return (struct str_list){ f->hints, f->n_hints };
}

struct str federation_organization(const struct federation *f)
{
	return f->organization_name;
}

bool federation_resolves(const struct federation *f)
{
	return f->n_anchors > 0;
}

const struct trust_anchor *federation_anchor(const struct federation *f, struct str id)
{
	for (size_t i = 0; i < f->n_anchors; i++)
		if (str_equal(f->anchors[i].id, id))
			return &f->anchors[i];
	return NULL;
}

int federation_enter(struct op *op, struct federation *f)
{
	return sem_trywait(&f->resolutions) == 0 ? 0 : op_fail(op, ERR_OVERLOADED, "too many entities are being resolved");
}

void federation_leave(struct federation *f)
{
	sem_post(&f->resolutions);
}
