// Package sidebyside measures Orientir beside other ways to find a guide, on the same guides, sample questions and
// questions: bleve with its Bulgarian and English analyzers, PostgreSQL's own full text alone, and the floor, always the
// guide asked for most. It is a module of its own, so that what it compares with is no dependency of the program; it owns
// no tables and ./deploy/bench calls it.
package sidebyside
