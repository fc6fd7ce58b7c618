package console

import (
	"net/http"
	"runtime"
	"strings"
	"time"

	"orientir/bot"
	"orientir/bot/i18n"
)

// crowds bound what is done at a time for those who work here. Each has places of its own: whoever knocks at the door, and long lists and figures,
// take none from the desk, where people wait for an answer.
type crowds struct {
	desk  *bot.Crowd // the queue and the chats
	pages *bot.Crowd // everything else
	doors *bot.Crowd // before anybody has signed in, and until it is known who somebody is
	files *bot.Crowd // files that come in and go out: on a slow line one takes minutes

	provider *bot.Crowd // the way over the outside provider, which may keep us waiting: passwords work meanwhile
}

const (
	staffPatience = 5 * time.Second // who works here rather waits than is turned away
	busyPause     = "5"             // seconds after which who was turned away may try again

	filesAtOnce    = 4
	providerAtOnce = 8
)

func newCrowds(o Options) crowds {
	for _, c := range []*bot.CrowdOptions{&o.Desks, &o.Pages, &o.Files} {
		if c.Patience == 0 {
			c.Patience = staffPatience
		}
	}
	if o.Pages.AtOnce == 0 { // such a page may take a core for a while
		o.Pages.AtOnce = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if o.Files.AtOnce == 0 { // each holds some 16 MB
		o.Files.AtOnce, o.Files.Waiting = filesAtOnce, filesAtOnce
	}
	if o.Providers.AtOnce == 0 {
		o.Providers.AtOnce = providerAtOnce
	}
	return crowds{
		desk: bot.NewCrowd("desk", o.Desks), pages: bot.NewCrowd("staff", o.Pages), doors: bot.NewCrowd("sign-in", o.Doors),
		files: bot.NewCrowd("files", o.Files), provider: bot.NewCrowd("provider", o.Providers),
	}
}

// of gives the crowd that a route's requests belong to; nil: they need no turn. Streams have a life of their own.
func (c crowds) of(r route) *bot.Crowd {
	_, path, _ := strings.Cut(r.pattern, " ")
	switch {
	case strings.HasSuffix(path, "/stream"), strings.HasPrefix(path, "/console/static/"):
		return nil
	case strings.HasPrefix(path, "/console/sign-in/oidc"):
		return c.provider
	case r.who.public:
		return c.doors
	case r.pattern == "POST /console/import", strings.HasSuffix(path, "/export"), strings.HasPrefix(path, "/console/figures/"):
		return c.files
	case strings.HasSuffix(path, "/suggestion"): // a search, which the librarian can do without
		return c.pages
	case strings.HasPrefix(path, "/console/queue"), strings.HasPrefix(path, "/console/chats/"):
		return c.desk
	}
	return c.pages
}

// among serves a request when it is its turn. What is sent is read before: who sends it drop by drop must not keep others from theirs.
func (s *site) among(crowd *bot.Crowd, w http.ResponseWriter, r *http.Request, serve func()) {
	if crowd == nil {
		serve()
		return
	}
	leave, ok := crowd.Enter(r.Context())
	if !ok {
		s.turnAway(w, r)
		return
	}
	defer leave()
	serve()
}

// turnAway asks to come again. Nothing was done; what was typed stands on the page, but for files and secrets: a browser that goes back may have those,
// and the page doesn't promise it.
func (s *site) turnAway(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", busyPause)
	if asksAsScript(r) || r.Context().Err() != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	page := faultPage{frame: frame{Language: s.language(r), Back: "/console/", site: s}} // what was to be said once is said by the page that comes
	page.Title, page.Words = page.T("busy_title"), i18n.T(page.Language, "console.busy")
	if fields, ok := resent(r); ok {
		page.Words, page.Path, page.Hidden, page.Back = page.T("busy_kept"), r.URL.RequestURI(), fields, ""
	} else if r.Method == http.MethodGet {
		page.Back = r.URL.RequestURI()
		page.Again = page.Back
	} else {
		page.Words = page.T("busy_typed")
	}
	if err := s.render(w, http.StatusServiceUnavailable, "fault", page); err != nil {
		s.Log.Error("error page failed", "path", r.URL.Path, "error", err)
	}
}
