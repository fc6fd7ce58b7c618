package webchat

import (
	"encoding/json"
	"net/http"
	"net/url"

	"orientir/bot"
)

// kioskPage is the chat on a terminal in a library: a start, the conversation, an end that leaves nothing behind. It is one address
// in the browser's history, and its token lives in the page's memory alone.
type kioskPage struct {
	layout
	Library         string // name of the library
	ID              string // of it
	Place           string // ekatte of it
	Home            string // where an end leads back to
	Callbacks       bool   // a phone or an e-mail can be left
	Sites           bool   // the library lets other sites open on the terminal itself
	Idle, Warn      int    // seconds
	Examples        []string
	Words, OwnWords string // what the scripts say, as JSON
	EventID         string
}

// kiosk answers GET /kiosk/{library}. The library's choices stand in the address that the terminal opens: lang, the language of its
// start, and links=open, which lets official sites open on the terminal too.
func (s *site) kiosk(w http.ResponseWriter, r *http.Request) error {
	library, ok, err := s.store.HelpPoint(r.Context(), r.PathValue("library"))
	if err != nil {
		return err
	}
	if !ok {
		return s.unknownKiosk(w, r)
	}
	l := s.layout(r, "/kiosk/"+library.ID, "")
	if l.chosen == "tr" { // there are no guides in Turkish, and nobody to explain that on a terminal
		l.voice.chosen = "en"
	}
	l.Title, l.Hidden, l.SkipTo = l.T("kiosk.title", library.Name), true, "kiosk"
	l.Styles = []string{"card.css", "message.css", "chat.css", "kiosk.css"}
	l.Scripts = []string{"kiosk.js"}
	open := r.URL.Query().Get("links") == "open"
	address := func(language string) string {
		q := url.Values{}
		if language != "bg" {
			q.Set("lang", language)
		}
		if open {
			q.Set("links", "open")
		}
		if len(q) == 0 {
			return l.Path
		}
		return l.Path + "?" + q.Encode()
	}
	l.Switch = l.Switch[:2]
	for i := range l.Switch {
		l.Switch[i].Href = address(l.Switch[i].Lang)
		l.Switch[i].Current = l.Switch[i].Lang == l.chosen
	}
	p := kioskPage{layout: l, Library: library.Name, ID: library.ID, Place: library.Ekatte, Home: address("bg"), Sites: open, Callbacks: s.Callbacks,
		Idle: int(s.KioskIdle.Seconds()), Warn: int(s.KioskWarning.Seconds()), Words: l.scriptWords(), EventID: newEventID()}
	for _, n := range []string{"1", "2", "3", "4"} {
		p.Examples = append(p.Examples, l.T("web.example_"+n))
	}
	words := map[string]string{}
	for _, name := range []string{"ending", "ended", "ended_kept", "moved", "offline", "idle_what", "idle_ticket", "idle_left", "code_making", "code_nothing",
		"code_alt", "link_title", "link_title_phone", "link_scan", "link_beside", "emergency_how", "ticket_what", "ticket_contact"} {
		words[name] = l.T("kiosk." + name)
	}
	data, err := json.Marshal(words)
	if err != nil {
		return err
	}
	p.OwnWords = string(data)
	return s.show(w, http.StatusOK, "kiosk", p)
}

// unknownKiosk helps whoever sets a terminal up with an address that is nobody's.
func (s *site) unknownKiosk(w http.ResponseWriter, r *http.Request) error {
	l := s.layout(r, r.URL.Path, "")
	l.Path = "/"
	l.Title, l.Hidden = l.T("kiosk.unknown_title"), true
	l.Styles = []string{"prose.css"}
	example := "vratsa-regional-library"
	if some, err := s.store.SearchHelpPoints(r.Context(), "", 1); err != nil {
		return err
	} else if len(some) > 0 {
		example = some[0].ID
	}
	return s.show(w, http.StatusNotFound, "kiosk.unknown", struct {
		layout
		How string
	}{l, l.T("kiosk.unknown_how", example)})
}

// kioskEnd answers POST /api/v1/kiosk/end: the person goes. What the server knows of the conversation is forgotten as by /forget, before
// the answer; the browser is told to forget what it may have kept of this site. With keep, a conversation with an open ticket
// stays for whoever answers it, out of the terminal's reach.
func (s *site) kioskEnd(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Clear-Site-Data", `"cache", "cookies", "storage"`)
	if err := contentType(r); err != nil {
		return err
	}
	var end struct {
		Keep bool `json:"keep"`
	}
	if err := readJSON(r, &end); err != nil {
		return err
	}
	kept := false
	if key, err := bearer(r); err == nil { // without one nothing was said
		if kept, err = s.engine.LeaveTerminal(r.Context(), Channel, key, end.Keep); err != nil {
			return err
		}
	}
	return writeJSON(w, http.StatusOK, struct {
		Kept bool `json:"kept"`
	}{kept})
}

// kioskCode answers POST /api/v1/kiosk/code: a code to go on with the conversation elsewhere, to type and to scan.
func (s *site) kioskCode(w http.ResponseWriter, r *http.Request) error {
	key, err := bearer(r)
	if err != nil {
		return err
	}
	if err := contentType(r); err != nil {
		return err
	}
	c, ok, err := s.conversations.Of(r.Context(), Channel, key)
	if err != nil {
		return err
	}
	if !ok {
		return &fault{Status: http.StatusNotFound, Key: "kiosk.code_nothing"}
	}
	code, err := s.conversations.NewCode(r.Context(), c.ID)
	if err != nil {
		return err
	}
	page := s.absolute(r, voice{chosen: acceptedLanguage(r)}.Href("/continue"))
	square, err := qrSVG(page + "#" + code.Link) // behind the hash it reaches no server's log
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, struct {
		Typed   string `json:"typed"` // in two groups
		Address string `json:"address"`
		SVG     string `json:"svg"`
	}{code.Typed[:bot.CodeLength/2] + " " + code.Typed[bot.CodeLength/2:], shortAddress(s.absolute(r, "/continue")), square})
}

// shortAddress is an address as one types it.
func shortAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host + u.Path
}
