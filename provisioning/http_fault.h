/* http_fault.h: what it means for an operation that a request got no answer (http_client.h). */
#pragma once

#include "provisioning/connector.h"

enum http_effect { HTTP_READS, HTTP_CREATES, HTTP_CHANGES };

/* c->op holds the error of http_client_call(). */
enum verdict http_fault(struct call *c, enum http_effect effect);
