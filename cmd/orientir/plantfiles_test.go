package main

import (
	"bytes"
	"net/http"
	"strings"

	"orientir/knowledge"
	"orientir/knowledge/starter"
)

// numbered is a guide with personal numbers in everything that it says.
func (g *guarded) numbered(slug string) knowledge.Guide {
	g.Helper()
	var file []byte
	for _, name := range []string{"vignette.md", "vignette.en.md"} {
		text, err := starter.Files.ReadFile("guides/" + name)
		g.must(err)
		file = append(append(file, text...), '\n')
	}
	list, err := knowledge.ReadGuideFile(file)
	g.must(err)
	guide := list[0].Guide
	guide.Slug = slug
	for language, text := range guide.Text {
		for _, words := range []*string{&text.Title, &text.Authority, &text.Contact, &text.Summary, &text.Who, &text.Where, &text.FeeNote, &text.Time, &text.IdentificationNote} {
			*words += " " + published
		}
		for _, list := range []*[]string{&text.Exceptions, &text.Steps, &text.Needed, &text.Deadlines, &text.GoodToKnow, &text.Names, &text.Formerly} {
			*list = append(*list, published)
		}
		guide.Text[language] = text
	}
	return guide
}

// plantGuideFiles brings guides with personal numbers in their names and in all that they say, in every form of files, by the staff site.
func plantGuideFiles(w *caller) {
	w.Helper()
	for _, how := range []string{"draft", "review", "publish"} {
		var markdown, archive bytes.Buffer
		for _, language := range []knowledge.Language{knowledge.Bulgarian, knowledge.English} {
			text, err := w.numbered("by-md-" + how).Markdown(language)
			w.must(err)
			markdown.Write(text)
		}
		w.must(knowledge.WriteArchive(&archive, []knowledge.Guide{w.numbered("by-zip-" + how)}))
		linked, err := knowledge.CPSV([]knowledge.Guide{w.numbered("by-jsonld-" + how)}, knowledge.CPSVOptions{})
		w.must(err)
		for form, data := range map[string][]byte{"md": markdown.Bytes(), "zip": archive.Bytes(), "jsonld": linked} {
			if form != "zip" && len(left("the file", string(data))) == 0 {
				w.Fatalf("the file .%s has no numbers", form)
			}
			got := w.upload("/console/import", "упътване 6101057509 4111 1111 1111 1111."+form, data, "how", how)
			if got.code != http.StatusSeeOther {
				w.Errorf("a file .%s to %s was not taken: %d %s", form, how, got.code, textsOf(got.body))
			} else {
				w.carryOut(got.header.Get("Location"), numbers{})
			}
			table := map[string]string{"draft": "guide_drafts", "review": "guide_drafts", "publish": "guides"}[how]
			if w.count(`SELECT count(*) FROM `+table+` WHERE slug = $1`, "by-"+form+"-"+how) != 1 {
				w.Errorf("a file .%s brought nothing to %s", form, how)
			}
		}
	}
}

// carryOut confirms the plan of an import.
func (w *caller) carryOut(plan string, words words) {
	w.Helper()
	for _, f := range forms(plan, w.get(plan).body) {
		if f.action == plan {
			if got := w.post(plan, f.filled(f.buttons[0], words, true)); got.code != http.StatusSeeOther {
				w.Errorf("%s was not carried out: %d %s", plan, got.code, textsOf(got.body))
			}
			return
		}
	}
	w.Errorf("%s: nothing to confirm", plan)
}

// plantTables brings the same numbers in files of every other kind and form, by the terminal's way.
func plantTables(g *guarded) {
	g.Helper()
	for _, file := range []struct{ kind, table, where, text string }{
		{"glossary", "glossary", "term = 'пчелин'", "term\tmeaning\nпчелин\t" + published + "\n"},
		{"signposts", "signposts", "link = 'https://egov.bg/p'", "title\tauthority\tlink\tnames\nПчелини " + published + "\t" + published + "\thttps://egov.bg/p\tпчелин 6101057509\n"},
		{"places", "places", "ekatte = '12260'", "ekatte\tkind\tname\tname_latin\tmunicipality\tdistrict\tlat\tlon\tpopulation\n12260\tс.\tСело 6101057509\tSelo 6101057509\tВраца\tВраца\t43.21\t23.56\t500\n12261\tс.\tМало\tMalo\tВраца\tВраца\t43.30\t23.70\t500\n"},
		{"help-points", "help_points", "id = 'vratsa-2'", "id\tname\tekatte\taddress\tphone\tsource\nvratsa-2\tЧиталище " + published + "\t12259\tул. 2, " + published + "\t092 62 12 30\t" + published + "\n"},
		{"help-points", "help_points", "id = 'vratsa-3'", `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[23.56,43.19]},"properties":` +
			`{"id":"vratsa-3","name":"Клуб ` + published + `","ekatte":"12259","address":"ул. 3, ` + published + `","phone":"092 62 12 31","source":"` + published + `"}}]}`},
		{"help-points", "help_points", "name LIKE 'Картна %'", `{"elements":[{"type":"node","id":6101,"lat":43.30,"lon":23.70,"tags":{"amenity":"library","name":"Картна ` + published + `","addr:city":"Мало","addr:street":"ул. ` + published +
			`","addr:housenumber":"4","phone":"092 62 12 32","operator":"` + published + `","description":"` + published + `"}}]}`},
		{"trainings", "trainings", "help_point = 'vratsa' AND topic LIKE 'Курс %'", "id,help_point,topic,starts,places,description,room\nb,vratsa,\"Курс " + published + "\",2027-01-16 10:00,5,\"" + published + "\",\"" + published + "\"\n"},
	} {
		var rows []knowledge.ImportRow
		if _, err := g.program.store.ImportWith(g.ctx, file.kind, strings.NewReader(file.text), knowledge.ImportOptions{Row: func(r knowledge.ImportRow) { rows = append(rows, r) }}); err != nil {
			g.Errorf("%s: %v", file.kind, err)
		}
		if g.count(`SELECT count(*) FROM `+file.table+` WHERE `+file.where) != 1 {
			g.Errorf("nothing came into %s where %s: %+v", file.table, file.where, rows)
		}
	}
}
