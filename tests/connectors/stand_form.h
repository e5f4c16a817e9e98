/* stand_form.h: a platform without any interface: a table that an officer looks after by hand, and our forms. */
#pragma once

#include "tests/connectors/kit.h"

/* One statement on the side; its first cell as a number. */
int64_t form_side(const char *sql);
/* The open form goes out on paper. */
void form_goes_out(void);

#define N_SCENARIOS_FORM 6
extern const struct CMUnitTest scenarios_form[N_SCENARIOS_FORM];
