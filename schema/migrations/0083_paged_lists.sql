-- Lists that were cut after so many rows are read page by page, in their own order.
CREATE INDEX platform_gate_order ON sen.platform_gate (platform_id, submitted_at DESC, id DESC);
CREATE INDEX platform_guidance_order ON sen.platform_guidance (platform_id, code, version DESC);
CREATE INDEX form_upload_order ON sen.form_upload (platform_id, uploaded_at DESC, id DESC);
CREATE INDEX shared_use_order ON sen.shared_use (account_id, out_at DESC, id DESC);
CREATE INDEX movement_drawn ON sen.movement (person_id, seq DESC);
