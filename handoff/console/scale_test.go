package console

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/bot"
	"orientir/bot/webchat"
	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/handoff"
	"orientir/handoff/group"
	"orientir/handoff/staff"
	"orientir/handoff/statistics"
	"orientir/knowledge"
	"orientir/retrieval"
)

// The size that every list is usable with, and within how long a page is there at the 95th percentile.
const (
	manyGuides    = 5_000
	manyQuestions = 100_000
	pageLimit     = 300 * time.Millisecond
)

//go:embed testdata/scale.sql
var scaleSQL string

// country is both sites on a database that is as full as a country's.
type country struct {
	testing.TB
	url      string
	pool     *pgxpool.Pool // that the sites ask, and whose statements are recorded
	reads    *recorder
	site     *site
	client   *http.Client // in which somebody with every role has signed in
	guides   int
	prepared []string // figures that the program has counted before anybody asks
}

// newCountry fills a database and opens the sites on it.
func newCountry(t testing.TB, guides, questions int) *country {
	t.Helper()
	ctx := t.Context()
	filling, err := postgres.Open(ctx, postgrestest.URL(t), postgres.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer filling.Close()
	fill := strings.NewReplacer(":guides", strconv.Itoa(guides), ":questions", strconv.Itoa(questions)).Replace(scaleSQL)
	if _, err := filling.Exec(ctx, fill); err != nil { // all of it is one transaction
		t.Fatalf("fill the database: %v", err)
	}
	if err := statistics.New(filling).Refresh(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := filling.Exec(ctx, `VACUUM ANALYZE`); err != nil { // as the server does by itself, some minutes later
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		t.Fatal(err)
	}
	figures := statistics.New(filling)
	if err := errors.Join(figures.Prepare(ctx, time.Now(), zone), figures.Publish(ctx, time.Now().In(zone))); err != nil {
		t.Fatal(err)
	}

	c := &country{TB: t, reads: &recorder{}, guides: guides}
	if err := filling.QueryRow(ctx, `SELECT array_agg(cut) FROM figure_views`).Scan(&c.prepared); err != nil {
		t.Fatal(err)
	}
	config := filling.Config()
	config.ConnConfig.Tracer = c.reads
	if c.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.pool.Close)
	client := redistest.New(t)
	store := knowledge.NewStore(c.pool)
	conversations := bot.NewConversations(c.pool, client, bot.Options{})
	accounts := staff.NewStore(c.pool, staff.Options{})
	desk := handoff.NewDesk(c.pool, store, conversations, accounts, client, handoff.Options{})
	answerer := retrieval.New(c.pool, store, retrieval.Options{})
	deps := Deps{DB: c.pool, Staff: accounts, Desk: desk, Conversations: conversations, Knowledge: store, Answerer: scripted{}, Redis: client, Telegram: &named{},
		Trials: answerer, Replays: retrieval.NewReplays(c.pool, answerer, retrieval.ReplayOptions{}),
		Groups: group.New(group.NewInbox(c.pool, conversations, client, group.Options{}), desk, accounts, nil, group.Options{})}
	console, err := New(deps, Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.site = &site{Deps: deps}
	public := webchat.New(nil, conversations, nil, store, client, webchat.Options{DB: c.pool, NoLimits: true, Open: statistics.New(c.pool),
		Report: func(context.Context, bot.Report) (bot.Reported, error) { return bot.ReportKept, nil }})
	mux := http.NewServeMux()
	mux.Handle("/", public)
	mux.Handle("/console/", console)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.url = server.URL

	all, err := accounts.Add(ctx, staff.Profile{Email: "all@example.bg", Name: "Всичко", Roles: staff.Roles()}, password)
	if err != nil {
		t.Fatal(err)
	}
	for _, own := range []string{`UPDATE guide_imports SET begun_by = 'staff:' || $1::bigint`, `UPDATE tickets SET claimed_by = $1 WHERE state = 'claimed' AND id % 6 = 1`} {
		if _, err := c.pool.Exec(ctx, own, all.ID); err != nil {
			t.Fatal(err)
		}
	}
	jar, _ := cookiejar.New(nil)
	c.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := c.client.PostForm(c.url+"/console/sign-in", url.Values{"email": {"all@example.bg"}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign in: %s", response.Status)
	}
	return c
}

// read asks for a page, as a browser does, and reads the whole of it.
func (c *country) read(page string) (time.Duration, error) {
	address, query, _ := strings.Cut(page, "?")
	if query != "" {
		values, err := url.ParseQuery(query)
		if err != nil {
			return 0, err
		}
		address += "?" + values.Encode()
	}
	began := time.Now()
	response, err := c.client.Get(c.url + address)
	if err != nil {
		return 0, err
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	took := time.Since(began)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s\n%.2000s", page, response.Status, body)
	}
	return took, err
}

// pages are the addresses that are asked for, by the pattern of the route that answers: lists with each filter, from their beginning and
// from far behind, and of what is opened alone one that has much. A test holds them to the console's list of routes.
func (c *country) pages() map[string][]string {
	id := func(sql string) string {
		var s string
		if err := c.pool.QueryRow(c.Context(), sql).Scan(&s); err != nil {
			c.Fatalf("%v in %s", err, sql)
		}
		return s
	}
	draft := id(`SELECT slug FROM guide_drafts WHERE slug LIKE 'guide-%' AND stage = 'draft' ORDER BY slug LIMIT 1`)
	replayed := id(`SELECT slug FROM replays ORDER BY id LIMIT 1`)
	problem := id(`SELECT problem::text FROM problem_items WHERE source <> 'again' GROUP BY problem ORDER BY count(*) DESC LIMIT 1`)
	fixed := id(`SELECT problem::text FROM problem_items WHERE source = 'again' GROUP BY problem ORDER BY count(*) DESC LIMIT 1`)
	chat := id(`SELECT max(id)::text FROM tickets WHERE state = 'claimed' AND id % 6 = 1`)
	account := id(`SELECT min(id)::text FROM staff`)
	news := id(`SELECT max(news)::text FROM broadcasts WHERE state = 'sending'`)
	late := id(`SELECT (max(id) / 2)::text FROM audit_log`)
	ticket := id(`SELECT (max(id) / 2)::text FROM tickets`)
	answer := id(`SELECT (max(id) / 2)::text FROM answers`)
	item := id(`SELECT (max(id) / 2)::text FROM news`)
	year := "days=365&"
	last := func(per int) string { return strconv.Itoa(c.guides/per - 1) } // the last page but one, or near it
	return map[string][]string{
		"GET /console/queue":       {"/console/queue"},
		"GET /console/chats/{id}":  {"/console/chats/" + chat},
		"GET /console/canned":      {"/console/canned"},
		"GET /console/canned/{id}": {"/console/canned/1"},

		"GET /console/libraries":                         {"/console/libraries", "/console/libraries?find=Пробуда", "/console/libraries?view=stale"},
		"GET /console/libraries/{id}":                    {"/console/libraries/library-1"},
		"GET /console/libraries/{id}/hours":              {"/console/libraries/library-1/hours"},
		"GET /console/libraries/{id}/days":               {"/console/libraries/library-1/days"},
		"GET /console/libraries/{id}/about":              {"/console/libraries/library-1/about"},
		"GET /console/libraries/{id}/trainings/new":      {"/console/libraries/library-1/trainings/new"},
		"GET /console/libraries/{id}/trainings/{number}": {id(`SELECT '/console/libraries/' || help_point || '/trainings/' || number FROM trainings ORDER BY number LIMIT 1`)},

		"GET /console/guides": {"/console/guides", "/console/guides?page=2", "/console/guides?page=" + last(50), "/console/guides?view=mine", "/console/guides?view=review",
			"/console/guides?view=draft", "/console/guides?view=renew", "/console/guides?view=renew&page=" + last(250), "/console/guides?view=soon", "/console/guides?view=unchecked",
			"/console/guides?view=published", "/console/guides?view=retired", "/console/guides?order=changed", "/console/guides?order=review",
			"/console/guides?find=кошери", "/console/guides?find=разрешително за лодки&page=5", "/console/guides?find=няма такова"},
		"GET /console/guides/{slug}":                 {"/console/guides/guide-3", "/console/guides/" + draft},
		"GET /console/guides/new":                    {"/console/guides/new"},
		"GET /console/guides/{slug}/edit":            {"/console/guides/" + draft + "/edit"},
		"GET /console/guides/{slug}/preview":         {"/console/guides/" + draft + "/preview"},
		"GET /console/guides/{slug}/names":           {"/console/guides/" + draft + "/names?q=разреши"},
		"GET /console/guides/{slug}/merge":           {id(`SELECT '/console/guides/' || d.slug || '/merge' FROM guide_drafts d JOIN guides g USING (slug) WHERE d.base < g.version ORDER BY 1 LIMIT 1`)},
		"GET /console/guides/{slug}/history":         {"/console/guides/guide-3/history"},
		"GET /console/guides/{slug}/history/{a}":     {"/console/guides/guide-3/history/2"},
		"GET /console/guides/{slug}/history/{a}/{b}": {"/console/guides/guide-3/history/1/4"},
		"GET /console/guides/{slug}/try":             {"/console/guides/" + draft + "/try"},
		"GET /console/guides/{slug}/replay":          {"/console/guides/" + replayed + "/replay", "/console/guides/" + replayed + "/replay?kind=other&page=6"},
		"GET /console/guides/{slug}/replay/progress": {"/console/guides/" + replayed + "/replay/progress"},
		"GET /console/rules":                         {"/console/rules"},
		"GET /console/import":                        {"/console/import"},
		"GET /console/import/{id}":                   {id(`SELECT '/console/import/' || min(id) FROM guide_imports`)},
		"GET /console/sources":                       {"/console/sources", "/console/sources?page=" + last(250), "/console/sources?view=past", "/console/sources?view=past&page=" + last(200), "/console/sources?view=unchecked", "/console/sources?view=unchecked&page=" + last(50)},
		"GET /console/local":                         {"/console/local", "/console/local?of=BGS04", "/console/local?of=BGS04&find=лодки", "/console/local?of=BGS04&page=" + last(100)},
		"GET /console/local/{slug}":                  {"/console/local/guide-11?of=BGS04"},
		"GET /console/worklist":                      {"/console/worklist", "/console/worklist?kind=missing&page=" + last(100), "/console/worklist?kind=wrong", "/console/worklist?state=working", "/console/worklist?state=fixed", "/console/worklist?state=aside"},
		"GET /console/worklist/{id}":                 {"/console/worklist/" + problem, "/console/worklist/" + problem + "?from=100", "/console/worklist/" + fixed},
		"GET /console/news":                          {"/console/news", "/console/news?state=draft", "/console/news?topic=safety", "/console/news?before=" + item},
		"GET /console/news/new":                      {"/console/news/new"},
		"GET /console/news/{id}":                     {"/console/news/" + news},
		"GET /console/news/{id}/edit":                {"/console/news/" + news + "/edit"},
		"GET /console/news/{id}/progress":            {"/console/news/" + news + "/progress"},
		"GET /console/supervisor":                    {"/console/supervisor", "/console/supervisor?days=365"},
		"GET /console/transcripts":                   {"/console/transcripts", "/console/transcripts?before=" + ticket, "/console/transcripts?words=подпис", "/console/transcripts?words=няматакова", "/console/transcripts?library=library-7", "/console/transcripts?outcome=left"},
		"GET /console/feedback":                      {"/console/feedback", "/console/feedback?show=bad&days=365", "/console/feedback?show=unanswered&days=365", "/console/feedback?show=bad&reason=outdated&days=365", "/console/feedback?days=365&before=" + answer},
		"GET /console/figures":                       {"/console/figures", "/console/figures?days=7", "/console/figures?" + year + "show=questions", "/console/figures?" + year + "show=ratings", "/console/figures?" + year + "show=desk", "/console/figures?" + year + "show=funnel", "/console/figures?" + year + "channel=telegram", "/console/figures?" + year + "region=Враца", "/console/figures?" + year + "audience=citizen", "/console/figures?" + year + "service=guide-1", "/console/figures?" + year + "service=-", "/console/figures?days=1095&channel=web"},
		"GET /console/figures/{dimension}":           {"/console/figures/day?days=90", "/console/figures/service?days=365", "/console/figures/region?days=365&channel=web"},
		"GET /console/people":                        {"/console/people"},
		"GET /console/people/new":                    {"/console/people/new"},
		"GET /console/people/{id}":                   {"/console/people/" + account},
		"GET /console/hosts":                         {"/console/hosts"},
		"GET /console/groups":                        {"/console/groups"},
		"GET /console/audit":                         {"/console/audit", "/console/audit?before=" + late, "/console/audit?area=guide", "/console/audit?area=news", "/console/audit?by=" + account, "/console/audit?by=" + account + "&area=guide", "/console/audit?area=problem&before=" + late},
		"GET /console/account":                       {"/console/account"},
		"GET /console/chats/{id}/suggestion":         {"/console/chats/" + chat + "/suggestion"},
		"GET /console/import/export":                 nil, // a file of everything
		"GET /console/tasks":                         nil, // leads on
		"GET /console/{$}":                           nil, // leads on
		"GET /console/static/{name}":                 nil, // reads nothing
		"GET /console/sign-in":                       nil, // who has signed in is led on
		"GET /console/sign-in/code":                  nil, // half-way in
		"GET /console/sign-in/oidc":                  nil, // leads to the provider
		"GET /console/sign-in/oidc/callback":         nil, // from the provider alone
		"GET /console/account/second-step":           {"/console/account/second-step"},
		"GET /console/welcome":                       nil, // the first account alone
		"GET /console/link":                          nil, // with a link alone
		"GET /console/queue/stream":                  nil, // does not end
		"GET /console/chats/{id}/stream":             nil, // does not end

		"/": {"/privacy", // reads nothing: what the others are compared with
			"/guides", "/guides?page=" + last(60), "/guides?for=business", "/guides?q=кошери", "/guides?q=няма такова", "/guides?lang=en", "/guides/guide-1", "/guides/guide-11", "/guides/guide-11?lang=en", "/guides/guide-11.jsonld",
			"/guides/guide-1/report", "/stats", "/stats?lang=en", "/stats.json", "/stats.csv", "/news", "/news?topic=safety", "/news?past=1", "/news/" + news, "/news.atom", "/sitemap.xml", "/libraries/library-1", "/kiosk/library-1"},
	}
}

// addresses lists the pages, each pattern's together.
func (c *country) addresses() (list []string) {
	pages := c.pages()
	for _, pattern := range slices.Sorted(maps.Keys(pages)) {
		list = append(list, pages[pattern]...)
	}
	return list
}

// anew drops what is kept of what the figures' page counted for somebody: who comes first waits longest.
func (c *country) anew() {
	c.Helper()
	if _, err := c.pool.Exec(c.Context(), `DELETE FROM figure_views WHERE cut <> ALL ($1)`, c.prepared); err != nil {
		c.Fatal(err)
	}
}

// BenchmarkPages fills a database with 5,000 guides and 100,000 questions, and asks for every page of the console and of the public site over
// loopback. Blocks are what its statements read of the database, of 8 kB each, and cpu is the work of the program, the browser and the database: the busier the machine, the more these say. The first row reads nothing.
func BenchmarkPages(b *testing.B) {
	began := time.Now()
	c := newCountry(b, manyGuides, manyQuestions)
	b.Logf("filled in %s", time.Since(began).Round(time.Second))
	for _, address := range c.addresses() {
		c.anew()
		c.reads.record()
		if _, err := c.read(address); err != nil {
			b.Error(err)
			continue
		}
		blocks := 0
		for _, s := range c.reads.stop() {
			blocks += c.blocks(s)
		}
		b.Run(address, func(b *testing.B) {
			var took []time.Duration
			var cpu time.Duration
			known := true
			for b.Loop() {
				b.StopTimer()
				c.anew()
				before, _ := c.worked()
				b.StartTimer()
				one, err := c.read(address)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				after, ok := c.worked()
				cpu, known = cpu+after-before, known && ok
				b.StartTimer()
				took = append(took, one)
			}
			if known {
				b.ReportMetric(cpu.Seconds()*1000/float64(len(took)), "cpu-ms")
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(took[(len(took)*95+99)/100-1].Seconds()*1000, "p95-ms")
			b.ReportMetric(float64(pageLimit.Milliseconds()), "limit-ms")
			b.ReportMetric(float64(blocks), "blocks")
		})
	}
}

// growing are the tables that become larger with every question, which no page may read from end to end.
var growing = []string{"answers", "messages", "contacts", "conversations", "feedback", "tickets", "ticket_events", "problem_items", "problem_reports", "audit_log", "news", "broadcast_recipients", "figure_questions"}

// TestPagesReadLittle holds the pages to what they may read, at a size at which that says something: reading everything once for each row, or a
// table that grows with every question, is seen here before anybody waits for it. It also holds the addresses to the list of routes, so that
// a new page is measured too.
func TestPagesReadLittle(t *testing.T) {
	t.Parallel()
	c := newCountry(t, 200, 4_000)
	pages := c.pages()
	for _, r := range c.site.routes() {
		if _, ok := pages[r.pattern]; !ok && strings.HasPrefix(r.pattern, "GET ") {
			t.Errorf("%s is not measured", r.pattern)
		}
	}
	const most = 1500       // blocks; a page of fifty guides or tickets reads some hundreds
	more := map[string]int{ // of some that read much: twice what they take
		"/console/queue": 3500, "/console/chats/{id}": 4000, "/console/supervisor": 3500, // sixty people who wait, with what they said
		"/console/transcripts": 9000, // words are looked for in every conversation of the time that is asked for
		"/console/sources":     4000, "/console/import/{id}": 4000,
	}
	for pattern, addresses := range pages {
		_, path, _ := strings.Cut(pattern, " ")
		for _, address := range addresses {
			c.anew()
			c.reads.record()
			if _, err := c.read(address); err != nil {
				t.Error(err)
				continue
			}
			blocks := 0
			for _, s := range c.reads.stop() {
				blocks += c.blocks(s)
				for _, table := range c.scanned(s) {
					if slices.Contains(growing, table) {
						t.Errorf("%s reads %s from end to end: %s", address, table, s.sql)
					}
				}
			}
			if blocks > max(most, more[path]) {
				t.Errorf("%s reads %d blocks", address, blocks)
			}
		}
	}
}
