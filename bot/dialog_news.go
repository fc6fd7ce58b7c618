package bot

import (
	"slices"
	"strings"

	"orientir/knowledge"
)

// The acts of news.
type (
	// lookNews looks at the newest news and at what the person asked for.
	lookNews struct {
		latest []knowledge.NewsItem
		mine   Subscription
		on     bool // mine is one
	}
	// findRegion names the municipality of a settlement or a position.
	findRegion struct {
		Ekatte   string
		Position *knowledge.Position
		place    knowledge.Place
		known    bool
	}
	// askRegion names the district of the person's place, to offer its news.
	askRegion struct {
		place knowledge.Place
		known bool
	}
	// subscribeNews keeps what news the person wants.
	subscribeNews struct {
		Want Subscription
		kept bool // false: they sit at a terminal
	}
	// leaveNews ends it.
	leaveNews struct{ left bool }
)

func (*lookNews) writes() bool      { return false }
func (*findRegion) writes() bool    { return false }
func (*askRegion) writes() bool     { return false }
func (*subscribeNews) writes() bool { return true }
func (*leaveNews) writes() bool     { return true }

// awaitNewsPlace is the dialog's state in which the next text is likely to be the place of which news are wanted.
const awaitNewsPlace = "news-place"

// newsWish is what news the person has chosen so far.
type newsWish struct {
	Topics []string           `json:"topics,omitempty"`
	Role   knowledge.Audience `json:"role,omitempty"`
}

// newsButton does what a button about news says.
func (d *dialog) newsButton(rest string) act {
	verb, value, _ := strings.Cut(rest, ":")
	if d.state.Await == awaitNewsPlace {
		d.state.Await = ""
	}
	switch verb {
	case "leave":
		d.state.News = nil
		return &leaveNews{}
	case "new":
		if d.person.Terminal {
			d.add(Body{Text: d.t("news.shared")})
			return nil
		}
		d.state.News = nil
		d.askTopics()
		return nil
	case "topic":
		if value != "all" && !slices.Contains(knowledge.NewsTopics(), value) {
			break
		}
		d.topicChosen(value)
		return nil
	case "topics":
		if d.state.News == nil {
			d.askTopics()
			return nil
		}
		d.askRole()
		return nil
	case "role":
		role := knowledge.Audience(value)
		if role != knowledge.Citizen && role != knowledge.Business && role != knowledge.Both {
			break
		}
		if d.state.News == nil { // a button of long ago
			d.askTopics()
			return nil
		}
		d.state.News.Role = role
		return &askRegion{}
	case "region":
		return d.regionButton(value)
	}
	return &lookNews{}
}

func (d *dialog) regionButton(value string) act {
	switch {
	case d.state.News == nil || d.state.News.Role == "":
		d.askTopics()
		return nil
	case value == "all":
		return &subscribeNews{Want: d.newsWanted(knowledge.Place{})}
	case value == "other":
		return d.askPlace("news.ask_place", awaitNewsPlace)
	}
	return &findRegion{Ekatte: value}
}

// newsSeen tells the latest news, and offers to send more or tells what is sent.
func (d *dialog) newsSeen(in *lookNews) act {
	lines := []string{d.t("news.chat_none")}
	if len(in.latest) > 0 {
		lines = []string{d.t("news.chat_latest")}
		for _, n := range in.latest {
			title, _, _ := n.In(knowledge.Language(d.person.Language))
			lines = append(lines, "– "+title)
		}
	}
	b := Body{}
	if d.public != "" && len(in.latest) > 0 {
		address := d.public + "/news"
		if d.person.Language != "bg" {
			address += "?lang=" + d.person.Language
		}
		b.Buttons = append(b.Buttons, Action{Label: d.t("news.button_all"), URL: address})
	}
	if in.on {
		lines = append(lines, "", d.t("news.chat_yours", d.newsWords(in.mine)...))
		b.Buttons = append(b.Buttons, Action{Label: d.t("news.button_change"), Data: "news:new"}, Action{Label: d.t("news.button_leave"), Data: "news:leave"})
	} else {
		lines = append(lines, "", d.t("news.chat_offer"))
		b.Buttons = append(b.Buttons, Action{Label: d.t("news.button_new"), Data: "news:new"})
	}
	b.Text = strings.Join(lines, "\n")
	d.add(b)
	return nil
}

// newsWords are topics, role and region of a subscription, for a phrase.
func (d *dialog) newsWords(s Subscription) []any {
	language := d.person.Language
	var topics []string
	for _, t := range knowledge.NewsTopics() {
		if slices.Contains(s.Topics, t) {
			topics = append(topics, strings.ToLower(NewsTopicWords(t, language)))
		}
	}
	region := NewsRegionWords("", "", language)
	if s.District != "" {
		region = d.t("news.region_both", d.name(s.District))
	}
	return []any{strings.Join(topics, ", "), NewsRoleWords(s.Role, language), region}
}

func (d *dialog) askTopics() {
	d.state.News = nil
	b := Body{Text: d.t("news.ask_topics"), Choices: []Action{{Label: d.t("news.button_every"), Data: "news:topic:all"}}}
	for _, t := range knowledge.NewsTopics() {
		b.Choices = append(b.Choices, Action{Label: NewsTopicWords(t, d.person.Language), Data: "news:topic:" + t})
	}
	d.add(b)
}

// topicChosen adds a topic and offers the others.
func (d *dialog) topicChosen(topic string) {
	if d.state.News == nil {
		d.state.News = &newsWish{}
	}
	wish := d.state.News
	switch {
	case topic == "all":
		wish.Topics = knowledge.NewsTopics()
	case !slices.Contains(wish.Topics, topic):
		wish.Topics = append(wish.Topics, topic)
	}
	if len(wish.Topics) == len(knowledge.NewsTopics()) {
		d.askRole()
		return
	}
	var chosen []string
	b := Body{}
	for _, t := range knowledge.NewsTopics() {
		if name := NewsTopicWords(t, d.person.Language); slices.Contains(wish.Topics, t) {
			chosen = append(chosen, strings.ToLower(name))
		} else {
			b.Choices = append(b.Choices, Action{Label: name, Data: "news:topic:" + t})
		}
	}
	b.Text = d.t("news.ask_more", strings.Join(chosen, ", "))
	b.Buttons = []Action{{Label: d.t("news.button_go_on"), Data: "news:topics"}}
	d.add(b)
}

func (d *dialog) askRole() {
	b := Body{Text: d.t("news.ask_role")}
	for _, role := range []knowledge.Audience{knowledge.Citizen, knowledge.Business, knowledge.Both} {
		b.Choices = append(b.Choices, Action{Label: d.t("news.button_" + string(role)), Data: "news:role:" + string(role)})
	}
	d.add(b)
}

// regionAsked asks of where news are wanted, beside those of the whole country.
func (d *dialog) regionAsked(in *askRegion) act {
	b := Body{Text: d.t("news.ask_region"), Choices: []Action{{Label: d.t("news.button_region_all"), Data: "news:region:all"}}}
	if in.known {
		b.Choices = append(b.Choices, Action{Label: d.t("news.button_region_here", d.name(in.place.District)), Data: "news:region:" + in.place.Code()})
	}
	b.Choices = append(b.Choices, Action{Label: d.t("news.button_region_other"), Data: "news:region:other"})
	d.add(b)
	return nil
}

func (d *dialog) regionFound(in *findRegion) act {
	d.state.Await, d.state.Missed = "", 0
	switch {
	case d.state.News == nil || d.state.News.Role == "":
		d.askTopics()
		return nil
	case !in.known:
		d.state.Await = awaitNewsPlace
		d.add(Body{Text: d.t("news.unknown_place"), Buttons: []Action{
			{Label: d.t("news.button_region_all"), Data: "news:region:all"}, {Label: d.t("news.button_region_other"), Data: "news:region:other"},
		}})
		return nil
	}
	return &subscribeNews{Want: d.newsWanted(in.place)}
}

// newsWanted is the wish with its region; the zero place is the whole country.
func (d *dialog) newsWanted(p knowledge.Place) Subscription {
	return Subscription{Topics: d.state.News.Topics, Role: d.state.News.Role, District: p.District, Municipality: p.Municipality}
}

func (d *dialog) newsSubscribed(in *subscribeNews) act {
	d.state.News = nil
	if !in.kept {
		d.add(Body{Text: d.t("news.shared")})
		return nil
	}
	d.add(Body{Text: d.t("news.subscribed", d.newsWords(in.Want)...), Buttons: []Action{{Label: d.t("news.button_leave"), Data: "news:leave"}}})
	return nil
}

func (d *dialog) newsLeft(in *leaveNews) act {
	phrase, label := "news.left", "news.button_again"
	if !in.left {
		phrase, label = "news.not_subscribed", "news.button_new"
	}
	d.add(Body{Text: d.t(phrase), Buttons: []Action{{Label: d.t(label), Data: "news:new"}}})
	return nil
}
