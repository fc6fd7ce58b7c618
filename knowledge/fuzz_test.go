package knowledge

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds are small files of the kinds that people send.
func seeds(f *testing.F, more ...string) {
	f.Helper()
	files, err := filepath.Glob("testdata/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && len(data) < 20_000 {
			f.Add(data)
		}
	}
	for _, s := range more {
		f.Add([]byte(s))
	}
}

// A file of guides gives guides within their bounds, or says what is wrong; what it gives is written as Markdown and read again as it was.
func FuzzGuideFile(f *testing.F) {
	for _, name := range []string{"criminal-record", "vignette"} {
		for _, end := range []string{".md", ".en.md"} {
			data, err := os.ReadFile("starter/guides/" + name + end)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, name := range []string{"../../etc/passwd", "a/criminal-record.md", "criminal-record.en.md", "/abs.md", "c:\\x.md"} {
		w, err := z.Create(name)
		if err != nil {
			f.Fatal(err)
		}
		_, _ = w.Write([]byte("---\nslug: criminal-record\n---\n# Заглавие\n"))
	}
	_ = z.Close()
	seeds(f, archive.String(), `{"@context":{"@vocab":"http://purl.org/dc/terms/"},"@id":"x"}`, `[{"@id":"a","@type":["http://purl.org/vocab/cpsv#PublicService"]}]`, `{"@graph":[`, "---\nslug: x\n---\n# а", "---\nslug: &a [*a]\n---\n",
		"---\nslug: x\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\n", strings.Repeat(`{"a":`, 500), "PK\x03\x04", "\xef\xbb\xbf---\nslug: x")
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			t.Skip("slow")
		}
		guides, err := ReadGuideFile(data)
		if err != nil {
			_ = err.Error()
			return
		}
		for _, filed := range guides {
			g := filed.Guide
			if len(g.bounds()) > 0 {
				t.Errorf("%q is out of bounds: %v", g.Slug, g.bounds())
			}
			_ = g.Validate([]string{"mjs.bg"})
			bg, err := g.Markdown(Bulgarian)
			if err != nil {
				t.Fatalf("write %q: %v", g.Slug, err)
			}
			en, err := g.Markdown(English)
			if err != nil {
				t.Fatalf("write %q: %v", g.Slug, err)
			}
			again, err := ParseGuide(File{Name: "bg", Data: bg}, File{Name: "en", Data: en})
			if err != nil || bg == nil { // of what isn't complete it need not be read
				continue
			}
			third, err := again.Markdown(Bulgarian)
			if err != nil || !bytes.Equal(third, bg) {
				t.Errorf("written as\n%s\nand then as\n%s\n%v", bg, third, err)
			}
		}
	})
}

// A list of help points gives such as the database takes, or says what is wrong.
func FuzzHelpPoints(f *testing.F) {
	seeds(f, "id\tname\tekatte\thours\tlat\tlon\nvratsa\tБиблиотека\t12259\tпон–пет 9:00–17:30\t43.2\t23.5\n", "id,name,ekatte\n\"a\nb\",\"\",x\n", `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[23.5,43.2]},"properties":{"name":"x","ekatte":"12259"}}]}`,
		`<osm version="0.6"><node id="1" lat="43.2" lon="23.5"><tag k="amenity" v="library"/><tag k="name" v="&lt;b&gt;"/></node></osm>`, `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><osm>&b;</osm>`, `{"elements":[{"type":"node","id":1,"lat":1e999,"lon":0,"tags":{"amenity":"library"}}]}`,
		`{"type":"FeatureCollection","features":[{"geometry":{"type":"Polygon","coordinates":[[[1]]]}}]}`, `{"type":"FeatureCollection","features":null}`, "name\tsettlement\tcoord_basis\nx\tВраца\tbuilding\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := readPoints(data)
		if err != nil {
			_ = err.Error()
			return
		}
		for _, r := range records {
			h := r.point
			if !utf8.ValidString(h.Name + h.Address + h.Site) {
				t.Errorf("not UTF-8: %q", h.Name)
			}
			if h.Position != nil && !(h.Position.Lat > -90 && h.Position.Lat < 90 && h.Position.Lon > -180 && h.Position.Lon < 180) {
				t.Errorf("on no earth: %v", h.Position)
			}
			if h.Site != "" && !strings.HasPrefix(h.Site, "https://") && !strings.HasPrefix(h.Site, "http://") {
				t.Errorf("the site %q", h.Site)
			}
		}
	})
}

// Lists of places, of GeoNames and tables of anything else.
func FuzzPlaces(f *testing.F) {
	seeds(f, "ekatte\tkind\tname\tmunicipality\tdistrict\tlat\tlon\n12259\tгр.\tВраца\tВраца\tВраца\t43.2\t23.5\n", "ekatte,kind\n\"\n", "\xff", "a\tb\n1\n", "1\tx\tx\t\t43.2\t23.5\tP\tPPL\tBG\t\t\t\t\t\t0\t\t1\tEurope/Sofia\t2020-01-01\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		places, err := readPlaces(data)
		if err == nil {
			for _, p := range places {
				if !ekatteForm.MatchString(p.Ekatte) || p.Name == "" || p.Population < 0 {
					t.Errorf("%+v", p)
				}
			}
		}
		if isGeoNames(data) {
			_, _ = readGeoNames(data)
		}
		if table, err := readTable(data, nil, trainingColumns...); err == nil {
			faults := &faultList{}
			for _, r := range table.rows {
				if n, readable := table.training(r, "a", Training{}, faults); readable {
					_ = n.Topic
				}
			}
		}
	})
}

// Opening hours are read as something that is written and read again as the same, or not at all.
func FuzzHours(f *testing.F) {
	for _, seed := range []string{"пон–пет 9:00–17:30; съб 10:00–14:00", "Mo-Fr 09:00-12:00,13:00-17:30; PH off", "24/7", "нд затворено", "Su-Mo 23:00-24:00", "Mo 9-5", "2027 Jan 01 off \"Нова година\"", "2027-01-01 10:00-12:00", "Mo-Fr 08:00-25:00", "Mo,Mo 9:00-10:00", "PH Mo-Fr 09:00-17:00", "пон 9:00–9:00", ";;;", "\xff", "Mo 9:00-10:00,09:30-11:00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if h, err := ParseHours(text); err == nil {
			again, err := ParseHours(h.String())
			if err != nil || !reflect.DeepEqual(again.Week, h.Week) {
				t.Errorf("%q is %q, and that is %v, %v", text, h, again, err)
			}
		}
		if h, err := ParseOpeningHours(text); err == nil {
			written := FormatOpeningHours(h)
			again, err := ParseOpeningHours(written)
			if err != nil || !reflect.DeepEqual(again.Week, h.Week) {
				t.Errorf("%q is %q, and that is %v, %v", text, written, again, err)
			}
		}
		if spans, err := ParseSpans(text); err == nil && len(spans) > 0 { // a closed day is written as nothing
			if again, err := ParseSpans(FormatSpans(spans)); err != nil || !reflect.DeepEqual(again, spans) {
				t.Errorf("%q is %v, and written and read %v, %v", text, spans, again, err)
			}
		}
		if minute, ok := ParseClock(text); ok && (minute < 0 || minute > 24*60) {
			t.Errorf("%q is %d", text, minute)
		}
		if list, err := ParseExceptions(text); err == nil {
			again, err := ParseExceptions(FormatExceptions(list))
			if err != nil || !reflect.DeepEqual(again, list) {
				t.Errorf("%q is %v, and written and read %v, %v", text, list, again, err)
			}
		}
	})
}

// An address is allowed where its host is, and nowhere that only looks so.
func FuzzLinkAllowed(f *testing.F) {
	for _, seed := range []string{"https://cs.mjs.bg/x", "https://mjs.bg.evil.example", "https://mjs.bg@evil.example", "https://evil.example/mjs.bg", "https://evil.example\\@mjs.bg", "javascript:mjs.bg", "https://MJS.bg:443/", "https://mjs.bg%00.evil.example", "//mjs.bg", "https:mjs.bg", "https://mjs.bg#@evil.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if !LinkAllowed(address, []string{"mjs.bg"}) {
			return
		}
		lower := strings.ToLower(address)
		rest, ok := strings.CutPrefix(lower, "https://")
		if !ok {
			rest, ok = strings.CutPrefix(lower, "http://")
		}
		host := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz0123456789.-"))]
		if !ok || host != "mjs.bg" && !strings.HasSuffix(host, ".mjs.bg") {
			t.Errorf("%q is allowed", address)
		}
	})
}

// Where a person says they are is one place, some to choose from, or none; never more, and never in two ways.
func FuzzFindPlace(f *testing.F) {
	for _, seed := range []string{
		"Враца", "с. Баня, общ. Карлово", "плоавдив", "sofiq", "B. Tarnovo", "живея в Стара Загора, къде да питам за пенсия", "3000", "гр.", "ж.к. Младост 1", "в Людсково съм, а синът ми е в Русе", "Виена", "\xff\xfe", "\u202eацарВ", "общ. общ. обл.", "3000 Враца 3001", strings.Repeat("Бяла ", 80), strings.Repeat("а", 400), "Елин\x00Пелин", "İzgrev",
	} {
		f.Add(seed)
	}
	g := someplaces()
	posts := postcodes{"3000": {g.findName(tokenize("Враца")).Place.Ekatte}}
	f.Fuzz(func(t *testing.T, words string) {
		if len(words) > 4000 {
			t.Skip("messages are shorter")
		}
		m := g.find(words, posts)
		ok := false
		switch m.Outcome {
		case PlaceFound:
			ok = m.Place.Name != "" && len(m.Places) == 0 && m.Abroad == ""
		case PlaceAmbiguous:
			ok = (len(m.Places) > 1 || len(m.Places) == 1 && m.Town) && len(m.Places) <= mostChoices && m.Place.Name == "" && m.Abroad == ""
		case PlaceUnknown:
			ok = len(m.Places) == 0 && m.Place.Name == ""
		}
		if !ok {
			t.Errorf("%q: %+v", words, m)
		}
	})
}
