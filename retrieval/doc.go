// Package retrieval finds the guide that answers a question, or knows that none does.
// All of it can be rebuilt from package knowledge.
//
// A message is analysed (normalize, token, abbreviation, layout, latin, spacing, typo, stem, language: what was meant by
// what was typed), looked at by an embedder learned from the knowledge base itself (feature, model, train, learn),
// searched for in the database by vectors and words at once (search), ranked and judged by probabilities learned on
// questions that the embedder had not seen (ranking, calibrate), and decided upon (rule, decide). The answer is laid out
// from the guide's own fields (lay). A draft of a guide answers beside what is published (trial, overlay), and all known questions are
// asked of it to see what it would change (replay).
//
// It owns models (learned weights by version, and the index cursor of each), chunks and their stems (chunk_stems), the answers given with their
// evidence, and replays with their questions. It reads knowledge's guides, sample questions, glossary, signposts, places and help points through its store, and
// knowledge_revision in the search itself, so that an answer never shows an older guide than the search saw; replays join its sample_questions and guides.
// The bot, the public API and the terminal commands call it.
package retrieval
