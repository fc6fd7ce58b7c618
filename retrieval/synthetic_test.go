package retrieval

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/knowledge"
)

// Guides that a small grammar of everyday words makes up: what a country's services would be if there were thousands.
// The same number always gives the same guides.

type syntheticAct struct{ noun, verb, story string }

var syntheticActs = []syntheticAct{
	{"разрешително за", "да взема разрешително за", "казаха ми, че без разрешение не може"},
	{"регистрация на", "да регистрирам", "съседът каза, че се вписва някъде"},
	{"удостоверение за", "да извадя удостоверение за", "искат ми бележка"},
	{"помощ за", "да поискам помощ за", "не ми стигат парите"},
	{"такса за", "да платя таксата за", "дойде ми сметка"},
	{"отказ от", "да се откажа от", "вече не ми трябва"},
	{"проверка на", "да поръчам проверка на", "нещо не е наред"},
	{"спор за", "да подам жалба за", "караме се със съседите"},
	{"наем на", "да наема", "трябва ми за едно лято"},
	{"поправка на", "да заявя поправка на", "счупи се през зимата"},
	{"застраховка на", "да застраховам", "страх ме е от градушка"},
	{"преместване на", "да преместя", "пречи на пътя"},
	{"изложба на", "да участвам в изложба на", "искам да се похваля"},
	{"обучение за", "да се запиша на курс за", "нищо не разбирам от това"},
}

var syntheticThings = []string{
	"кошери", "балкони", "дървета", "огради", "кладенци", "павилиони", "гаражи", "пчели", "хладилници", "велосипеди",
	"комини", "печки", "лозя", "оранжерии", "овце", "кози", "гълъби", "кучета", "котки", "аквариуми",
	"люлки", "пейки", "фонтани", "тротоари", "антени", "климатици", "щори", "рекламни табели", "сергии", "маси на улицата",
	"асансьори", "мазета", "тавани", "бараки", "навеси", "казани за ракия", "воденици", "лодки", "палатки", "каравани",
	"тротинетки", "дронове", "музикални инструменти", "народни носии", "картини", "стари монети", "часовници", "радиоапарати", "печатни машини", "фотоапарати",
}

var syntheticWhere = []string{"на село", "в панелен блок", "край морето", "в планината", "до училище", "на чужд имот", "в двора на църква"}

// syntheticMost is how many guides the grammar can make.
var syntheticMost = len(syntheticActs) * len(syntheticThings) * len(syntheticWhere)

// syntheticGuide gives guide n and the sample questions of it.
func syntheticGuide(n, samples int) (knowledge.Guide, []knowledge.Sample) {
	act := syntheticActs[n%len(syntheticActs)]
	thing := syntheticThings[n/len(syntheticActs)%len(syntheticThings)]
	where := syntheticWhere[n/len(syntheticActs)/len(syntheticThings)%len(syntheticWhere)]
	slug := fmt.Sprintf("synthetic-%d", n)
	name := act.noun + " " + thing + " " + where
	title := strings.ToUpper(name[:2]) + name[2:] // a Cyrillic letter is two bytes
	g := knowledge.Guide{
		Slug: slug, Audience: knowledge.Citizen, Status: knowledge.Active, Link: "https://egov.bg", Identification: []knowledge.Means{knowledge.InPerson},
		Sources: []knowledge.Source{{URL: "https://egov.bg", Title: "Единен портал"}},
		Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {
			Title: title, Authority: "Служба за " + thing, Summary: title + ". Прави се веднъж и важи за цялата година.", Who: "Всеки, който има " + thing + " " + where + ".",
			Exceptions: []string{"Не важи за " + thing + " под наем."}, Where: "В службата за " + thing + ".",
			Steps:  []string{"Попълнете молба за " + thing + ".", "Занесете я в службата " + where + ".", "Изчакайте отговора."},
			Needed: []string{"Снимка на мястото.", "Молба."}, Names: []string{name},
		}},
	}
	questions := []string{
		"как " + act.verb + " " + thing + " " + where,
		act.story + ", имам " + thing + " " + where + ", какво да направя",
		act.noun + " " + thing + " " + where + " цена",
		"къде се ходи за " + act.noun + " " + thing + ", ние сме " + where,
		"искам " + act.verb + " " + thing + ", живея " + where,
	}
	var list []knowledge.Sample
	r := rand.New(rand.NewPCG(uint64(n), 11))
	for i, k := range r.Perm(len(questions))[:min(samples, len(questions))] {
		list = append(list, knowledge.Sample{ID: int64(10_000_000 + n*10 + i), Text: questions[k], Expected: []string{slug}, Kind: "plain", Language: "bg"})
	}
	return g, list
}

// syntheticCorpus is n synthetic guides with so many sample questions each, and the rest of their questions.
func syntheticCorpus(n, samples int) (c Corpus, rest []knowledge.Sample) {
	c.Revision = 1
	for i := range n {
		g, questions := syntheticGuide(i, 5)
		g.Version = 1
		c.Guides = append(c.Guides, g)
		c.Samples = append(c.Samples, questions[:samples]...)
		rest = append(rest, questions[samples:]...)
	}
	return c, rest
}

// publishSynthetic publishes n synthetic guides with five sample questions each.
func publishSynthetic(t testing.TB, ctx context.Context, pool *pgxpool.Pool, store *knowledge.Store, n int) {
	t.Helper()
	var questions, slugs []string
	for i := range n {
		g, samples := syntheticGuide(i, 5)
		if _, err := store.Publish(ctx, g, "test"); err != nil {
			t.Fatal(err)
		}
		for _, s := range samples {
			questions, slugs = append(questions, s.Text), append(slugs, g.Slug)
		}
	}
	if _, err := pool.Exec(ctx, `
		INSERT INTO sample_questions (question, expected, kind, language, origin, added_by)
		SELECT q, ARRAY[slug], 'plain', 'bg', 'editor', 'test' FROM unnest($1::text[], $2::text[]) AS u(q, slug)`, questions, slugs); err != nil {
		t.Fatal(err)
	}
}

func TestSyntheticGuidesAreValidAndDistinct(t *testing.T) {
	t.Parallel()
	if syntheticMost < 4900 {
		t.Fatalf("the grammar makes only %d guides", syntheticMost)
	}
	titles, questions := map[string]bool{}, map[string]bool{}
	for n := range syntheticMost {
		g, samples := syntheticGuide(n, 5)
		if err := g.Validate([]string{"egov.bg"}); err != nil {
			t.Fatalf("%s: %v", g.Slug, err)
		}
		titles[g.Text[knowledge.Bulgarian].Title] = true
		for _, s := range samples {
			questions[s.Text] = true
		}
	}
	if len(titles) != syntheticMost || len(questions) != 5*syntheticMost {
		t.Errorf("%d titles, %d questions of %d guides", len(titles), len(questions), syntheticMost)
	}
}
