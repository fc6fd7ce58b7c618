// Package statistics counts: what people asked and what became of it, how long they waited for a librarian and for whom nobody came, who is
// at work; and it finds the transcripts of conversations, to search and to carry out.
//
// Figures are counted from facts (facts.go): one row for a question and one for a ticket, with the day, the channel, the region, for whom it
// was asked, the service, and what became of it. A job (job.go) keeps them up to date each minute, those that may still change once a day,
// and counts beforehand what pages show first (view.go). Facts hold no words. When somebody asks to be forgotten, their facts stay as those
// of somebody, of each day another. Rebuild keeps all of them anew.
//
// A person is a distinct contact. A region is the district of the person's settlement; where that is not known, of the library at whose
// terminal they sit, or of the place that they asked about; else it is unknown. A service is the guide that was shown, the first of an answer
// or the one that was chosen of several. A hand-over is resolved for good where its librarian closed it as helped (answered, sent to a library
// or an institution) and the person came back for no other within seven days.
//
// How far a person came with a service, each step with its source; who came to one is counted at all before it:
//
//	STEP        SOURCE
//	knows       an answer showed the guide of the service
//	understood  the person rated the answer «helped me»
//	wanted      after it they opened the whole guide, looked for a library, asked for a librarian or agreed to be asked later what became of it;
//	            or said later that they still mean to use it
//	used        the later message (bot/aftermath.go): «I used it»
//	satisfied   the later message: «it worked»
//	recommends  the later message: «I would recommend it», of those for whom it worked
//
// It owns the figure_ tables and reads retrieval's answers, handoff's tickets and their events, staff, bot's contacts, conversations,
// messages, feedback and aftermaths, knowledge's guides, help points and places. handoff/console shows it to the staff, cmd runs it.
package statistics

import "orientir/deploy/postgres"

// Store counts in one database.
type Store struct{ db postgres.DB }

// New makes the counter.
func New(db postgres.DB) *Store { return &Store{db} }
