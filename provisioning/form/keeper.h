/* keeper.h: the housekeeper's work on request forms: closing, reminders, metrics. */
#pragma once

#include "common/base/buf.h"
#include "common/base/op.h"

int forms_close_due(struct op *op) _must_check_;
int forms_remind_due(struct op *op) _must_check_;
/* Lines of /metrics. */
int forms_metrics(struct op *op, struct buf *b) _must_check_;
