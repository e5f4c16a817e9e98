/* unit_rules.h: what a unit may look like: pure. */
#pragma once

#include "common/base/str.h"

/*
 * Identifiers of agencies (Decision 20/2020/QĐ-TTg, changed by 09/2025/QĐ-TTg): at most 35 characters, groups of 0-9 A-Z
 * separated by ".".  The new form begins with the agency ("H41.17.05"), the old one ends with it ("000.05.17.H41").
 */
bool unit_ident_new_is_valid(struct str s) _pure_;
bool unit_ident_old_is_valid(struct str s) _pure_;
/* Both name the same agency; one that is absent (STR_NULL) does not contradict. */
bool unit_idents_agree(struct str ident_new, struct str ident_old) _pure_;
/* Communes and wards have the 5-digit code of Decision 19/2025/QĐ-TTg; other units one of their own. */
bool unit_code_fits(struct str code, struct str kind) _pure_;
bool unit_kind_is_valid(struct str kind) _pure_;
