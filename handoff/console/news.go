package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/knowledge"
)

const newsPageSize = 30

// newsFrame is what the pages of news share.
type newsFrame struct {
	frame
	Faults []fieldFault
}

func (s *site) newsFrame(w http.ResponseWriter, r *http.Request, title string) newsFrame {
	f := newsFrame{frame: s.frame(w, r, "news_title")}
	if title != "" {
		f.Title = f.W(title)
	}
	return f
}

// W says a phrase about news in the language of the page.
func (f newsFrame) W(key string, args ...any) string { return i18n.T(f.Language, "news."+key, args...) }

// Wrong is what is wrong with a field, in words; "" where nothing is.
func (f newsFrame) Wrong(field string) string {
	for _, fault := range f.Faults {
		if fault.Field == field {
			return fault.Words
		}
	}
	return ""
}

// wordsOf puts faults of an item into words.
func (f newsFrame) wordsOf(faults knowledge.Faults) (out []fieldFault) {
	for _, fault := range faults {
		key := "wrong_" + fault.Key[len("fault."):]
		if own := key + "_" + fault.Field; i18n.Has(f.Language, "news."+own) {
			key = own
		}
		field := fault.Field
		switch field {
		case "district", "municipality":
			field = "region"
		case "topics":
			field = "topic-" + knowledge.NewsTopics()[0]
		}
		out = append(out, fieldFault{field, f.W(key)})
	}
	return out
}

// newsRow is an item in the editors' list.
type newsRow struct {
	knowledge.NewsItem
	Name    string
	Lang    string
	Badge   string // key of what it is
	Kind    string // class of the badge
	Line    string // when it comes out or came out
	Region  string
	Sending string // filling, sending, stopped, done, expired; "" where nothing was sent
}

// newsList is the editors' list of news.
type newsList struct {
	newsFrame
	Rows   []newsRow
	State  string
	States []string
	Older  int64
}

func (s *site) newsPage(w http.ResponseWriter, r *http.Request) error {
	page := newsList{newsFrame: s.newsFrame(w, r, ""), States: []string{"", "draft", "scheduled", "published", "withdrawn"}}
	f := knowledge.NewsFilter{Limit: newsPageSize + 1}
	if page.State = r.URL.Query().Get("state"); !slices.Contains(page.States, page.State) {
		page.State = ""
	}
	f.State = knowledge.NewsState(page.State)
	f.Before, _ = strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	var err error
	if f.Of, err = s.newsOf(r); err != nil {
		return err
	}
	items, err := s.Knowledge.EditorsNews(r.Context(), f)
	if err != nil {
		return err
	}
	if len(items) > newsPageSize {
		items = items[:newsPageSize]
		page.Older = items[newsPageSize-1].ID
	}
	ids := make([]int64, len(items))
	for i, n := range items {
		ids[i] = n.ID
	}
	states, err := s.Conversations.BroadcastStates(r.Context(), ids)
	if err != nil {
		return err
	}
	for _, n := range items {
		page.Rows = append(page.Rows, page.row(n, states[n.ID]))
	}
	return s.render(w, http.StatusOK, "news", page)
}

// newsOf is the municipality that limits the visitor; the zero value is no limit. Whoever is limited to one that is not known may do nothing.
func (s *site) newsOf(r *http.Request) (knowledge.Municipality, error) {
	code := visitOf(r).account.Municipality
	if code == "" {
		return knowledge.Municipality{}, nil
	}
	m, ok, err := s.Knowledge.Municipality(r.Context(), code)
	if err == nil && !ok {
		err = errForbidden
	}
	return m, err
}

// row puts an item into words.
func (f newsFrame) row(n knowledge.NewsItem, sending string) newsRow {
	row := newsRow{NewsItem: n, Badge: "badge_" + string(n.State), Region: bot.NewsRegionWords(n.District, n.Municipality, f.Language), Sending: sending}
	title, _, in := n.In(knowledge.Language(f.Language))
	row.Name = title
	if string(in) != f.Language {
		row.Lang = string(in)
	}
	now := time.Now()
	switch {
	case n.State == knowledge.NewsPublished && n.Old(now):
		row.Badge = "badge_old"
	case sending == "stopped":
		row.Badge, row.Kind = "badge_stopped", "warn"
	case sending == "filling" || sending == "sending":
		row.Badge, row.Kind = "badge_sending", "good"
	case n.State == knowledge.NewsPublished:
		row.Kind = "good"
	case n.State == knowledge.NewsScheduled:
		row.Kind = "warn"
	}
	switch n.State {
	case knowledge.NewsScheduled:
		row.Line = f.W("scheduled_for", f.When(n.PublishAt))
	case knowledge.NewsPublished:
		row.Line = f.W("published_on", f.When(n.PublishAt))
	default:
		row.Line = f.W("changed", f.When(n.ChangedAt))
	}
	return row
}

// newsRoom is one item with all that may be done with it.
type newsRoom struct {
	newsFrame
	Item     newsRow
	By       string
	Previews []newsPreview
	Reach    int
	Public   string // path of the page that people see; "" while it is not public
	Later    bool   // it is to come out at an hour that lies ahead
	Progress newsProgress
	Linked   bool // the visitor has Telegram
	Trial    bool // there is a Telegram to try it on
	Missing  []fieldFault
}

// newsPreview is the item as people get it in a language.
type newsPreview struct {
	Language, Label string
	Body            bot.Body
}

func (s *site) newsRoomPage(w http.ResponseWriter, r *http.Request) error {
	n, err := s.newsItem(r)
	if err != nil {
		return err
	}
	return s.showNewsRoom(w, r, n)
}

// newsItem is the item that the path names, where the visitor may see it.
func (s *site) newsItem(r *http.Request) (knowledge.NewsItem, error) {
	id, err := pathID(r)
	if err != nil {
		return knowledge.NewsItem{}, err
	}
	own, err := s.newsOf(r)
	if err != nil {
		return knowledge.NewsItem{}, err
	}
	n, ok, err := s.Knowledge.NewsItem(r.Context(), id)
	switch {
	case err != nil:
		return n, err
	case !ok:
		return n, errNotFound
	case own.Code != "" && (n.Municipality != own.Name || n.District != own.District):
		return n, errForbidden
	}
	return n, nil
}

func (s *site) showNewsRoom(w http.ResponseWriter, r *http.Request, n knowledge.NewsItem) error {
	page := newsRoom{newsFrame: s.newsFrame(w, r, ""), Trial: s.NewsTrial != nil}
	var err error
	if page.Progress, err = s.newsProgressOf(r, page.newsFrame, n); err != nil {
		return err
	}
	page.Item = page.row(n, page.Progress.State)
	page.Title = page.Item.Name
	if page.By, err = s.staffName(r, n.ChangedBy); err != nil {
		return err
	}
	now := time.Now()
	page.Later = n.PublishAt.After(now)
	if n.Public(now) {
		page.Public = "/news/" + strconv.FormatInt(n.ID, 10)
	}
	if n.Send && (n.State == knowledge.NewsDraft || n.State == knowledge.NewsScheduled) {
		if page.Reach, err = s.Conversations.Reach(r.Context(), n); err != nil {
			return err
		}
	}
	if _, page.Linked, err = s.Staff.TelegramLink(r.Context(), visitOf(r).account.ID); err != nil {
		return err
	}
	for _, language := range []string{"bg", "en"} {
		if n.Speaks(knowledge.Language(language)) {
			page.Previews = append(page.Previews, newsPreview{language, page.W("preview_" + language), bot.NewsBody(n, language)})
		}
	}
	if n.State == knowledge.NewsDraft {
		hosts, err := s.Knowledge.AllowedHosts(r.Context())
		if err != nil {
			return err
		}
		page.Missing = page.wordsOf(ready(n, now).Check(hosts, now))
	}
	status := http.StatusOK
	if len(page.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, status, "newsroom", page)
}

// ready is a draft as it would come out: now, where it has no hour that lies ahead.
func ready(n knowledge.NewsItem, now time.Time) knowledge.NewsItem {
	n.State = knowledge.NewsScheduled
	if n.PublishAt.Before(now) {
		n.PublishAt = now
	}
	return n
}

// Topics names what the item is about.
func (p newsRoom) Topics() (names []string) {
	for _, t := range p.Item.Topics {
		names = append(names, bot.NewsTopicWords(t, p.Language))
	}
	return names
}

// Role names for whom the item is.
func (p newsRoom) Role() string {
	return bot.NewsRoleWords(cmp.Or(p.Item.Audience, knowledge.Both), p.Language)
}

// Until is the last moment at which the item holds, in words.
func (p newsRoom) Until() string { return p.Day(p.Item.ExpiresAt.Add(-time.Second)) }

// newsProgress is how far the sending has come, in words.
type newsProgress struct {
	newsFrame
	bot.Progress
	News    int64
	Words   string
	Left    string // how long it takes yet, in words; "" where it is not being sent
	Percent int
	Live    bool // it changes by itself
	Waits   bool // it is published and its sending is about to begin
}

// newsPace is about how many people a second are sent news.
const newsPace = 25

func (s *site) newsProgressOf(r *http.Request, f newsFrame, n knowledge.NewsItem) (newsProgress, error) {
	p := newsProgress{newsFrame: f, News: n.ID}
	progress, ok, err := s.Conversations.Progress(r.Context(), n.ID)
	if err != nil {
		return p, err
	}
	now := time.Now()
	if !ok {
		p.Waits = n.Send && n.Public(now) && n.State == knowledge.NewsScheduled
		p.Live, p.Words = p.Waits, f.W("progress_waits")
		return p, nil
	}
	p.Progress, p.Words = progress, f.W("progress_"+progress.State)
	if p.Recipients > 0 {
		p.Percent = (p.Recipients - p.Waiting) * 100 / p.Recipients
	}
	if p.State == "sending" || p.State == "filling" {
		p.Live = true
		if bot.Quiet(now.In(s.zone)) > 0 {
			p.Words = f.W("progress_quiet")
		} else if p.Waiting > 0 {
			p.Left = f.W("progress_left", i18n.N(f.Language, "news.progress_minutes", p.Waiting/(60*newsPace)+1))
		}
	}
	return p, nil
}

// Done is how many people have been dealt with.
func (p newsProgress) Done() int { return p.Recipients - p.Waiting }

// newsProgressPart answers a page that looks again how far the sending has come.
func (s *site) newsProgressPart(w http.ResponseWriter, r *http.Request) error {
	n, err := s.newsItem(r)
	if err != nil {
		return err
	}
	p, err := s.newsProgressOf(r, newsFrame{frame: frame{Language: visitOf(r).language, site: s}}, n)
	if err != nil {
		return err
	}
	part, err := s.fragment("newsroom", "news-progress", p)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(part))
	return nil
}
