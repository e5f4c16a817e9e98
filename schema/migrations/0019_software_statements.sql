-- Who may vouch for software that registers itself: issuers of software statements (RFC 7591 §2.3), each with its
-- public keys as the operator was given them.
CREATE TABLE sen.software_issuer (
	iss       text PRIMARY KEY CHECK (length(iss) BETWEEN 1 AND 255),
	jwks      jsonb NOT NULL,
	added_at  timestamptz NOT NULL DEFAULT now(),
	added_by  text NOT NULL
);
GRANT SELECT ON sen.software_issuer TO sen_server;
