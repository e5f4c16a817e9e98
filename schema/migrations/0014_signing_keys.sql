-- Signing keys of all algorithms, and their lives: published (in the JWKS, signs nothing yet), active,
-- retiring (verifies what it signed), destroyed (the private key is gone; the row says that it was).
-- common/model/key_schedule.h decides, sen-server does it.

ALTER TABLE sen.signing_key
	DROP CONSTRAINT signing_key_alg_check,
	DROP CONSTRAINT signing_key_state_check,
	ALTER COLUMN sealed DROP NOT NULL,
	ADD COLUMN published_at  timestamptz,
	ADD COLUMN activated_at  timestamptz,
	ADD COLUMN retiring_at   timestamptz,
	ADD COLUMN destroyed_at  timestamptz;

UPDATE sen.signing_key SET published_at = created_at,
	activated_at = CASE WHEN state IN ('active', 'retiring') THEN created_at END,
	retiring_at = CASE WHEN state = 'retiring' THEN now() END;

ALTER TABLE sen.signing_key
	ALTER COLUMN published_at SET NOT NULL,
	ALTER COLUMN published_at SET DEFAULT now(),
	ADD CONSTRAINT signing_key_alg_check CHECK (alg IN ('ES256', 'PS256', 'RS256', 'EdDSA')),
	ADD CONSTRAINT signing_key_state_check CHECK (state IN ('published', 'active', 'retiring', 'destroyed')),
	ADD CONSTRAINT signing_key_sealed_check CHECK ((state = 'destroyed') = (sealed IS NULL)),
	ADD CONSTRAINT signing_key_active_check CHECK (state <> 'active' OR activated_at IS NOT NULL),
	ADD CONSTRAINT signing_key_retiring_check CHECK (state <> 'retiring' OR retiring_at IS NOT NULL),
	ADD CONSTRAINT signing_key_destroyed_check CHECK ((state = 'destroyed') = (destroyed_at IS NOT NULL));

-- At most one that waits for its turn, as there is at most one active.
CREATE UNIQUE INDEX signing_key_published ON sen.signing_key (alg) WHERE state = 'published';

GRANT UPDATE ON sen.signing_key TO sen_server;
