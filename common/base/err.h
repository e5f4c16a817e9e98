/*
 * err.h: the one list of things that can go wrong, in domain terms.
 *
 * A function that can fail returns 0 or a negative value of this enum.  What a code becomes
 * in HTTP, OAuth or problem+json stands in one table, server/http/problem.c.  A message for
 * people stands under the key "err.<name>" in server/web/lang/.
 *
 *   X(symbol, name)
 */
#pragma once

#define ERR_LIST(X)                                                                          \
	/* the request itself */                                                             \
	X(ERR_BAD_REQUEST, "bad_request")               /* syntax: encoding, duplicates, missing */ \
	X(ERR_LIMIT, "limit")                           /* an input or a unit of work is too large */ \
	X(ERR_NOT_FOUND, "not_found")                                                        \
	X(ERR_METHOD_NOT_ALLOWED, "method_not_allowed")                                      \
	X(ERR_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")                              \
	X(ERR_MISDIRECTED, "misdirected")               /* Host is none of ours */           \
	X(ERR_CSRF, "csrf")                                                                  \
	X(ERR_TOO_MANY_REQUESTS, "too_many_requests")                                        \
	/* OAuth 2.0 and OpenID Connect */                                                   \
	X(ERR_INVALID_REQUEST, "invalid_request")                                            \
	X(ERR_INVALID_CLIENT, "invalid_client")                                              \
	X(ERR_INVALID_GRANT, "invalid_grant")                                                \
	X(ERR_UNAUTHORIZED_CLIENT, "unauthorized_client")                                    \
	X(ERR_UNSUPPORTED_GRANT_TYPE, "unsupported_grant_type")                              \
	X(ERR_UNSUPPORTED_RESPONSE_TYPE, "unsupported_response_type")                        \
	X(ERR_UNSUPPORTED_RESPONSE_MODE, "unsupported_response_mode")                        \
	X(ERR_INVALID_SCOPE, "invalid_scope")                                                \
	X(ERR_ACCESS_DENIED, "access_denied")                                                \
	X(ERR_LOGIN_REQUIRED, "login_required")                                              \
	X(ERR_INTERACTION_REQUIRED, "interaction_required")                                  \
	X(ERR_REQUEST_NOT_SUPPORTED, "request_not_supported")                                \
	X(ERR_REQUEST_URI_NOT_SUPPORTED, "request_uri_not_supported")                        \
	X(ERR_REGISTRATION_NOT_SUPPORTED, "registration_not_supported")                      \
	X(ERR_INVALID_TOKEN, "invalid_token")           /* RFC 6750 */                       \
	X(ERR_INSUFFICIENT_SCOPE, "insufficient_scope")                                      \
	X(ERR_CONSENT_REQUIRED, "consent_required")                                          \
	X(ERR_UNMET_AUTHENTICATION, "unmet_authentication_requirements")                     \
	X(ERR_INSUFFICIENT_USER_AUTHENTICATION, "insufficient_user_authentication") /* RFC 9470 */ \
	X(ERR_INVALID_REQUEST_OBJECT, "invalid_request_object") /* RFC 9101 */               \
	X(ERR_INVALID_REQUEST_URI, "invalid_request_uri")                                    \
	X(ERR_INVALID_TARGET, "invalid_target")         /* RFC 8707 */                       \
	X(ERR_INVALID_AUTHORIZATION_DETAILS, "invalid_authorization_details") /* RFC 9396 */ \
	X(ERR_INVALID_DPOP_PROOF, "invalid_dpop_proof") /* RFC 9449 */                       \
	X(ERR_USE_DPOP_NONCE, "use_dpop_nonce")                                              \
	X(ERR_AUTHORIZATION_PENDING, "authorization_pending") /* RFC 8628, CIBA */           \
	X(ERR_SLOW_DOWN, "slow_down")                                                        \
	X(ERR_EXPIRED_TOKEN, "expired_token")                                                \
	X(ERR_INVALID_CLIENT_METADATA, "invalid_client_metadata") /* RFC 7591 */             \
	X(ERR_INVALID_REDIRECT_URI, "invalid_redirect_uri")                                  \
	X(ERR_INVALID_SOFTWARE_STATEMENT, "invalid_software_statement")                      \
	X(ERR_UNAPPROVED_SOFTWARE_STATEMENT, "unapproved_software_statement")                \
	X(ERR_UNKNOWN_USER_ID, "unknown_user_id")       /* CIBA */                           \
	X(ERR_INVALID_BINDING_MESSAGE, "invalid_binding_message")                            \
	X(ERR_UNKNOWN_ENTITY, "unknown_entity")         /* OpenID Federation */              \
	X(ERR_INVALID_TRUST_ANCHOR, "invalid_trust_anchor")                                  \
	X(ERR_INVALID_TRUST_CHAIN, "invalid_trust_chain")                                    \
	X(ERR_INVALID_METADATA, "invalid_metadata")                                          \
	X(ERR_UNSUPPORTED_PARAMETER, "unsupported_parameter")                                \
	X(ERR_UNTRUSTED_REDIRECT, "untrusted_redirect") /* client or redirect_uri unknown: a page, never a redirect */ \
	/* signing in */                                                                     \
	X(ERR_SIGN_IN_FAILED, "sign_in_failed")         /* one answer for unknown, wrong, locked, disabled */ \
	X(ERR_FLOW_EXPIRED, "flow_expired")                                                  \
	X(ERR_ACTIVATION_FAILED, "activation_failed")                                        \
	X(ERR_PASSWORD_POLICY, "password_policy")                                            \
	X(ERR_NO_PLATFORM_ACCESS, "no_platform_access")                                      \
	/* governance */                                                                     \
	X(ERR_OUT_OF_SCOPE, "out_of_scope")             /* the administrator's scope does not cover it */ \
	X(ERR_SELF_GRANT, "self_grant")                                                      \
	X(ERR_PLATFORM_CLOSED, "platform_closed")       /* state admits no accounts */       \
	X(ERR_CONFLICT, "conflict")                                                          \
	X(ERR_PRECONDITION_REQUIRED, "precondition_required") /* RFC 6585: a change without If-Match */ \
	X(ERR_PRECONDITION_FAILED, "precondition_failed") /* somebody else changed it meanwhile */ \
	X(ERR_KEY_REUSED, "idempotency_key_reused")     /* the same key with another request */ \
	X(ERR_KEY_IN_USE, "idempotency_key_in_use")     /* a request with it is being carried out */ \
	X(ERR_ANSWER_NOT_KEPT, "answer_not_kept")       /* carried out under this key before; the answer held a secret or was lost */ \
	X(ERR_WRONG_STATE, "wrong_state")                           /* not possible in the state of the thing; arguments state, wanted */ \
	X(ERR_BLOCKED, "blocked")                       /* something must be settled first; argument by */ \
	X(ERR_FOUR_EYES, "four_eyes")                   /* needs another person than the one before */ \
	X(ERR_APPROVAL_NEEDED, "approval_needed")       /* the role is given by request only */ \
	X(ERR_SEPARATION_OF_DUTIES, "separation_of_duties") /* argument rule */              \
	X(ERR_NO_DRY_RUN, "no_dry_run")                 /* not tried without being carried out; argument because */ \
	X(ERR_HELD, "held")                             /* a guard waits for a second person */ \
	X(ERR_INVALID_VALUE, "invalid_value")           /* one field has a value that cannot be */ \
	X(ERR_UNKNOWN_PERSON, "unknown_person")                                              \
	X(ERR_UNKNOWN_UNIT, "unknown_unit")                                                  \
	X(ERR_UNKNOWN_PLATFORM, "unknown_platform")                                          \
	X(ERR_UNKNOWN_ROLE, "unknown_role")                                                  \
	X(ERR_UNKNOWN_POST, "unknown_post")                                                  \
	X(ERR_UNKNOWN_CERTIFICATE, "unknown_certificate")                                    \
	X(ERR_UNKNOWN_ACCOUNT, "unknown_account")                                            \
	X(ERR_ACCOUNT_STATE, "account_state")           /* not possible in the account's present state */ \
	X(ERR_IMPORT, "import")                         /* a row of a file; the line number is in the detail */ \
	/* what we stand on */                                                               \
	X(ERR_UNAVAILABLE, "unavailable")               /* a part that we need does not answer; nothing was done */ \
	X(ERR_OUTCOME_UNKNOWN, "outcome_unknown")       /* connection lost after sending; maybe done */ \
	X(ERR_OVERLOADED, "overloaded")                 /* a bounded queue is full */        \
	X(ERR_TARGET, "target")                         /* a platform refused an operation */ \
	X(ERR_CONFIG, "config")                                                              \
	X(ERR_CRYPTO, "crypto")                                                              \
	X(ERR_INTERNAL, "internal")

enum err {
	ERR_NONE = 0,
	ERR_FIRST_ = -1000,
#define ERR_ENUM_(symbol, name) symbol,
	ERR_LIST(ERR_ENUM_)
#undef ERR_ENUM_
	ERR_END_
};

/* "invalid_grant" for ERR_INVALID_GRANT, "none" for 0; never NULL. */
const char *err_name(int code);
