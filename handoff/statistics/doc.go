// Package statistics counts what the desk did: how long people waited and for whom nobody came, per library; who is at work; and the
// transcripts of conversations, to search and to carry out. It only reads, in plain SQL, and owns no table: its words come masked, as they
// were stored.
//
// It reads handoff's tickets and their events, staff, bot's conversations and messages, knowledge's help points and places.
// handoff/console calls it for the supervisor.
package statistics

import "orientir/deploy/postgres"

// Store counts in one database.
type Store struct{ db postgres.DB }

// New makes the counter.
func New(db postgres.DB) *Store { return &Store{db} }
