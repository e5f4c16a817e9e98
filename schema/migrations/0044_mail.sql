-- Notices by e-mail (provisioning/mail): gathered per account into messages, which the outbox holds until they are delivered.

-- When the notice is to be looked at for a message; NULL: that is settled, and mail_id is the message in which it is told, if it is in one.
-- Of notices from before there was e-mail, nothing is told.
ALTER TABLE sen.notice ADD COLUMN mail_look_at timestamptz, ADD COLUMN mail_id uuid;
ALTER TABLE sen.notice ALTER COLUMN mail_look_at SET DEFAULT now();
CREATE INDEX notice_mail ON sen.notice (mail_look_at) WHERE mail_look_at IS NOT NULL;

-- What somebody wants by e-mail.  Without a row: all.
CREATE TABLE sen.notice_choice (
	account_id  uuid PRIMARY KEY REFERENCES sen.account,
	mail        text NOT NULL CHECK (mail IN ('all', 'required')),
	changed_at  timestamptz NOT NULL DEFAULT now()
);

-- mail: destination is 'relay', the mail server; the account is who is told.
ALTER TABLE sen.outbox DROP CONSTRAINT outbox_kind_check,
	ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('logout', 'ciba', 'ssf', 'mail'));

-- Where an account is written to: user name @ the domain of official addresses.  Accounts that are no person's own have no mailbox;
-- an administrator's is that of the person's operational account.
CREATE FUNCTION sen.mailbox_of(account uuid) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT o.login FROM sen.account a JOIN sen.account o ON o.person_id = a.person_id AND o.kind = 'operational'
	WHERE a.id = account AND a.kind IN ('operational', 'administrator')
$$;

GRANT SELECT, INSERT, UPDATE ON sen.notice_choice TO sen_server;
GRANT SELECT ON sen.notice, sen.notice_choice TO sen_provisioner;
GRANT UPDATE (mail_look_at, mail_id) ON sen.notice TO sen_provisioner;
GRANT INSERT ON sen.outbox TO sen_provisioner;
