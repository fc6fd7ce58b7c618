package retrieval

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestIntentRules holds the rules to what is small talk, what only begins as such, and what is fraud that has happened.
func TestIntentRules(t *testing.T) {
	t.Parallel()
	r, err := builtInRules()
	if err != nil {
		t.Fatal(err)
	}
	v := vocabularyForTest(t)
	for want, messages := range map[string][]string{
		"smalltalk": {
			"благодаря много, всичко е ясно", "мерси, чао", "здравейте", "Здравейте!", "добро утро", "лека вечер", "привет бе",
			"довиждане и лек ден", "Благодаря Ви много, помогнахте ми!", "благодаря, намерих го вече", "Благодаря ти, много ми помогна.",
			"благодаря чедо", "мерси, момче, жив и здрав", "mersi, jiv i zdrav", "благодаря за информацията", "здравейте, колеги",
			"haide chao", "bye bye", "thank you so much for your help", "Спасибо большое, вы очень любезны!",
			"teşekkür ederim kolay gelsin", "Лека нощ и до утре.", "хей", "привет, ты тут?", "ало?? чувате ли ме", "blagodarq mnogo", "mersi, vsichko e qsno",
			"ок мерси", "здрасти, робот ли си",
		},
		"": {
			"благодаря чедо, а за лекарствата къде да питам", "добре мерси … пенсията на жена ми", "мерси, а за лекарствата",
			"здравейте, лична карта", "здравейте, детски градини", "благодаря, а колко струва паспортът", "mersi a za pensiqta",
			"hi, passport", "дадох парите за винетката", "вече им дадох парите за наема", "платих винетката", "преведох парите за таксата",
			"платих данъка какво да правя сега", "дадох им парите за таксата и какво сега", "платих осигуровките на сайта на нап",
			"дадох му парите, сега как да прехвърля колата", "вече им преведох парите за тока", "вече платих таксата какво сега",
			"дадох данните си в общината", "платих глобата какво правя",
		},
		"fraud": {
			"вече им дадох парите какво да правя", "дадох си данните на измамници", "преведох пари на фалшив сайт", "платих на фалшив сайт",
			"veche im dadoh parite kakvo da pravq", "dadoh si dannite na izmamnici", "prevedoh pari na falshiv sait",
			"измамиха ме, преведох им 500 лева", "i sent money to scammers", "вече му дадох парите", "дадох картата си на мошеници",
		},
		"training": {
			"има ли курсове при вас", "искам да се науча да ползвам смартфон", "обучения", "кога са обученията за интернет", "kursove",
			"къде да запиша майка ми на курс по компютри", "може ли някой да ме научи да пиша имейл", "какви обучения има във Враца",
			"има ли курсове за компютър в библиотеката", "iskam da se naucha na kompyutar", "are there computer courses", "i want to learn to use a smartphone",
			"уроци за таблет за пенсионери",
		},
	} {
		for _, message := range messages {
			a := v.Analyze(message)
			got, ok, _ := r.intent(a)
			is := ""
			if ok {
				is = got.name
			}
			if got.topic == "fraud" {
				is = got.topic
			}
			if is != want {
				t.Errorf("%q is %q (%s), want %q: %s (%s)", message, is, got.topic, want, a.words(), a.Language)
			}
		}
	}
}

// TestLessonsAreNoServices holds the rules for trainings to what no guide and no signpost is asked about.
func TestLessonsAreNoServices(t *testing.T) {
	t.Parallel()
	r, err := builtInRules()
	if err != nil {
		t.Fatal(err)
	}
	v := vocabularyForTest(t)
	asked := 0
	names, err := filepath.Glob("../knowledge/starter/questions/*.tsv")
	if err != nil || len(names) == 0 {
		t.Fatal("no questions", err)
	}
	for _, name := range append(names, "../knowledge/starter/signpost-questions.tsv") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			question, _, _ := strings.Cut(line, "\t")
			lower := strings.ToLower(question)
			// The analysis of tens of thousands takes minutes: only what might fit is read.
			if !strings.Contains(lower, "курс") && !strings.Contains(lower, "обуч") && !strings.Contains(lower, "урок") && !strings.Contains(lower, "науч") &&
				!strings.Contains(lower, "kurs") && !strings.Contains(lower, "course") && !strings.Contains(lower, "train") && !strings.Contains(lower, "learn") &&
				!strings.Contains(lower, "class") && !strings.Contains(lower, "lesson") && !strings.Contains(lower, "занят") {
				continue
			}
			asked++
			if got, ok, _ := r.intent(v.Analyze(question)); ok && got.name == string(WantsTraining) {
				t.Errorf("%q of %s is taken for a wish to learn", question, name)
			}
		}
	}
	if asked < 50 {
		t.Errorf("only %d questions were looked at", asked)
	}
}
