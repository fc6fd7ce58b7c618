package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"orientir/bot"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/knowledge"
)

// helpPointAsks are the questions of the load: what it is called, and the queries that are asked in turn.
func helpPointAsks() map[string][]string {
	place := func(words string) string { return "/api/v1/help-points?place=" + url.QueryEscape(words) }
	asks := map[string][]string{
		"baseline": {"/healthz"},
		"words": {place("Враца"), place("с. Баня, общ. Карлово"), place("sofiq"), place("Mladost 1 Sofia"), place("плоавдив"), place("4330"),
			place("добър ден, аз съм пенсионер и живея в Стара Загора, къде да питам за пенсия"), place("Изгрев"), place("внук в София")},
	}
	for i := range 97 {
		at := fmt.Sprintf("/api/v1/help-points?lat=%.4f&lon=%.4f", 41.4+float64(i*37%270)/100, 22.5+float64(i*53%550)/100)
		asks["position"] = append(asks["position"], at)
		asks["open"] = append(asks["open"], at+"&open_at=2026-11-25T12:30&limit=20")
		asks["open on a holiday"] = append(asks["open on a holiday"], at+"&open_at=2027-03-03T12:30&limit=20")
	}
	return asks
}

// A process of its own asks, so that the server's and the client's work don't stand in each other's way more than they must.
const (
	clientVariable = "ORIENTIR_TEST_HELP_POINTS_CLIENT" // the server's address, a space, what to ask
	asked          = 1500                               // in each measure
	pause          = 5 * time.Millisecond               // between two: two hundred a second, whether answers come or not
)

// TestHelpPointsClient is that process.
func TestHelpPointsClient(t *testing.T) {
	base, what, ok := strings.Cut(os.Getenv(clientVariable), " ")
	if !ok {
		t.Skip("only BenchmarkHelpPoints starts it")
	}
	queries := helpPointAsks()[what]
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	var mu sync.Mutex
	var took []time.Duration
	ask := func(n int) error {
		start := time.Now()
		response, err := client.Get(base + queries[n%len(queries)])
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", queries[n%len(queries)], response.Status)
		}
		mu.Lock()
		defer mu.Unlock()
		took = append(took, time.Since(start))
		return err
	}
	for n := range 50 { // connections are opened, and the server has read its tables
		if err := ask(n); err != nil {
			t.Fatal(err)
		}
	}
	took = nil
	var wait sync.WaitGroup
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for n := range asked {
		<-tick.C
		wait.Go(func() {
			if err := ask(n); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	slices.Sort(took)
	out, _ := json.Marshal(map[string]int64{"p50": took[len(took)/2].Microseconds(), "p95": took[len(took)*95/100].Microseconds(), "p99": took[len(took)*99/100].Microseconds()})
	fmt.Printf("\nMEASURED %s\n", out)
}

// nationalPoints fills a store with 5,256 places and 3,670 help points, a third of them with known hours: the national lists where
// ORIENTIR_TEST_SETTLEMENTS names the list of settlements, else invented ones of that number.
func nationalPoints(b *testing.B, store *knowledge.Store) {
	files := map[string]string{}
	if list := os.Getenv("ORIENTIR_TEST_SETTLEMENTS"); list != "" {
		files["places"], files["help-points"] = list, filepath.Join(filepath.Dir(list), "chitalishta.tsv")
	}
	for _, kind := range []string{"places", "help-points"} {
		data := inventedCountry(kind)
		if files[kind] != "" {
			var err error
			if data, err = os.ReadFile(files[kind]); err != nil {
				b.Fatal(err)
			}
		}
		if r, err := store.Import(b.Context(), kind, bytes.NewReader(data)); err != nil {
			b.Fatalf("%s: %v %v", kind, r, err)
		}
	}
}

func inventedCountry(kind string) []byte {
	var out strings.Builder
	at := func(i int) (lat, lon float64) {
		return 41.3 + float64(i*7919%2800)/1000, 22.4 + float64(i*104729%6100)/1000
	}
	if kind == "places" {
		out.WriteString("ekatte\tkind\tname\tmunicipality\tdistrict\tlat\tlon\tpopulation\n68134\tгр.\tСофия\tСтолична\tСофия (столица)\t42.698\t23.322\t1238000\n")
		for i := range 5255 {
			lat, lon := at(i)
			fmt.Fprintf(&out, "%05d\tс.\tСело %c%c%c\tОбщина %d\tОбласт %d\t%.4f\t%.4f\t%d\n", i, 'а'+rune(i%31), 'а'+rune(i/31%31), 'а'+rune(i/961), i/20, i/190, lat, lon, 1+i%900)
		}
		return []byte(out.String())
	}
	out.WriteString("name\tekatte\taddress\tlat\tlon\n")
	for i := range 3670 {
		lat, lon := at(i)
		fmt.Fprintf(&out, "НЧ „Просвета %d“\t%05d\tул. „Първа“ %d, %d\t%.4f\t%.4f\n", i, i, i%90, 1000+i*2, lat, lon)
	}
	return []byte(out.String())
}

// BenchmarkHelpPoints asks the API for help points of the whole country from a second process, two hundred times a second, beside an address that does nothing.
func BenchmarkHelpPoints(b *testing.B) {
	pool, client := postgrestest.New(b), redistest.New(b)
	store := knowledge.NewStore(pool)
	nationalPoints(b, store)
	if _, err := pool.Exec(b.Context(), `UPDATE help_points SET hours = '{"week": [[[540, 720], [780, 1050]], [[540, 720], [780, 1050]], [[540, 1050]], [[540, 1050]], [[540, 1050]], [], []],
		"exceptions": [{"from": "2026-12-21", "to": "2026-12-31", "spans": [], "reason": "ремонт"}], "holidays": false}' WHERE hashtext(id) % 3 = 0`); err != nil {
		b.Fatal(err)
	}
	store.Refresh()
	conversations := bot.NewConversations(pool, client, bot.Options{})
	handler := New(bot.NewEngine(conversations, scripted{}, store, nil, nil, bot.EngineOptions{}), conversations, scripted{}, store, client, Options{NoLimits: true})
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, what := range []string{"baseline", "words", "position", "open", "open on a holiday"} {
		b.Run(what, func(b *testing.B) {
			for b.Loop() {
				ctx, stop := context.WithTimeout(b.Context(), 2*time.Minute)
				command := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestHelpPointsClient$", "-test.v")
				before := processorTime(b)
				command.Env = append(os.Environ(), clientVariable+"="+server.URL+" "+what)
				out, err := command.CombinedOutput()
				stop()
				b.ReportMetric(float64((processorTime(b)-before).Microseconds())/asked, "cpu-µs")
				_, measured, ok := strings.Cut(string(out), "MEASURED ")
				if err != nil || !ok {
					b.Fatalf("%v\n%s", err, out)
				}
				var figures map[string]float64
				if err := json.NewDecoder(strings.NewReader(measured)).Decode(&figures); err != nil {
					b.Fatal(err)
				}
				for name, value := range figures {
					b.ReportMetric(value, name+"-µs")
				}
			}
		})
	}
}

// processorTime is how long this process, the server, has worked: what a request costs, however busy the machine is with others.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
