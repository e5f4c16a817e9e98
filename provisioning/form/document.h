/* document.h: what a line of a request form tells the officer about the wanted account, as canonical JSON. */
#pragma once

#include "common/plan/plan.h"

/* Names, unit and post also when the account shall be off: the officer must know whose it is.  Roles only when it shall be on. */
struct str form_document(struct arena *a, const struct desired *want);
