-- Two secrets of a client live while it goes over from one to the other; that of client_secret_jwt is kept itself, sealed.

ALTER TABLE sen.oauth_client ADD COLUMN secret_sealed_next text;
GRANT UPDATE (secret_sealed_next) ON sen.oauth_client TO sen_server;
