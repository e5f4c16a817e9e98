-- What an official agreed to give to a client that is not one of the province's own platforms.
CREATE TABLE sen.consent (
	account_id  uuid NOT NULL REFERENCES sen.account,
	client_id   text NOT NULL REFERENCES sen.oauth_client ON DELETE CASCADE,
	scope       text NOT NULL,
	given_at    timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (account_id, client_id)
);
CREATE INDEX consent_client ON sen.consent (client_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.consent TO sen_server;
