package retrieval

import (
	"strings"
	"testing"
	"time"

	"orientir/knowledge"
)

func TestLay(t *testing.T) {
	t.Parallel()
	guide := smallGuides[0].guide()
	closed := guide
	closed.Status = knowledge.Closed
	seen := guide
	seen.Sources = []knowledge.Source{{URL: "https://egov.bg", Title: "Портал", Seen: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Checked: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)}}
	yes, no, metres := true, false, 1540
	library := func(h knowledge.Nearby) knowledge.Nearby {
		h.Name, h.Place = "Библиотека", knowledge.Place{Kind: "гр.", Name: "Враца"}
		return h
	}
	for name, c := range map[string]struct {
		answer Answer
		has    []string
		lacks  []string
	}{
		"a closed service says so first":   {Answer{Outcome: Answered, Language: "bg", Guide: &closed}, []string{"вече не съществува"}, nil},
		"dates of the source":              {Answer{Outcome: Answered, Language: "bg", Guide: &seen}, []string{"прочетен на 22 ноември 2026 г.", "проверено от редактор на 25 ноември 2026 г."}, []string{"непотвърдено"}},
		"dates in English":                 {Answer{Outcome: Answered, Language: "en", Guide: &seen}, []string{"read on 22 November 2026", "checked by an editor on 25 November 2026"}, nil},
		"Russian gets one English line":    {Answer{Outcome: Answered, Language: "bg", Detected: "ru", Guide: &guide}, []string{englishLine, guide.Text["bg"].Title}, nil},
		"Turkish gets a greeting":          {Answer{Outcome: Abstained, Language: "bg", Detected: "tr"}, []string{"Merhaba", "112", "kütüphane"}, nil},
		"Turkish in danger":                {Answer{Outcome: Emergency, Topic: "fire", Language: "bg", Detected: "tr"}, []string{turkishDanger, "112"}, nil},
		"danger names the right line":      {Answer{Outcome: Emergency, Topic: "child", Language: "bg"}, []string{"112", "116 111"}, []string{"КЕП"}},
		"violence":                         {Answer{Outcome: Emergency, Topic: "violence", Language: "en"}, []string{"112", "0800 1 86 76"}, nil},
		"an unknown danger still says 112": {Answer{Outcome: Emergency, Topic: "meteorite", Language: "en"}, []string{"112"}, nil},
		"choices are numbered":             {Answer{Outcome: Clarify, Language: "bg", Guides: []Ranked{{Title: "Едно"}, {Title: "Друго"}}}, []string{"1. Едно", "2. Друго"}, nil},
		"abstaining asks for the place":    {Answer{Outcome: Abstained, Language: "bg"}, []string{"нямам проверено упътване", "Библиотекар", "в кой град или село"}, nil},
		"a signpost names the authority":   {Answer{Outcome: Abstained, Language: "bg", Signpost: &knowledge.Signpost{Title: "Ловен билет", Authority: "ИАГ", Link: "https://iag.bg"}}, []string{"Ловен билет", "ИАГ", "https://iag.bg"}, nil},
		"several places to choose from":    {Answer{Outcome: OutOfScope, Intent: WantsHelpPoint, Language: "bg", Place: &knowledge.PlaceMatch{Outcome: knowledge.PlaceAmbiguous, Places: []knowledge.Place{{Kind: "гр.", Name: "Бяла", Municipality: "Бяла"}}}}, []string{"Кое е Вашето?", "гр. Бяла, община Бяла"}, nil},
		"unknown hours are never open":     {Answer{Outcome: OutOfScope, Intent: WantsHelpPoint, Language: "bg", HelpPoints: []knowledge.Nearby{library(knowledge.Nearby{HelpPoint: knowledge.HelpPoint{Phones: []string{"092 1"}}})}}, []string{"Не знам работното време, обадете се на 092 1"}, []string{"Отворено"}},
		"open until":                       {Answer{Outcome: OutOfScope, Intent: WantsHelpPoint, Language: "bg", HelpPoints: []knowledge.Nearby{library(knowledge.Nearby{OpenNow: &yes, ClosesAt: time.Date(2026, 11, 25, 17, 30, 0, 0, time.UTC), AwayM: metres})}}, []string{"Отворено до 17:30 ч.", "(около 2 км по права линия)"}, nil},
		"closed, and when it opens":        {Answer{Outcome: OutOfScope, Intent: WantsHelpPoint, Language: "bg", HelpPoints: []knowledge.Nearby{library(knowledge.Nearby{OpenNow: &no, NextOpen: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)})}}, []string{"Затворено. Отваря 26 ноември 2026 г., 9:00"}, nil},
		"advice is declined":               {Answer{Outcome: OutOfScope, Intent: WantsAnswer, Topic: "advice", Language: "bg"}, []string{"съвет"}, nil},
		"a robot says so":                  {Answer{Outcome: OutOfScope, Intent: Smalltalk, Topic: "robot", Language: "bg"}, []string{"Аз съм програма"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			text := Lay(c.answer)
			for _, words := range c.has {
				if !strings.Contains(text, words) {
					t.Errorf("%q is missing in\n%s", words, text)
				}
			}
			for _, words := range c.lacks {
				if strings.Contains(text, words) {
					t.Errorf("%q should not stand in\n%s", words, text)
				}
			}
			if strings.Contains(text, "\n\n\n") || strings.Contains(text, "%!") {
				t.Errorf("badly laid out:\n%s", text)
			}
		})
	}
}

func TestEuros(t *testing.T) {
	t.Parallel()
	for cents, want := range map[int64][2]string{0: {"безплатно", "free"}, 1534: {"15,34 €", "€15.34"}, 500: {"5 €", "€5.00"}, 1005: {"10,05 €", "€10.05"}} {
		if bg, en := bulgarianPhrases.euros(cents), englishPhrases.euros(cents); bg != want[0] || en != want[1] {
			t.Errorf("%d cents are %q and %q, want %q", cents, bg, en, want)
		}
	}
}
