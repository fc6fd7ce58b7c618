// Package knowledge holds what people wrote: guides and their versions, sample questions, the glossary, signposts,
// allowed hosts, help points and their opening hours, places, trainings and news.
//
// It owns the tables of all these and reads no others. Retrieval builds its index from here, the bot shows help points,
// and the editor of guides stands in handoff/console, where the staff have one site for all their work.
package knowledge
