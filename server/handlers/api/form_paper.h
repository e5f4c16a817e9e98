/*
 * form_paper.h: a request form for the officer: a sheet to print (HTML, A4, no script, nothing from elsewhere) and a table for
 * spreadsheets (CSV).  In Vietnamese, whoever asks: it is an official paper.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/json.h"

/* form: what form_get() gives.  agency: who issues it.  STR_NULL: too long. */
struct str form_paper_html(struct arena *a, const json_t *form, struct str agency);
struct str form_paper_csv(struct arena *a, const json_t *form);
