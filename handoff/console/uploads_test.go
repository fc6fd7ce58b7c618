package console

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/bot"
)

// TestSlowFilesKeepOnlyFilesWaiting sends files that stand still, and asks for everything else meanwhile.
func TestSlowFilesKeepOnlyFilesWaiting(t *testing.T) {
	b := setup(t)
	registry := prometheus.NewRegistry()
	one := bot.CrowdOptions{AtOnce: 1, Waiting: -1, Patience: 300 * time.Millisecond}
	handler, err := New(b.site.Deps, Options{Pages: one, Files: bot.CrowdOptions{AtOnce: 2, Waiting: -1, Patience: 300 * time.Millisecond, Registerer: registry}})
	if err != nil {
		t.Fatal(err)
	}
	b.Server = httptest.NewServer(handler)
	t.Cleanup(b.Server.Close)
	_, maria := b.editor("Мария")
	_, ivan := b.editor("Иван")
	_, elena := b.editor("Елена")
	ended := make(chan answer, 2)
	slow := func(w *browser) (finish func()) {
		body, line := io.Pipe()
		go func() { ended <- w.sendFile("multipart/form-data; boundary=x", body) }()
		if _, err := io.WriteString(line, "--x\r\n"); err != nil {
			t.Fatal(err)
		}
		return func() {
			_, _ = io.WriteString(line, "Content-Disposition: form-data; name=\"file\"; filename=\"a.md\"\r\n\r\nЗдравейте!\r\n--x--\r\n")
			_ = line.Close()
		}
	}
	under := func(n float64) func() bool {
		return func() bool {
			all, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			for _, family := range all {
				if family.GetName() == "orientir_served_at_once" {
					return family.Metric[0].GetGauge().GetValue() == n
				}
			}
			return false
		}
	}
	first := slow(maria)
	eventually(t, "the first is on its way", under(1))
	if got := maria.upload("draft", "b.md", []byte("x")); got.code != http.StatusServiceUnavailable {
		t.Errorf("a second file of the same editor: %d", got.code)
	}
	second := slow(ivan)
	eventually(t, "so is another editor's", under(2))
	if got := elena.upload("draft", "c.md", []byte("x")); got.code != http.StatusServiceUnavailable {
		t.Errorf("beyond the places there are: %d", got.code)
	}
	for _, path := range []string{"/console/guides", "/console/import", "/console/account"} {
		if got := maria.get(path); got.code != http.StatusOK {
			t.Errorf("%s: %d", path, got.code)
		}
	}
	first()
	second()
	for range 2 {
		if got := <-ended; got.code != http.StatusUnprocessableEntity {
			t.Errorf("a slow file: %d", got.code)
		}
	}
	if got := maria.upload("draft", "b.md", []byte("x")); got.code != http.StatusUnprocessableEntity {
		t.Errorf("afterwards: %d", got.code)
	}
}

// TestAFileDoesNotStayOnTheDisk imports one that is bigger than what is held in memory.
func TestAFileDoesNotStayOnTheDisk(t *testing.T) {
	b := setup(t)
	_, w := b.editor("Мария")
	mark := []byte(rand.Text())
	if got := w.upload("draft", "a.md", append(mark, make([]byte, 2<<20)...)); got.code != http.StatusUnprocessableEntity {
		t.Errorf("%d: %s", got.code, got.body)
	}
	all, err := filepath.Glob(filepath.Join(os.TempDir(), "multipart-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if data, err := os.ReadFile(name); err == nil && bytes.HasPrefix(data, mark) {
			t.Errorf("it stays as %s", name)
		}
	}
}
