-- Fills a fresh, migrated database with a country's worth of everything that lists show. The tests put numbers for :guides and :questions;
-- by hand: psql -v guides=5000 -v questions=100000 -f scale.sql
-- Numbers are spread by multiplication modulo a prime, so that the same size always gives the same rows.

INSERT INTO places (ekatte, kind, name, name_latin, municipality, district, lat, lon, population, origin)
SELECT lpad((10000 + n)::text, 5, '0'), 'гр.', name, '', name, district, 42.1 + n % 80 / 100.0, 23.1 + n % 90 / 100.0, 1000 * (1 + n % 60), 'starter'
FROM (SELECT row_number() OVER (ORDER BY code) AS n, name, district FROM municipalities) m;

INSERT INTO help_points (id, kind, name, name_key, ekatte, address, phone, email, site, offers, source, origin, changed_by)
SELECT 'library-' || n, (ARRAY['municipal', 'chitalishte', 'branch'])[1 + n % 3], 'Библиотека «Пробуда» № ' || n, 'пробуда ' || n,
    (10001 + n % 265)::text, 'ул. «Христо Ботев» ' || n, '02 123 45', '', '', '{computers,printing}', '', 'import', 'import'
FROM generate_series(1, :guides / 2) n;

INSERT INTO trainings (id, help_point, topic, starts_at, places)
SELECT 'training-' || n, 'library-' || (1 + n * 7 % (:guides / 2)), 'Първи стъпки с КЕП № ' || n, now() + (n % 400 - 200) * interval '1 day', 12
FROM generate_series(1, :guides / 5) n;

INSERT INTO staff (email, name, roles, password_hash)
SELECT 'person' || n || '@example.bg', 'Служител ' || n, CASE WHEN n % 4 = 0 THEN '{editor}'::text[] WHEN n % 50 = 1 THEN '{supervisor}' ELSE '{librarian}' END, 'x'
FROM generate_series(1, 400) n;
INSERT INTO staff_libraries (staff, help_point)
SELECT id, 'library-' || (1 + id % (:guides / 2)) FROM staff WHERE 'librarian' = ANY (roles) AND id % 3 <> 0;

-- Guides: each with one to four versions, an English text for every third, four sources, every fifth of one municipality, every fortieth closed.
INSERT INTO guides (slug, version) SELECT 'guide-' || n, 1 + n % 4 FROM generate_series(1, :guides) n;
INSERT INTO guide_versions (slug, version, audience, status, title_english, link, identification, related, review_by, origin, published_by, published_at, why,
    replaced_by, local, municipality, writers)
SELECT 'guide-' || n, v, (ARRAY['citizen', 'business', 'both'])[1 + n % 3], CASE WHEN n % 40 = 0 THEN 'closed' ELSE 'active' END, 'Service ' || n,
    'https://egov.bg/service/' || n, '{kep,in-person}', ARRAY['guide-' || (1 + n % :guides), 'guide-' || (1 + n * 7 % :guides)],
    CASE WHEN n % 11 = 0 THEN NULL ELSE current_date + (n * 7919 % 900)::int - 300 END, 'editor', 'staff:' || (4 + 4 * (n % 90)),
    now() - (v * 40 + n % 300) * interval '1 day', 'Нови такси', CASE WHEN n % 40 = 0 AND n % 80 <> 0 THEN 'guide-' || (1 + n % :guides) ELSE '' END,
    CASE WHEN n % 10 = 1 THEN (SELECT jsonb_agg(jsonb_build_object('municipality', name, 'link', 'https://egov.bg/door/' || n || '/' || code, 'contact', '02 981',
            'note', jsonb_build_object('bg', 'Стая 3'))) FROM municipalities WHERE right(code, 2)::int = n / 10 % 40) ELSE NULL END,
    CASE WHEN n % 5 = 0 THEN (SELECT code FROM municipalities ORDER BY code OFFSET n % 265 LIMIT 1) ELSE '' END, ARRAY['staff:' || (8 + 4 * (n % 80))]
FROM generate_series(1, :guides) n, LATERAL generate_series(1, 1 + n % 4) v WHERE n % 10 = 1 AND EXISTS (SELECT FROM municipalities WHERE right(code, 2)::int = n / 10 % 40);
INSERT INTO guide_versions (slug, version, audience, status, title_english, link, identification, related, review_by, origin, published_by, published_at, why,
    replaced_by, municipality, writers)
SELECT 'guide-' || n, v, (ARRAY['citizen', 'business', 'both'])[1 + n % 3], CASE WHEN n % 40 = 0 THEN 'closed' ELSE 'active' END, 'Service ' || n,
    'https://egov.bg/service/' || n, '{kep,in-person}', ARRAY['guide-' || (1 + n % :guides), 'guide-' || (1 + n * 7 % :guides)],
    CASE WHEN n % 11 = 0 THEN NULL ELSE current_date + (n * 7919 % 900)::int - 300 END, 'editor', 'staff:' || (4 + 4 * (n % 90)),
    now() - (v * 40 + n % 300) * interval '1 day', 'Нови такси', CASE WHEN n % 40 = 0 AND n % 80 <> 0 THEN 'guide-' || (1 + n % :guides) ELSE '' END,
    CASE WHEN n % 5 = 0 THEN (SELECT code FROM municipalities ORDER BY code OFFSET n % 265 LIMIT 1) ELSE '' END, ARRAY['staff:' || (8 + 4 * (n % 80))]
FROM generate_series(1, :guides) n, LATERAL generate_series(1, 1 + n % 4) v
ON CONFLICT DO NOTHING;
INSERT INTO guide_texts (slug, version, language, title, authority, contact, summary, who, exceptions, place, steps, identification_note, needed, fees, fee_note,
    duration, deadlines, good_to_know, names, formerly)
SELECT slug, version, l.language, l.word || ' № ' || n || l.of || (ARRAY['кошери', 'балкони', 'дървета', 'кладенци', 'лозя', 'лодки', 'каравани', 'климатици', 'щори'])[1 + n % 9],
    'Министерство на ' || n % 90, 'Телефон 02 94 0' || n % 1000, repeat(l.word || ' се прави веднъж и важи за цялата година. ', 3), repeat('Всеки пълнолетен. ', 6),
    ARRAY[repeat('Не важи за лица под наем. ', 5), repeat('Фирмите подават по друг ред. ', 5)], repeat('На портала egov.bg. ', 4),
    ARRAY[repeat('Отворете портала. ', 6), repeat('Влезте с електронен подпис. ', 6), repeat('Изпратете молбата. ', 6), repeat('Изчакайте отговора. ', 6)],
    'КЕП – електронен подпис', ARRAY['Електронен подпис.', 'Снимка на мястото.'], '[{"cents": 1534, "what": "обикновена"}]', '', '7 дни', '{}', '{Пазете номера.}',
    ARRAY['бележка ' || n, 'хартия за ' || n % 700], CASE WHEN n % 6 = 0 THEN ARRAY['старо име ' || n] ELSE '{}' END
FROM (SELECT slug, version, split_part(slug, '-', 2)::int AS n FROM guide_versions) v,
    (VALUES ('bg', 'Разрешително', ' за '), ('en', 'Permit', ' for ')) AS l (language, word, of)
WHERE l.language = 'bg' OR n % 3 = 0;
INSERT INTO guide_sources (slug, version, n, url, title, seen, checked)
SELECT slug, version, k, 'https://egov.bg/source/' || slug || '/' || k, 'Наредба ' || k, '2024-03-11', CASE WHEN (n + k) % 3 = 0 THEN current_date - n % 400 END
FROM (SELECT slug, version, split_part(slug, '-', 2)::int AS n FROM guide_versions) v, generate_series(1, 4) k;
INSERT INTO source_checks (slug, url, checked_on, checked_by, checked_at)
SELECT slug, url, current_date - n % 30, 'staff:4', now() - n * interval '1 hour' FROM guide_sources WHERE version = 1 AND n <= 2 AND hashtext(url) % 2 = 0;
INSERT INTO guide_reviews (slug, version, review_by, reviewed_by)
SELECT slug, version, current_date + (hashtext(slug) % 400), 'staff:4' FROM guides WHERE hashtext(slug) % 3 = 0;

INSERT INTO guide_drafts (slug, base, revision, stage, guide, notes, begun_by, changed_by, changed_at, sent_by, writers)
SELECT CASE WHEN n % 5 = 0 THEN 'new-' ELSE 'guide-' END || n, CASE WHEN n % 5 = 0 THEN 0 WHEN n % 3 = 1 THEN greatest(1, n % 4) ELSE 1 + n % 4 END, 3, CASE WHEN n % 3 = 0 THEN 'review' ELSE 'draft' END,
    jsonb_build_object('Slug', CASE WHEN n % 5 = 0 THEN 'new-' ELSE 'guide-' END || n, 'Audience', 'citizen', 'Status', 'active', 'Version', 0, 'TitleEnglish', '', 'Link', 'https://egov.bg/service/' || n,
        'Identification', '["kep"]'::jsonb, 'Related', '[]'::jsonb, 'Apart', '[]'::jsonb, 'ReplacedBy', '', 'Local', '[]'::jsonb, 'Sources',
        jsonb_build_array(jsonb_build_object('URL', 'https://egov.bg/source/' || n, 'Title', 'Наредба')), 'Text', jsonb_build_object('bg', jsonb_build_object(
            'Title', 'Чернова ' || n, 'Authority', 'Министерство', 'Summary', repeat('Прави се веднъж. ', 20), 'Who', 'Всеки.', 'Exceptions', '["Не важи под наем."]'::jsonb, 'Where', 'На egov.bg.',
            'Steps', '["Отворете.", "Влезте."]'::jsonb, 'Needed', '["Подпис."]'::jsonb, 'Fees', '[]'::jsonb, 'Names', '["бележка"]'::jsonb))),
    'От разговор', 'staff:4', 'staff:' || (4 + 4 * (n % 20)), now() - n * interval '1 hour', CASE WHEN n % 3 = 0 THEN 'staff:' || (4 + 4 * (n % 20)) ELSE '' END, ARRAY['staff:4', 'staff:' || (4 + 4 * (n % 20))]
FROM generate_series(1, :guides, 10) n;

INSERT INTO sample_questions (question, expected, kind, language, origin, added_by)
SELECT 'как да взема разрешително номер ' || n || ' по начин ' || k, ARRAY['guide-' || n], 'plain', 'bg', 'editor', 'test' FROM generate_series(1, :guides) n, generate_series(1, 5) k;
INSERT INTO signposts (title, authority, link, names, origin) SELECT 'Указател ' || n, 'Агенция', 'https://egov.bg/signpost/' || n, ARRAY['указател ' || n], 'editor' FROM generate_series(1, 300) n;
INSERT INTO allowed_hosts (host, origin, changed_by) SELECT 'host' || n || '.bg', 'editor', 'test' FROM generate_series(1, 300) n UNION ALL SELECT 'egov.bg', 'editor', 'test' ON CONFLICT DO NOTHING;
INSERT INTO link_checks (url, host, due_at, checked_at, title, known_title, status, fault, tries, broken_since)
SELECT url, 'egov.bg', now() + hashtext(url) % 604800 * interval '1 second', now(), 'Портал', 'Портал', CASE WHEN broken THEN 404 ELSE 200 END, CASE WHEN broken THEN 'status' ELSE '' END,
    CASE WHEN broken THEN 3 ELSE 0 END, CASE WHEN broken THEN now() - hashtext(url) % 2000000 * interval '1 second' END
FROM (SELECT DISTINCT url, hashtext(url) % 20 = 0 AS broken FROM guide_links) l;
INSERT INTO guide_imports (name, how, guides, begun_by)
SELECT 'наръчници ' || n || '.md', 'draft', (SELECT jsonb_agg(jsonb_build_object('Row', 1, 'Guide', guide || jsonb_build_object('Slug', 'import-' || slug))) FROM (SELECT slug, guide FROM guide_drafts WHERE slug LIKE 'guide-%' ORDER BY slug LIMIT 300) d), 'staff:4' FROM generate_series(1, 20) n;

-- People and what they asked, over a year.
INSERT INTO contacts (channel, key, audience, place, created_at)
SELECT (ARRAY['telegram', 'web'])[1 + n % 2], n::text, (ARRAY['', 'citizen', 'business'])[1 + n % 3], nullif((10000 + n % 266)::text, '10000'), now() - n % 365 * interval '1 day'
FROM generate_series(1, :questions / 3) n;
INSERT INTO conversations (contact, created_at, updated_at) SELECT id, created_at, now() FROM contacts ORDER BY id;
INSERT INTO answers (conversation, answered_at, question, language, detected, outcome, intent, confidence, guides, evidence, model)
SELECT 1 + (n * 7919::bigint) % (:questions / 3), now() - (:questions - n) * (interval '365 days' / :questions), 'как да взема разрешително номер ' || n * 7 % 3000 || ' за моя имот',
    'bg', 'bg', (ARRAY['answered', 'answered', 'answered', 'clarify', 'abstained'])[1 + n % 5], 'question', 0.9,
    CASE WHEN n % 5 = 4 THEN '[]' ELSE jsonb_build_array(jsonb_build_object('slug', 'guide-' || 1 + (n::bigint * n) % :guides, 'version', 1, 'score', 0.9), jsonb_build_object('slug', 'guide-' || 1 + n % :guides, 'version', 1, 'score', 0.3)) END,
    '[{"source": "sample", "key": "1", "part": "", "similarity": 0.7, "lexical": 0.4}]', 'm'
FROM generate_series(1, :questions) n;
INSERT INTO messages (conversation, sender, kind, text, body, data, turn, event_id, created_at, handled_at, delivered_at)
SELECT conversation, CASE k WHEN 1 THEN 'bot' ELSE 'person' END, (ARRAY['text', 'reply', 'button'])[1 + k], CASE k WHEN 0 THEN question ELSE '' END,
    CASE k WHEN 1 THEN jsonb_build_object('text', repeat('Влезте с електронен подпис и изпратете молбата. ', 8)) END, CASE k WHEN 2 THEN 'more:x' ELSE '' END, 1,
    CASE k WHEN 1 THEN NULL ELSE id || '-' || k END, answered_at + k * interval '20 seconds', CASE k WHEN 1 THEN NULL ELSE answered_at END, CASE k WHEN 1 THEN answered_at END
FROM answers, generate_series(0, 2) k WHERE k < 2 OR id % 6 = 0 ORDER BY id, k;
INSERT INTO feedback (answer, contact, rating, reason, comment, created_at, updated_at)
SELECT a.id, c.contact, r.rating, CASE r.rating WHEN 'bad' THEN (ARRAY['unclear', 'outdated', 'missing-case', 'wrong-service', NULL])[1 + a.id % 5] END,
    CASE r.rating WHEN 'bad' THEN 'Не е така при нас' END, a.answered_at, a.answered_at + interval '1 minute'
FROM answers a JOIN conversations c ON c.id = a.conversation, LATERAL (SELECT (ARRAY['good', 'good', 'bad'])[1 + a.id % 3] AS rating) r WHERE a.id % 4 = 0;
INSERT INTO aftermaths (contact, answer, service, offered_at, agreed_at, ask_after, asked_at, used, worked, recommends, replied_at)
SELECT DISTINCT ON (c.contact) c.contact, a.id, a.guides -> 0 ->> 'slug', a.answered_at, a.answered_at, a.answered_at + interval '7 days', a.answered_at + interval '7 days', 'yes', true, a.id % 2 = 0, now()
FROM answers a JOIN conversations c ON c.id = a.conversation WHERE a.outcome = 'answered' AND a.id % 7 = 0 AND a.answered_at < now() - interval '7 days' ORDER BY c.contact, a.id;
INSERT INTO subscriptions (contact, topics, role, district, municipality, since)
SELECT k.id, '{services,changes}', 'citizen', p.district, p.municipality, k.created_at FROM contacts k JOIN places p ON p.ekatte = k.place WHERE k.id % 4 = 0;

-- The desk: tickets that are over, and as many open ones as a busy day has.
INSERT INTO tickets (conversation, state, reason, language, why, place, help_point, opened_at, claimed_by, claimed_at, active_at, closed_at, outcome, effort, guide, rating, rated_at)
SELECT 1 + (n * 7919::bigint) % (:questions / 3), 'closed', 'asked', 'bg', 'console.why_own', (10001 + n % 265)::text, CASE WHEN n % 4 = 0 THEN NULL ELSE 'library-' || (1 + n % (:guides / 2)) END,
    at, CASE WHEN n % 5 < 4 THEN 2 + 4 * (n % 90) END, CASE WHEN n % 5 < 4 THEN at + n % 40 * interval '1 minute' END, at + interval '1 hour', at + interval '1 hour',
    CASE WHEN n % 5 < 4 THEN 'answered' ELSE 'left' END, CASE WHEN n % 5 < 4 THEN 1 + n % 6 END, CASE WHEN n % 20 = 3 THEN 'wrong' WHEN n % 20 = 7 THEN 'missing' WHEN n % 5 < 4 THEN 'fine' END,
    CASE WHEN n % 8 = 0 THEN 'helped' END, CASE WHEN n % 8 = 0 THEN at + interval '2 hours' END
FROM generate_series(1, :questions / 10) n, LATERAL (SELECT now() - (:questions / 10 - n + 1) * (interval '365 days' / (:questions / 10)) AS at) t;
INSERT INTO tickets (conversation, state, reason, language, why, place, help_point, summary, opened_at, claimed_by, claimed_at, active_at)
SELECT n, CASE WHEN n % 2 = 0 THEN 'waiting' ELSE 'claimed' END, 'asked', 'bg', 'console.why_own', (10001 + n % 265)::text, CASE WHEN n % 4 = 0 THEN NULL ELSE 'library-' || (1 + n % (:guides / 2)) END,
    'Не мога да вляза с подписа си', now() - n * interval '10 seconds', CASE WHEN n % 2 = 1 THEN 2 + 4 * (n % 90) END, CASE WHEN n % 2 = 1 THEN now() END, now()
FROM generate_series(1, 120) n;
INSERT INTO ticket_events (ticket, at, kind, staff)
SELECT id, e.at, e.kind, CASE WHEN e.kind = 'claimed' THEN claimed_by END FROM tickets, LATERAL (VALUES ('opened', opened_at), ('claimed', claimed_at), ('closed', closed_at)) AS e (kind, at) WHERE e.at IS NOT NULL;
INSERT INTO ticket_notes (ticket, staff, text) SELECT id, claimed_by, 'Обади се след обяд' FROM tickets WHERE claimed_by IS NOT NULL AND id % 6 = 0;
INSERT INTO messages (conversation, sender, kind, body, author, turn, created_at, delivered_at)
SELECT conversation, 'librarian', 'reply', '{"text": "Ще Ви помогна"}', 'staff:' || claimed_by, 1, claimed_at, claimed_at FROM tickets WHERE claimed_by IS NOT NULL;
INSERT INTO guide_tasks (ticket, kind, slug, question, words, at)
SELECT id, guide, CASE guide WHEN 'wrong' THEN 'guide-' || 1 + id % :guides ELSE '' END, CASE WHEN closed_at > now() - interval '30 days' THEN 'как да взема разрешително' ELSE '' END, 'Таксата е друга', closed_at
FROM tickets WHERE guide IN ('wrong', 'missing');
INSERT INTO canned_answers (language, title, text) SELECT 'bg', 'Готов отговор ' || n, 'Влезте с електронен подпис.' FROM generate_series(1, 300) n;

-- The work list: thousands of problems, a tenth of them fixed, twenty of those with thousands of questions that the fix answered.
INSERT INTO problems (guide, title, state, remedy, fix, fix_version, reason, first_at, last_at, changed_at, changed_by, fixed_at, counted_at)
SELECT CASE WHEN n % 3 = 0 THEN 'guide-' || n ELSE '' END, CASE WHEN n % 4 = 0 THEN 'Как се взема разрешително ' || n ELSE '' END, s.state,
    CASE WHEN s.state IN ('working', 'fixed') THEN 'draft' ELSE '' END, CASE WHEN s.state IN ('working', 'fixed') THEN 'guide-' || (1 + n / 10 * 10) ELSE '' END,
    CASE WHEN s.state = 'working' THEN 1 + n / 10 * 10 % 4 + 1 ELSE 0 END, CASE WHEN s.state = 'aside' THEN 'Не е за нас' ELSE '' END, now() - interval '300 days', now() - n % 40 * interval '1 day',
    now() - n * interval '1 hour', 4, CASE WHEN s.state = 'fixed' THEN now() - (20 + n % 100) * interval '1 day' END, now()
FROM generate_series(1, :questions / 25) n, LATERAL (SELECT CASE n % 10 WHEN 0 THEN 'fixed' WHEN 1 THEN 'working' WHEN 2 THEN 'aside' ELSE 'open' END AS state) s;
INSERT INTO problem_items (problem, source, answer, contact, at)
SELECT 1 + (a.id * a.id) % CASE WHEN a.id % 10 < 7 THEN :questions / 25 ELSE 40 END, 'unanswered', a.id, c.contact, a.answered_at
FROM answers a JOIN conversations c ON c.id = a.conversation WHERE a.outcome = 'abstained';
INSERT INTO problem_items (problem, source, answer, contact, at)
SELECT 10 * (1 + a.id % least(20, :questions / 250)), 'again', a.id, c.contact, a.answered_at FROM answers a JOIN conversations c ON c.id = a.conversation WHERE a.outcome = 'answered' AND a.answered_at > now() - interval '180 days';
INSERT INTO problem_items (problem, source, answer, contact, at)
SELECT 1 + f.answer % (:questions / 25), 'rating', f.answer, f.contact, f.updated_at FROM feedback f WHERE f.rating = 'bad';
INSERT INTO problem_items (problem, source, task, at) SELECT 1 + id % (:questions / 25), 'closing', id, at FROM guide_tasks;
INSERT INTO problem_reports (guide, version, contact, part, official, text, at)
SELECT 'guide-' || 1 + n % :guides, 1, CASE WHEN n % 2 = 0 THEN n END, 'fee', n % 9 = 0, CASE WHEN at > now() - interval '30 days' THEN 'Таксата е 20 лева' ELSE '' END, at
FROM generate_series(1, :questions / 20) n, LATERAL (SELECT now() - n * (interval '365 days' / (:questions / 20)) AS at) t;
INSERT INTO problem_items (problem, source, report, contact, at) SELECT 1 + id % (:questions / 25), 'report', id, contact, at FROM problem_reports;
INSERT INTO problem_hearers (answer, contact) SELECT answer, contact FROM problem_items WHERE source = 'unanswered' AND id % 20 = 0;
UPDATE problems p SET people = n.people, items = n.items, recent = n.recent, example = n.example, near = ARRAY[1 + p.id % 50, 1 + p.id % 70]
FROM (SELECT problem, count(DISTINCT contact) AS people, count(*) AS items, count(DISTINCT contact) FILTER (WHERE at > now() - interval '7 days') AS recent, max(answer) AS example
    FROM problem_items WHERE at > now() - interval '30 days' AND source <> 'again' GROUP BY problem) n WHERE n.problem = p.id;
UPDATE problem_cursor SET answer = :questions;
INSERT INTO replays (slug, guide, base, revision, state, total, done, counts, asked_by, started_at, ended_at)
SELECT slug, guide, base, revision, 'done', 5000, 5000, '{"worse": 300, "other": 600, "words": 100}', 'staff:4', now(), now() FROM guide_drafts ORDER BY slug LIMIT 20;
INSERT INTO replay_questions (replay, n, answer, asked, kind, before, after)
SELECT r.id, n, n * 19 % :questions + 1, 3, (ARRAY['worse', 'other', 'words'])[1 + n % 3], '{"outcome": "answered"}', '{"outcome": "abstained"}' FROM replays r, generate_series(1, 1000) n;

-- News, and the newest of it on its way.
INSERT INTO news (title_bg, text_bg, title_en, text_en, link, topics, audience, district, state, send, publish_at, expires_at, created_by, changed_by, changed_at)
SELECT 'Новина ' || n, repeat('Портал ще бъде спрян за поддръжка. ', 6), CASE WHEN n % 3 = 0 THEN 'News ' || n ELSE '' END, CASE WHEN n % 3 = 0 THEN 'The portal is down.' ELSE '' END, '',
    ARRAY[(ARRAY['services', 'deadlines', 'changes', 'safety', 'events'])[1 + n % 5]], 'both', CASE WHEN n % 4 = 0 THEN 'Враца' ELSE '' END,
    CASE WHEN n % 9 = 0 THEN 'draft' WHEN n % 31 = 0 THEN 'withdrawn' ELSE 'published' END, true, at, at + interval '60 days', 'staff:4', 'staff:4', at
FROM generate_series(1, :guides) n, LATERAL (SELECT now() - n * interval '6 hours' AS at) t;
INSERT INTO broadcasts (news, state, recipients, begun_at, ended_at, counts)
SELECT id, CASE WHEN id <= 2 THEN 'sending' ELSE 'done' END, :questions / 12, publish_at, CASE WHEN id > 2 THEN publish_at + interval '1 hour' END, CASE WHEN id > 4 THEN jsonb_build_object('sent', :questions / 12) END
FROM news WHERE state = 'published' AND id < :guides / 5;
INSERT INTO broadcast_recipients (news, contact, channel, state, attempted_at)
SELECT b.news, s.contact, 'telegram', CASE WHEN b.state = 'done' OR s.contact % 3 = 0 THEN 'sent' ELSE 'waiting' END, now() FROM broadcasts b, subscriptions s WHERE b.news <= 4;

INSERT INTO audit_log (at, staff, verb, subject, detail)
SELECT now() - (:questions - n) * (interval '365 days' / :questions), 4 + 4 * (n % 90),
    (ARRAY['guide.save', 'guide.publish', 'ticket.claim', 'ticket.close', 'session.begin', 'problem.name', 'transcript.read'])[1 + n % 7], 'guide:guide-' || 1 + n % :guides, '{"version": 3}'
FROM generate_series(1, :questions) n;
INSERT INTO staff_sessions (token_hash, staff, expires_at) SELECT sha256(n::text::bytea), 1 + n % 400, now() + interval '1 day' FROM generate_series(1, 2000) n;
