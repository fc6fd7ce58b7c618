package console

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// usualLife is how long news hold where nobody says otherwise.
const usualLife = 30 * 24 * time.Hour

// newsForm writes an item or changes one.
type newsForm struct {
	newsFrame
	ID       int64
	Name     string
	Out      bool // it has come out: for whom it is stays
	Typed    newsTyped
	Topics   []newsChoice
	Roles    []newsChoice
	Whole    bool // the whole country may be chosen
	Regions  []newsRegion
	Today    string
	Conflict newsConflict
}

// newsConflict says what happened to an item since its form was drawn; empty where nothing did.
type newsConflict struct{ What, Words string }

type newsChoice struct {
	Value, Name string
	Chosen      bool
}

// newsRegion is a district with its municipalities.
type newsRegion struct {
	Name           string
	Whole          *newsChoice // nil where only one municipality may be chosen
	Municipalities []newsChoice
}

// newsTyped is what stands in the form.
type newsTyped struct {
	TitleBG, TextBG, TitleEN, TextEN, Link string
	Topics                                 []string
	Audience, Region                       string
	Date, Time, Expires                    string
	Send                                   bool
	Version                                string
}

func (s *site) newNewsPage(w http.ResponseWriter, r *http.Request) error {
	own, err := s.newsOf(r)
	if err != nil {
		return err
	}
	typed := newsTyped{Audience: "both", Send: true, Expires: time.Now().In(s.zone).Add(usualLife).Format(time.DateOnly), Version: "0"}
	if own.Code != "" {
		typed.Region = own.District + "/" + own.Name
	}
	return s.showNewsForm(w, r, knowledge.NewsItem{}, typed, nil, newsConflict{})
}

func (s *site) editNewsPage(w http.ResponseWriter, r *http.Request) error {
	n, err := s.newsItem(r)
	if err != nil {
		return err
	}
	if n.State == knowledge.NewsWithdrawn {
		return errNotFound
	}
	return s.showNewsForm(w, r, n, s.newsTypedOf(n), nil, newsConflict{})
}

// newsTypedOf is an item as the form shows it.
func (s *site) newsTypedOf(n knowledge.NewsItem) newsTyped {
	t := newsTyped{
		TitleBG: n.TitleBG, TextBG: n.TextBG, TitleEN: n.TitleEN, TextEN: n.TextEN, Link: n.Link, Topics: n.Topics, Audience: string(n.Audience),
		Region: strings.TrimSuffix(n.District+"/"+n.Municipality, "/"), Send: n.Send, Version: strconv.Itoa(n.Version),
	}
	if !n.PublishAt.IsZero() {
		t.Date, t.Time = n.PublishAt.In(s.zone).Format(time.DateOnly), n.PublishAt.In(s.zone).Format("15:04")
	}
	if !n.ExpiresAt.IsZero() {
		t.Expires = n.ExpiresAt.Add(-time.Second).In(s.zone).Format(time.DateOnly)
	}
	return t
}

func (s *site) showNewsForm(w http.ResponseWriter, r *http.Request, n knowledge.NewsItem, typed newsTyped, faults []fieldFault, conflict newsConflict) error {
	title := "new"
	if n.ID != 0 {
		title = "edit"
	}
	page := newsForm{newsFrame: s.newsFrame(w, r, title), ID: n.ID, Typed: typed, Out: n.State == knowledge.NewsPublished,
		Today: time.Now().In(s.zone).Format(time.DateOnly), Conflict: conflict}
	page.Faults = faults
	page.Name, _, _ = n.In(knowledge.Language(page.Language))
	for _, t := range knowledge.NewsTopics() {
		page.Topics = append(page.Topics, newsChoice{t, bot.NewsTopicWords(t, page.Language), slices.Contains(typed.Topics, t)})
	}
	for _, role := range []knowledge.Audience{knowledge.Both, knowledge.Citizen, knowledge.Business} {
		page.Roles = append(page.Roles, newsChoice{string(role), bot.NewsRoleWords(role, page.Language), typed.Audience == string(role)})
	}
	own, err := s.newsOf(r)
	if err != nil {
		return err
	}
	all, err := s.Knowledge.Municipalities(r.Context())
	if err != nil {
		return err
	}
	page.Whole, page.Regions = own.Code == "", page.regions(all, own, typed.Region)
	status := http.StatusOK
	switch {
	case len(faults) > 0:
		status = http.StatusUnprocessableEntity
	case conflict != newsConflict{}:
		status = http.StatusConflict
	}
	return s.render(w, status, "newsform", page)
}

// regions are the places that may be chosen, by district; only own, where somebody is limited to it.
func (f newsFrame) regions(all []knowledge.Municipality, own knowledge.Municipality, chosen string) (list []newsRegion) {
	at := map[string]int{}
	for _, m := range all {
		if own.Code != "" && m.Code != own.Code {
			continue
		}
		i, ok := at[m.District]
		if !ok {
			i = len(list)
			at[m.District] = i
			region := newsRegion{Name: bot.NewsRegionWords(m.District, "", f.Language)}
			if own.Code == "" {
				region.Whole = &newsChoice{m.District, f.W("region_whole_district", m.District), chosen == m.District}
			}
			list = append(list, region)
		}
		value := m.District + "/" + m.Name
		list[i].Municipalities = append(list[i].Municipalities, newsChoice{value, bot.NewsRegionWords(m.District, m.Name, f.Language), chosen == value})
	}
	slices.SortFunc(list, func(a, b newsRegion) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func typedNews(r *http.Request) newsTyped {
	f := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(r.PostForm.Get(name), "\r\n", "\n"))
	}
	return newsTyped{
		f("title_bg"), f("text_bg"), f("title_en"), f("text_en"), f("link"), r.PostForm["topic"], f("audience"), f("region"), f("date"), f("time"), f("expires_at"),
		f("send") != "", f("version"),
	}
}

// readNews puts what was typed into an item.
func (s *site) readNews(f newsFrame, typed newsTyped, n knowledge.NewsItem) (knowledge.NewsItem, []fieldFault) {
	var faults []fieldFault
	n.TitleBG, n.TextBG, n.TitleEN, n.TextEN, n.Link = typed.TitleBG, typed.TextBG, typed.TitleEN, typed.TextEN, typed.Link
	if n.Link != "" && !strings.Contains(n.Link, "://") {
		n.Link = "https://" + n.Link
	}
	n.Version, _ = strconv.Atoi(typed.Version)
	n.ExpiresAt = time.Time{}
	if typed.Expires != "" {
		day, err := time.ParseInLocation(time.DateOnly, typed.Expires, s.zone)
		if err != nil {
			faults = append(faults, fieldFault{"expires_at", f.W("wrong_date")})
		} else {
			n.ExpiresAt = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, s.zone)
		}
	}
	if n.State == knowledge.NewsPublished {
		return n, faults
	}
	n.Topics, n.Audience, n.Send = typed.Topics, knowledge.Audience(typed.Audience), typed.Send
	n.District, n.Municipality, _ = strings.Cut(typed.Region, "/")
	n.PublishAt = time.Time{}
	if typed.Date != "" || typed.Time != "" {
		day, err := time.ParseInLocation(time.DateOnly, typed.Date, s.zone)
		minute, ok := knowledge.ParseClock(typed.Time)
		if err != nil || !ok {
			faults = append(faults, fieldFault{"publish_at", f.W("wrong_date_publish_at")})
		} else {
			n.PublishAt = time.Date(day.Year(), day.Month(), day.Day(), 0, minute, 0, 0, s.zone)
		}
	}
	if n.State == "" {
		n.State = knowledge.NewsDraft
	}
	return n, faults
}

// saveNews keeps what was typed: a draft as it is, what is scheduled or out only where nothing is wrong with it.
func (s *site) saveNews(w http.ResponseWriter, r *http.Request) error {
	var n knowledge.NewsItem
	var err error
	if r.PathValue("id") != "" {
		if n, err = s.newsItem(r); err != nil {
			return err
		}
		if n.State == knowledge.NewsWithdrawn {
			return errNotFound
		}
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	own, err := s.newsOf(r)
	if err != nil {
		return err
	}
	typed, f := typedNews(r), s.newsFrame(w, r, "")
	drawn := n
	if n.State == knowledge.NewsPublished && typed.Audience != "" {
		drawn.State = knowledge.NewsScheduled // the form of what is out doesn't ask for whom it is: this one was drawn before
	}
	wanted, faults := s.readNews(f, typed, drawn)
	if drawn.State != n.State && !wanted.SameReach(n) {
		return s.showNewsOut(w, r, n, typed)
	}
	if n.ID == 0 {
		wanted.Version = 0
	} else if wanted.Version < 1 {
		return errNotFound // a form that doesn't say what it has read; stored, it would be one more item, in the state of this one
	}
	hosts, err := s.Knowledge.AllowedHosts(r.Context())
	if err != nil {
		return err
	}
	if known, err := s.knownRegion(r, wanted); err != nil {
		return err
	} else if !known {
		faults = append(faults, fieldFault{"region", f.W("wrong_choice")})
	}
	checked := wanted
	if checked.State == knowledge.NewsScheduled && checked.PublishAt.IsZero() {
		checked.PublishAt, wanted.PublishAt = time.Now(), time.Now() // it comes out at once
	}
	for _, fault := range f.wordsOf(checked.Check(hosts, time.Now())) {
		if !slices.ContainsFunc(faults, func(f fieldFault) bool { return f.Field == fault.Field }) {
			faults = append(faults, fault)
		}
	}
	if len(faults) > 0 {
		return s.showNewsForm(w, r, n, typed, faults, newsConflict{})
	}
	var before, after knowledge.NewsItem
	err = s.Staff.Door(r.Context(), staff.Act{By: visitOf(r).account.ID, Verb: "news.save"}, func(tx pgx.Tx, act *staff.Act) error {
		before, after, err = knowledge.NewStore(tx).SaveNews(r.Context(), actor(r), own, wanted)
		act.Subject, act.Detail = newsSubject(after.ID), map[string]any{"version": after.Version}
		return err
	})
	var fault *knowledge.Fault
	switch {
	case errors.Is(err, knowledge.ErrNewsOut):
		return s.showNewsOut(w, r, before, typed)
	case errors.Is(err, knowledge.ErrNewsChanged) && before.ID != 0 && before.State != knowledge.NewsWithdrawn:
		who, err := s.staffName(r, before.ChangedBy)
		if err != nil {
			return err
		}
		if who == "" {
			who = "–"
		}
		typed.Version = strconv.Itoa(before.Version)
		return s.showNewsForm(w, r, before, typed, nil, newsConflict{f.W("by", who), f.W("conflict")})
	case errors.Is(err, knowledge.ErrNewsChanged):
		return errNotFound
	case errors.As(err, &fault):
		return s.showNewsForm(w, r, n, typed, f.wordsOf(knowledge.Faults{fault}), newsConflict{})
	case err != nil:
		return err
	}
	s.Conversations.WakeNews(r.Context())
	s.setFlash(w, flash{Key: "news.saved"})
	return seeOther(w, r, newsPath(after.ID))
}

// showNewsOut draws the form of an item that came out while somebody changed more in it than can be changed now; their words stay.
func (s *site) showNewsOut(w http.ResponseWriter, r *http.Request, n knowledge.NewsItem, typed newsTyped) error {
	f := s.newsFrame(w, r, "")
	return s.showNewsForm(w, r, n, typed, nil, newsConflict{f.W("came_out"), f.W("came_out_words")})
}

// knownRegion says whether an item's region is one of the country's.
func (s *site) knownRegion(r *http.Request, n knowledge.NewsItem) (bool, error) {
	if n.District == "" && n.Municipality == "" {
		return true, nil
	}
	all, err := s.Knowledge.Municipalities(r.Context())
	return slices.ContainsFunc(all, func(m knowledge.Municipality) bool {
		return m.District == n.District && (n.Municipality == "" || m.Name == n.Municipality)
	}), err
}

func newsSubject(id int64) string { return fmt.Sprintf("news:%d", id) }

func newsPath(id int64) string { return fmt.Sprintf("/console/news/%d", id) }
