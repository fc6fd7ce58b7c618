package bot

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"orientir/knowledge"
	"orientir/retrieval"
)

var update = flag.Bool("update", false, "write what the bot says into the scripts of testdata")

// section is one «-- name argument --» of a script with the lines below it.
type section struct {
	name, argument, body string
}

func sections(script string) (comment string, list []section) {
	var current *section
	for _, line := range strings.SplitAfter(script, "\n") {
		if title, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(title, " --") {
			name, argument, _ := strings.Cut(strings.TrimSuffix(title, " --"), " ")
			list = append(list, section{name: name, argument: argument})
			current = &list[len(list)-1]
			continue
		}
		if current == nil {
			comment += line
			continue
		}
		current.body += line
	}
	return comment, list
}

// field reads «key: value» of a section.
func (s section) field(key string) string {
	for _, line := range strings.Split(s.body, "\n") {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (s section) lines(prefix string) (list []string) {
	for _, line := range strings.Split(s.body, "\n") {
		if value, ok := strings.CutPrefix(line, prefix+":"); ok {
			list = append(list, strings.TrimSpace(value))
		}
	}
	return list
}

// TestDialog plays the scripts of testdata. A script tells what comes in (text, command, button, location, unsupported),
// how time goes on (later), what acts find (guides, place, near, offer, ticket, reported, heard) and what the bot says («-- bot --»; -update writes it).
func TestDialog(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, name := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			comment, list := sections(string(data))
			got := comment + play(t, list)
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got != string(data) && !*update {
				t.Errorf("the bot says something else:\n%s", got)
			}
		})
	}
}

// play runs a script and writes it anew with what the bot really says.
func play(t *testing.T, list []section) string {
	var out strings.Builder
	s := state{}
	p := person{Language: "bg"}
	answers, returns, editors := int64(0), false, false
	now := sofiaTime(t, "2026-11-25 12:10")
	var past *Past
	for i := 0; i < len(list); i++ {
		in := list[i]
		var ev event
		switch in.name {
		case "bot":
			continue // written below, after the event that it follows
		case "person":
			p = person{Language: in.field("language"), Chosen: in.field("chosen") == "yes", Place: in.field("place")}
			returns = in.field("returns") == "yes"
			emit(&out, in)
			continue
		case "later":
			pause, err := time.ParseDuration(in.argument)
			if err != nil {
				t.Fatal(err)
			}
			now = now.Add(pause)
			emit(&out, in)
			continue
		case "editors":
			editors = true
			emit(&out, in)
			continue
		case "past":
			past = nil
			if in.argument != "none" {
				past = &Past{Ticket: 7, Librarian: "Мария", Present: in.argument == "here"}
			}
			emit(&out, in)
			continue
		case "text":
			ev = event{Kind: Text, Text: strings.TrimSpace(in.body), TooLong: in.argument == "too long"}
		case "command":
			command, argument, _ := strings.Cut(in.argument, " ")
			ev = event{Kind: Command, Command: command, Argument: argument}
		case "button":
			ev = event{Kind: Button, Data: in.argument}
		case "location":
			ev = event{Kind: Location, Lat: 42.7, Lon: 23.3}
		case "unsupported":
			ev = event{Kind: Unsupported}
		default:
			t.Fatalf("nothing asks for %q", in.name)
		}
		emit(&out, in)
		d := &dialog{person: p, state: s, past: past, returns: returns, editors: editors, public: "https://orientir.example", now: now}
		find := func(name string) section {
			if rest, maybe := strings.CutSuffix(name, "?"); maybe { // none, unless the script says so
				if name = rest; i+1 >= len(list) || list[i+1].name != name {
					return section{argument: "none"}
				}
			}
			if i+1 >= len(list) || list[i+1].name != name {
				t.Fatalf("after %q the script must say what %q finds", in.name+" "+in.argument, name)
			}
			i++
			emit(&out, list[i])
			return list[i]
		}
		wrote := false
		do := d.next(ev)
		for do != nil {
			if wrote = wrote || do.writes(); wrote && !do.writes() {
				t.Fatalf("%T reads after something was written", do)
			}
			answers = fill(t, do, answers, find)
			do = d.next(do)
		}
		s, p = d.state, d.person
		for _, a := range d.later {
			switch a := a.(type) {
			case *comment:
				fmt.Fprintf(&out, "-- stored comment on %d --\n%s\n", a.Answer, a.Text)
			case *commentDesk:
				fmt.Fprintf(&out, "-- stored comment on the hand-over %d --\n%s\n", a.Ticket, a.Text)
			case *record:
				fmt.Fprintf(&out, "-- stored record --\n%s %s\n", a.Answer.Outcome, a.Answer.Intent)
			}
		}
		for i+1 < len(list) && (list[i+1].name == "bot" || list[i+1].name == "stored") {
			i++
		}
		for _, b := range d.say {
			fmt.Fprintf(&out, "-- bot --\n%s", render(t, b))
		}
		if len(d.say) == 0 {
			out.WriteString("-- bot silent --\n")
		}
	}
	return out.String()
}

func emit(out *strings.Builder, s section) {
	title := s.name
	if s.argument != "" {
		title += " " + s.argument
	}
	fmt.Fprintf(out, "-- %s --\n%s", title, s.body)
}

// fill performs an act from the script.
func fill(t *testing.T, do act, answers int64, find func(string) section) int64 {
	switch do := do.(type) {
	case *askGuides:
		f := find("guides")
		do.answer = scriptAnswer(f)
		if want := f.field("leans on"); want != strings.Join(do.Question.Context, "\n") {
			t.Errorf("%q leans on %q, want %q", do.Question.Text, do.Question.Context, want)
		}
		if want := f.field("on screen"); want != "" && want != do.Question.Guide {
			t.Errorf("%q is asked about the guide %q, want %q", do.Question.Text, do.Question.Guide, want)
		}
		if want := f.field("asked for"); want != "" && want != string(do.Question.Audience) {
			t.Errorf("%q is asked for %q, want %q", do.Question.Text, do.Question.Audience, want)
		}
		if want := f.field("asked in"); want != "" && want != do.Question.Place {
			t.Errorf("%q is asked in %q, want %q", do.Question.Text, do.Question.Place, want)
		}
	case *record:
		answers++
		do.id = answers
	case *showGuide:
		do.guide, do.found = scriptGuide(do.Slug), strings.HasPrefix(do.Slug, "criminal") || do.Slug == "id-card"
	case *findPlace:
		f := find("place")
		do.match = knowledge.PlaceMatch{Outcome: knowledge.PlaceOutcome(f.argument)}
		for _, line := range f.lines("place") {
			do.match.Places = append(do.match.Places, scriptPlace(line))
		}
		do.match.Abroad, do.match.Town, do.match.Others = f.field("abroad"), f.field("town") == "ask", f.field("others") == "yes"
		if do.match.Outcome == knowledge.PlaceFound {
			do.match.Place = do.match.Places[0]
		}
	case *lookNear:
		f := find("near")
		if place := f.field("place"); place != "" {
			do.place, do.known = scriptPlace(place), true
		}
		for _, line := range f.lines("library") {
			do.near = append(do.near, scriptNearby(line))
		}
		for _, line := range f.lines("open too") {
			n := scriptNearby(line)
			do.open = &n
		}
	case *lookTrainings:
		f := find("trainings")
		if place := f.field("place"); place != "" {
			do.place, do.known = scriptPlace(place), true
		}
		for _, line := range f.lines("mine") {
			l := scriptLesson(t, line)
			l.Mine = true
			do.mine = append(do.mine, l)
		}
		for _, line := range f.lines("lesson") {
			l := scriptLesson(t, line)
			for _, m := range do.mine {
				l.Mine = l.Mine || m.Number == l.Number
			}
			do.list = append(do.list, l)
		}
	case *showTraining:
		if f := find("training"); f.argument != "none" {
			do.lesson, do.found = scriptLesson(t, f.argument), true
		}
	case *joinTraining:
		outcome, line, _ := strings.Cut(find("joined").argument, " ")
		do.outcome, do.lesson = joining(outcome), scriptLesson(t, line)
	case *leaveTraining:
		yes, line, _ := strings.Cut(find("left").argument, " ")
		if do.left = yes == "yes"; do.left {
			do.lesson = scriptLesson(t, line)
		}
	case *nameSignup:
		find("named")
		do.kept = true
	case *lookNews:
		f := find("news")
		for _, title := range f.lines("item") {
			do.latest = append(do.latest, knowledge.NewsItem{TitleBG: title})
		}
		if topics := f.field("topics"); topics != "" {
			do.mine, do.on = Subscription{Topics: strings.Fields(topics), Role: knowledge.Audience(f.field("role")), District: f.field("district")}, true
		}
	case *askRegion:
		if f := find("home"); f.argument != "none" {
			do.place, do.known = scriptPlace(f.argument), true
		}
	case *findRegion:
		if f := find("region"); f.argument != "none" {
			do.place, do.known = scriptPlace(f.argument), true
		}
	case *subscribeNews:
		do.kept = find("subscribed").argument != "terminal"
	case *leaveNews:
		do.left = find("unsubscribed").argument == "yes"
	case *offerDesk:
		f := find("offer")
		if until := f.field("blocked"); until != "" {
			do.offer = Offer{BlockedUntil: sofiaTime(t, until)}
			return answers
		}
		do.offer = Offer{Staffed: f.field("staffed") == "yes", Name: f.field("name"), HelpPoint: f.field("to"), Pool: f.field("pool") == "yes", Present: f.field("present") == "yes"}
		for _, other := range f.lines("other") {
			id, name, _ := strings.Cut(other, " ")
			do.offer.Others = append(do.offer.Others, OfferedTo{id, name})
		}
		if opens := f.field("opens"); opens != "" {
			closed := false
			do.offer.OpenNow, do.offer.NextOpen = &closed, sofiaTime(t, opens)
		}
		o := &do.offer
		o.Holiday, o.Closure, o.Busy, o.Phone = f.field("holiday"), f.field("closure"), f.field("busy") == "yes", f.field("phone")
		if f.field("open") == "yes" {
			open := true
			o.OpenNow = &open
		}
		o.Ahead, _ = strconv.Atoi(f.field("ahead"))
		o.Usual, _ = time.ParseDuration(f.field("usual"))
		if why := f.field("why"); why != "" {
			key, rest, _ := strings.Cut(why, " | ")
			name, until, _ := strings.Cut(rest, " | ")
			o.Why = Why{Key: "console." + key, Name: name}
			if until != "" {
				o.Why.Until = sofiaTime(t, until)
			}
		}
		if want := f.field("reason"); want != "" && want != do.Wish.Reason {
			t.Errorf("the reason is %q, want %q", do.Wish.Reason, want)
		}
	case *openTicket:
		do.ticket, do.opened = scriptTicket(find("ticket"))
	case *ticketStatus:
		name := "ticket"
		if do.Else != nil {
			name = "ticket?"
		}
		do.ticket, do.found = scriptTicket(find(name))
	case *leaveQuestion:
		do.ticket, do.left = scriptTicket(find("ticket"))
	case *cancelTicket:
		do.cancelled = find("ticket").argument != "none"
	case *rate:
		do.known, do.changed = true, true
		do.later = do.Good && find("asked?").argument == "first"
	case *agreeAftermath:
		do.fresh = find("agreed?").argument != "before"
	case *replyAftermath:
		do.fresh = find("replied?").argument != "before"
	case *giveReason:
		do.known = true
	case *rateDesk:
		do.fresh = find("rated").argument == "fresh"
	case *report:
		f := find("reported")
		do.became = Reported(f.argument)
		if want := f.field("words"); want != do.Text {
			t.Errorf("the editors read %q, want %q", do.Text, want)
		}
		if want := f.field("of"); want != do.Guide {
			t.Errorf("the editors hear of the guide %q, want %q", do.Guide, want)
		}
	case *hearBack:
		do.kept = find("heard").argument == "kept"
	case *reopen:
		f := find("reopened")
		switch f.argument {
		case "gone":
		case "blocked":
			do.blocked = sofiaTime(t, "2026-12-24 12:00")
		default:
			do.past = Past{Ticket: do.Ticket, Librarian: "Мария", Present: f.argument == "here"}
			do.ticket, do.already = scriptTicket(section{argument: f.field("ticket")})
			do.already = f.argument == "already"
		}
	}
	return answers
}

func scriptAnswer(s section) retrieval.Answer {
	a := retrieval.Answer{Outcome: retrieval.Outcome(s.argument), Intent: retrieval.WantsAnswer, Detected: "bg", Topic: s.field("topic")}
	if intent := s.field("intent"); intent != "" {
		a.Intent = retrieval.Intent(intent)
	}
	if detected := s.field("detected"); detected != "" {
		a.Detected = detected
	}
	a.Field, a.FollowUp, a.Audience = retrieval.Field(s.field("field")), s.field("follow-up") == "yes", knowledge.Audience(s.field("audience"))
	for _, line := range s.lines("guide") {
		slug, rest, _ := strings.Cut(line, " ")
		audience, score, _ := strings.Cut(rest, " ")
		g := scriptGuide(slug)
		r := retrieval.Ranked{Slug: slug, Title: g.Text[knowledge.Bulgarian].Title, Audience: knowledge.Audience(audience)}
		r.Score, _ = strconv.ParseFloat(score, 64) // 0 where the script doesn't say
		a.Guides = append(a.Guides, r)
		if a.Guide == nil && a.Outcome == retrieval.Answered {
			a.Guide = &g
		}
	}
	for _, line := range s.lines("library") {
		a.HelpPoints = append(a.HelpPoints, scriptNearby(line))
	}
	a.Mentions, a.Unsaid = s.lines("says"), s.field("unsaid") == "yes"
	if town := s.field("door"); town != "" {
		a.Local = &knowledge.Local{Municipality: town, Link: "https://plovdiv.bg", Contact: "032 656 701"}
	}
	if title := s.field("signpost"); title != "" {
		a.Signpost = &knowledge.Signpost{Title: title, Authority: "районният съд", Link: "https://justice.bg"}
	}
	if place := s.field("place"); place != "" {
		a.Place, a.PlaceSaid = &knowledge.PlaceMatch{Outcome: knowledge.PlaceFound, Place: scriptPlace(place)}, true
	}
	return a
}

func scriptGuide(slug string) knowledge.Guide {
	title := map[string]string{"id-card": "Лична карта", "criminal-record": "Свидетелство за съдимост", "tax-return": "Данъчна декларация", "corporate-tax": "Декларация на фирма"}[slug]
	return knowledge.Guide{
		Slug: slug, Version: 1, Audience: knowledge.Citizen, Link: "https://cs.mjs.bg", Status: knowledge.Active, Identification: []knowledge.Means{knowledge.KEP},
		Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {
			Title: title, Authority: "Министерство на правосъдието", Who: "Всеки над 14 години.", Summary: "Документ, че не сте осъждани.", Where: "На сайта на Министерството на правосъдието.",
			Fees: []knowledge.Fee{{Cents: 0, What: "електронно"}}, Exceptions: []string{"За дете до 14 години подава родител."}, Needed: []string{"електронен подпис", "карта за плащане"},
		}},
	}
}

// scriptPlace reads «68134 гр. София Столична».
func scriptPlace(line string) knowledge.Place {
	parts := strings.Fields(line)
	p := knowledge.Place{Ekatte: parts[0], Kind: parts[1], Name: parts[2], Municipality: parts[3], NameLatin: Latin(parts[2])}
	if len(parts) > 4 {
		p.District = parts[4]
	}
	if town, quarter, ok := strings.Cut(p.Ekatte, "/"); ok {
		p.Ekatte, p.Quarter = town, knowledge.Quarter{ID: quarter, Name: parts[4]}
	}
	return p
}

// scriptNearby reads «id | name | phone | open, closed or unknown | metres».
func scriptNearby(line string) knowledge.Nearby {
	parts := strings.Split(line, "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	n := knowledge.Nearby{HelpPoint: knowledge.HelpPoint{ID: parts[0], Name: parts[1], Phones: slices.DeleteFunc(parts[2:3:3], func(phone string) bool { return phone == "" }), Place: scriptPlace("12259 гр. Враца Враца")}}
	open := parts[3] == "open"
	if parts[3] != "unknown" {
		n.OpenNow = &open
	}
	if metres, err := strconv.Atoi(parts[4]); err == nil {
		n.DistanceM = &metres
	}
	return n
}

// scriptLesson reads «number | topic | start | places | signed up».
func scriptLesson(t *testing.T, line string) lesson {
	parts := strings.Split(line, "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	l := lesson{NearTraining: knowledge.NearTraining{At: scriptNearby("rb-vratsa | Регионална библиотека | 092 621 163 | open | ").HelpPoint}}
	l.Number, _ = number(parts[0])
	l.Topic, l.HelpPoint, l.StartsAt = parts[1], l.At.ID, sofiaTime(t, parts[2])
	if places, err := strconv.Atoi(parts[3]); err == nil {
		l.Places = &places
	}
	l.SignedUp, _ = strconv.Atoi(parts[4])
	return l
}

func scriptTicket(s section) (Ticket, bool) {
	position, _ := strconv.Atoi(s.argument)
	return Ticket{Claimed: s.argument == "claimed", Position: position}, s.argument != "none"
}

// render writes a body as a script shows it; data over 64 bytes is a fault.
func render(t *testing.T, b Body) string {
	var out strings.Builder
	for _, line := range strings.Split(b.Text, "\n") {
		if b.Text != "" {
			fmt.Fprintf(&out, "%s\n", line)
		}
	}
	if b.Guide != nil {
		fmt.Fprintf(&out, "{guide %s %q in %s}\n", b.Guide.Slug, b.Guide.Text.Title, b.Guide.Language)
		if b.Guide.Local != nil {
			fmt.Fprintf(&out, "{local %s}\n", strings.Join(b.Guide.Local.Lines(b.Guide.Language), " "))
		}
		if lead := b.Guide.Lead; lead != nil {
			fmt.Fprintf(&out, "{first %s: %s}\n", lead.Title, strings.Join(lead.Lines, "; "))
		}
	}
	for i, h := range b.HelpPoints {
		if b.NearTitle != "" && i == 0 {
			fmt.Fprintln(&out, b.NearTitle)
		}
		fmt.Fprintf(&out, "{library %s, %s, %s. %s}\n", h.ID, h.Name, h.Place, h.Hours)
	}
	if b.AskPlace {
		out.WriteString("{location}\n")
	}
	for _, a := range append(b.Choices, b.Buttons...) {
		if len(a.Data) > 64 {
			t.Errorf("the button %q carries %d bytes", a.Label, len(a.Data))
		}
		fmt.Fprintf(&out, "[%s] %s%s\n", a.Label, a.Data, a.URL)
	}
	return out.String()
}
