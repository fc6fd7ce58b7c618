package bot

import (
	"context"
	"net/url"
	"strings"

	"orientir/bot/i18n"
	"orientir/knowledge"
)

// NewsBody is a piece of news as people are sent it in their language: its words, where to read on, and the way to get no more.
func NewsBody(n knowledge.NewsItem, language string) Body {
	title, text, in := n.In(knowledge.Language(language))
	b := Body{Title: title, Text: text, Language: language}
	if language == "en" && in == knowledge.Bulgarian {
		b.Text = i18n.T(language, "news.in_bulgarian") + "\n" + b.Text
	}
	if n.Link != "" {
		b.Buttons = append(b.Buttons, Action{Label: i18n.T(language, "news.button_read", newsHost(n.Link)), URL: n.Link})
	}
	b.Buttons = append(b.Buttons, Action{Label: i18n.T(language, "news.button_leave"), Data: "news:leave"})
	return b
}

func newsHost(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return link
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// NewsTopicWords names a topic.
func NewsTopicWords(topic, language string) string { return i18n.T(language, "news.topic_"+topic) }

// NewsRoleWords names for whom news are.
func NewsRoleWords(role knowledge.Audience, language string) string {
	return i18n.T(language, "news.role_"+string(role))
}

// NewsRegionWords says of where news are: «цялата страна», «област Враца», «община Мездра».
func NewsRegionWords(district, municipality, language string) string {
	name := func(s string) string {
		if language == "bg" {
			return s
		}
		return Latin(s)
	}
	switch {
	case district == "":
		return i18n.T(language, "news.region_all")
	case municipality == "":
		return i18n.T(language, "news.region_district", name(district))
	}
	return i18n.T(language, "news.region_municipality", name(municipality))
}

// newsInChat is how many pieces of news the chat tells at once.
const newsInChat = 3

// lookNews reads the newest news that the person would understand, and what they asked for.
func (e *Engine) lookNews(ctx context.Context, w waiting, a *lookNews) (err error) {
	if a.mine, a.on, err = e.conversations.SubscriptionOf(ctx, w.Contact); err != nil {
		return err
	}
	a.latest, err = e.store.News(ctx, knowledge.NewsFilter{Now: e.now(), Language: knowledge.Language(w.Language), Limit: newsInChat})
	return err
}
