-- Anybody may push requests in the name of a public client: those that wait are counted before another is taken, and leave when
-- nobody can use them up any more.

CREATE INDEX pushed_request_waiting ON sen.pushed_request (expires_at, client_id) WHERE used_at IS NULL;
GRANT DELETE ON sen.pushed_request TO sen_server;
