#include "tests/support/softhsm.h"

#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static char folder[64];

/*
 * SoftHSM leaks the decoded point of an EC key at each signature; it is not ours to mend.  To name it
 * the leak sanitizer needs whole stacks, and the module still in its place at the end.
 */
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

const char *__lsan_default_suppressions(void)
{
	return "leak:libsofthsm2.so\n";
}

static void shell(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

void softhsm_make(void)
{
	char text[512];
	FILE *conf;

	assert_non_null(dlopen(SOFTHSM_MODULE, RTLD_NOW | RTLD_NODELETE));
	(void)snprintf(folder, sizeof(folder), "/tmp/sen-pkcs11.XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(text, sizeof(text), "%s/conf", folder);
	setenv("SOFTHSM2_CONF", text, 1);
	conf = fopen(text, "w");
	assert_non_null(conf);
	(void)fprintf(conf, "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", folder);
	(void)fclose(conf);
	(void)snprintf(text, sizeof(text),
	               "mkdir %s/tokens && softhsm2-util --init-token --free --label " SOFTHSM_LABEL " --pin " SOFTHSM_PIN
	               " --so-pin 13572468 >/dev/null", folder);
	shell(text);
}

void softhsm_drop(void)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "rm -rf %s", folder);
	shell(text);
}

static void move(const char *from, const char *to)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "mv %s/%s %s/%s", folder, from, folder, to);
	shell(text);
}

void softhsm_hide(void)
{
	move("tokens", "away");
}

void softhsm_show(void)
{
	move("away", "tokens");
}

struct pkcs11_token *softhsm_open(struct op *op)
{
	struct pkcs11_config config = { STR(SOFTHSM_MODULE), STR(SOFTHSM_LABEL), STR(SOFTHSM_PIN) };
	struct pkcs11_token *t = NULL;

	if (pkcs11_open(op, &config, &t) < 0)
		fail_msg("%s %.*s", op->error.text, STR_ARG(op->error.detail));
	assert_non_null(t);
	return t;
}
