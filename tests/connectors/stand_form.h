/* stand_form.h: a platform without any interface: a table that an officer looks after by hand, and our forms. */
#pragma once

#include "tests/connectors/kit.h"

/* One statement on the side; its first cell as a number. */
int64_t form_side(const char *sql);
/* The open form goes out on paper. */
void form_goes_out(void);

extern const struct scenarios scenarios_form;
