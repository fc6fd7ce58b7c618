package webchat

import (
	"context"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"orientir/bot"
	"orientir/bot/i18n"
)

// transcriptShown is how many messages a page without scripts shows at most, the newest.
const transcriptShown = 200

// chatPage is the chat, as a page of its own or in a frame.
type chatPage struct {
	layout
	Token        string // where the page continues a conversation begun without scripts
	Place        string // ekatte that the embedding site gave
	Origins      string // that may frame us, for the script
	Greeting     []template.HTML
	GreetingLang string // where it is not the page's
	Near, Human  string // words of two buttons, in the greeting's language
	Examples     []string
	Messages     []messageView
	HolderWords  string
	Until        int64 // Unix seconds until which the cookie lives, where something is still to come; 0: an hour
	Waiting      bool  // the reply is not there yet
	Fault        string
	Draft        string // what the person wrote, after a fault
	EventID      string
	Words        string // what the script says, as JSON
}

// newChatPage makes the chat without a conversation.
func (s *site) newChatPage(r *http.Request, path string) *chatPage {
	l := s.layout(r, path, "")
	l.Embedded = path == "/embed"
	l.Title, l.Description = l.T("web.title"), l.T("web.description")
	l.Styles = []string{"card.css", "message.css", "chat.css"}
	l.Scripts = []string{"chat.js"}
	l.SkipTo = "question"
	p := &chatPage{layout: l, EventID: newEventID()}
	p.Greeting = spoken(i18n.T(l.chosen, "web.greeting"), nil, "")
	p.Near, p.Human = i18n.T(l.chosen, "web.near"), i18n.T(l.chosen, "web.human")
	if l.chosen != l.Lang() {
		p.GreetingLang = l.chosen
	}
	if l.chosen == l.Lang() { // who reads Turkish gets a library and a human: there are no guides to ask for
		for _, n := range []string{"1", "2", "3", "4"} {
			p.Examples = append(p.Examples, l.T("web.example_"+n))
		}
	}
	p.Words = l.scriptWords()
	return p
}

// GreetingLinks are the pages that the first message leads to.
func (p *chatPage) GreetingLinks() template.HTML {
	return linked(i18n.T(p.chosen, "web.greeting_links"), p.Href("/privacy"), p.Href("/accessibility"))
}

// scriptWords are the phrases that the script says by itself.
func (v voice) scriptWords() string {
	words := map[string]string{}
	for _, name := range []string{"typing", "typing_slow", "typing_late", "writing", "typing_librarian", "read_librarian", "sending", "not_sent", "retry", "offline", "reconnecting",
		"online", "you", "place_locating", "place_denied", "error_500", "error_503"} {
		words[name] = v.T("web." + name)
	}
	data, err := json.Marshal(words)
	if err != nil {
		return "{}" // a map of strings always marshals
	}
	return string(data)
}

// chat answers GET /: the conversation so far, where one was begun without scripts, else the beginning.
func (s *site) chat(w http.ResponseWriter, r *http.Request) error {
	p := s.newChatPage(r, "/")
	p.public(r)
	if token := s.cookieToken(r); token != "" {
		if err := s.fill(r.Context(), p, token, 0); err != nil {
			return err
		}
		if p.Token != "" {
			s.rememberCookie(w, token, p.Until)
		}
	}
	return s.show(w, http.StatusOK, "chat", p)
}

// fill puts a conversation into the page, from after a message on.
func (s *site) fill(ctx context.Context, p *chatPage, token string, after int64) error {
	key, ok := contactKey(token)
	if !ok {
		return nil
	}
	c, ok, err := s.conversations.Of(ctx, Channel, key)
	if err != nil || !ok {
		return err
	}
	p.Token = token
	var delivered []int64
	for {
		messages, err := s.conversations.Messages(ctx, c.ID, after, batch)
		if err != nil {
			return err
		}
		for _, m := range messages {
			after = m.ID
			if m.From != bot.Person && m.Delivered == nil {
				delivered = append(delivered, m.ID)
			}
			p.Waiting = m.From == bot.Person && m.Handled == nil && c.Holder == ""
			hosts, err := s.hosts(ctx, m)
			if err != nil {
				return err
			}
			if v, ok := p.message(m, hosts); ok {
				p.Messages = append(p.Messages, v)
			}
		}
		if len(messages) < batch {
			break
		}
	}
	if extra := len(p.Messages) - transcriptShown; extra > 0 {
		p.Messages = slices.Delete(p.Messages, 0, extra)
	}
	now, err := s.state(ctx, p.voice, c)
	if err != nil {
		return err
	}
	p.HolderWords, p.Until = now.Words, now.Until
	if len(delivered) == 0 {
		return nil
	}
	return s.conversations.Delivered(ctx, delivered)
}

// say answers POST /: the chat's forms without scripts. It stores what was said, waits a little for the reply and shows it.
func (s *site) say(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	p := s.newChatPage(r, "/")
	token, kept := s.cookieToken(r), true
	if token == "" {
		token, kept = r.PostForm.Get("conversation"), false
	}
	key, ok := contactKey(token)
	if !ok {
		token = newToken()
		key, _ = contactKey(token)
	}
	e := formEvent(r)
	e.Language = p.chosen
	in, err := s.incoming(key, e)
	if err != nil {
		return s.sayAgain(w, r, p, token, kept, err)
	}
	receipt, err := s.hand(r, in)
	if err != nil {
		return s.sayAgain(w, r, p, token, kept, err)
	}
	if err := s.awaitReply(r.Context(), receipt); err != nil {
		return err
	}
	if in.Command == "forget" {
		s.dropCookie(w)
		if err := s.fill(r.Context(), p, token, 0); err != nil {
			return err
		}
		p.Token, p.Waiting = "", false
		return s.show(w, http.StatusOK, "chat", p)
	}
	s.keepCookie(w, token)
	if kept {
		http.Redirect(w, r, p.Href("/")+"#latest", http.StatusSeeOther)
		return nil
	}
	// The first answer comes without a redirect: it works in a browser that keeps no cookies too.
	p.FormToken = token
	if err := s.fill(r.Context(), p, token, 0); err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "chat", p)
}

// repliesAwaited is how many pages without scripts wait for their reply at a time. One more is shown at once, with how to look again.
const repliesAwaited = 256

func (s *site) awaitReply(ctx context.Context, receipt bot.Receipt) error {
	select {
	case s.awaiting <- struct{}{}:
	default:
		return nil
	}
	defer func() { <-s.awaiting }()
	ctx, cancel := context.WithTimeout(ctx, s.ReplyWait)
	defer cancel()
	_, err := s.conversations.WaitReply(ctx, receipt.Conversation, receipt.Message)
	return err
}

// sayAgain shows the chat with what was wrong and with what the person wrote.
func (s *site) sayAgain(w http.ResponseWriter, r *http.Request, p *chatPage, token string, kept bool, err error) error {
	f, ok := err.(*fault)
	if !ok {
		return err
	}
	if !kept {
		p.FormToken = token
	}
	if err := s.fill(r.Context(), p, token, 0); err != nil {
		return err
	}
	p.Fault, p.Draft = f.detail(p.Lang()), r.PostForm.Get("text")
	if f.Retry > 0 {
		w.Header().Set("Retry-After", retryAfter(f.Retry))
	}
	return s.show(w, f.Status, "chat", p)
}

// formEvent reads the form's one button or field: text, data or command.
func formEvent(r *http.Request) event {
	e := event{EventID: r.PostForm.Get("event_id"), Kind: bot.Text, Text: r.PostForm.Get("text"),
		Data: r.PostForm.Get("data"), Command: r.PostForm.Get("command")}
	switch {
	case e.Command != "":
		e.Kind = bot.Command
	case e.Data != "":
		e.Kind = bot.Button
	}
	return e
}

// CookieName names a cookie: where people reach us over https, with a prefix by which the browser takes it from this very host alone. A page on
// a neighbouring host of the same domain can't then put its own in place of ours (RFC 6265bis, 4.1.3.2).
func CookieName(name string, https bool) string {
	if https {
		return "__Host-" + name
	}
	return name
}

// cookieName is the only cookie that there is, for people without scripts.
const cookieName = "orientir_conversation"

func (s *site) https() bool { return strings.HasPrefix(s.PublicURL, "https://") }

func (s *site) cookieToken(r *http.Request) string {
	c, err := r.Cookie(CookieName(cookieName, s.https()))
	if err != nil {
		return ""
	}
	if _, ok := contactKey(c.Value); !ok {
		return ""
	}
	return c.Value
}

const cookieSeconds = 3600

func (s *site) keepCookie(w http.ResponseWriter, token string) { s.setCookie(w, token, cookieSeconds) }

// rememberCookie keeps the cookie until then, in Unix seconds, where something is still to come, else for an hour.
func (s *site) rememberCookie(w http.ResponseWriter, token string, until int64) {
	s.setCookie(w, token, max(cookieSeconds, int(until-s.Now().Unix())))
}

func (s *site) dropCookie(w http.ResponseWriter) { s.setCookie(w, "", -1) }

func (s *site) setCookie(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: CookieName(cookieName, s.https()), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: s.https()})
}
