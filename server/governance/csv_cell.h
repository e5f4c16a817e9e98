/* csv_cell.h: cells of CSV files for spreadsheets (RFC 4180). */
#pragma once

#include "common/base/buf.h"

#define CSV_BOM "\xEF\xBB\xBF"

/* Quoted; a cell that a spreadsheet would take for a formula is made text by an apostrophe before it. */
void csv_cell(struct buf *b, struct str value, bool first);
