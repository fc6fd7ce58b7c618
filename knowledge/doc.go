// Package knowledge holds what people wrote: guides and their versions, sample questions, the glossary, signposts,
// allowed hosts, help points and their opening hours, places and trainings.
//
// It owns the tables guides, guide_versions, guide_texts, guide_sources, guide_prose_links, guide_drafts, guide_reviews, source_checks, editing_rules, link_checks,
// link_hosts, municipalities, sample_questions, glossary, signposts, allowed_hosts, news, guide_imports, places, help_points,
// help_point_sources, trainings, starter_items and knowledge_revision, and reads no others. Retrieval builds its index from
// here, the bot shows help points, cmd loads the starter knowledge, imports and exports, and the editor of guides stands in
// handoff/console, where the staff have one site for all their work.
//
// A guide is written as a draft beside what is published (draft.go) by an editor of the whole country or of a municipality (fence.go), and is
// published by a second one where the rules ask for it (editingrules.go). Its versions stay and can be compared (versions.go, diff.go). The
// addresses that guides send people to are asked for once a week (linkcheck.go).
//
// Places and help points are kept in memory too, because a search looks at all of them, and so are the public phones and
// addresses that masking leaves (public.go); they are read again when the revision of their table has risen, which another
// replica notices within a second.
package knowledge
