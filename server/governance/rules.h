/*
 * rules.h: birthright rules: post (title or class) x unit kind x person kind -> roles.
 *
 * A version is drawn up by one and released by another; releasing and retiring compute the grants
 * anew, set-wise (sen.rule_apply).  Posts, persons, units and platforms that change wake the rules by trigger.
 */
#pragma once

#include "server/governance/governed.h"

/* id, actor, code, name, basis, unit, unit_kinds[], titles[], classes[], post_kinds[], person_kinds[], roles[] ("P02/MC"), valid_from, valid_to */
extern const struct governed_kind rule_draft;
/* The same with the version instead of the code. */
extern const struct governed_kind rule_redraft;
/* id, actor, version */
extern const struct governed_kind rule_release, rule_retire;
/* As if; the draft's own author may too. version NULL: whichever it is. */
extern const struct governed_kind rule_release_supposed, rule_retire_supposed;
/* As rule_draft; code NULL: a new rule, id is free; else the rule with this id said so.  Only supposed. */
extern const struct governed_kind rule_supposed;
/* actor, title, class, version that was seen (0: none) */
extern const struct governed_kind class_set;
/* actor, employee_code, end_post, ends_on, unit, title, kind, valid_from, valid_to: a post ends, another begins; only supposed */
extern const struct governed_kind post_supposed;
/* actor, unit, kind, parent; only supposed */
extern const struct governed_kind unit_supposed;

/* rule_list: actor, after code, limit.  rule_versions: actor, id.  class_list: after title, limit.  supposed_list: after key, limit. */
extern const struct query *const rule_list, *const rule_versions, *const class_list, *const supposed_list;
