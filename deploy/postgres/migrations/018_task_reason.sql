-- Why an editor dismissed a task, so that whoever found the fault can read it.
ALTER TABLE guide_tasks ADD COLUMN reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000 AND (reason = '' OR state = 'dismissed'));
