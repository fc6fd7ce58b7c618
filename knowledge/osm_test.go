package knowledge

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"orientir/deploy/postgres/postgrestest"
)

// osmStore gives a store with two places and one library.
func osmStore(t *testing.T) *Store {
	t.Helper()
	s := NewStore(postgrestest.New(t))
	for _, file := range []struct{ kind, text string }{
		{"places", "ekatte,kind,name,municipality,district,lat,lon,population\n12259,гр.,Враца,Враца,Враца,43.21,23.55,54000\n47714,гр.,Мездра,Мездра,Враца,43.14,23.71,10000\n"},
		{"help-points", "id,kind,name,ekatte,phone\nvratsa-regional-library,regional,Регионална библиотека „Христо Ботев“,12259,092 1\n"},
	} {
		if _, err := s.Import(context.Background(), file.kind, strings.NewReader(file.text)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func osmFile(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "libraries.osm"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestImportOpenStreetMap(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := osmStore(t)
	var rows []ImportRow
	take := func(dry bool, want Report) {
		t.Helper()
		rows = nil
		r, err := s.ImportWith(ctx, "help-points", bytes.NewReader(osmFile(t)), ImportOptions{DryRun: dry, Row: func(row ImportRow) { rows = append(rows, row) }})
		if err != nil || r != want {
			t.Fatalf("%+v %v, want %+v\n%v", r, err, want, rows)
		}
	}
	first := Report{Added: 1, Changed: 1, Ambiguous: 1, Faults: 2}
	take(true, first)
	if h := readPoint(t, s, "vratsa-regional-library"); h.Position != nil || h.Version != 1 {
		t.Errorf("a dry run changed %+v", h)
	}
	take(false, first)
	h := readPoint(t, s, "vratsa-regional-library")
	if h.Name != "Регионална библиотека „Христо Ботев“" || h.Kind != Regional || joinPhones(h.Phones) != "092 1" || h.Address != "бул. „Христо Ботев“ 1, 3000" ||
		h.Hours.String() != "пон–пет 8:30–12:00, 13:00–18:00; съб 9:00–14:00" || h.Site != "https://www.libvratsa.org" || h.Accuracy != Building ||
		setText(h.Offers) != "accessible-entrance; wifi" {
		t.Errorf("%+v %s", h, h.Hours)
	}
	var all []string
	for _, r := range rows {
		all = append(all, string(r.Outcome)+" "+r.Key)
	}
	if want := []string{"changed node/1", "added way/2", "fault node/3", "fault node/4", "ambiguous node/6"}; !slices.Equal(all, want) {
		t.Errorf("%v", all)
	}
	mezdra := readPoint(t, s, rows[1].ID)
	if mezdra.Ekatte != "47714" || mezdra.Hours != nil || mezdra.Position.Lat != 43.1405 || mezdra.Position.Lon != 23.711 ||
		!strings.Contains(strings.Join(rows[1].Notes, " "), `„Jun-Aug Mo-Fr 09:00-17:00“ остава неизвестно`) {
		t.Errorf("%+v %+v", mezdra, rows[1])
	}
	take(false, Report{Unchanged: 2, Ambiguous: 1, Faults: 2})

	// The map's own earlier word follows the map; what people at the desk wrote does not.
	h.Phones, h.Hours.Week[5] = []string{"092 2"}, nil
	if _, err := s.SaveHelpPoint(ctx, "staff:1", h); err != nil {
		t.Fatal(err)
	}
	newer := strings.NewReplacer("08:30-12:00", "08:00-12:00", "lon=\"23.5480\"", "lon=\"23.5490\"", "Библиотека „Христо Ботев“", "Библиотеката на града").Replace(string(osmFile(t)))
	r, err := s.ImportWith(ctx, "help-points", strings.NewReader(newer), ImportOptions{Row: func(row ImportRow) { rows = append(rows, row) }})
	if err != nil || r.Changed != 1 || r.Added != 0 {
		t.Fatalf("%+v %v", r, err)
	}
	if h = readPoint(t, s, "vratsa-regional-library"); h.Position.Lon != 23.549 || h.Hours.String() != "пон–пет 8:30–12:00, 13:00–18:00" || h.Phone() != "092 2" {
		t.Errorf("%+v %s", h, h.Hours)
	}
}

func TestNoImportOverwritesWhatALibraryWrote(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := osmStore(t)
	h := readPoint(t, s, "vratsa-regional-library")
	h.Phones = []string{"092 777 777"}
	if _, err := s.SaveHelpPoint(ctx, "staff:1", h); err != nil {
		t.Fatal(err)
	}
	var rows []ImportRow
	file := "id,kind,name,ekatte,phone,email\nvratsa-regional-library,regional,Регионална библиотека „Христо Ботев“,12259,092 1,a@b.bg\n"
	r, err := s.ImportWith(ctx, "help-points", strings.NewReader(file), ImportOptions{Row: func(row ImportRow) { rows = append(rows, row) }})
	if err != nil || r != (Report{Changed: 1}) {
		t.Fatalf("%+v %v", r, err)
	}
	if h = readPoint(t, s, h.ID); h.Phone() != "092 777 777" || h.Email != "a@b.bg" {
		t.Errorf("%+v", h)
	}
	if text := rows[0].String(); !strings.Contains(text, "email: «» → «a@b.bg»") || !strings.Contains(text, "остава, както е написано в библиотеката: phone") {
		t.Error(text)
	}
	// Confirmed is as good as written.
	if err := s.ConfirmHelpPoint(ctx, "staff:1", h.ID, h.Version); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Import(ctx, "help-points", strings.NewReader(strings.Replace(file, "a@b.bg", "c@d.bg", 1))); err != nil || r != (Report{Unchanged: 1}) {
		t.Errorf("%+v %v", r, err)
	}
}

func TestOverpassJSONAndGeoJSONSayTheSame(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"elements": `{"version": 0.6, "elements": [
			{"type": "node", "id": 9, "lat": 43.2, "lon": 23.5, "tags": {"amenity": "cafe"}},
			{"type": "way", "id": 7, "center": {"lat": 43.2, "lon": 23.5}, "tags": {"amenity": "library", "name": "Библиотека"}}]}`,
		"features": `{"type": "FeatureCollection", "features": [{"type": "Feature", "id": "way/7", "properties": {"@id": "way/7", "amenity": "library", "name": "Библиотека"},
			"geometry": {"type": "Polygon", "coordinates": [[[23.4, 43.1], [23.6, 43.1], [23.6, 43.3], [23.4, 43.1]]]}}]}`,
		"xml": `<osm><way id="7"><center lat="43.2" lon="23.5"/><tag k="amenity" v="library"/><tag k="name" v="Библиотека"/></way></osm>`,
	} {
		records, err := readPoints([]byte(text))
		if err != nil || len(records) != 1 {
			t.Fatalf("%s: %+v %v", name, records, err)
		}
		r := records[0]
		if r.key != "way/7" || r.point.Name != "Библиотека" || r.fault != "" || metres(*r.point.Position, Position{43.2, 23.5}) > 1 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for _, broken := range []string{"<osm><node", `{"elements": [`, "<html></html"} {
		if records, err := readPoints([]byte(broken)); err == nil && len(records) > 0 {
			t.Errorf("%q was read: %v", broken, records)
		}
	}
}

func TestParseOpeningHours(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Mo-Fr 09:00-17:30":                                   "пон–пет 9:00–17:30",
		"Mo-Fr 08:30-12:00,13:00-17:30; PH off":               "пон–пет 8:30–12:00, 13:00–17:30",
		"Mo-Fr 08:30-12:00, 13:00-17:30":                      "пон–пет 8:30–12:00, 13:00–17:30",
		"Mo-Fr 09:00-18:00; Sa 10:00-14:00; Su,PH off":        "пон–пет 9:00–18:00; съб 10:00–14:00",
		"Mo-Fr 09:00-18:00, Sa 10:00-14:00":                   "пон–пет 9:00–18:00; съб 10:00–14:00",
		"Mo-Fr 09:00-17:00; We 12:00-19:00":                   "пон–вт 9:00–17:00; ср 12:00–19:00; чет–пет 9:00–17:00",
		"Mo-Fr 09:00-12:00, We 14:00-16:00":                   "пон–вт 9:00–12:00; ср 9:00–12:00, 14:00–16:00; чет–пет 9:00–12:00",
		"Mo,We,Fr 09:00-12:00; Tu,Th 13:00-18:00":             "пон 9:00–12:00; вт 13:00–18:00; ср 9:00–12:00; чет 13:00–18:00; пет 9:00–12:00",
		"Mo-Su 08:00-20:00":                                   "пон–нед 8:00–20:00",
		"08:00-20:00":                                         "пон–нед 8:00–20:00",
		"Mo-Fr 9:00-17:00; Sa-Su off":                         "пон–пет 9:00–17:00",
		"Mo-Sa,PH 09:00-18:00":                                "пон–съб 9:00–18:00; работи на празници",
		"24/7":                                                "пон–нед 0:00–24:00; работи на празници",
		"Mo-Fr 09:00-17:00; SH off":                           "",
		"Jun-Aug Mo-Fr 09:00-15:00; Sep-May Mo-Fr 9:00-17:00": "",
		"Mo-Fr 09:00-17:00; PH 10:00-14:00":                   "",
		"Mo-Fr 09:00+":                                        "",
		"Mo-Fr sunrise-sunset":                                "",
		`Mo-Fr 09:00-17:00 "по договаряне"`:                   "",
		"Mo-Fr 09:00-17:00 || Sa 10:00-12:00":                 "",
		"Mo[1] 09:00-17:00":                                   "",
		"Fr 20:00-02:00":                                      "",
		"Mo-Fr 09:00-13:00,12:00-17:00":                       "",
		"Mo-Fr":                                               "",
		"2026 Dec 24 off":                                     "",
		"Mo-Fr 09:00-17:00; Dec 24 off":                       "",
		"Mo-Fr 09:00-17:00; 2026 Dec 32 off":                  "",
		"Mo-Fr 09:00-17:00; 2026 Dec 24-2026 Dec 20 off":      "",
		"Mo-Fr 09:00-17:00; PH Mo-Fr 10:00-14:00":             "",
		"Mo-Fr 09:00-17:00; PH Sa off":                        "",
		"Mo-Fr 09:00-17:00; PH Mo-Fr 09:00-17:00":             "пон–пет 9:00–17:00; работи на празници",
		`Mo-Fr 09:00-17:00; 2026 Dec 24 10:00-12:00 "по уговорка"`:              "", // a comment alone: unknown
		`Mo-Fr 09:00-17:00; 2026 Dec 24 10:00-12:00 ""`:                         "",
		`Mo-Fr 09:00-17:00; 2026 Dec 24 10:00-12:00 open "кратък ден"`:          "пон–пет 9:00–17:00",
		`Mo-Fr 09:00-17:00; 2026 Dec 24 off "ремонт"`:                           "пон–пет 9:00–17:00",
		"2026 Dec 27 10:00-12:00; Mo-Fr 09:00-17:00; Sa-Su off":                 "", // the later rule closes that Sunday
		"Mo-Fr 09:00-17:00; 2026 Dec 24 off; We 10:00-12:00":                    "",
		"Mo-Fr 09:00-17:00; 2026 Dec 24 off; PH off":                            "пон–пет 9:00–17:00",
		"Mo-Fr 09:00-17:00; 2026 Dec 24 off; Su,PH off":                         "",
		"Mo-Fr 09:00-17:00; 2026 Dec 24 10:00-12:00; PH off":                    "", // closed on that holiday after all
		"Mo-Fr 09:00-17:00; 2026 Dec 24 off; PH Mo-Fr 09:00-17:00":              "",
		`Mo-Fr 09:00-17:00; 2026 Dec 24 off "` + strings.Repeat("я", 201) + `"`: "",
		"по телефона":                                                           "",
		"":                                                                      "",
		"off":                                                                   "пон–нед затворено",
	} {
		h, err := ParseOpeningHours(text)
		if got := weekText(HelpPoint{Hours: h}); err == nil && got != want || err != nil && want != "" {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestOpeningHoursComeBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ week, holidays, exceptions, want string }{
		{"пон–пет 8:30–12:00, 13:00–17:30; съб 10:00–14:00", "", "", "Mo-Fr 08:30-12:00,13:00-17:30; Sa 10:00-14:00; PH off"},
		{"пон 9:00–12:00; ср 9:00–12:00", "yes", "", "Mo 09:00-12:00; We 09:00-12:00; PH Mo 09:00-12:00; PH We 09:00-12:00"},
		{"пон–нед затворено", "", "2027-01-04–2027-01-08: 10:00–12:00", "Mo-Su off; PH off; 2027 Jan 04-2027 Jan 08 10:00-12:00"},
		{"24/7", "", "", "Mo-Su 00:00-24:00; PH Mo-Su 00:00-24:00"},
		{"пон–пет 9:00–17:00", "", "2026-12-23: 9:00–12:00, 13:00–14:00: кратък ден; 2026-12-24–2027-01-02: затворено: ремонт [зала 2] + инвентаризация, до Jan",
			`Mo-Fr 09:00-17:00; PH off; 2026 Dec 23 09:00-12:00,13:00-14:00 open "кратък ден"; 2026 Dec 24-2027 Jan 02 off "ремонт [зала 2] + инвентаризация, до Jan"`},
		{"пон–пет 9:00–17:00", "yes", "2026-09-22: затворено", "Mo-Fr 09:00-17:00; PH Mo-Fr 09:00-17:00; 2026 Sep 22 off"},
	} {
		h, err := ParseHours(c.week)
		if err != nil {
			t.Fatal(err)
		}
		if h.Exceptions, err = ParseExceptions(c.exceptions); err != nil {
			t.Fatal(err)
		}
		h.Holidays = h.Holidays || c.holidays == "yes"
		text := FormatOpeningHours(h)
		if back, err := ParseOpeningHours(text); text != c.want || err != nil || !sameHours(back, h) {
			t.Errorf("%s\nwant %s\nread back: %v %v", text, c.want, back, err)
		}
	}
}

func TestAddressPartsMakeTheSameAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][3]string{
		"бул. „Христо Ботев“ 1, 3000": {"бул. „Христо Ботев“", "1", "3000"},
		"ул. „Шипка“ 12А":             {"ул. „Шипка“", "12А", ""},
		"пл. „Славейков“, ет. 2":      {},
		"Васил  Левски":               {},
		"с. Баня, ул. „Първа“ 1":      {},
		"":                            {},
	} {
		if street, number, postcode := addressParts(address); [3]string{street, number, postcode} != want {
			t.Errorf("%s: %q %q %q", address, street, number, postcode)
		}
	}
}

func TestAnExtractOfOursComesBackWhole(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := osmStore(t)
	file := "id,kind,name,branch_of,ekatte,address,phone,email,site,lat,lon,accuracy,hours,holidays,exceptions,offers,languages,source\n" +
		"a,municipal,Библиотека „А & Б“,,12259,\"бул. „Христо Ботев“ 1, 3000\",092 1; тел. 2 вътр. 3,a@b.bg,https://a.bg,43.20512345678,23.548,building,\"пон–пет 8:30–12:00, 13:00–17:30\",yes," +
		"2026-12-24: затворено: ремонт,wifi; computers; accessible-entrance; accessible-toilet; printing; kep-help,en; bqn,own knowledge\n" +
		"b,branch,„Христо Ботев“,a,12259,ул. „Шипка“ 2,,,,43.21,23.551,street,\"пон 9:00–12:00, 12:00–13:00\",,\"2026-12-24: затворено: \"\"ремонт\"\"\",,,\n" +
		"c,chitalishte,НЧ „Искра“,,47714,\"центъра, до кметството\",,,,,,,,,,,,\n"
	if r, err := s.Import(ctx, "help-points", strings.NewReader(file)); err != nil || r.Added != 3 {
		t.Fatalf("%+v %v", r, err)
	}
	h := readPoint(t, s, "a")
	if err := s.ConfirmHelpPoint(ctx, "staff:1", h.ID, h.Version); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	unplaced, err := s.ExportOSM(ctx, &out)
	if err != nil || unplaced != 2 { // and the library that osmStore has
		t.Fatalf("%d %v", unplaced, err)
	}
	text := out.String()
	for _, want := range []string{
		`<node id="-1" lat="43.20512345678" lon="23.548">`, `<relation id="-3">`, `upload="never"`, `k="addr:housenumber" v="1"`, `k="addr:postcode" v="3000"`, `k="check_date" v="20`,
		`k="opening_hours" v="Mo-Fr 08:30-12:00,13:00-17:30; PH Mo-Fr 08:30-12:00,13:00-17:30; 2026 Dec 24 off &#34;ремонт&#34;"`,
		`k="internet_access" v="wlan;terminal"`, `k="wheelchair" v="yes"`, `k="orientir:offers" v="printing; kep-help"`, `k="fixme" v="position"`, `k="amenity" v="library"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	// Nothing has changed, whatever stands beside it in the file; and nothing is noted as OpenStreetMap's word.
	theirs := `<node id="7" lat="43.1405" lon="23.711"><tag k="amenity" v="library"/><tag k="name" v="Библиотека „Просвета“"/><tag k="addr:city" v="Мездра"/></node></osm>`
	for name, c := range map[string]struct {
		text string
		want Report
	}{
		"ours alone": {text, Report{Unchanged: 4}}, "and the map's": {strings.Replace(text, "</osm>", theirs, 1), Report{Unchanged: 4, Added: 1}},
	} {
		var rows []ImportRow
		o := ImportOptions{DryRun: true, Row: func(row ImportRow) { rows = append(rows, row) }}
		if r, err := s.ImportWith(ctx, "help-points", strings.NewReader(c.text), o); err != nil || r != c.want {
			t.Errorf("%s: %+v %v\n%v\n%s", name, r, err, rows, text)
		}
	}
	// What a person changes in a map editor is taken, but not what the library confirmed itself.
	changed := strings.NewReplacer(`v="a@b.bg"`, `v="c@d.bg"`, `lat="43.21"`, `lat="43.22"`, `<tag k="orientir:branch_of" v="a"></tag>`, "").Replace(text)
	if r, err := s.Import(ctx, "help-points", strings.NewReader(changed)); err != nil || r != (Report{Changed: 1, Unchanged: 3}) {
		t.Fatalf("%+v %v", r, err)
	}
	if a, b := readPoint(t, s, "a"), readPoint(t, s, "b"); a.Email != "a@b.bg" || b.Position.Lat != 43.22 || b.BranchOf != "" || b.Accuracy != Street {
		t.Errorf("%+v\n%+v", a, b)
	}
	// It goes into another house too, and a fault names its row.
	other := osmStore(t)
	if r, err := other.Import(ctx, "help-points", strings.NewReader(text)); err != nil || r.Added != 3 || r.Unchanged != 1 {
		t.Errorf("%+v %v", r, err)
	}
	_, err = s.Import(ctx, "help-points", strings.NewReader(strings.Replace(text, "Mo-Fr 08:30-12:00", "Mo-Fr sunrise-12:00", 1)))
	if err == nil || !strings.Contains(err.Error(), "ред 1, колона opening_hours") {
		t.Errorf("%v", err)
	}
}

func TestHelpPointsComeBackFromEveryForm(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := osmStore(t)
	if _, err := s.Import(ctx, "help-points", bytes.NewReader(osmFile(t))); err != nil {
		t.Fatal(err)
	}
	h := readPoint(t, s, "vratsa-regional-library")
	h.Languages, h.BranchOf = []string{"rom"}, "mezdra-gradska-biblioteka-mezdra"
	if _, err := s.SaveHelpPoint(ctx, "staff:1", h); err != nil {
		t.Fatal(err)
	}
	s.Refresh()
	for _, format := range []string{"csv", "tsv", "geojson", "osm"} {
		var out bytes.Buffer
		if err := s.ExportAs(ctx, "help-points", format, &out); err != nil {
			t.Fatal(err)
		}
		if r, err := s.Import(ctx, "help-points", bytes.NewReader(out.Bytes())); err != nil || r != (Report{Unchanged: 2}) {
			t.Errorf("%s: %+v %v\n%s", format, r, err, out.String())
		}
	}
}

func TestAMapsReasonIsCleaned(t *testing.T) {
	t.Parallel()
	h, err := ParseOpeningHours(`Mo-Fr 09:00-17:00; 2026 Dec 28 off "  болен  е   6101057509 "; 2026 Dec 29 10:00-12:00 open "` + strings.Repeat("я", 200) + `"`)
	if err != nil {
		t.Fatal(err)
	}
	if reason := h.Exceptions[0].Reason; strings.Contains(reason, "6101057509") || !strings.HasPrefix(reason, "болен е ") {
		t.Errorf("%q", reason)
	}
	if err := (HelpPoint{Hours: h}).Validate(); strings.Contains(err.Error(), "exceptions") {
		t.Error(err)
	}
}

// A map's dates stand on its own week, and go when it takes them back.
func TestDatesOfAMap(t *testing.T) {
	t.Parallel()
	hours := func(text string) *Hours {
		if text == "" {
			return nil
		}
		h, err := ParseOpeningHours(text)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	const week, later, closed, moved = "Mo-Fr 09:00-17:00", "Mo-Fr 10:00-18:00", "; 2026 Dec 28 off", "; 2026 Dec 29 off"
	for name, c := range map[string]struct {
		ours, said, now string // opening_hours
		own             string // fields
		want            string
	}{
		"new":                                  {"", "", week + closed, "", week + closed},
		"new on the map's week":                {week, week, week + closed, "", week + closed},
		"with a new week":                      {week, week, later + closed, "", later + closed},
		"on a week of ours":                    {later, "", week + closed, "", later},
		"on the library's week":                {later, week, week + closed, "hours", later},
		"on the library's week, the same":      {week, week, week + closed, "hours", week},
		"moved":                                {week + closed, week + closed, week + moved, "", week + moved},
		"taken back":                           {week + closed, week + closed, week, "", week},
		"taken back on the library's week":     {later + closed, week + closed, week, "hours", later},
		"moved on the library's week":          {later + closed, week + closed, week + moved, "hours", later},
		"still said on the library's week":     {later + closed, week + closed, week + closed, "hours", later + closed},
		"taken back, the library's":            {week + closed, week + closed, week, "exceptions", week + closed},
		"taken back, of ours":                  {week + moved, week + closed, week, "", week + moved},
		"all hours taken back":                 {week + closed, week + closed, "", "", ""},
		"hours taken back under the library's": {week + moved, week, "", "exceptions", week + moved},
		"hours taken back, no dates are left":  {week, week, "", "exceptions", ""},
		"hours taken back, the library's":      {week, week, "", "hours", week},
		"nothing said, and something is known": {week + closed, "", "", "", week + closed},
	} {
		said := map[string]string{}
		for _, f := range []string{"hours", "exceptions"} {
			for _, field := range pointFields {
				if text := field.text(HelpPoint{Hours: hours(c.said)}); field.name == f && text != "" {
					said[f] = text
				}
			}
		}
		old := HelpPoint{Hours: hours(c.ours), Own: strings.Fields(c.own)}
		record := pointRecord{register: true, point: HelpPoint{Hours: hours(c.now)}, states: map[string]bool{"hours": true, "exceptions": true}}
		if h, _ := merge(old, record, false, said); !sameHours(h.Hours, hours(c.want)) {
			t.Errorf("%s: %s", name, FormatOpeningHours(h.Hours))
		}
	}
	// The same holds of its other words, and of them only.
	states := map[string]bool{"phone": true, "email": true}
	old := HelpPoint{Phones: []string{"092 1"}, Email: "a@b.bg"}
	if h, _ := merge(old, pointRecord{register: true, states: states}, false, map[string]string{"phone": "092 1", "email": "c@d.bg"}); h.Phones != nil || h.Email != "a@b.bg" {
		t.Errorf("%+v", h)
	}
}
