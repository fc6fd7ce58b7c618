package webchat

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"orientir/bot/i18n"
)

// embed answers GET /embed: the chat for a frame on another site. Only the origins that the settings allow may show it.
func (s *site) embed(w http.ResponseWriter, r *http.Request) error {
	p := s.newChatPage(r, "/embed")
	p.Hidden = true
	p.Origins = strings.Join(s.EmbedOrigins, " ")
	p.Scripts = []string{"chat.js", "embed.js"}
	p.Styles = append(p.Styles, "embed.css")
	if place := r.URL.Query().Get("place"); place != "" {
		ekatte, err := s.ekatte(r, place)
		if err != nil {
			return err
		}
		p.Place = ekatte
	}
	for i := range p.Switch { // what the site asked for stays when the person changes the language
		q := url.Values{"lang": {p.Switch[i].Lang}}
		if p.Place != "" {
			q.Set("place", p.Place)
		}
		p.Switch[i].Href = "/embed?" + q.Encode()
	}
	return s.show(w, http.StatusOK, "chat", p)
}

// ekatte reads the place that an embedding site gives, a code or words; "" where it fits no single settlement.
func (s *site) ekatte(r *http.Request, place string) (string, error) {
	if ekattes.MatchString(place) {
		p, ok, err := s.store.Place(r.Context(), place)
		if err != nil || !ok {
			return "", err
		}
		return p.Ekatte, nil
	}
	if len(place) > maxPlace {
		return "", nil
	}
	match, err := s.store.FindPlace(r.Context(), place)
	if err != nil {
		return "", err
	}
	return match.Place.Ekatte, nil
}

// widget answers GET /widget.js: the script that puts the chat on another site, with its words in each language.
func (s *site) widget(w http.ResponseWriter, r *http.Request) error {
	words := map[string]map[string]string{}
	for _, l := range languages {
		words[l.code] = map[string]string{
			"open":  i18n.T(l.code, "web.widget_open"),
			"close": i18n.T(l.code, "web.widget_close"),
			"away":  i18n.T(l.code, "web.widget_away"),
			"title": i18n.T(l.code, "web.widget_title"),
		}
	}
	data, err := json.Marshal(words)
	if err != nil {
		return err
	}
	script := bytes.Replace(s.assets.content["widget.js"], []byte("{/* words */}"), data, 1)
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin") // it is made for other sites
	http.ServeContent(w, r, "widget.js", time.Time{}, bytes.NewReader(script))
	return nil
}
