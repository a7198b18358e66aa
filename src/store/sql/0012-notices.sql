-- What was named after mail serves every channel of notices. The views keep the old names for processes of the
-- previous version that still run during an upgrade; what they write belongs to the channel `mail`.
ALTER TABLE mail_sent RENAME TO notice_sent;
ALTER TABLE notice_sent ADD COLUMN channel text NOT NULL DEFAULT 'mail';
ALTER TABLE notice_sent DROP CONSTRAINT mail_sent_pkey, ADD CONSTRAINT notice_sent_pkey PRIMARY KEY (channel, key);
ALTER INDEX mail_sent_at RENAME TO notice_sent_at;
CREATE VIEW mail_sent AS SELECT key, begun_at, sent_at FROM notice_sent WHERE channel = 'mail';

ALTER TABLE mail_leave RENAME TO notice_leave;
CREATE VIEW mail_leave AS SELECT token_hash, type, id, created_at FROM notice_leave;
