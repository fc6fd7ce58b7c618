package webchat

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"orientir/bot"
	"orientir/knowledge"
)

const (
	newsOnPage = 20
	newsInFeed = 50
)

// newsPage is the list of what is new.
type newsPage struct {
	layout
	Items   []newsLine
	Topics  []newsTopic
	Topic   string
	Past    bool   // what is shown has expired
	Older   string // address of what is older; "" where this is the end
	Other   string // address of what has expired, or of what has not
	EventID string
	Begin   string // where the way into the chat leads: the form's action
}

type newsTopic struct {
	Name, Href string
	Current    bool
}

// newsLine is a piece of news as a page shows it.
type newsLine struct {
	ID         int64
	Title      string
	Paragraphs []string
	Lang       string // where it is not the page's
	Day        string // when it was published, in words
	Machine    string
	Until      string // until when it holds
	Link, Host string
	Region     string // "" is the whole country
	Audience   string // "" is everybody
	Topics     []string
	Href       string
	Old        bool
}

func (s *site) newsLine(l layout, n knowledge.NewsItem) newsLine {
	language := l.Lang()
	title, text, in := n.In(knowledge.Language(language))
	published := n.PublishAt.In(s.zone)
	out := newsLine{
		ID: n.ID, Title: title, Paragraphs: paragraphs(text), Day: bot.DateWords(published, language), Machine: published.Format(time.DateOnly),
		Link: n.Link, Host: host(n.Link), Href: l.Href("/news/" + strconv.FormatInt(n.ID, 10)), Old: n.Old(s.Now()),
		Until: bot.DateWords(n.ExpiresAt.Add(-time.Second).In(s.zone), language),
	}
	if string(in) != language {
		out.Lang = string(in)
	}
	if n.District != "" {
		out.Region = bot.NewsRegionWords(n.District, n.Municipality, language)
	}
	if n.Audience != knowledge.Both {
		out.Audience = bot.NewsRoleWords(n.Audience, language)
	}
	for _, t := range n.Topics {
		out.Topics = append(out.Topics, bot.NewsTopicWords(t, language))
	}
	return out
}

// newsFilter reads what a page or a feed is asked for; an unknown topic is all of them.
func (s *site) newsFilter(r *http.Request, language string, limit int) knowledge.NewsFilter {
	q := r.URL.Query()
	f := knowledge.NewsFilter{Now: s.Now(), Language: knowledge.Language(language), Past: q.Get("past") != "", Limit: limit}
	if t := q.Get("topic"); slices.Contains(knowledge.NewsTopics(), t) {
		f.Topic = t
	}
	f.Before, _ = strconv.ParseInt(q.Get("before"), 10, 64)
	return f
}

// news answers GET /news: what is new, the newest first.
func (s *site) news(w http.ResponseWriter, r *http.Request) error {
	l := s.layout(r, "/news", "")
	l.Title, l.Description, l.Styles = l.T("news.page_title"), l.T("news.page_lead"), []string{"news.css"}
	l.Feed = l.Href("/news.atom")
	f := s.newsFilter(r, l.Lang(), newsOnPage+1)
	l.public(r)
	items, err := s.store.News(r.Context(), f)
	if err != nil {
		return err
	}
	at := func(set ...string) string { // an address of this page with other choices
		q := url.Values{}
		if l.chosen != "bg" {
			q.Set("lang", l.chosen)
		}
		for i := 0; i < len(set); i += 2 {
			if set[i+1] != "" {
				q.Set(set[i], set[i+1])
			}
		}
		if len(q) == 0 {
			return "/news"
		}
		return "/news?" + q.Encode()
	}
	past := ""
	if f.Past {
		past = "1"
		l.Hidden = true
	}
	page := newsPage{layout: l, Topic: f.Topic, Past: f.Past, EventID: newEventID(), Begin: l.Href("/")}
	page.Topics = []newsTopic{{l.T("news.topic_all"), at("past", past), f.Topic == ""}}
	for _, t := range knowledge.NewsTopics() {
		page.Topics = append(page.Topics, newsTopic{bot.NewsTopicWords(t, l.Lang()), at("topic", t, "past", past), t == f.Topic})
	}
	if f.Past {
		page.Other = at("topic", f.Topic)
	} else {
		page.Other = at("topic", f.Topic, "past", "1")
	}
	if len(items) > newsOnPage {
		items = items[:newsOnPage]
		page.Older = at("topic", f.Topic, "past", past, "before", strconv.FormatInt(items[newsOnPage-1].ID, 10))
	}
	for _, n := range items {
		page.Items = append(page.Items, s.newsLine(l, n))
	}
	return s.show(w, http.StatusOK, "news", page)
}

// newsItemPage is one piece of news.
type newsItemPage struct {
	layout
	Item newsLine
}

// newsItem answers GET /news/{id}: one piece of news, also where it has expired since.
func (s *site) newsItem(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNotFound
	}
	n, ok, err := s.store.NewsItem(r.Context(), id)
	if err != nil {
		return err
	}
	if !ok || !n.Public(s.Now()) {
		return errNotFound
	}
	l := s.layout(r, "/news/"+strconv.FormatInt(id, 10), "")
	l.Styles = []string{"news.css"}
	item := s.newsLine(l, n)
	l.Title = item.Title
	if len(item.Paragraphs) > 0 {
		l.Description = item.Paragraphs[0]
	}
	l.public(r)
	return s.show(w, http.StatusOK, "newsitem", newsItemPage{l, item})
}

// The feed of RFC 4287.
type (
	atomFeed struct {
		XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Language string      `xml:"xml:lang,attr"`
		ID       string      `xml:"id"`
		Title    string      `xml:"title"`
		Subtitle string      `xml:"subtitle,omitempty"`
		Updated  string      `xml:"updated"`
		Author   atomAuthor  `xml:"author"`
		Links    []atomLink  `xml:"link"`
		Entries  []atomEntry `xml:"entry"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		Language   string         `xml:"xml:lang,attr,omitempty"`
		ID         string         `xml:"id"`
		Title      string         `xml:"title"`
		Published  string         `xml:"published"`
		Updated    string         `xml:"updated"`
		Links      []atomLink     `xml:"link"`
		Categories []atomCategory `xml:"category"`
		Content    atomContent    `xml:"content"`
	}
	atomCategory struct {
		Term  string `xml:"term,attr"`
		Label string `xml:"label,attr"`
	}
	atomContent struct {
		Type  string `xml:"type,attr"`
		Words string `xml:",chardata"`
	}
)

// newsFeed answers GET /news.atom: what is new for anybody's reader of feeds, in one language; ?topic= narrows it.
func (s *site) newsFeed(w http.ResponseWriter, r *http.Request) error {
	l := s.layout(r, "/news", "")
	f := s.newsFilter(r, l.Lang(), newsInFeed)
	f.Past, f.Before = false, 0
	items, err := s.store.News(r.Context(), f)
	if err != nil {
		return err
	}
	self := l.Href("/news.atom")
	if f.Topic != "" {
		joint := "?"
		if strings.Contains(self, "?") {
			joint = "&"
		}
		self += joint + "topic=" + f.Topic
	}
	feed := atomFeed{
		Language: l.Lang(), ID: s.absolute(r, self), Title: l.T("common.product") + ": " + l.T("news.page_title"), Subtitle: l.T("news.page_lead"),
		Updated: time.Unix(0, 0).UTC().Format(time.RFC3339), Author: atomAuthor{l.T("common.product")},
		Links: []atomLink{{"self", "application/atom+xml", s.absolute(r, self)}, {"alternate", "text/html", s.absolute(r, l.Href("/news"))}},
	}
	var newest time.Time
	for _, n := range items {
		title, text, in := n.In(knowledge.Language(l.Lang()))
		updated := n.PublishAt
		if n.ChangedAt.After(updated) {
			updated = n.ChangedAt
		}
		if updated.After(newest) {
			newest = updated
			feed.Updated = updated.UTC().Format(time.RFC3339)
		}
		page := s.absolute(r, "/news/"+strconv.FormatInt(n.ID, 10))
		e := atomEntry{
			ID: page, Title: title, Published: n.PublishAt.UTC().Format(time.RFC3339), Updated: updated.UTC().Format(time.RFC3339),
			Links: []atomLink{{"alternate", "text/html", s.absolute(r, l.Href("/news/"+strconv.FormatInt(n.ID, 10)))}}, Content: atomContent{"text", text},
		}
		if n.Link != "" {
			e.Links = append(e.Links, atomLink{"related", "", n.Link})
		}
		if string(in) != l.Lang() {
			e.Language = string(in)
		}
		for _, t := range n.Topics {
			e.Categories = append(e.Categories, atomCategory{t, bot.NewsTopicWords(t, l.Lang())})
		}
		feed.Entries = append(feed.Entries, e)
	}
	data, err := xml.MarshalIndent(feed, "", " ")
	if err != nil {
		return fmt.Errorf("write the feed of news: %w", err)
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(append([]byte(xml.Header), append(data, '\n')...))
	return nil
}

// saidNews is a piece of news with who says it.
type saidNews struct {
	voice
	Item newsLine
}

// Said is an item as the part of a page that says its words.
func (p newsPage) Said(n newsLine) saidNews { return saidNews{p.voice, n} }
