package handoff

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/retrieval"
)

// lateRevisions is how far back changes are looked for whose number was given before that of one already read, and committed after it.
const lateRevisions = 200

// load brings what is known up to the editors' changes. Under another model everything is made anew from the words that are kept; which
// question belongs to which problem stays as it is.
func (w *Worklist) load(ctx context.Context, known *meanings) error {
	version, err := w.reader.Version(ctx)
	if errors.Is(err, retrieval.ErrNotReady) {
		*known = meanings{}
	}
	if err != nil {
		return err
	}
	// Questions leave after thirty days, and their weight in what their problem means leaves with them: once a day all is read anew.
	if known.version != version || w.o.Now().Sub(known.read) > 24*time.Hour {
		likeness, err := w.likeness(ctx)
		if err != nil {
			return err
		}
		*known = meanings{version: version, likeness: likeness, revision: -1, read: w.o.Now()}
	}
	type changed struct {
		ID       int64
		State    string
		Title    string
		Fix      string
		Remedy   string
		Revision int64
		Since    time.Time
		Own      bool
	}
	rows, err := w.desk.db.Query(ctx, `
		SELECT id, state, title, fix, remedy, revision, coalesce(fixed_at, 'epoch') AS since, `+ownProblems+` AS own FROM problems p
		WHERE guide = '' AND (revision > $1::bigint - $3::bigint AND (revision > 0 OR $1 < 0) AND (state = 'merged' AND $1 >= 0 OR state <> 'merged') OR id = ANY ($4))
		ORDER BY last_at DESC LIMIT $2`, known.revision, mostMeanings, lateRevisions, known.lost)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[changed])
	if err != nil {
		return err
	}
	// Numbers are given before they are committed: one that comes late is read too, what was read is not read again.
	list = slices.DeleteFunc(list, func(p changed) bool {
		seen, ok := known.seen[p.ID]
		return ok && seen == p.Revision && !slices.Contains(known.lost, p.ID)
	})
	if len(list) > 0 {
		known.looked = nil
	}
	if known.seen == nil {
		known.seen = map[int64]int64{}
	}
	newest := max(known.revision, 0)
	const atOnce = 200
	for len(list) > 0 {
		part := list[:min(atOnce, len(list))]
		list = list[len(part):]
		ids := make([]int64, len(part))
		for i, p := range part {
			ids[i] = p.ID
			known.drop(p.ID)
		}
		voices, err := w.voices(ctx, ids)
		if err != nil {
			return err
		}
		for _, p := range part {
			if p.Title != "" {
				voices = append(voices, voice{Problem: p.ID, Words: p.Title})
			}
		}
		texts := make([]string, len(voices))
		for i, v := range voices {
			texts[i] = v.Words
		}
		all, err := w.understand(ctx, known, texts)
		if err != nil {
			return err
		}
		merged := map[int64]bool{}
		for _, p := range part {
			merged[p.ID] = p.State == "merged"
		}
		for i, v := range voices {
			if !merged[v.Problem] {
				known.put(v.Problem, all[i], v.Answer)
			}
		}
		for _, p := range part {
			if c := known.byID[p.ID]; c != nil {
				c.open, c.own = p.State == "open" || p.State == "working", p.Own
				c.again, c.since, c.fix, c.whole = p.State == "fixed", p.Since, p.Fix, p.Remedy == "draft"
			}
		}
		for _, p := range part {
			known.seen[p.ID] = p.Revision
			newest = max(newest, p.Revision)
		}
	}
	known.revision, known.lost = newest, nil
	maps.DeleteFunc(known.seen, func(_, revision int64) bool { return revision <= newest-lateRevisions })
	return w.loadGuided(ctx, known)
}

// watchFor is how long after a fix it is counted who asked again.
const watchFor = 180 * 24 * time.Hour

// loadGuided reads which guides were wrong and have been put right: of each the newest problem.
func (w *Worklist) loadGuided(ctx context.Context, known *meanings) error {
	rows, err := w.desk.db.Query(ctx, `
		SELECT DISTINCT ON (guide) guide, id, fixed_at FROM problems
		WHERE guide <> '' AND state = 'fixed' AND fixed_at > $1 ORDER BY guide, id DESC`, w.o.Now().Add(-watchFor))
	if err != nil {
		return err
	}
	guided := map[string]mended{}
	var slug string
	var m mended
	_, err = pgx.ForEachRow(rows, []any{&slug, &m.id, &m.since}, func() error {
		guided[slug] = m
		return nil
	})
	if err != nil {
		return err
	}
	if !maps.Equal(guided, known.guided) {
		known.guided, known.looked = guided, nil
	}
	return nil
}

// voice is a question that speaks for a problem.
type voice struct {
	Problem int64
	Answer  int64 // 0: an editor's or a librarian's words
	Words   string
}

// voices gives the newest questions of problems, of the last thirty days.
func (w *Worklist) voices(ctx context.Context, problems []int64) ([]voice, error) {
	rows, err := w.desk.db.Query(ctx, `
		SELECT p.id AS problem, v.answer, v.words FROM unnest($1::bigint[]) AS p (id), LATERAL (
			SELECT coalesce(a.id, 0) AS answer, coalesce(nullif(`+questionWords+`, ''), nullif(g.question, ''), g.words) AS words
			FROM problem_items i LEFT JOIN answers a ON a.id = i.answer LEFT JOIN guide_tasks g ON g.id = i.task
			WHERE i.problem = p.id AND i.source IN ('unanswered', 'rating', 'closing') AND i.at > $2 AND coalesce(a.question, g.question, '') <> ''
			ORDER BY i.at DESC, i.id DESC LIMIT $3
		) v`, problems, w.o.Now().Add(-keepWords), mostVoices)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[voice])
}

// fixes are the guides whose answers may be cases of a problem that they fixed.
func (k *meanings) fixes() []string {
	list := slices.AppendSeq([]string{}, maps.Keys(k.guided))
	for _, c := range k.clusters {
		if c.again {
			list = append(list, c.fix)
		}
	}
	return list
}
