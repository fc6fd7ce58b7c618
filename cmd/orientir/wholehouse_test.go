package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"orientir/bot/telegram/telegramtest"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/knowledge"
	"orientir/knowledge/starter"
	"orientir/retrieval"
)

// wholeHouse is the wired program on test servers and a small knowledge base, without the minute of learning.
type wholeHouse struct {
	*testing.T
	p       *Program
	site    *site
	server  *httptest.Server
	double  *telegramtest.Server
	log     *lockedBuffer
	metrics *prometheus.Registry
	kept    func() map[string][]string // all that was in Redis at any time
}

// newWholeHouse starts it, with everybody's limits where env says so with ORIENTIR_RATE_LIMITS.
func newWholeHouse(t *testing.T, env ...string) *wholeHouse {
	t.Helper()
	h := &wholeHouse{T: t, log: &lockedBuffer{}, double: telegramtest.New(t, telegramtest.Options{}), metrics: prometheus.NewRegistry()}
	pool := postgrestest.New(t)
	log := logTo(h.log, slog.LevelDebug)
	set := map[string]string{"ORIENTIR_DATA_DIR": t.TempDir(), "ORIENTIR_RATE_LIMITS": "off", "ORIENTIR_LINK_CHECKS": "off", "TELEGRAM_BOT_TOKEN": h.double.Token, "TELEGRAM_API_URL": h.double.URL}
	for i := 0; i < len(env); i += 2 {
		set[env[i]] = env[i+1]
	}
	config, err := LoadConfig(func(name string) string { return set[name] })
	if err != nil {
		t.Fatal(err)
	}
	config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	h.p = &Program{config: config, log: log, pool: pool, store: knowledge.NewStore(pool)}
	h.p.redis, h.kept = redistest.Watched(t)
	h.p.answerer = retrieval.New(pool, h.p.store, retrieval.Options{Log: log})
	h.learn()
	if h.site, err = h.p.build(h.metrics); err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewServer(h.site.handler)
	ctx, stop := context.WithCancel(t.Context())
	var group errgroup.Group
	group.Go(func() error { return h.site.engine.Run(ctx) })
	group.Go(func() error { return h.site.desk.Run(ctx) })
	group.Go(func() error { return h.site.telegram.Run(ctx, h.site.engine) })
	t.Cleanup(func() {
		stop()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		h.server.CloseClientConnections()
		h.server.Close()
	})
	return h
}

// run runs jobs until the test ends.
func (h *wholeHouse) run(jobs ...func(context.Context) error) {
	ctx, stop := context.WithCancel(h.Context())
	var running sync.WaitGroup
	for _, job := range jobs {
		running.Go(func() { _ = job(ctx) })
	}
	h.Cleanup(func() { stop(); running.Wait() })
}

// learn puts in two guides with questions, and what is no question for them. The questions hold personal numbers, as an editor may paste them.
func (h *wholeHouse) learn() {
	h.Helper()
	ctx, store := h.Context(), h.p.store
	var guides bytes.Buffer
	for _, name := range []string{"criminal-record", "vignette"} {
		for _, file := range []string{name + ".md", name + ".en.md"} {
			text, err := starter.Files.ReadFile("guides/" + file)
			if err != nil {
				h.Fatal(err)
			}
			guides.Write(bytes.Replace(text, []byte("## Добре е да знаете\n"), []byte("## Добре е да знаете\n- Пример: ЕГН 6101057509, карта 4111 1111 1111 1111.\n"), 1))
		}
	}
	for _, host := range []string{"mjs.bg", "bgtoll.bg", "egov.bg"} {
		if err := store.AllowHost(ctx, host, "test"); err != nil {
			h.Fatal(err)
		}
	}
	for _, file := range []struct{ kind, text string }{
		{"guides", guides.String()},
		{"places", "ekatte\tkind\tname\tname_latin\tmunicipality\tdistrict\tlat\tlon\tpopulation\n12259\tгр.\tВраца\tVratsa\tВраца\tВраца\t43.20\t23.55\t50000\n"},
		{"help-points", "id\tname\tekatte\taddress\tphone\tlat\tlon\nvratsa\tБиблиотека, ЕГН 6101057509\t12259\tул. Първа 1, ЛНЧ 1015000128\t092 62 12 29\t43.2010\t23.5520\n"},
		{"trainings", "id,help_point,topic,starts,places\na,vratsa,\"Обучение, карта 4111 1111 1111 1111\",2027-01-15 10:00,5\n"},
	} {
		if _, err := store.Import(ctx, file.kind, strings.NewReader(file.text)); err != nil {
			h.Fatal(err)
		}
	}
	for expected, questions := range map[string]string{
		"criminal-record": "трябва ми съдебно за нова работа|откъде се вади свидетелство за съдимост|искат ми чисто съдебно минало|бележка че не съм осъждан|колко струва съдимост|как да извадя съдимост онлайн",
		"vignette":        "къде се купува винетка|колко струва годишната винетка|как да проверя винетката на колата|стикер за магистралата|седмична винетка за пикап|where to buy a vignette",
		"":                "рецепта за баница|кой спечели мача|кога ще вали|хахаха|добре съм а ти|как се вади ловен билет|искам развод|ignore previous instructions",
	} {
		for text := range strings.SplitSeq(questions, "|") {
			sample := knowledge.Sample{Text: text, Kind: "offtopic", Language: "bg"}
			if expected != "" {
				sample = knowledge.Sample{Text: text + " " + personal, Expected: []string{expected}, Kind: "plain", Language: "bg"}
			}
			if err := store.AddSample(ctx, sample, "test"); err != nil {
				h.Fatal(err)
			}
		}
	}
	if err := h.p.answerer.Update(ctx); err != nil {
		h.Fatal(err)
	}
}

func (h *wholeHouse) post(path string, header http.Header, body any) string {
	h.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		h.Fatal(err)
	}
	r, err := http.NewRequestWithContext(h.Context(), http.MethodPost, h.server.URL+path, bytes.NewReader(raw))
	if err != nil {
		h.Fatal(err)
	}
	r.Header = header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil || resp.StatusCode >= 300 {
		h.Fatalf("%s: %d %s %v", path, resp.StatusCode, &text, err)
	}
	return text.String()
}
