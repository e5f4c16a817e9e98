-- Clients, keys, sessions, codes, token families and the throttle of sign-in.
--
-- Handles, codes and tokens are never stored: rows hold a keyed hash.  What a client holds is
-- sealed and names account and day, so that every look-up carries the account and finds one
-- partition.

CREATE TABLE sen.oauth_client (
	id                   text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9._-]{1,64}$'),
	name                 text NOT NULL,
	platform_id          smallint REFERENCES sen.platform,  -- NULL: not a platform's (senctl)
	auth_method          text NOT NULL CHECK (auth_method IN ('none', 'client_secret_basic', 'client_secret_post')),
	secret_hash          bytea,
	secret_hash_next     bytea,                             -- a second one while secrets are exchanged
	redirect_uris        text[] NOT NULL,
	post_logout_uris     text[] NOT NULL DEFAULT '{}',
	scopes               text[] NOT NULL,
	pkce_required        boolean NOT NULL DEFAULT true,
	subject_type         text NOT NULL DEFAULT 'public' CHECK (subject_type IN ('public', 'pairwise')),
	sector               text NOT NULL DEFAULT '',
	may_introspect       boolean NOT NULL DEFAULT false,    -- tokens of other clients
	access_token_s       integer NOT NULL DEFAULT 300 CHECK (access_token_s BETWEEN 10 AND 600),
	enabled              boolean NOT NULL DEFAULT true,
	version              bigint NOT NULL DEFAULT 1,
	CHECK ((auth_method = 'none') = (secret_hash IS NULL)),
	CHECK (auth_method <> 'none' OR pkce_required),
	CHECK (subject_type = 'public' OR sector <> '')
);

CREATE TABLE sen.signing_key (
	kid         text PRIMARY KEY,
	alg         text NOT NULL CHECK (alg IN ('ES256')),
	state       text NOT NULL CHECK (state IN ('published', 'active', 'retiring')),
	sealed      text NOT NULL,   -- PKCS#8, sealed with the at-rest key for this kid
	created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX signing_key_active ON sen.signing_key (alg) WHERE state = 'active';

-- Caches of programs poll this: a version is raised in the transaction that changes what is cached.
CREATE TABLE sen.cache_version (
	name     text PRIMARY KEY,
	version  bigint NOT NULL
);
INSERT INTO sen.cache_version VALUES ('oauth_client', 1), ('signing_key', 1);
CREATE FUNCTION sen.cache_bump() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sen.cache_version SET version = version + 1 WHERE name = TG_ARGV[0];
	RETURN NULL;
END
$$;
CREATE TRIGGER oauth_client_cache AFTER INSERT OR UPDATE OR DELETE ON sen.oauth_client
	FOR EACH STATEMENT EXECUTE FUNCTION sen.cache_bump('oauth_client');
CREATE TRIGGER signing_key_cache AFTER INSERT OR UPDATE OR DELETE ON sen.signing_key
	FOR EACH STATEMENT EXECUTE FUNCTION sen.cache_bump('signing_key');

CREATE TABLE sen.session (
	account_id    uuid NOT NULL,
	issued_on     date NOT NULL,
	id            uuid NOT NULL,            -- "sid" towards relying parties
	handle_hash   bytea NOT NULL,
	epoch         bigint NOT NULL,
	auth_time     timestamptz NOT NULL DEFAULT now(),
	last_seen_at  timestamptz NOT NULL DEFAULT now(),
	idle_s        integer NOT NULL,
	expires_at    timestamptz NOT NULL,     -- absolute
	ended_at      timestamptz,
	end_reason    text,
	ip            text NOT NULL,
	PRIMARY KEY (account_id, issued_on, id)
) PARTITION BY RANGE (issued_on);

CREATE TABLE sen.auth_code (
	account_id    uuid NOT NULL,
	issued_on     date NOT NULL,
	code_hash     bytea NOT NULL,
	family_id     uuid NOT NULL,            -- the family that redemption begins
	client_id     text NOT NULL,
	redirect_uri  text NOT NULL,
	challenge     text,
	nonce         text,
	scope         text NOT NULL,
	session_id    uuid NOT NULL,
	session_on    date NOT NULL,
	auth_time     timestamptz NOT NULL,
	epoch         bigint NOT NULL,
	expires_at    timestamptz NOT NULL,
	used_at       timestamptz,
	PRIMARY KEY (account_id, issued_on, code_hash)
) PARTITION BY RANGE (issued_on);

-- Everything that came of one authorization.  Tokens name the family; revoking it ends them.
CREATE TABLE sen.token_family (
	account_id     uuid NOT NULL,
	issued_on      date NOT NULL,
	id             uuid NOT NULL,
	client_id      text NOT NULL,
	session_id     uuid NOT NULL,
	session_on     date NOT NULL,
	scope          text NOT NULL,
	auth_time      timestamptz NOT NULL,
	epoch          bigint NOT NULL,
	generation     integer NOT NULL DEFAULT 0,   -- of the refresh token that is valid now
	rotated_at     timestamptz,
	expires_at     timestamptz NOT NULL,
	revoked_at     timestamptz,
	revoke_reason  text,
	PRIMARY KEY (account_id, issued_on, id)
) PARTITION BY RANGE (issued_on);
CREATE INDEX token_family_session ON sen.token_family (account_id, session_id);

INSERT INTO sen.partition_plan VALUES ('session', false, 3, 7), ('auth_code', false, 2, 7), ('token_family', true, 100, 40);

-- Failed attempts by keyed hash of what was typed as user name: known and unknown names alike.
-- An attempt is reserved before the password is looked at, so that parallel guesses cannot
-- outrun the count; a reservation that never ends (a crash) becomes a failure after 30 s.
CREATE TABLE sen.sign_in_throttle (
	name_hash     bytea PRIMARY KEY,
	fails         integer NOT NULL DEFAULT 0,
	in_flight     integer NOT NULL DEFAULT 0,
	reserved_at   timestamptz NOT NULL DEFAULT now(),
	next_at       timestamptz NOT NULL DEFAULT now(),
	locked_until  timestamptz
) WITH (fillfactor = 70);
CREATE INDEX sign_in_throttle_age ON sen.sign_in_throttle (reserved_at);

GRANT SELECT ON sen.oauth_client, sen.signing_key, sen.cache_version TO sen_server;
GRANT INSERT ON sen.signing_key TO sen_server;
GRANT SELECT, INSERT, UPDATE ON sen.session, sen.auth_code, sen.token_family TO sen_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.sign_in_throttle TO sen_server;
SELECT sen.partitions_maintain();
