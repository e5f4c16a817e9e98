/* reply.h: a response that stands, as bytes.  On the I/O thread only. */
#pragma once

#include "server/http/listener.h"

/* Gives rq->response with the headers every response has to MHD, counts and logs it. False: close. */
bool reply(struct exchange *ex) _must_check_;
