#include "server/governance/csv_cell.h"

void csv_cell(struct buf *b, struct str value, bool first)
{
	bool is_formula = value.len > 0 && str_index(STR("=+-@\t\r"), value.p[0]) >= 0;

	buf_add_c(b, first ? "\"" : ",\"");
	if (is_formula)
		buf_add_char(b, '\'');
	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] == '"')
			buf_add_char(b, '"');
		buf_add_char(b, value.p[i]);
	}
	buf_add_char(b, '"');
}
