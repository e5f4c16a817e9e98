#include "server/web/embedded.h"

const struct page_static *page_static_find(struct str path)
{
	for (size_t i = 0; i < n_embedded_files; i++)
		if (str_equal(str_c(embedded_files[i].file.path), path))
			return &embedded_files[i].file;
	return NULL;
}

const char *page_static_path(const char *file)
{
	for (size_t i = 0; i < n_embedded_files; i++)
		if (str_equal(str_c(embedded_files[i].name), str_c(file)))
			return embedded_files[i].file.path;
	return NULL;
}
