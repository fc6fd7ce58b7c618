package knowledge

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		before, after []string
		want          string
	}{
		{"nothing changed", []string{"едно"}, []string{"едно"}, "same"},
		{"a step is added in the middle", []string{"Отворете сайта.", "Изтеглете."}, []string{"Отворете сайта.", "Влезте с КЕП.", "Изтеглете."}, "same added same"},
		{"a step is removed", []string{"Отворете сайта.", "Изтеглете."}, []string{"Изтеглете."}, "removed same"},
		{"a step is worded anew", []string{"Отворете сайта на НАП.", "Изтеглете."}, []string{"Отворете сайта на НОИ.", "Изтеглете."}, "changed same"},
		{"a step is moved", []string{"Първо платете таксата.", "Подайте заявление.", "Чакайте."}, []string{"Подайте заявление.", "Чакайте.", "Първо платете таксата."}, "same same moved"},
		{"one value that says something else", []string{"Агенция по вписванията"}, []string{"Министерство на правосъдието"}, "rewritten"},
		{"several others", []string{"куче", "котка"}, []string{"жираф", "слон"}, "removed removed added added"},
		{"a field is filled", nil, []string{"15,34 €"}, "added"},
		{"a field is emptied", []string{"15,34 €"}, nil, "removed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var kinds []string
			for _, l := range Lines(c.before, c.after) {
				kinds = append(kinds, string(l.Kind))
			}
			if got := strings.Join(kinds, " "); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestChangedWordsReadAsOneChange(t *testing.T) {
	t.Parallel()
	l := Lines([]string{"Таксата е пет лева и се плаща на място, в брой или с карта."}, []string{"Таксата е две евро и се плаща на място, в брой или с карта."})[0]
	var marks []string
	for _, p := range l.Parts {
		switch {
		case !p.After:
			marks = append(marks, "-"+p.Text)
		case !p.Before:
			marks = append(marks, "+"+p.Text)
		}
	}
	if got := strings.Join(marks, "|"); got != "-пет лева|+две евро" {
		t.Errorf("%s", got)
	}
}

// However lines are told, nothing of either side is lost or made up.
func TestLinesLoseNothing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 26))
	words := []string{"такса", "КЕП", "сайт", "подпис", "дете", "лична", "карта", "срок"}
	list := func() (all []string) {
		for range random.IntN(6) {
			var line []string
			for range 1 + random.IntN(5) {
				line = append(line, words[random.IntN(len(words))])
			}
			all = append(all, strings.Join(line, " "))
		}
		return all
	}
	for range 300 {
		before, after := list(), list()
		var old, new []string
		for _, l := range Lines(before, after) {
			if l.Before != "" {
				old = append(old, l.Before)
			}
			if l.After != "" {
				new = append(new, l.After)
			}
			var a, b strings.Builder
			for _, p := range l.Parts {
				if p.Before {
					a.WriteString(p.Text)
				}
				if p.After {
					b.WriteString(p.Text)
				}
			}
			if l.Kind == ChangedLine && (a.String() != l.Before || b.String() != l.After) {
				t.Fatalf("%q, %q are told as %+v", l.Before, l.After, l.Parts)
			}
		}
		slices.Sort(old)
		sorted := slices.Sorted(slices.Values(before))
		if !slices.Equal(new, after) || fmt.Sprint(old) != fmt.Sprint(sorted) {
			t.Fatalf("%q to %q: told %q to %q", before, after, old, new)
		}
	}
}
