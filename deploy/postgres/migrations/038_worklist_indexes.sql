-- What the work list and the figures look for each round, and what rows point at that may go, is found without reading whole tables.
CREATE INDEX problem_items_of_answer ON problem_items (answer) WHERE answer IS NOT NULL;
CREATE INDEX problem_reports_answer ON problem_reports (answer) WHERE answer IS NOT NULL;
CREATE INDEX problem_reports_at ON problem_reports (at);
CREATE INDEX problems_merged_into ON problems (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX guide_tasks_question ON guide_tasks (at) WHERE question <> '';
CREATE INDEX tickets_earlier ON tickets (earlier) WHERE earlier IS NOT NULL;
