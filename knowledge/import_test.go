package knowledge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"orientir/deploy/postgres/postgrestest"
)

// loaded gives a store with the starter knowledge, but few of its sample questions: they take most of the time.
func loaded(t testing.TB) *Store {
	t.Helper()
	s := NewStore(postgrestest.New(t))
	few := func(old string) string { return strings.Join(strings.SplitAfter(old, "\n")[:20], "") }
	files := newRelease(t, map[string]func(string) string{"questions/sample.tsv": few, "questions/negatives.tsv": few})
	if _, err := s.loadStarter(context.Background(), files); err != nil {
		t.Fatal(err)
	}
	return s
}

const pointsHeader = "id,kind,name,ekatte,address,phone,email,site,lat,lon,hours,holidays,exceptions,offers,source\n"

func TestImportHelpPoints(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := loaded(t)
	file := pointsHeader +
		`vratsa-regional-library,regional,Регионална библиотека „Христо Ботев“,12259,"ул. „Първа“ 1",092 624 134,,,43.2,23.55,"пон–пет 9:00–18:00",no,2026-12-24–2026-12-26: затворено,computers; wifi; turkish,от библиотеката` + "\n" +
		`,,НЧ „Нова“,12259,,,,,,,,,,,` + "\n"
	take := func(want Report) {
		t.Helper()
		if r, err := s.Import(ctx, "help-points", strings.NewReader(file)); err != nil || r != want {
			t.Fatalf("%+v %v, want %+v", r, err, want)
		}
	}
	take(Report{Added: 1, Changed: 1})
	take(Report{Unchanged: 2})
	h, ok, err := s.HelpPoint(ctx, "vratsa-regional-library")
	if err != nil || !ok || h.Hours.String() != "пон–пет 9:00–18:00" || len(h.Hours.Exceptions) != 1 || h.Position == nil || len(h.Offers) != 2 || setText(h.Languages) != "tr" || h.Accuracy != Building {
		t.Errorf("%+v %v", h, err)
	}
	if h, ok, err := s.HelpPoint(ctx, "vratsa-nova"); err != nil || !ok || h.Kind != Chitalishte || h.Hours != nil || h.Position != nil {
		t.Errorf("%+v %v %v", h, ok, err)
	}
	// A restart keeps what was imported.
	if _, err := s.LoadStarter(ctx); err != nil {
		t.Fatal(err)
	}
	if h, _, _ := s.HelpPoint(ctx, "vratsa-regional-library"); h.Phone() != "092 624 134" {
		t.Errorf("after a restart: %+v", h)
	}
	// The register of chitalishta fills in, and doesn't take back what an editor wrote. «НЧ „Нова“» is known again by name and place.
	register := "reg_no\tname_bg\tekatte\tsettlement_bg\tmunicipality_bg\toblast_bg\taddress_bg\tphone_landline\tlat\tlon\tcoord_basis\n" +
		"9999\tНова\t12259\tгр. Враца\tВраца\tВраца\tпл. 1\t092/1\t43.21\t23.55\tsettlement\n" +
		"9998\tПросвета 1900\t99990\tс. Ново\tВраца\tВраца\t\t\t43.21\t23.55\tsettlement\n"
	r, err := s.Import(ctx, "help-points", strings.NewReader(register))
	if err != nil || r != (Report{Added: 1, Changed: 1}) {
		t.Fatalf("%+v %v", r, err)
	}
	if h, _, _ := s.HelpPoint(ctx, "vratsa-nova"); h.Name != "НЧ „Нова“" || h.Phone() != "092/1" || h.Position != nil {
		t.Errorf("%+v", h)
	}
	if h, _, _ := s.HelpPoint(ctx, "chitalishte-9998"); h.Name != "НЧ „Просвета 1900“" || h.Place.Name != "Ново" || h.Place.Kind != "с." {
		t.Errorf("%+v", h)
	}
}

func TestImportGeoJSON(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := loaded(t)
	file := `{"type": "FeatureCollection", "features": [
		{"type": "Feature", "geometry": {"type": "Point", "coordinates": [23.55, 43.2]},
		 "properties": {"name": "Регионална библиотека „Христо Ботев“", "settlement": "гр. Враца", "opening_hours": "Mo-Fr 09:00-17:00", "offers": ["computers"]}},
		{"type": "Feature", "geometry": null, "properties": {"name": "Градска библиотека", "settlement": "Мездра", "municipality": "Мездра"}}]}`
	r, err := s.Import(ctx, "help-points", strings.NewReader(file))
	if err != nil || r != (Report{Added: 1, Changed: 1}) {
		t.Fatalf("%+v %v", r, err)
	}
	h, _, err := s.HelpPoint(ctx, "vratsa-regional-library")
	if err != nil || h.Position == nil || *h.Position != (Position{43.2, 23.55}) || h.Hours.String() != "пон–пет 9:00–17:00" {
		t.Errorf("%+v %v", h, err)
	}
	if r, err := s.Import(ctx, "help-points", strings.NewReader(file)); err != nil || r != (Report{Unchanged: 2}) {
		t.Errorf("a second time: %+v %v", r, err)
	}
}

func TestAWrongRowChangesNothingAndIsNamed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := loaded(t)
	good := `vratsa-regional-library,regional,Друго име,12259,,,,,,,,,,,` + "\n"
	for _, c := range []struct {
		kind, file string
		want       ImportFault
	}{
		{"help-points", pointsHeader + good + `,,,12259,,,,,,,,,,,` + "\n", ImportFault{3, "name", "fault.empty", ""}},
		{"help-points", pointsHeader + good + `,,Библиотека,99999,,,,,,,,,,,` + "\n", ImportFault{3, "ekatte", "fault.place", "99999"}},
		{"help-points", pointsHeader + good + `,,Библиотека,12259,,,,,43.2,,,,,,` + "\n", ImportFault{3, "lat", "fault.number", "43.2, "}},
		{"help-points", pointsHeader + good + `,,Библиотека,12259,,,,,50,10,,,,,` + "\n", ImportFault{3, "lat", "fault.position", "50, 10"}},
		{"help-points", pointsHeader + good + `,,Библиотека,12259,,,,,,,по договаряне,,,,` + "\n", ImportFault{3, "hours", "fault.hours", "по договаряне"}},
		{"help-points", pointsHeader + good + `,,Библиотека,12259,,,,,,,,,,кафе,` + "\n", ImportFault{3, "offers", "fault.choice", "кафе"}},
		{"help-points", pointsHeader + good + good, ImportFault{3, "name", "fault.twice", "Друго име"}},
		{"help-points", pointsHeader + good + `ruse-regional-library,regional,Библиотека при НЧ „Развитие-1892“,07702,,,,,,,,,,,` + "\n", ImportFault{3, "name", "fault.twice", "Библиотека при НЧ „Развитие-1892“"}},
		{"help-points", pointsHeader + good + "x,y\n", ImportFault{3, "-", "fault.cells", "2 вместо 15"}},
		{"help-points", "name,settlement,adress\nБиблиотека,Враца,ул. 1\n", ImportFault{1, "adress", "fault.column", ""}},
		{"help-points", "name,settlement\nБиблиотека,Бяла\n", ImportFault{2, "settlement", "fault.ambiguous", "Бяла"}},
		{"help-points", "name\nБиблиотека\n", ImportFault{1, "ekatte", "fault.missing", ""}},
		{"help-points", "name,ekatte\n\xffx,12259\n", ImportFault{2, "-", "fault.text", ""}},
		{"help-points", "", ImportFault{1, "-", "fault.missing", ""}},
		{"places", "ekatte\ttype\tname_bg\tname_latin\tmunicipality_bg\toblast_bg\tlat\tlon\tpopulation\n12259\tгр.\tВраца\tVratsa\tВраца\tВраца\t43.2\t23.5\tмного\n",
			ImportFault{2, "population", "fault.number", "много"}},
		{"places", "ekatte,kind,name,municipality,district,lat,lon\n1225,гр.,Враца,Враца,Враца,43.2,23.5\n", ImportFault{2, "ekatte", "fault.number", "1225"}},
		{"trainings", "help_point,topic,starts,places\nvratsa-regional-library,КЕП,2026-12-01 10:00,10\nnowhere,КЕП,2026-12-01 10:00,10\n",
			ImportFault{3, "help_point", "fault.point", "nowhere"}},
		{"trainings", "help_point,topic,starts\nvratsa-regional-library,КЕП,утре\n", ImportFault{2, "starts", "fault.date", "утре"}},
	} {
		_, err := s.Import(ctx, c.kind, strings.NewReader(c.file))
		var wrong *ImportError
		if !errors.As(err, &wrong) || !slices.Contains(wrong.Faults, c.want) {
			t.Errorf("%q\n got %v\nwant %+v", c.file, err, c.want)
		}
	}
	if h, _, _ := s.HelpPoint(ctx, "vratsa-regional-library"); h.Name == "Друго име" {
		t.Error("a row of a wrong file was taken")
	}
	var many strings.Builder
	many.WriteString("name,ekatte\n")
	for range 30 {
		many.WriteString(",12259\n")
	}
	var wrong *ImportError
	if _, err := s.Import(ctx, "help-points", strings.NewReader(many.String())); !errors.As(err, &wrong) || len(wrong.Faults) != 20 || wrong.More != 10 {
		t.Errorf("%v", err)
	}
	if _, err := s.Import(ctx, "horses", strings.NewReader("")); !errors.Is(err, ErrKind) {
		t.Errorf("%v", err)
	}
}

func TestImportGeoNames(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := loaded(t)
	row := func(id, name, alternates string, lat, lon float64, class, feature, admin2, population string) string {
		return strings.Join([]string{id, name, name, alternates, fmt.Sprint(lat), fmt.Sprint(lon), class, feature, "BG", "", "64", admin2, "", "", population, "", "350", "Europe/Sofia", "2024-01-01"}, "\t") + "\n"
	}
	file := row("725578", "Vratsa", "Vraca,Враца", 43.21, 23.5625, "P", "PPLA", "VRC10", "60692") +
		row("999001", "Zgorigrad", "Згориград", 43.18, 23.52, "P", "PPL", "VRC10", "1500") +
		row("999002", "Vratsata", "Вратцата", 43.2, 23.53, "T", "GRGE", "VRC10", "0") +
		row("999003", "Dabnika", "Дъбника", 43.22, 23.55, "P", "PPLX", "VRC10", "0")
	r, err := s.Import(ctx, "places", strings.NewReader(file))
	if err != nil || r != (Report{Added: 1, Changed: 1}) {
		t.Fatalf("%+v %v", r, err)
	}
	if r, err := s.Import(ctx, "places", strings.NewReader(file)); err != nil || r != (Report{Unchanged: 2}) {
		t.Errorf("a second time: %+v %v", r, err)
	}
	m, err := s.FindPlace(ctx, "с. Згориград")
	if err != nil || m.Place.Ekatte != "gn999001" || m.Place.Municipality != "Враца" || m.Place.District != "Враца" {
		t.Errorf("%+v %v", m, err)
	}
	if _, err := s.Import(ctx, "help-points", strings.NewReader("name,ekatte\nНЧ „Пробуда“,gn999001\n")); err != nil {
		t.Fatal(err)
	}
	// The national list gives it its code, and the library stays.
	national := "ekatte\ttype\tname_bg\tname_latin\tmunicipality_bg\toblast_bg\tlat\tlon\tpopulation\n30606\tс.\tЗгориград\tZgorigrad\tВраца\tВраца\t43.18330\t23.51670\t1555\n"
	if r, err := s.Import(ctx, "places", strings.NewReader(national)); err != nil || r != (Report{Changed: 1}) {
		t.Fatalf("%+v %v", r, err)
	}
	if h, ok, err := s.HelpPoint(ctx, "zgorigrad-probuda"); err != nil || !ok || h.Ekatte != "30606" {
		t.Errorf("%+v %v %v", h, ok, err)
	}
	if r, err := s.Import(ctx, "places", strings.NewReader(file)); err != nil || r.Added+r.Changed > 0 {
		t.Errorf("GeoNames after the national list: %+v %v", r, err)
	}
}

func TestGuidesTravel(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, other := loaded(t), loaded(t)
	g, _, err := s.Guide(ctx, "criminal-record")
	if err != nil {
		t.Fatal(err)
	}
	english := g.Text[Bulgarian]
	english.Title, english.Fees = "Criminal record certificate", slices.Clone(english.Fees)
	g.Text[English] = english
	if _, err := s.Publish(ctx, g, "7"); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := s.Export(ctx, "guides", &file); err != nil {
		t.Fatal(err)
	}
	guides, err := s.Guides(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Report{{Changed: 1, Unchanged: len(guides) - 1}, {Unchanged: len(guides)}} {
		if r, err := other.Import(ctx, "guides", bytes.NewReader(file.Bytes())); err != nil || r != want {
			t.Fatalf("%+v %v, want %+v", r, err, want)
		}
	}
	got, _, err := other.Guide(ctx, "criminal-record")
	if err != nil || got.Text[English].Title != english.Title || got.Version != 2 {
		t.Errorf("%+v %v", got, err)
	}
	broken := strings.Replace(file.String(), "link: https://cs.mjs.bg", "link: https://cs.mjs.bg.evil.top", 1)
	var wrong *ImportError
	if _, err := other.Import(ctx, "guides", strings.NewReader(broken)); !errors.As(err, &wrong) || wrong.Faults[0].Column != "link" {
		t.Errorf("%v", err)
	}
}
