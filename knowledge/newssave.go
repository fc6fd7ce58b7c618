package knowledge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrNewsChanged means that somebody else has changed the item since it was read.
var ErrNewsChanged = errors.New("the news item was changed meanwhile")

// ErrNewsOut means that the item came out since it was read, and more than its words, its link or its end was changed in it.
var ErrNewsOut = errors.New("the news item came out meanwhile")

// The most letters of a piece of news, as the database checks them: on Telegram it is one message.
const (
	MaxNewsTitle = 120
	MaxNewsText  = 1500
)

// mostNewsLife is how long news may stay: a year typed wrong is longer.
const mostNewsLife = 400 * 24 * time.Hour

// Check gives the faults of an item, each with its field. A draft may lack everything but a title. hosts are the allowed ones.
func (n NewsItem) Check(hosts []string, now time.Time) Faults {
	var faults Faults
	fault := func(field, key string) { faults = append(faults, &Fault{Field: field, Key: key}) }
	for _, text := range []struct {
		field, value string
		most         int
	}{{"title_bg", n.TitleBG, MaxNewsTitle}, {"text_bg", n.TextBG, MaxNewsText}, {"title_en", n.TitleEN, MaxNewsTitle}, {"text_en", n.TextEN, MaxNewsText}} {
		if utf8.RuneCountInString(text.value) > text.most {
			fault(text.field, "fault.long")
		}
		if strings.ContainsFunc(text.value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
			fault(text.field, "fault.text")
		}
	}
	if n.TitleBG == "" && n.TitleEN == "" {
		fault("title_bg", "fault.empty")
	}
	if n.Link != "" && !LinkAllowed(n.Link, hosts) {
		fault("link", "fault.host")
	}
	if slices.ContainsFunc(n.Topics, func(t string) bool { return !slices.Contains(NewsTopics(), t) }) {
		fault("topics", "fault.choice")
	}
	if n.Audience != Citizen && n.Audience != Business && n.Audience != Both {
		fault("audience", "fault.choice")
	}
	if n.Municipality != "" && n.District == "" {
		fault("district", "fault.empty")
	}
	if n.State == NewsDraft {
		return faults
	}
	if n.TitleBG != "" && n.TextBG == "" {
		fault("text_bg", "fault.empty")
	}
	if n.TextBG != "" && n.TitleBG == "" && n.TitleEN != "" {
		fault("title_bg", "fault.empty")
	}
	if n.TitleEN != "" && n.TextEN == "" {
		fault("text_en", "fault.empty")
	}
	if n.TextEN != "" && n.TitleEN == "" {
		fault("title_en", "fault.empty")
	}
	if len(n.Topics) == 0 {
		fault("topics", "fault.empty")
	}
	switch {
	case n.PublishAt.IsZero():
		fault("publish_at", "fault.date")
	case n.PublishAt.After(now.Add(mostNewsLife)):
		fault("publish_at", "fault.far")
	}
	switch {
	case n.ExpiresAt.IsZero():
		fault("expires_at", "fault.date")
	case !n.ExpiresAt.After(now) || !n.ExpiresAt.After(n.PublishAt):
		fault("expires_at", "fault.past")
	case n.ExpiresAt.After(n.PublishAt.Add(mostNewsLife)):
		fault("expires_at", "fault.far")
	}
	return faults
}

// of says whether an item is a municipality's own; anything is of the zero value.
func (n NewsItem) of(m Municipality) bool {
	return m.Code == "" || n.Municipality == m.Name && n.District == m.District
}

// masked is the item without personal numbers in what is written freely in it.
func (n NewsItem) masked() NewsItem {
	n.TitleBG, n.TextBG, n.TitleEN, n.TextEN = strict(n.TitleBG), strict(n.TextBG), strict(n.TitleEN), strict(n.TextEN)
	return n
}

// SameReach says whether two items go to the same people, at the same minute and in the same way: what stays once one is out.
func (n NewsItem) SameReach(o NewsItem) bool {
	return slices.Equal(slices.Sorted(slices.Values(n.Topics)), slices.Sorted(slices.Values(o.Topics))) && n.Audience == o.Audience && n.District == o.District &&
		n.Municipality == o.Municipality && n.Send == o.Send && n.PublishAt.Truncate(time.Minute).Equal(o.PublishAt.Truncate(time.Minute))
}

// SaveNews keeps an item in which Check finds no fault: a new one where its Version is 0, else over the one it was read as, and gives
// it as it is stored. What has been published keeps for whom it is, its hour and whether it is sent: only its words, its link and its
// end may change; ErrNewsOut where n was read before and changes more. ErrNewsChanged where somebody was quicker, or it was withdrawn. by is who saves it, an opaque staff id; own is the
// municipality that limits them, the zero value is no limit: what is not of it is refused with a *Fault. s stands on a transaction.
func (s *Store) SaveNews(ctx context.Context, by string, own Municipality, n NewsItem) (before, after NewsItem, err error) {
	if n.Version > 0 {
		var ok bool
		rows, err := s.db.Query(ctx, `SELECT `+newsColumns+` FROM news WHERE id = $1 FOR NO KEY UPDATE`, n.ID)
		if before, ok, err = oneNews(n.ID, rows, err); err != nil {
			return before, n, err
		}
		if !ok || before.Version != n.Version || before.State == NewsWithdrawn {
			return before, n, fmt.Errorf("save news %d: %w", n.ID, ErrNewsChanged)
		}
		if before.State == NewsPublished {
			if n.State != NewsPublished && !n.SameReach(before) {
				return before, n, fmt.Errorf("save news %d: %w", n.ID, ErrNewsOut)
			}
			n.Topics, n.Audience, n.District, n.Municipality = before.Topics, before.Audience, before.District, before.Municipality
			n.State, n.Send, n.PublishAt = before.State, before.Send, before.PublishAt
		}
	}
	if !n.of(own) || before.ID != 0 && !before.of(own) {
		return before, n, fmt.Errorf("save news %d: %w", n.ID, &Fault{Field: "municipality", Key: "fault.foreign"})
	}
	n = n.masked()
	if n.Topics == nil {
		n.Topics = []string{}
	}
	args := []any{n.TitleBG, n.TextBG, n.TitleEN, n.TextEN, n.Link, n.Topics, n.Audience, n.District, n.Municipality, n.State, n.Send,
		moment(n.PublishAt), moment(n.ExpiresAt), by}
	sql := `
		INSERT INTO news (title_bg, text_bg, title_en, text_en, link, topics, audience, district, municipality, state, send, publish_at, expires_at, created_by, changed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
		RETURNING ` + newsColumns
	if n.Version > 0 {
		args = append(args, n.ID)
		sql = `
			UPDATE news SET title_bg = $1, text_bg = $2, title_en = $3, text_en = $4, link = $5, topics = $6, audience = $7, district = $8, municipality = $9,
				state = $10, send = $11, publish_at = $12, expires_at = $13, changed_by = $14, changed_at = now(), version = version + 1
			WHERE id = $15
			RETURNING ` + newsColumns
	}
	rows, err := s.db.Query(ctx, sql, args...)
	after, _, err = oneNews(n.ID, rows, err)
	return before, after, wrap(fmt.Sprintf("save news %d", n.ID), err)
}

// moment is a time for a column that may be NULL.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// WithdrawNews takes an item away from people; a draft is deleted. by, own and ErrNewsChanged as in SaveNews.
func (s *Store) WithdrawNews(ctx context.Context, by string, own Municipality, id int64, version int) (NewsItem, error) {
	n, ok, err := s.NewsItem(ctx, id)
	switch {
	case err != nil:
		return n, err
	case !ok:
		return n, fmt.Errorf("withdraw news %d: %w", id, ErrNewsChanged)
	case !n.of(own):
		return n, fmt.Errorf("withdraw news %d: %w", id, &Fault{Field: "municipality", Key: "fault.foreign"})
	}
	sql := `UPDATE news SET state = 'withdrawn', changed_by = $3, changed_at = now(), version = version + 1 WHERE id = $1 AND version = $2 AND state <> 'withdrawn'`
	args := []any{id, version, by}
	if n.State == NewsDraft {
		sql, args = `DELETE FROM news WHERE id = $1 AND version = $2 AND state = 'draft'`, args[:2]
	}
	tag, err := s.db.Exec(ctx, sql, args...)
	if err != nil {
		return n, fmt.Errorf("withdraw news %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return n, fmt.Errorf("withdraw news %d: %w", id, ErrNewsChanged)
	}
	return n, nil
}

// PublishDueNews marks scheduled items published whose hour has come, and gives those that were, oldest first. Their version stays: nobody
// has changed them, and who has one open in the form meanwhile may save its words.
func (s *Store) PublishDueNews(ctx context.Context, now time.Time) ([]NewsItem, error) {
	return s.newsList(ctx, `
		WITH due AS (
			UPDATE news SET state = 'published'
			WHERE state = 'scheduled' AND publish_at <= $1
			RETURNING `+newsColumns+`)
		SELECT * FROM due ORDER BY id`, now)
}
