/* intake.h: MHD's callbacks of one request: header, body, hand-over, end.  On the I/O thread only. */
#pragma once

#include "server/http/listener.h"

#include <microhttpd.h>

void *intake_request_line(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result intake_access(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload_data, size_t *upload_data_size,
                              void **request_context);
void intake_completed(void *cls, struct MHD_Connection *connection, void **request_context,
                      enum MHD_RequestTerminationCode how);
/*
 * Gives back the exchange of a request that MHD refused by itself and forgot: one whose query
 * does not fit its memory ends without intake_completed().
 */
void intake_abandon(struct http_link *link);
