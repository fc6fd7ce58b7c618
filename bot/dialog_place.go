package bot

import (
	"cmp"
	"slices"
	"strings"

	"orientir/knowledge"
)

// near shows the libraries around the place that the person names, or lives in, or else asks for it.
func (d *dialog) near(words string) act {
	switch {
	case strings.TrimSpace(words) != "":
		return &findPlace{Words: words}
	case d.person.Place != "":
		return &lookNear{Ekatte: d.person.Place}
	}
	return d.askPlace("bot.ask_place", "place")
}

// nearMatch goes on from a place that retrieval heard in the question.
func (d *dialog) nearMatch(m *knowledge.PlaceMatch) act {
	if m == nil || m.Outcome == knowledge.PlaceUnknown {
		return d.near("")
	}
	return d.placeFound(&findPlace{match: *m})
}

// besidePlace are words that say nothing beside a place: «всъщност съм в Баня».
var besidePlace = func() map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(`а ами но и аз ние в във до към от край покрай близо съм сме е живея живеем намирам намираме се тук сега всъщност къде моля
		гр град града село селото с община общ a ami no az v vav do ot sam sum jiveya jiveq zhiveya kude kade kyde vsashtnost grad selo
		and but i am m im live in at near from where the town city village of please`) {
		words[w] = true
	}
	return words
}()

// onlyPlace says that a message names a place and nothing else: where the person is, and no service.
func onlyPlace(text string, m *knowledge.PlaceMatch) bool {
	if m == nil || m.Outcome != knowledge.PlaceFound {
		return false
	}
	named := map[string]bool{}
	for _, name := range []string{m.Place.Name, m.Place.NameLatin, m.Place.Quarter.Name, Latin(m.Place.Quarter.Name)} {
		for w := range strings.FieldsSeq(plainWords(name)) {
			named[w] = true
		}
	}
	said := false
	for w := range strings.FieldsSeq(plainWords(text)) {
		if named[w] {
			said = true
		} else if !besidePlace[w] {
			return false
		}
	}
	return said
}

func (d *dialog) askPlace(phrase, await string) act {
	d.state.Await, d.state.Missed = await, 0
	d.add(Body{Text: d.t(phrase), AskPlace: true})
	return nil
}

func (d *dialog) placeFound(in *findPlace) act {
	switch in.match.Outcome {
	case knowledge.PlaceFound:
		if in.match.Others {
			return d.placeOfOthers(in.match.Place)
		}
		if d.state.Wish != nil {
			d.person.Place = in.match.Place.Ekatte
			return &offerDesk{Wish: wish{Reason: d.state.Wish.Reason}}
		}
		if d.state.Await == awaitNewsPlace {
			return &findRegion{Ekatte: in.match.Place.Ekatte}
		}
		if d.state.Await == awaitTrainingPlace {
			return &lookTrainings{Ekatte: in.match.Place.Ekatte}
		}
		return &lookNear{Ekatte: in.match.Place.Code(), CallOnly: d.state.Await == "phone-place"}
	case knowledge.PlaceAmbiguous:
		b := Body{Text: d.t("bot.place_which")}
		if in.match.Town {
			b.Text = d.t("bot.place_which_town")
			if d.state.Await == "" {
				d.state.Await = "place"
			}
		}
		verb := "near:"
		if d.state.Await == awaitTrainingPlace {
			verb = "courses:"
		}
		if d.state.Await == awaitNewsPlace {
			verb = "news:region:"
		}
		for _, p := range in.match.Places {
			b.Choices = append(b.Choices, Action{Label: FullPlaceWords(p, d.person.Language), Data: verb + p.Code()})
		}
		d.state.Missed = 0
		d.add(b)
		return nil
	}
	if in.Else != nil && (decided(in.Else.answer) || d.state.Wish != nil) {
		d.state.Await = ""
		return d.answer(in.Else)
	}
	if in.match.Abroad != "" {
		d.abroad(d.t("bot.place_abroad", d.name(in.match.Abroad)))
		return nil
	}
	b := Body{Text: d.t("bot.place_unknown"), AskPlace: true}
	if in.match.Town {
		b.Text = d.t("bot.place_town")
	}
	if d.state.Await == "" {
		d.state.Await = "place"
	}
	if d.state.Missed++; d.state.Missed >= 2 { // we don't ask for ever: whatever comes next is a question again
		d.state.Await, d.state.Missed = "", 0
		b.Buttons = d.ways()
	}
	d.add(b)
	return nil
}

// placeOfOthers asks where the person is themselves, and offers the place of whom they spoke of.
func (d *dialog) placeOfOthers(p knowledge.Place) act {
	if d.state.Await == "" {
		d.state.Await = "place"
	}
	d.add(Body{Text: d.t("bot.place_others", PlaceWords(p, d.person.Language)), Buttons: []Action{
		{Label: d.t("bot.button_near_place", PlaceWords(p, d.person.Language)), Data: "near:" + p.Code()},
	}})
	return nil
}

// abroad says that we know no libraries there, and offers a person in the chat.
func (d *dialog) abroad(words string) {
	d.state.Await, d.state.Missed = "", 0
	d.add(Body{Text: words, Buttons: []Action{{Label: d.t("bot.button_human"), Data: "human"}, {Label: d.t("bot.button_other_place"), Data: "near:other"}}})
}

// name writes a Bulgarian name in the person's letters.
func (d *dialog) name(name string) string {
	if d.person.Language == "bg" {
		return name
	}
	return Latin(name)
}

func (d *dialog) nearSeen(in *lookNear) act {
	d.state.Await, d.state.Missed = "", 0
	if in.Quiet && !in.known {
		return nil
	}
	language := d.person.Language
	place := ""
	if in.known {
		d.person.Place = in.place.Ekatte
		place = PlaceWords(in.place, language)
	}
	other := Action{Label: d.t("bot.button_other_place"), Data: "near:other"}
	human := Action{Label: d.t("bot.button_human"), Data: "human"}
	if in.Position != nil && !in.known {
		d.abroad(d.t("bot.place_here_abroad"))
		return nil
	}
	if len(in.near) == 0 {
		d.add(Body{Text: d.t("bot.near_none", place), Buttons: []Action{human, other}})
		return nil
	}
	near := in.near[:min(3, len(in.near))]
	if in.CallOnly {
		near = toCall(in.near)
	}
	b := Body{Buttons: []Action{other, human}}
	for _, n := range near {
		b.HelpPoints = append(b.HelpPoints, NewHelpPointCard(n, d.now, language))
	}
	if in.CallOnly {
		b.Buttons = b.Buttons[:1]
	}
	switch {
	case place == "":
		b.Text = d.t("bot.near_here")
	case len(near) == 1:
		b.Text = d.t("bot.near_one", place)
	default:
		b.Text = d.t("bot.near_many", place)
	}
	if in.here {
		b.Text = d.t("kiosk.here", near[0].Name) + "\n" + b.Text
	}
	if in.open != nil {
		b.Text += "\n" + d.t("bot.near_open", in.open.Name)
		shown := false
		for _, n := range near {
			shown = shown || n.ID == in.open.ID
		}
		if !shown {
			b.HelpPoints = append(b.HelpPoints, NewHelpPointCard(*in.open, d.now, language))
		}
	}
	if !in.CallOnly {
		b.Buttons = append(d.coursesBelow(b.HelpPoints, in.courses), b.Buttons...)
	}
	for _, shown := range b.HelpPoints {
		if shown.Phone != "" {
			b.Text += "\n" + d.t("bot.near_call")
			break
		}
	}
	if in.OpenOne && in.open != nil {
		slices.SortStableFunc(b.HelpPoints, func(x, y HelpPointCard) int { return cmp.Compare(shutRank(x), shutRank(y)) })
	}
	d.add(b)
	return nil
}

// shutRank is 0 for what is open.
func shutRank(c HelpPointCard) int {
	if c.Open != nil && *c.Open {
		return 0
	}
	return 1
}

// toCall is the nearest library, and where its telephone is not known the nearest one that can be called too.
func toCall(near []knowledge.Nearby) []knowledge.Nearby {
	for i, n := range near {
		switch {
		case n.Phone() == "":
		case i == 0:
			return near[:1]
		default:
			return []knowledge.Nearby{near[0], n}
		}
	}
	return near[:1]
}
