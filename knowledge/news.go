package knowledge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// NewsState says where a piece of news stands.
type NewsState string

// The states. What is scheduled is read from its hour on; published means that its sending has begun, where it is sent.
const (
	NewsDraft     NewsState = "draft"
	NewsScheduled NewsState = "scheduled"
	NewsPublished NewsState = "published"
	NewsWithdrawn NewsState = "withdrawn"
)

// NewsTopics are what news may be about, in the order in which people choose.
func NewsTopics() []string { return []string{"services", "deadlines", "changes", "safety", "events"} }

// NewsItem is a piece of news. Its texts are in Bulgarian, in English or in both.
type NewsItem struct {
	ID           int64
	TitleBG      string
	TextBG       string
	TitleEN      string
	TextEN       string
	Link         string // on an allowed host, or ""
	Topics       []string
	Audience     Audience
	District     string // as people say it; "" is the whole country
	Municipality string // "" is the whole district
	State        NewsState
	Send         bool // to those who asked for news, when it is published
	PublishAt    time.Time
	ExpiresAt    time.Time // from then on it is old: not sent any more
	Version      int       // rises with each change; 0: not saved yet
	ChangedBy    string    // opaque staff id
	ChangedAt    time.Time
}

// In gives title and text in a language, or in the other where it is not written in that one.
func (n NewsItem) In(l Language) (title, text string, in Language) {
	if l == English && n.TitleEN != "" || n.TitleBG == "" {
		return n.TitleEN, n.TextEN, English
	}
	return n.TitleBG, n.TextBG, Bulgarian
}

// Speaks says whether who reads a language should be shown the item: English alone is for who reads English.
func (n NewsItem) Speaks(l Language) bool { return n.TitleBG != "" || l == English }

// Old says that it has expired.
func (n NewsItem) Old(now time.Time) bool { return !n.ExpiresAt.IsZero() && !n.ExpiresAt.After(now) }

// Public says whether people may read it.
func (n NewsItem) Public(now time.Time) bool {
	return (n.State == NewsScheduled || n.State == NewsPublished) && !n.PublishAt.After(now)
}

const newsColumns = `id, title_bg, text_bg, title_en, text_en, link, topics, audience, district, municipality, state, send,
	coalesce(publish_at, '0001-01-01') AS publish_at, coalesce(expires_at, '0001-01-01') AS expires_at, version, changed_by, changed_at`

// NewsFilter narrows a list of news; the zero value is all of it.
type NewsFilter struct {
	State    NewsState
	Topic    string
	District string       // what is of the whole country is in it too
	Of       Municipality // whose own items are wanted; the zero value: all
	Language Language
	Now      time.Time // of what people read: published by then
	Past     bool      // what has expired by Now, instead of what has not
	Before   int64     // only older than this item; 0 begins with the newest
	Limit    int       // default 20
}

// News reads what may be read at f.Now, newest first.
func (s *Store) News(ctx context.Context, f NewsFilter) ([]NewsItem, error) {
	return s.newsList(ctx, `
		SELECT `+newsColumns+` FROM news
		WHERE state IN ('scheduled', 'published') AND publish_at <= $1 AND (expires_at <= $1) = $2
		  AND ($3 = '' OR $3 = ANY (topics)) AND ($4 = '' OR district IN ('', $4)) AND (title_bg <> '' OR $5 = 'en')
		  AND ($6::bigint = 0 OR (publish_at, id) < (SELECT publish_at, id FROM news WHERE id = $6))
		ORDER BY publish_at DESC, id DESC
		LIMIT $7`, f.Now, f.Past, f.Topic, f.District, f.Language, f.Before, newsLimit(f))
}

// EditorsNews reads all news for those who write them, what was changed last first.
func (s *Store) EditorsNews(ctx context.Context, f NewsFilter) ([]NewsItem, error) {
	return s.newsList(ctx, `
		SELECT `+newsColumns+` FROM news
		WHERE ($1 = '' OR state = $1) AND ($2 = '' OR $2 = ANY (topics)) AND ($3 = '' OR municipality = $3 AND district = $6)
		  AND ($4::bigint = 0 OR (changed_at, id) < (SELECT changed_at, id FROM news WHERE id = $4))
		ORDER BY changed_at DESC, id DESC
		LIMIT $5`, f.State, f.Topic, f.Of.Name, f.Before, newsLimit(f), f.Of.District)
}

func newsLimit(f NewsFilter) int {
	if f.Limit <= 0 {
		return 20
	}
	return f.Limit
}

func (s *Store) newsList(ctx context.Context, sql string, args ...any) ([]NewsItem, error) {
	rows, err := s.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read news: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[NewsItem])
	return list, wrap("read news", err)
}

// NewsItem reads one; false where there is none of this number.
func (s *Store) NewsItem(ctx context.Context, id int64) (NewsItem, bool, error) {
	rows, err := s.db.Query(ctx, `SELECT `+newsColumns+` FROM news WHERE id = $1`, id)
	return oneNews(id, rows, err)
}

// NewsItems reads several, by id; those that are gone are left out.
func (s *Store) NewsItems(ctx context.Context, ids []int64) ([]NewsItem, error) {
	return s.newsList(ctx, `SELECT `+newsColumns+` FROM news WHERE id = ANY ($1) ORDER BY id`, ids)
}

func oneNews(id int64, rows pgx.Rows, err error) (NewsItem, bool, error) {
	if err != nil {
		return NewsItem{}, false, fmt.Errorf("read news %d: %w", id, err)
	}
	n, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[NewsItem])
	if errors.Is(err, pgx.ErrNoRows) {
		return NewsItem{}, false, nil
	}
	return n, err == nil, wrap(fmt.Sprintf("read news %d", id), err)
}
