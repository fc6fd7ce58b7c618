package webchat

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"orientir/bot"
)

// continueView is the page where a person goes on with a conversation that they began at a terminal: with the link of a square, which a
// script reads from behind the hash, or with a typed code.
type continueView struct {
	layout
	Fault string
	Draft string // the code as it was typed, after a fault
}

func (s *site) newContinuePage(r *http.Request) *continueView {
	l := s.layout(r, "/continue", "")
	l.Title, l.Hidden = l.T("kiosk.continue_title"), true
	l.Styles = []string{"prose.css", "continue.css"}
	l.Scripts = []string{"continue.js"}
	return &continueView{layout: l}
}

// continuePage answers GET /continue.
func (s *site) continuePage(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, http.StatusOK, "continue", s.newContinuePage(r))
}

// continueHere answers POST /continue, the form without scripts: the conversation goes on at /.
func (s *site) continueHere(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	p := s.newContinuePage(r)
	contact, _ := contactKey(s.cookieToken(r))
	token, err := s.takeAlong(r.Context(), r.PostForm.Get("link"), r.PostForm.Get("code"), s.address(r), contact)
	var f *fault
	if errors.As(err, &f) {
		p.Fault, p.Draft = f.detail(p.Lang()), r.PostForm.Get("code")
		return s.show(w, f.Status, "continue", p)
	}
	if err != nil {
		return err
	}
	s.keepCookie(w, token)
	http.Redirect(w, r, p.Href("/")+"#latest", http.StatusSeeOther)
	return nil
}

// continueConversation answers POST /api/v1/conversations/continue with the token of the conversation, which from then on is nobody else's.
func (s *site) continueConversation(w http.ResponseWriter, r *http.Request) error {
	if err := contentType(r); err != nil {
		return err
	}
	var given struct {
		Link string `json:"link"`
		Code string `json:"code"`
	}
	if err := readJSON(r, &given); err != nil {
		return err
	}
	contact, _ := bearer(r) // who tries has a conversation of their own, or none
	token, err := s.takeAlong(r.Context(), given.Link, given.Code, s.address(r), contact)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, struct {
		Token string `json:"token"`
	}{token})
}

// takeAlong uses a code and gives the new owner's token. Whatever is wrong with a code is told in the same words: nobody learns
// whether there was one.
func (s *site) takeAlong(ctx context.Context, link, typed, address, contact string) (token string, err error) {
	token = newToken()
	key, _ := contactKey(token)
	if link != "" {
		_, err = s.conversations.TakeByLink(ctx, link, key)
	} else {
		code, ok := bot.TypedCode(strings.TrimSpace(typed))
		if !ok {
			return "", invalid("code", "kiosk.code_form") // no guess: it costs no try
		}
		who := []string{"address " + address}
		if contact != "" {
			who = append(who, "contact "+contact)
		}
		_, err = s.conversations.TakeByTyped(ctx, code, key, who...)
	}
	switch {
	case errors.Is(err, bot.ErrCodeTries):
		return "", &fault{Status: http.StatusTooManyRequests, Key: "kiosk.code_tries"}
	case errors.Is(err, bot.ErrNoCode):
		return "", &fault{Status: http.StatusNotFound, Key: "kiosk.code_wrong"}
	}
	return token, err
}
