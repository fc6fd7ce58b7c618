package knowledge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres/postgrestest"
)

// checking is a link checker beside a site of its own; what the site says at a path can be changed.
type checking struct {
	*testing.T
	ctx     context.Context
	pool    *pgxpool.Pool
	store   *Store
	site    *httptest.Server
	checker *LinkChecker

	mu    sync.Mutex
	pages map[string]http.HandlerFunc
	asked map[string][]http.Header
	now   time.Time
}

func newChecking(t *testing.T, o LinkOptions) *checking {
	t.Helper()
	t.Parallel()
	c := &checking{T: t, ctx: t.Context(), pool: postgrestest.New(t), pages: map[string]http.HandlerFunc{}, asked: map[string][]http.Header{}, now: time.Now()}
	c.store = NewStore(c.pool)
	c.site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		page := c.pages[r.URL.Path]
		c.asked[r.URL.Path] = append(c.asked[r.URL.Path], r.Header.Clone())
		c.mu.Unlock()
		if page == nil {
			http.NotFound(w, r)
			return
		}
		page(w, r)
	}))
	t.Cleanup(c.site.Close)
	if o.Host == 0 {
		o.Host = time.Millisecond
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	o.Unsafe, o.PublicURL = true, "https://orientir.example"
	o.Now = func() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
	c.checker = NewLinkChecker(c.pool, c.store, o)
	return c
}

// page puts a page at a path, and a signpost that sends people there.
func (c *checking) page(path string, h http.HandlerFunc) string {
	c.Helper()
	c.mu.Lock()
	c.pages[path] = h
	c.mu.Unlock()
	if _, err := c.pool.Exec(c.ctx, `INSERT INTO signposts (title, authority, link, names, origin) VALUES ($1, 'x', $1, '{x}', 'editor') ON CONFLICT DO NOTHING`, c.site.URL+path); err != nil {
		c.Fatal(err)
	}
	return c.site.URL + path
}

func titled(title string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><html><head><title>\n %s </title></head><body>…</body></html>", title)
	}
}

func (c *checking) round() {
	c.Helper()
	if err := c.checker.Round(c.ctx); err != nil {
		c.Fatal(err)
	}
}

func (c *checking) passes(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

type linkState struct {
	Fault      LinkFault
	Broken     bool
	Tries      int
	Status     int
	FinalURL   string
	Title      string
	DueIn      time.Duration
	KnownTitle string
}

func (c *checking) state(address string) linkState {
	c.Helper()
	rows, err := c.pool.Query(c.ctx, `
		SELECT fault, broken_since IS NOT NULL AS broken, tries, coalesce(status, 0) AS status, final_url, title, due_at - $2 AS due_in, known_title
		FROM link_checks WHERE url = $1`, address, c.checker.o.Now())
	if err != nil {
		c.Fatal(err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[linkState])
	if err != nil {
		c.Fatal(err)
	}
	s.DueIn = s.DueIn.Round(time.Minute)
	return s
}

func TestLinksAreJudged(t *testing.T) {
	c := newChecking(t, LinkOptions{Timeout: 2 * time.Second})
	endless := func(head string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, head)
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}
	}
	to := func(address string, status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, address, status) }
	}
	elsewhere := strings.Replace(c.site.URL, "127.0.0.1", "localhost", 1)
	week := 7 * 24 * time.Hour
	wants := map[string]linkState{
		c.page("/good", titled("Услуга &amp; такси")):                                                {Status: 200, Title: "Услуга & такси", DueIn: week},
		c.page("/here", to("/good", 301)):                                                            {Status: 200, FinalURL: c.site.URL + "/good", Title: "Услуга & такси", DueIn: week},
		c.page("/elsewhere", to(elsewhere+"/good", 302)):                                             {Fault: LinkMoved, Broken: true, Tries: 1, Status: 200, FinalURL: elsewhere + "/good", Title: "Услуга & такси", DueIn: week},
		c.page("/around", to("/around", 302)):                                                        {Fault: LinkLoops, Broken: true, Tries: 1, Status: 302, DueIn: week},
		c.page("/nowhere", to("javascript:alert(1)", 302)):                                           {Fault: LinkLoops, Broken: true, Tries: 1, Status: 302, DueIn: week},
		c.page("/far", to("http://"+strings.Repeat("a.", 2000)+"bg/", 302)):                          {Fault: LinkLoops, Broken: true, Tries: 1, Status: 302, DueIn: week},
		c.page("/gone", nil):                                                                         {Fault: LinkStatus, Broken: true, Tries: 1, Status: 404, DueIn: week},
		c.page("/shut", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }):         {Fault: LinkStatus, Broken: true, Tries: 1, Status: 403, DueIn: week},
		c.page("/down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }):         {Fault: LinkStatus, Tries: 1, Status: 500, DueIn: time.Hour},
		c.page("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }):       {Fault: LinkSlow, Tries: 1, DueIn: time.Hour},
		c.page("/cut", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }): {Fault: LinkUnreachable, Tries: 1, DueIn: time.Hour},
		c.page("/huge", endless("<title>Голяма</title>")):                                            {Status: 200, Title: "Голяма", DueIn: week},
		c.page("/endless", endless("")):                                                              {Status: 200, DueIn: week},
		c.page("/long", titled(strings.Repeat("ж", 5000))):                                           {Status: 200, Title: strings.Repeat("ж", 300), DueIn: week},
		c.page("/drawing", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<svg><title>Лого</title></svg><title>Страница</title>")
		}): {Status: 200, Title: "Страница", DueIn: week},
		c.page("/old", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=windows-1251")
			_, _ = w.Write([]byte("<title>\xcc\xc2\xd0</title>"))
		}): {Status: 200, Title: "МВР", DueIn: week},
		c.page("/form.pdf", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/pdf")
			fmt.Fprint(w, "%PDF <title>не</title>")
		}): {Status: 200, DueIn: week},
	}
	c.round()
	for address, want := range wants {
		if want.FinalURL == "" {
			want.FinalURL = address
		}
		if want.Fault == LinkWorks {
			want.KnownTitle = want.Title
		}
		if got := c.state(address); got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", strings.TrimPrefix(address, c.site.URL), got, want)
		}
	}
	if agent := c.asked["/good"][0].Get("User-Agent"); agent != "OrientirLinkCheck/1.0 (+https://orientir.example)" {
		t.Errorf("asks as %q", agent)
	}
	// What may pass counts when it is seen again, and what is gone from the guides is asked for no more.
	c.passes(time.Hour)
	c.page("/down", titled("Пак"))
	if _, err := c.pool.Exec(c.ctx, `DELETE FROM signposts WHERE link LIKE '%/gone'`); err != nil {
		t.Fatal(err)
	}
	c.round()
	if s := c.state(c.site.URL + "/down"); s.Fault != LinkWorks || s.Broken || s.Tries != 0 {
		t.Errorf("up again: %+v", s)
	}
	if s := c.state(c.site.URL + "/slow"); s.Fault != LinkSlow || !s.Broken || s.Tries != 2 || s.DueIn != 4*time.Hour {
		t.Errorf("slow again: %+v", s)
	}
	if len(c.asked["/good"]) != 1+2 || len(c.asked["/gone"]) != 1 { // two lead to it
		t.Errorf("asked again before a week: %d, %d", len(c.asked["/good"]), len(c.asked["/gone"]))
	}
	var left int
	if err := c.pool.QueryRow(c.ctx, `SELECT count(*) FROM link_checks WHERE url LIKE '%/gone'`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d left of what nobody is sent to, %v", left, err)
	}
}

func TestLinksAreAskedForConditionally(t *testing.T) {
	c := newChecking(t, LinkOptions{})
	tag := `"one"`
	address := c.page("/x", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		w.Header().Set("Last-Modified", "Wed, 25 Nov 2026 10:00:00 GMT")
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		titled("Заглавие "+tag[1:4])(w, r)
	})
	c.round()
	c.passes(8 * 24 * time.Hour)
	c.round()
	if got := c.asked["/x"][1]; got.Get("If-None-Match") != tag || got.Get("If-Modified-Since") != "Wed, 25 Nov 2026 10:00:00 GMT" {
		t.Errorf("asked with %v", got)
	}
	if s := c.state(address); s.Status != 304 || s.Title != "Заглавие one" || s.Fault != LinkWorks {
		t.Errorf("as it was: %+v", s)
	}
	tag = `"two"`
	c.passes(8 * 24 * time.Hour)
	c.round()
	if s := c.state(address); s.Fault != LinkRetitled || !s.Broken || s.Title != "Заглавие two" || s.KnownTitle != "Заглавие one" {
		t.Errorf("called otherwise: %+v", s)
	}
	broken, err := c.store.BrokenLinks(c.ctx, Editor{ID: "maria"}, 10, 0)
	if err != nil || len(broken) != 1 || broken[0].URL != address || broken[0].Guides != 0 || len(broken[0].Places) != 1 || broken[0].Places[0].Parts[0] != "signpost" {
		t.Errorf("%+v, %v", broken, err)
	}
	var fault *Fault
	if err := c.store.AcceptLink(c.ctx, c.pool, address, Editor{ID: "v", Municipality: "VRC10"}); !errors.As(err, &fault) {
		t.Errorf("accepted by a municipality's editor: %v", err)
	}
	if err := c.store.AcceptLink(c.ctx, c.pool, address, Editor{ID: "maria"}); err != nil {
		t.Fatal(err)
	}
	c.passes(8 * 24 * time.Hour)
	c.round()
	if s := c.state(address); s.Fault != LinkWorks || s.Broken || s.KnownTitle != "Заглавие two" {
		t.Errorf("accepted: %+v", s)
	}
}

// What an editor has taken as right is right until it changes.
func TestWhatIsAcceptedHolds(t *testing.T) {
	c := newChecking(t, LinkOptions{})
	elsewhere := strings.Replace(c.site.URL, "127.0.0.1", "localhost", 1)
	c.page("/new", titled("Новото"))
	moved := c.page("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere+"/new", 301) })
	status := 403
	shut := c.page("/shut", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	c.round()
	for _, address := range []string{moved, shut} {
		if !c.state(address).Broken {
			t.Fatalf("%s works", address)
		}
		if err := c.store.AcceptLink(c.ctx, c.pool, address, Editor{ID: "maria"}); err != nil {
			t.Fatal(err)
		}
	}
	c.passes(8 * 24 * time.Hour)
	c.round()
	for _, address := range []string{moved, shut} {
		if s := c.state(address); s.Fault != LinkWorks || s.Broken {
			t.Errorf("accepted: %+v", s)
		}
	}
	status = 404
	c.page("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere+"/other", 301) })
	c.page("/other", titled("Друго"))
	c.passes(8 * 24 * time.Hour)
	c.round()
	if s := c.state(moved); s.Fault != LinkMoved || !s.Broken {
		t.Errorf("moved on: %+v", s)
	}
	if s := c.state(shut); s.Fault != LinkStatus || !s.Broken {
		t.Errorf("gone now: %+v", s)
	}
}

// A second's pause is kept by all replicas together, and what a checker was at when it died another does after the lease.
func TestCheckersShareThePace(t *testing.T) {
	c := newChecking(t, LinkOptions{Host: time.Hour})
	first, second := c.page("/1", titled("1")), c.page("/2", titled("2"))
	other := NewLinkChecker(c.pool, c.store, c.checker.o)
	if err := c.checker.turn(c.ctx, "mvr.bg"); err != nil {
		t.Fatal(err)
	}
	var busy *hostBusy
	if err := other.turn(c.ctx, "MVR.bg"); !errors.As(err, &busy) || busy.wait < 59*time.Minute {
		t.Errorf("asks at the same time: %v", err)
	}
	if err := other.turn(c.ctx, "nap.bg"); err != nil {
		t.Errorf("another host: %v", err)
	}
	c.round()
	if n := len(c.asked["/1"]) + len(c.asked["/2"]); n != 1 {
		t.Errorf("asked %d times within a pause", n)
	}
	if a, b := c.state(first), c.state(second); a.DueIn+b.DueIn != 7*24*time.Hour+time.Hour {
		t.Errorf("the other one is not put off: %+v, %+v", a, b)
	}
	// Killed while it asked.
	if _, err := c.pool.Exec(c.ctx, `UPDATE link_checks SET due_at = $1`, c.now); err != nil {
		t.Fatal(err)
	}
	taken := map[string]bool{}
	for range 2 {
		l, ok, err := c.checker.take(c.ctx, "127.0.0.1")
		if err != nil || !ok || taken[l.URL] {
			t.Fatalf("%+v, %v, %v", l, ok, err)
		}
		taken[l.URL] = true
	}
	if _, ok, err := other.take(c.ctx, "127.0.0.1"); ok || err != nil {
		t.Errorf("taken twice: %v, %v", ok, err)
	}
	c.passes(linkLease)
	if _, ok, err := other.take(c.ctx, "127.0.0.1"); !ok || err != nil {
		t.Errorf("lost: %v, %v", ok, err)
	}
}

func TestABusyServerIsLeftAlone(t *testing.T) {
	c := newChecking(t, LinkOptions{})
	c.page("/a", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(429)
	})
	address := c.site.URL + "/a"
	c.round()
	if s := c.state(address); s.Fault != LinkStatus || s.Broken || s.DueIn != 2*time.Hour {
		t.Errorf("%+v", s)
	}
	b := c.page("/b", titled("Б"))
	c.round()
	if s := c.state(b); len(c.asked["/b"]) != 0 || s.DueIn != 2*time.Hour {
		t.Errorf("asked %d times, %+v", len(c.asked["/b"]), s)
	}
}

// The server that is busy is the one that a redirect led to.
func TestTheServerThatAnsweredIsLeftAlone(t *testing.T) {
	c := newChecking(t, LinkOptions{})
	elsewhere := strings.Replace(c.site.URL, "127.0.0.1", "localhost", 1)
	c.page("/a", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere+"/busy", 302) })
	c.mu.Lock()
	c.pages["/busy"] = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(503)
	}
	c.mu.Unlock()
	c.round()
	b := c.page("/b", titled("Б"))
	if _, err := c.pool.Exec(c.ctx, `INSERT INTO signposts (title, authority, link, names, origin) VALUES ('x', 'x', $1, '{x}', 'editor')`, elsewhere+"/c"); err != nil {
		t.Fatal(err)
	}
	c.round()
	if s := c.state(b); s.Fault != LinkWorks || len(c.asked["/b"]) != 1 {
		t.Errorf("the one that redirected was left alone: %+v", s)
	}
	if s := c.state(elsewhere + "/c"); len(c.asked["/c"]) != 0 || s.DueIn != 2*time.Hour {
		t.Errorf("the busy one was asked %d times, %+v", len(c.asked["/c"]), s)
	}
}

// What an editor does while an address is being asked for holds.
func TestAnEditorActsDuringACheck(t *testing.T) {
	c := newChecking(t, LinkOptions{})
	acts := map[string]func(string) error{
		"/again":  func(address string) error { return c.store.AskAgain(c.ctx, c.pool, address, Editor{ID: "maria"}) },
		"/accept": func(address string) error { return c.store.AcceptLink(c.ctx, c.pool, address, Editor{ID: "maria"}) },
	}
	title, during := "Едно", false
	for path, act := range acts {
		c.page(path, func(w http.ResponseWriter, r *http.Request) {
			if during {
				if err := act(c.site.URL + path); err != nil {
					t.Error(path, err)
				}
			}
			titled(title)(w, r)
		})
	}
	due := func() { // the clock stands, so that what is due by the server's is due after this round
		t.Helper()
		if _, err := c.pool.Exec(c.ctx, `UPDATE link_checks SET due_at = $1`, c.now); err != nil {
			t.Fatal(err)
		}
		c.round()
	}
	c.round()
	title = "Две"
	due()
	during = true
	due()
	for path := range acts {
		if s := c.state(c.site.URL + path); s.DueIn > time.Hour {
			t.Errorf("%s is not asked for again: %+v", path, s)
		}
	}
	if s := c.state(c.site.URL + "/accept"); s.Fault != LinkWorks || s.Broken || s.KnownTitle != "Две" {
		t.Errorf("accepted meanwhile: %+v", s)
	}
}

func TestSourcesAreListed(t *testing.T) {
	e := newEditing(t)
	today := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	maria := Editor{ID: "maria"}
	local := e.guide
	local.Slug, local.Version, local.Municipality, local.ReviewBy = "vratsa-novo", 0, "VRC10", today.AddDate(0, 0, -1)
	local.Sources = []Source{{URL: "https://www.sofia.bg/x", Title: "Нова"}}
	if _, err := e.store.Publish(e.ctx, local, "v"); err != nil {
		t.Fatal(err)
	}
	checker := NewLinkChecker(e.pool, e.store, LinkOptions{})
	if err := checker.gather(e.ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := e.pool.Exec(e.ctx, `UPDATE link_checks SET fault = 'status', status = 404, checked_at = now(), broken_since = now()`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		by     Editor
		broken map[string]int // address → guides
		past   []string
	}{
		{maria, map[string]int{"https://www.sofia.bg/x": 1, e.guide.Link: 2, e.guide.Sources[0].URL: 1}, []string{"vratsa-novo"}},
		{Editor{ID: "v", Municipality: "VRC10"}, map[string]int{"https://www.sofia.bg/x": 1, e.guide.Link: 2}, []string{"vratsa-novo"}},
		{Editor{ID: "w", Municipality: "VID09"}, map[string]int{}, nil},
	} {
		broken, err := e.store.BrokenLinks(e.ctx, c.by, 10, 0)
		if err != nil || len(broken) != len(c.broken) {
			t.Errorf("%s: %+v, %v", c.by.ID, broken, err)
		}
		for _, b := range broken {
			if b.Guides != c.broken[b.URL] || len(b.Places) != b.Guides || b.Places[0].Title != "Проба" {
				t.Errorf("%s: %+v", c.by.ID, b)
			}
		}
		past, err := e.store.PastGuides(e.ctx, today, c.by, 10, 0)
		if err != nil || len(past) != len(c.past) || len(past) > 0 && (past[0].Slug != c.past[0] || past[0].Sources[0] != "https://www.sofia.bg/x") {
			t.Errorf("%s: %+v, %v", c.by.ID, past, err)
		}
		counts, err := e.store.CountSources(e.ctx, today, c.by)
		unchecked, err2 := e.store.UncheckedSources(e.ctx, c.by, 10, 0)
		if err != nil || err2 != nil || counts[BrokenLinks] != len(c.broken) || counts[PastDate] != len(c.past) || counts[UncheckedPages] != len(unchecked) {
			t.Errorf("%s: %v, %d unchecked, %v, %v", c.by.ID, counts, len(unchecked), err, err2)
		}
	}
	before, _ := e.store.UncheckedSources(e.ctx, maria, 10, 0)
	if err := e.in(func(tx pgx.Tx) error {
		return e.store.CheckSource(e.ctx, tx, "vratsa-novo", "https://www.sofia.bg/x", today, maria)
	}); err != nil {
		t.Fatal(err)
	}
	if after, _ := e.store.UncheckedSources(e.ctx, maria, 10, 0); len(after) != len(before)-1 {
		t.Errorf("%d unchecked, then %d", len(before), len(after))
	}
	if err := e.store.AskAgain(e.ctx, e.pool, "https://www.sofia.bg/x", maria); err != nil {
		t.Error(err)
	}
}
