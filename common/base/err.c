#include "common/base/err.h"

const char *err_name(int code)
{
	switch (code) {
	case ERR_NONE:
		return "none";
#define ERR_CASE_(symbol, name) \
	case symbol:            \
		return name;
	ERR_LIST(ERR_CASE_)
#undef ERR_CASE_
	default:
		return "unknown";
	}
}
