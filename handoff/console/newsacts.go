package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// NewsTrial sends a piece of news to a member of the staff; telegram.Bot's ShowNews is the one.
type NewsTrial func(ctx context.Context, chat int64, b bot.Body) error

// publishNews lets a draft come out, now or at its hour.
func (s *site) publishNews(w http.ResponseWriter, r *http.Request) error {
	n, err := s.newsItem(r)
	if err != nil {
		return err
	}
	own, err := s.newsOf(r)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(r.PostFormValue("version"))
	now := time.Now()
	wanted := ready(n, now)
	wanted.Version = version
	hosts, err := s.Knowledge.AllowedHosts(r.Context())
	if err != nil {
		return err
	}
	switch {
	case n.State != knowledge.NewsDraft || version != n.Version:
		return s.newsChanged(w, r, n)
	case len(wanted.Check(hosts, now)) > 0: // the page says what is missing
		return seeOther(w, r, newsPath(n.ID)+"#missing")
	}
	err = s.Staff.Door(r.Context(), s.newsAct(r, "publish", n), func(tx pgx.Tx, act *staff.Act) error {
		_, after, err := knowledge.NewStore(tx).SaveNews(r.Context(), actor(r), own, wanted)
		act.Detail = map[string]any{"version": after.Version}
		return err
	})
	if errors.Is(err, knowledge.ErrNewsChanged) {
		return s.newsChanged(w, r, n)
	}
	if err != nil {
		return err
	}
	s.Conversations.WakeNews(r.Context())
	said := flash{Key: "news.published"}
	switch f := s.frame(w, r, "news_title"); {
	case wanted.PublishAt.After(now):
		said = flash{Key: "news.scheduled", Args: []string{f.When(wanted.PublishAt)}}
	case !n.Send:
		said.Key = "news.published_page"
	}
	s.setFlash(w, said)
	return seeOther(w, r, newsPath(n.ID))
}

func (s *site) newsAct(r *http.Request, verb string, n knowledge.NewsItem) staff.Act {
	return staff.Act{By: visitOf(r).account.ID, Verb: "news." + verb, Subject: newsSubject(n.ID)}
}

// newsChanged says that somebody else was quicker, on the page that shows what they did.
func (s *site) newsChanged(w http.ResponseWriter, r *http.Request, n knowledge.NewsItem) error {
	s.setFlash(w, flash{Key: "news.conflict_room", Bad: true})
	return seeOther(w, r, newsPath(n.ID))
}

// withdrawNews takes an item away from people, or deletes a draft.
func (s *site) withdrawNews(w http.ResponseWriter, r *http.Request) error {
	n, err := s.newsItem(r)
	if err != nil {
		return err
	}
	own, err := s.newsOf(r)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(r.PostFormValue("version"))
	err = s.Staff.Door(r.Context(), s.newsAct(r, "withdraw", n), func(tx pgx.Tx, _ *staff.Act) error {
		_, err := knowledge.NewStore(tx).WithdrawNews(r.Context(), actor(r), own, n.ID, version)
		return err
	})
	if errors.Is(err, knowledge.ErrNewsChanged) {
		return s.newsChanged(w, r, n)
	}
	if err != nil {
		return err
	}
	s.Conversations.WakeNews(r.Context())
	if n.State == knowledge.NewsDraft {
		s.setFlash(w, flash{Key: "news.dropped"})
		return seeOther(w, r, "/console/news")
	}
	s.setFlash(w, flash{Key: "news.withdrawn"})
	return seeOther(w, r, newsPath(n.ID))
}

// turnNews stops the sending of an item, or goes on with it.
func (s *site) turnNews(verb, said string, turn func(ctx context.Context, tx pgx.Tx, id int64) (bool, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		n, err := s.newsItem(r)
		if err != nil {
			return err
		}
		turned := false
		err = s.Staff.Door(r.Context(), s.newsAct(r, verb, n), func(tx pgx.Tx, _ *staff.Act) error {
			turned, err = turn(r.Context(), tx, n.ID)
			if err == nil && !turned {
				err = errNotFound
			}
			return err
		})
		if err != nil && !errors.Is(err, errNotFound) {
			return err
		}
		if turned {
			s.Conversations.WakeNews(r.Context())
			s.setFlash(w, flash{Key: said})
		}
		return seeOther(w, r, newsPath(n.ID))
	}
}

func (s *site) stopNews(ctx context.Context, tx pgx.Tx, id int64) (bool, error) {
	return s.Conversations.StopNews(ctx, tx, id)
}

func (s *site) resumeNews(ctx context.Context, tx pgx.Tx, id int64) (bool, error) {
	return s.Conversations.ResumeNews(ctx, tx, id)
}

// tryNews sends an item to who asks for it, in each language that it has, their own first. What is recorded is that it was tried: a message
// can't be called back, and none goes out unrecorded.
func (s *site) tryNews(w http.ResponseWriter, r *http.Request) error {
	n, err := s.newsItem(r)
	if err != nil {
		return err
	}
	account := visitOf(r).account
	chat, linked, err := s.Staff.TelegramOf(r.Context(), s.DB, account.ID)
	if err != nil {
		return err
	}
	if !linked || s.NewsTrial == nil {
		s.setFlash(w, flash{Key: "news.try_unlinked", Bad: true})
		return seeOther(w, r, newsPath(n.ID))
	}
	if err := s.Staff.Door(r.Context(), s.newsAct(r, "try", n), func(pgx.Tx, *staff.Act) error { return nil }); err != nil {
		return err
	}
	said := flash{Key: "news.tried"}
	for _, language := range newsLanguages(n, visitOf(r).language) {
		body := bot.NewsBody(n, language)
		body.Buttons = slices.DeleteFunc(body.Buttons, func(a bot.Action) bool { return a.Data != "" }) // theirs would end their own news
		if err := s.NewsTrial(r.Context(), chat, body); err != nil {
			s.Log.Warn("a trial of news was not sent", "news", n.ID, "account", account.ID, "error", err)
			said = flash{Key: "news.try_failed", Bad: true}
			break
		}
	}
	s.setFlash(w, said)
	return seeOther(w, r, newsPath(n.ID))
}

// newsLanguages are the languages in which people get an item: one's own first.
func newsLanguages(n knowledge.NewsItem, own string) (list []string) {
	if n.TitleBG != "" {
		list = append(list, "bg")
	}
	if n.TitleEN != "" {
		list = append(list, "en")
	}
	if len(list) == 2 && own == "en" {
		slices.Reverse(list)
	}
	return list
}
