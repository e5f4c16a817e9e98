-- Anybody may push requests in the name of a public client: those that wait are counted before another is taken, and leave when
-- nobody can use them up any more.

-- The condition is written so that only what asks for exactly that is planned with it: who uses up a request has its key.
CREATE INDEX pushed_request_waiting ON sen.pushed_request (expires_at, client_id) WHERE coalesce(used_at, 'infinity') = 'infinity';
GRANT DELETE ON sen.pushed_request TO sen_server;
