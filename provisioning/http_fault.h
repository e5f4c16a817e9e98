/* http_fault.h: what an answer, or that there was none, says of an operation and of the platform (http_client.h). */
#pragma once

#include "common/net/http_client.h"
#include "provisioning/connector.h"

enum http_effect { HTTP_READS, HTTP_CREATES, HTTP_CHANGES };

/* c->op holds the error of http_client_call(). */
enum verdict http_fault(struct call *c, enum http_effect effect);
/* Status, and whether its headers say that nothing more will do for a while. */
void http_note(struct call *c, const struct http_answer *answer);
