/* registry.h: the contents page of this folder. */
#pragma once

#include "provisioning/connector.h"

extern const struct connector connector_directory;
extern const struct connector connector_form;
extern const struct connector connector_ldap;
extern const struct connector connector_scim;
extern const struct connector connector_sql;
extern const struct connector connector_webhook;
