package console

import (
	"net/http"
	"slices"
	"strings"

	"orientir/knowledge"
	"orientir/retrieval"
)

// replayed is a question with its answers before and after, as an editor reads them.
type replayed struct {
	retrieval.ReplayedQuestion
	frame
	titles map[string]string // of guides that a sample question expects or that were on the screen, by slug
}

// replayed puts questions into the words of a page.
func (s *site) replayed(r *http.Request, f frame, list []retrieval.ReplayedQuestion) ([]replayed, error) {
	var slugs []string
	for _, q := range list {
		slugs = append(append(slugs, q.Expected...), q.Screen)
	}
	slices.Sort(slugs)
	titles, err := s.guideTitles(r.Context(), slices.Compact(slugs), f.Language)
	if err != nil {
		return nil, err
	}
	out := make([]replayed, len(list))
	for i, q := range list {
		out[i] = replayed{ReplayedQuestion: q, frame: f, titles: titles}
	}
	return out, nil
}

// Said is what was said right before the question, "" where nothing was.
func (q replayed) Said() string { return strings.Join(q.Context, " ") }

// OnScreen is the title of the guide that was on the screen, "" where none was.
func (q replayed) OnScreen() string { return q.titles[q.Screen] }

// Right says what editors have said is right for a sample question.
func (q replayed) Right() string {
	if len(q.Expected) == 0 {
		return q.R("expects_none")
	}
	names := make([]string, len(q.Expected))
	for i, slug := range q.Expected {
		names[i] = q.titles[slug]
	}
	return q.R("expects", q.quoted(names))
}

// Was and Is say what the answers are.
func (q replayed) Was() string { return q.answerWords(q.Before) }

// Is says what the answer is with the draft.
func (q replayed) Is() string { return q.answerWords(q.After) }

// SameAnswer says that both answers come from the same place, and only their words differ.
func (q replayed) SameAnswer() bool {
	return q.Kind == retrieval.OtherWords || q.Kind == retrieval.Lost || q.Kind == retrieval.Same
}

// Parts are the words of both answers, told apart; of answers that have nothing in common each is whole. A space between two words
// that differ differs with them, so that a line through them isn't broken.
func (q replayed) Parts() []knowledge.Part {
	if !q.SameAnswer() {
		return []knowledge.Part{{Text: q.Before.Text, Before: true}, {Text: q.After.Text, After: true}}
	}
	var list []knowledge.Part
	both := func(p knowledge.Part) bool { return p.Before && p.After }
	add := func(text string, before, after bool) {
		// what differs is gathered: first all that is gone, then all that comes
		for i := len(list) - 1; i >= 0 && !both(list[i]); i-- {
			if list[i].Before == before {
				list[i].Text += text
				return
			}
		}
		list = append(list, knowledge.Part{Text: text, Before: before, After: after})
	}
	parts := knowledge.Words(q.Before.Text, q.After.Text)
	for i, p := range parts {
		between := i > 0 && i < len(parts)-1 && !both(parts[i-1]) && !both(parts[i+1]) && strings.Trim(p.Text, " ") == ""
		switch {
		case both(p) && between:
			add(p.Text, true, false)
			add(p.Text, false, true)
		case both(p):
			list = append(list, p)
		default:
			add(p.Text, p.Before, p.After)
		}
	}
	return list
}

// Gone are the lines of the first answer that the second one doesn't have, but for exceptions that are told already; few of them.
func (q replayed) Gone() []string {
	return slices.DeleteFunc(onlyIn(q.Before.Text, q.After.Text), func(line string) bool {
		return slices.ContainsFunc(q.Exceptions, func(e string) bool { return strings.HasSuffix(line, e) })
	})
}

// Come are the lines that only the answer with the draft has; few of them.
func (q replayed) Come() []string { return onlyIn(q.After.Text, q.Before.Text) }

// answerChange is what becomes of answers: the same for many questions.
type answerChange struct {
	replayed // the first of the questions
	List     []replayed
}

// answerChanges gathers questions whose answers change alike, in the order of the first of each.
func answerChanges(list []replayed) (groups []answerChange) {
	at := map[string]int{}
	for _, q := range list {
		key := strings.Join([]string{q.Was(), q.Is(), strings.Join(q.Exceptions, "\n"), strings.Join(q.Links, "\n")}, "\x00")
		if q.SameAnswer() {
			key += strings.Join(q.Gone(), "\n") + "\x00" + strings.Join(q.Come(), "\n")
		}
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, answerChange{replayed: q})
		}
		groups[i].List = append(groups[i].List, q)
	}
	return groups
}

// mostLines is how many lines that differ are shown before the answers themselves.
const mostLines = 3

func onlyIn(a, b string) (lines []string) {
	others := map[string]bool{}
	for line := range strings.Lines(b) {
		others[strings.TrimSpace(line)] = true
	}
	for line := range strings.Lines(a) {
		line = strings.TrimSpace(line)
		if line == "" || others[line] {
			continue
		}
		if len(lines) == mostLines {
			return append(lines, "…")
		}
		lines = append(lines, line)
	}
	return lines
}

// answerWords says in a few words what an answer does.
func (f frame) answerWords(a retrieval.ReplayAnswer) string {
	names := make([]string, len(a.Guides))
	for i, g := range a.Guides {
		if names[i] = g.Title; g.Title == "" {
			names[i] = g.Slug
		}
	}
	switch a.Outcome {
	case retrieval.Answered:
		return f.R("answers", f.quoted(names))
	case retrieval.Clarify:
		return f.R("offers", f.quoted(names))
	case retrieval.Emergency:
		return f.R("warns")
	case retrieval.Abstained:
		if a.Signpost != "" {
			return f.R("points", a.Signpost)
		}
		return f.R("finds_nothing")
	}
	switch a.Intent {
	case retrieval.WantsHuman:
		return f.R("offers_human")
	case retrieval.WantsHelpPoint:
		return f.R("shows_libraries")
	case retrieval.WantsTraining:
		return f.R("shows_trainings")
	case retrieval.WantsStatus:
		return f.R("tells_state")
	case retrieval.WantsNews:
		return f.R("shows_news")
	case retrieval.Smalltalk:
		return f.R("chats")
	}
	if a.Topic == "fraud" {
		return f.R("warns_fraud")
	}
	return f.R("declines")
}

// quoted puts names one after another, in the quotes of the page's language.
func (f frame) quoted(names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = f.R("quoted", n)
	}
	return strings.Join(list, ", ")
}
