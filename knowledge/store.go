package knowledge

import (
	"context"
	"fmt"

	"orientir/deploy/postgres"
	"orientir/knowledge/privacy"
)

// Store reads and writes what people wrote. It is safe for use by several goroutines.
// Places and help points are kept in memory too, because each search looks at all of them; see snapshot.
type Store struct {
	db     postgres.DB
	places snapshot[*gazetteer]
	points snapshot[*directory]
	checks snapshot[*checks]

	calls snapshot[*guideCalls] // what the published guides go by

	guideContacts, pointContacts snapshot[*privacy.Public] // the phones and addresses that stand in them
}

// NewStore gives the store on a migrated database.
func NewStore(db postgres.DB) *Store {
	s := &Store{db: db}
	s.places = snapshot[*gazetteer]{topic: "places", load: s.loadGazetteer}
	s.checks = snapshot[*checks]{topic: "checks", load: s.loadChecks}
	s.points = snapshot[*directory]{topic: "help-points", load: s.loadDirectory}
	s.calls = snapshot[*guideCalls]{topic: "content", load: s.loadCalls}
	s.guideContacts = snapshot[*privacy.Public]{topic: "content", load: s.loadGuideContacts}
	s.pointContacts = snapshot[*privacy.Public]{topic: "help-points", load: s.loadPointContacts}
	return s
}

// forget has what is kept in memory looked at again, after a change through this Store.
func (s *Store) forget() {
	s.places.forget()
	s.points.forget()
	s.checks.forget()
	s.calls.forget()
	s.guideContacts.forget()
	s.pointContacts.forget()
}

// Revision is a number that rises with each change of guides, samples, glossary and signposts.
// Whoever sees it sees the change that raised it.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	return s.revision(ctx, "content")
}

func (s *Store) revision(ctx context.Context, topic string) (int64, error) {
	var value int64
	if err := s.db.QueryRow(ctx, `SELECT value FROM knowledge_revision WHERE topic = $1`, topic).Scan(&value); err != nil {
		return 0, fmt.Errorf("read revision of %s: %w", topic, err)
	}
	return value, nil
}
