package knowledge

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// longAddress is longer than a row of a B-tree may be, however it is packed.
func longAddress(host string) string {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "%x", sha256.Sum256([]byte{byte(i)}))
	}
	return host + "/" + b.String()
}

func TestAddressesAreBounded(t *testing.T) {
	t.Parallel()
	g, err := ParseGuide(File{Name: "sample.md", Data: []byte(sampleGuide)}, File{})
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{"mvr.bg", "sofia.bg"}
	most := "https://mvr.bg/" + strings.Repeat("ж", (mostAddress-len("https://mvr.bg/"))/2) // two bytes each
	for _, c := range []struct {
		field string
		put   func(*Guide, string)
	}{
		{"link", func(g *Guide, a string) { g.Link = a }},
		{"local.link", func(g *Guide, a string) { g.Local = []Local{{Municipality: "Враца", Link: a}} }},
		{"sources.url", func(g *Guide, a string) { g.Sources = []Source{{URL: a}} }},
		{"text.bg.steps", func(g *Guide, a string) {
			text := g.Text[Bulgarian]
			text.Steps = append(slices.Clone(text.Steps), "Отворете "+a+".")
			g.Text = map[Language]Text{Bulgarian: text}
		}},
	} {
		for address, want := range map[string]string{most: "", most + "жж": c.field + ": fault.long"} {
			changed := g
			c.put(&changed, address)
			var fault *Fault
			got := ""
			if errors.As(changed.Validate(hosts), &fault) {
				got = fault.Field + ": " + fault.Key
			}
			if got != want || fault != nil && len([]rune(fault.Value)) > shownAddress {
				t.Errorf("%s of %d bytes: %q, want %q", c.field, len(address), got, want)
			}
		}
	}
	p := Signpost{Title: "x", Authority: "x", Link: most + "жж", Names: []string{"x"}}
	if err := p.validate(hosts); err == nil {
		t.Error("a signpost's address is not bounded")
	}
}

// One that was published before they were bounded is told as broken, and stops nothing.
func TestALongAddressStopsNothing(t *testing.T) {
	c := newChecking(t, LinkOptions{})
	long := longAddress(c.site.URL)
	if _, err := c.pool.Exec(c.ctx, `INSERT INTO signposts (title, authority, link, names, origin) VALUES ('дълъг', 'x', $1, '{x}', 'editor')`, long); err != nil {
		t.Fatal(err)
	}
	good := c.page("/good", titled("Добре"))
	for range 2 {
		c.round()
		c.passes(8 * 24 * time.Hour)
	}
	if s := c.state(good); s.Fault != LinkWorks || len(c.asked["/good"]) != 2 {
		t.Errorf("beside it: %+v", s)
	}
	if s := c.state(long); s.Fault != LinkLong || !s.Broken || len(c.asked) != 1 {
		t.Errorf("%+v, asked for %d", s, len(c.asked))
	}
	broken, err := c.store.BrokenLinks(c.ctx, Editor{ID: "maria"}, 10, 0)
	if err != nil || len(broken) != 1 || broken[0].URL != long {
		t.Errorf("listed: %+v, %v", broken, err)
	}
	var fault *Fault
	if err := c.store.AcceptLink(c.ctx, c.pool, long, Editor{ID: "maria"}); !errors.As(err, &fault) {
		t.Errorf("accepted: %v", err)
	}
}

// A source's long address is checked and reviewed like any other.
func TestASourceWithALongAddressIsReviewed(t *testing.T) {
	e := newEditing(t)
	long := longAddress("https://mvr.bg")
	if _, err := e.pool.Exec(e.ctx, `INSERT INTO guide_sources (slug, version, n, url, title) VALUES ($1, $2, 99, $3, '')`, e.guide.Slug, e.guide.Version, long); err != nil {
		t.Fatal(err)
	}
	today := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	if err := e.in(func(tx pgx.Tx) error {
		if err := e.store.CheckSource(e.ctx, tx, e.guide.Slug, long, today, Editor{ID: "maria"}); err != nil {
			return err
		}
		_, err := e.store.ReviewGuide(e.ctx, tx, e.guide.Slug, e.guide.Version, today, Editor{ID: "maria"})
		return err
	}); err != nil {
		t.Error(err)
	}
}
