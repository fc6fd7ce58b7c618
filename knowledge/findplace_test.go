package knowledge

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"orientir/deploy/postgres/postgrestest"
)

// someplaces is enough of the country to confuse: names that occur several times, that are words, and that are written in many ways.
func someplaces() *gazetteer {
	var places []Place
	for i, row := range strings.Split(strings.TrimSpace(`
гр. София|Sofia|Столична|София-град|1238438
гр. Пловдив|Plovdiv|Пловдив|Пловдив|346893
гр. Варна|Varna|Варна|Варна|335854
гр. Бургас|Burgas|Бургас|Бургас|202694
гр. Русе|Ruse|Русе|Русе|144936
гр. Стара Загора|Stara Zagora|Стара Загора|Стара Загора|136781
гр. Шумен|Shumen|Шумен|Шумен|76967
гр. Добрич|Dobrich|Добрич|Добрич|85402
гр. Хасково|Haskovo|Хасково|Хасково|70642
гр. Враца|Vratsa|Враца|Враца|54150
гр. Велико Търново|Veliko Tarnovo|Велико Търново|Велико Търново|68735
гр. Кърджали|Kardzhali|Кърджали|Кърджали|43880
гр. Казанлък|Kazanlak|Казанлък|Стара Загора|44760
гр. Габрово|Gabrovo|Габрово|Габрово|53063
гр. Горна Оряховица|Gorna Oryahovitsa|Горна Оряховица|Велико Търново|30000
гр. Карлово|Karlovo|Карлово|Пловдив|21381
гр. Гоце Делчев|Gotse Delchev|Гоце Делчев|Благоевград|19000
гр. Генерал Тошево|General Toshevo|Генерал Тошево|Добрич|6600
гр. Бяла|Byala|Бяла|Русе|7610
гр. Бяла|Byala|Бяла|Варна|2092
гр. Баня|Banya|Карлово|Пловдив|3229
гр. Елин Пелин|Elin Pelin|Елин Пелин|Софийска област|6864
гр. Септември|Septemvri|Септември|Пазарджик|7374
гр. Трън|Tran|Трън|Перник|2400
гр. Черноморец|Chernomorets|Созопол|Бургас|2300
с. Елин Пелин|Elin Pelin|Елин Пелин|Софийска област|3312
с. Баня|Banya|Разлог|Благоевград|2748
с. Баня|Banya|Нова Загора|Сливен|1603
с. Баня|Banya|Панагюрище|Пазарджик|590
с. Баня|Banya|Несебър|Бургас|182
с. Ново село|Novo selo|Стамболийски|Пловдив|2600
с. Ново село|Novo selo|Ново село|Видин|1000
с. Изгрев|Izgrev|Венец|Шумен|900
с. Изгрев|Izgrev|Благоевград|Благоевград|800
с. Изгрев|Izgrev|Левски|Плевен|500
с. Искра|Iskra|Първомай|Пловдив|700
с. Габрово|Gabrovo|Благоевград|Благоевград|20
с. Градина|Gradina|Първомай|Пловдив|1900
с. Руманя|Rumanya|Стара Загора|Стара Загора|100
с. Държава|Darzhava|Чирпан|Стара Загора|114
с. Ново Паничарево|Novo Panicharevo|Приморско|Бургас|400
с. Людсково|Lyudskovo|Крумовград|Кърджали|30
`), "\n") {
		cells := strings.Split(row, "|")
		kind, name, _ := strings.Cut(cells[0], " ")
		population := 0
		for _, d := range cells[4] {
			population = population*10 + int(d-'0')
		}
		places = append(places, Place{
			Ekatte: string([]rune{'0', '0', '1', rune('0' + i/10), rune('0' + i%10)}), Kind: kind, Name: name, NameLatin: cells[1],
			Municipality: cells[2], District: cells[3], Population: population,
		})
	}
	for i := range places { // the aliases know these codes
		switch places[i].Name {
		case "София":
			places[i].Ekatte = "68134"
		case "Велико Търново":
			places[i].Ekatte = "10447"
		}
	}
	return newGazetteer(places)
}

// said writes a match as the tests expect it.
func said(m PlaceMatch) string {
	name := func(p Place) string {
		if p.Quarter.ID != "" {
			return p.Name + ", " + p.Quarter.Name
		}
		if p.Name == p.Municipality || p.Municipality == "Столична" {
			return p.Kind + " " + p.Name
		}
		return p.Kind + " " + p.Name + "/" + p.Municipality
	}
	switch m.Outcome {
	case PlaceFound:
		if m.Others {
			return "theirs: " + name(m.Place)
		}
		return name(m.Place)
	case PlaceAmbiguous:
		all := make([]string, len(m.Places))
		for i, p := range m.Places {
			all[i] = name(p)
		}
		if m.Town {
			all = append(all, "another town?")
		}
		return strings.Join(all, " | ")
	}
	switch {
	case m.Town:
		return "which town?"
	case m.Abroad != "":
		return "abroad: " + m.Abroad
	}
	return "-"
}

func TestFindPlace(t *testing.T) {
	t.Parallel()
	g := someplaces()
	posts := postcodes{"3000": {g.places[9].Ekatte}, "4360": {"00120", "00128"}}
	const (
		banya   = "гр. Баня/Карлово | с. Баня/Разлог | с. Баня/Нова Загора | с. Баня/Панагюрище | с. Баня/Несебър"
		izgrev  = "с. Изгрев/Венец | с. Изгрев/Благоевград | с. Изгрев/Левски"
		village = "с. Баня/Разлог | с. Баня/Нова Загора | с. Баня/Панагюрище | с. Баня/Несебър"
	)
	for _, c := range []struct{ about, text, want string }{
		{"a town", "Враца", "гр. Враца"},
		{"with a preposition", "във Враца", "гр. Враца"},
		{"small letters", "софия", "гр. София"},
		{"capitals", "СОФИЯ", "гр. София"},
		{"kind without a space", "гр.Русе", "гр. Русе"},
		{"kind after the name", "софия град", "гр. София"},
		{"official Latin", "Veliko Tarnovo", "гр. Велико Търново"},
		{"chat Latin", "sofiq", "гр. София"},
		{"digits for letters", "6umen", "гр. Шумен"},
		{"u for ъ", "kurdjali", "гр. Кърджали"},
		{"c for ц", "Goce Delchev", "гр. Гоце Делчев"},
		{"mixed alphabets", "Вapнa", "гр. Варна"},
		{"a letter missing", "Плвдив", "гр. Пловдив"},
		{"a letter more", "плоавдив", "гр. Пловдив"},
		{"letters exchanged", "Казанълк", "гр. Казанлък"},
		{"spaces missing", "старазагора", "гр. Стара Загора"},
		{"hyphen", "Горна-Оряховица", "гр. Горна Оряховица"},
		{"abbreviated first word", "В. Търново", "гр. Велико Търново"},
		{"abbreviated without a space", "ст.загора", "гр. Стара Загора"},
		{"abbreviated longer", "Ген. Тошево", "гр. Генерал Тошево"},
		{"what people call it", "в търново", "гр. Велико Търново"},
		{"the capital", "живея в столицата", "гр. София"},
		{"the big town of a name", "Габрово", "гр. Габрово"},
		{"the hamlet of a name", "с. Габрово", "с. Габрово/Благоевград"},
		{"several of a name", "Баня", banya},
		{"villages of a name", "с. Баня", village},
		{"the town of a name", "гр. Баня", "гр. Баня/Карлово"},
		{"municipality wins over kind", "с. Баня, общ. Карлово", "гр. Баня/Карлово"},
		{"municipality", "Баня, общ. Разлог", "с. Баня/Разлог"},
		{"municipality bare", "Баня, Панагюрище", "с. Баня/Панагюрище"},
		{"district as an adjective", "Баня Пловдивско", "гр. Баня/Карлово"},
		{"two towns of a name", "Бяла", "гр. Бяла | гр. Бяла"},
		{"district", "Бяла, област Варна", "гр. Бяла"},
		{"village in a sentence, with municipality", "живея в село Ново село, община Ново село", "с. Ново село"},
		{"town and village in one municipality", "Елин Пелин", "гр. Елин Пелин | с. Елин Пелин"},
		{"in a sentence", "Има ли библиотека в Пазарджик или в Хасково?", "гр. Хасково"},
		{"beside library", "библиотека варна", "гр. Варна"},
		{"English", "I live in Burgas", "гр. Бургас"},
		{"Russian", "Мы живём в Варне", "гр. Варна"},
		{"to come back is no Варна", "а сега как да се върна", "-"},
		{"where one lives wins over where one was born", "роден съм в Карлово, а живея в софия", "гр. София"},
		{"two places alike", "от София до Варна", "гр. София | гр. Варна"},
		{"quarter of a town", "аз съм в кв. Изгрев, Бургас", "гр. Бургас"},
		{"street", "ул. Шипка 5, Габрово", "гр. Габрово"},
		{"village with its kind", "прибирам мама от село Ново Паничарево", "с. Ново Паничарево/Приморско"},
		{"village where one lives", "аз съм от Искра", "с. Искра/Първомай"},
		{"village and quarter that is a word, where one lives", "живея в изгрев", "София, Изгрев | " + izgrev},
		{"village with its kind where a quarter has the name", "живея в с. изгрев", izgrev},
		{"the word", "искам да видя изгрева", "-"},
		{"the word as it is", "ставам по изгрев", "-"},
		{"kindergarten", "искам място в детска градина", "-"},
		{"state", "искам пари от държава", "-"},
		{"bath", "данък за баня", "-"},
		{"month", "от септември не ми плащат", "-"},
		{"a country that folds like a village", "бях в Румъния", "abroad: Румъния"},
		{"words that join to a town", "doesn't run", "-"},
		{"a sea", "риба в Черно море същото ли е", "-"},
		{"another country's town", "живея в Лондон", "abroad: Лондон"},
		{"the capital's municipality", "Столична община", "гр. София"},
		{"municipality after the name", "Карлово община", "гр. Карлово"},
		{"quarter after the town", "София, кв. Изгрев", "София, Изгрев"},
		{"housing estate", "ж.к. Тракия, Пловдив", "гр. Пловдив"},
		{"a greeting", "лека вечер", "-"},
		{"the city in general", "жена от града поиска пари", "-"},
		{"letters exchanged in a sentence", "живея в Руес", "гр. Русе"},
		{"a word more begins like a name", "аз съм от село новосел и питам", "-"},
		{"official Latin in a sentence", "Where can I get help in Novo Panicharevo?", "с. Ново Паничарево/Приморско"},
		{"nothing", "", "-"},

		{"quarter of the capital in Latin", "Mladost 1 Sofia", "София, Младост 1"},
		{"quarter after the town", "София, Младост 1А", "София, Младост 1"},
		{"quarter with its sign", "ж.к. Люлин 5", "София, Люлин 5"},
		{"quarter of one word with a number", "люлин5", "София, Люлин 5"},
		{"quarter with the sign written together", "жк Овча купел 2", "София, Овча купел"},
		{"district", "район Красно село", "София, Красно село"},
		{"quarter that only Sofia has", "Дървеница", "София, Дървеница"},
		{"quarter misspelt", "кв. Драгалевтци", "София, Драгалевци"},
		{"quarter in a sentence", "живея в Студентски град, къде е най-близката библиотека", "София, Студентски град"},
		{"quarter in a sentence, Latin", "jiveq v studentski grad", "София, Студентски град"},
		{"quarter that other towns have", "Дружба 2", "София, Дружба 2 | another town?"},
		{"quarter of several towns with its sign", "кв. Изгрев", "София, Изгрев | another town?"},
		{"quarter of another town is that town", "Младост, Варна", "гр. Варна"},
		{"quarter beside the capital in a sentence", "аз съм от София, кв. Бояна", "София, Бояна"},
		{"street is no quarter", "ул. Оборище 5, София", "гр. София"},
		{"quarter that we don't know", "кв. Меден рудник", "which town?"},
		{"quarter where one lives that we don't know", "живея в ж.к. Чайка", "which town?"},
		{"hope is no quarter", "имам надежда, че ще помогнете", "-"},
		{"the town, not the quarter", "Гоце Делчев", "гр. Гоце Делчев"},
		{"the quarter, not the town", "София, ж.к. Гоце Делчев", "София, Гоце Делчев"},

		{"postcode", "3000", "гр. Враца"},
		{"postcode with its sign", "п.к. 4360", "гр. Баня/Карлово | с. Баня/Панагюрище"},
		{"postcode before a name", "4360 Баня, общ. Карлово", "гр. Баня/Карлово"},
		{"postcode after a name", "Баня 4360, Панагюрище", "с. Баня/Панагюрище"},
		{"postcode in a sentence", "моят пощенски код е 3000", "гр. Враца"},
		{"postcode that no address has", "1234", "-"},
		{"a year", "от 3000 година чакам пенсия", "-"},
		{"an amount", "колко е данъкът за 3000 лева", "-"},

		{"a grandson", "имам внук в София", "theirs: гр. София"},
		{"a bare grandson", "внук в София", "theirs: гр. София"},
		{"a mother", "Майка ми живее в Казанлък, как да ѝ платя данъка?", "theirs: гр. Казанлък"},
		{"a son who studies", "синът ми, който учи във Варна, иска карта", "theirs: гр. Варна"},
		{"a daughter in Latin", "dashterq mi e v Burgas", "theirs: гр. Бургас"},
		{"a son in English", "my son lives in Burgas", "theirs: гр. Бургас"},
		{"a mother in Russian", "моя мама живёт в Варне", "theirs: гр. Варна"},
		{"a friend's quarter", "приятелка в Люлин, София", "theirs: София, Люлин"},
		{"a friend who told", "приятелка от Русе ми каза за услугата", "theirs: гр. Русе"},
		{"both named", "Живея във Враца, а синът ми учи в София", "гр. Враца"},
		{"both named the other way round", "внук ми е в София, аз съм от Враца", "гр. Враца"},
		{"with a son", "живея със сина си в Пловдив", "гр. Пловдив"},
		{"at a daughter's", "сега съм при дъщеря ми във Варна", "гр. Варна"},
		{"a son and I", "синът ми и аз живеем в Русе", "гр. Русе"},
		{"a mother who says so", "Майка съм на две деца и живея в Шумен", "гр. Шумен"},
		{"a library for somebody else is where it is wanted", "библиотека в Добрич за баба ми", "гр. Добрич"},
		{"a flat", "имам апартамент в Бургас", "theirs: гр. Бургас"},
		{"one lives in the house", "живея в къща в Хасково", "гр. Хасково"},
		{"a journey", "пътувам за Варна", "theirs: гр. Варна"},
		{"a ticket", "билет до Варна", "theirs: гр. Варна"},

		{"abroad", "Лондон", "abroad: Лондон"},
		{"abroad in Latin", "Munich", "abroad: Мюнхен"},
		{"abroad in a sentence", "в момента съм в Испания", "abroad: Испания"},
		{"abroad, born here", "роден съм във Варна, живея в Германия", "abroad: Германия"},
		{"lives here, speaks of abroad", "живея в Русе, имам документи от Германия", "гр. Русе"},
		{"a son abroad", "Враца съм, синът ми е в Лондон", "гр. Враца"},
		{"signs", "?!…", "-"},
	} {
		if got := said(g.find(c.text, posts)); got != c.want {
			t.Errorf("%s: %q\n got %s\nwant %s", c.about, c.text, got, c.want)
		}
	}
}

// BenchmarkFindPlaceInLongText has texts that nobody writes but somebody may send.
func BenchmarkFindPlaceInLongText(b *testing.B) {
	g := someplaces()
	for name, text := range map[string]string{
		"readings": strings.Repeat("yuyjyuyjc", 500), "prepositions": strings.Repeat("в ", 5000), "names": strings.Repeat("Ново ", 1000),
		"letter": strings.Repeat("ъ", 100_000), "quarters": strings.Repeat("жк Младост ", 500), "grandsons": strings.Repeat("внук в София ", 500),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				g.find(text, nil)
			}
		})
	}
}

func TestSpellings(t *testing.T) {
	t.Parallel()
	for latin, cyrillic := range map[string]string{
		"Sofia": "София", "Sofiya": "София", "sofiq": "София", "6umen": "Шумен", "Targovishte": "Търговище", "turgovi6te": "Търговище", "Qmbol": "Ямбол",
		"Yambol": "Ямбол", "Jambol": "Ямбол", "Kyustendil": "Кюстендил", "Bourgas": "Бургас", "Vraca": "Враца", "Pazardjik": "Пазарджик", "Tyrnovo": "Търново",
		"Nessebar": "Несебър", "Hissarya": "Хисаря", "4irpan": "Чирпан", "Kozloduj": "Козлодуй", "Xaskovo": "Хасково",
	} {
		if !slices.Contains(spellings(latin), nameKey(cyrillic)) {
			t.Errorf("%s: %v, want %s", latin, spellings(latin), nameKey(cyrillic))
		}
	}
}

func TestPlacesFollowTheTable(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := NewStore(postgrestest.New(t))
	if m, err := s.FindPlace(ctx, "Враца"); err != nil || m.Outcome != PlaceUnknown {
		t.Fatalf("%+v %v", m, err)
	}
	list := "ekatte,kind,name,municipality,district,lat,lon\n12259,гр.,Враца,Враца,Враца,43.21,23.55\n"
	if _, err := s.Import(ctx, "places", strings.NewReader(list)); err != nil {
		t.Fatal(err)
	}
	if m, err := s.FindPlace(ctx, "в Vraca съм"); err != nil || m.Place.Ekatte != "12259" {
		t.Errorf("%+v %v", m, err)
	}
	if p, ok, err := s.PlaceAt(ctx, 43.2, 23.5); err != nil || !ok || p.Name != "Враца" {
		t.Errorf("%+v %v %v", p, ok, err)
	}
	if p, ok, err := s.PlaceAt(ctx, 48.2, 16.4); err != nil || ok {
		t.Errorf("Виена is near %+v, %v", p, err)
	}
}

func BenchmarkFindPlace(b *testing.B) {
	places, err := readPlaces(nationalFile(b, "settlements.tsv"))
	if err != nil {
		b.Fatal(err)
	}
	slices.SortStableFunc(places, func(a, b Place) int {
		if (a.Kind == "гр.") != (b.Kind == "гр.") {
			return map[bool]int{true: -1, false: 1}[a.Kind == "гр."]
		}
		return b.Population - a.Population
	})
	g := newGazetteer(places)
	texts := []string{
		"Враца", "sofiq", "с. Баня, общ. Карлово", "плоавдив", "къде се вади свидетелство за съдимост", "B. Tarnovo",
		"добър ден, аз съм пенсионер и живея в Стара Загора, къде да питам за пенсия", "trqbva mi belejka ot obshtinata kade jiveq",
	}
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		g.find(texts[len(took)%len(texts)], nil)
		took = append(took, time.Since(start))
	}
	percentiles(b, took)
}

// percentiles reports the median and the 99th percentile.
func percentiles(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
