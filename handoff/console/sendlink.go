package console

import (
	"net/http"
	"net/url"
	"strings"

	"orientir/bot/i18n"
	"orientir/handoff/mail"
	"orientir/handoff/staff"
)

// sendLink sends a one-time link to its account by mail. Where there is no mail, or the letter doesn't go out, it shows the link once, for
// the administrator to pass on.
func (s *site) sendLink(w http.ResponseWriter, r *http.Request, to staff.Account, token staff.Token) {
	link := s.base(r) + "/console/link?token=" + url.QueryEscape(string(token))
	key, letter := "person_invited", "invite"
	if to.HasPassword {
		key, letter = "person_reset", "reset"
	}
	if !s.Mail.Works() {
		s.setFlash(w, flash{Key: key, Args: []string{to.Name}, Link: link})
		return
	}
	err := s.Mail.Send(r.Context(), linkLetter(to, letter, link))
	if err != nil {
		s.Log.Warn("a letter with a link did not go out", "account", to.ID, "err", err)
		s.setFlash(w, flash{Key: "person_mail_failed", Args: []string{to.Email}, Link: link, Bad: true})
		return
	}
	s.setFlash(w, flash{Key: "person_mailed", Args: []string{to.Email}})
}

// linkLetter is an invitation or a reset. The staff may read either language: we don't know yet which.
func linkLetter(to staff.Account, kind, link string) mail.Letter {
	var parts, subjects []string
	for _, language := range []string{"bg", "en"} {
		say := func(key string, args ...any) string { return i18n.T(language, "notice."+key, args...) }
		subjects = append(subjects, say(kind+"_subject"))
		parts = append(parts, strings.Join([]string{say("greeting", to.Name), "", say(kind), link, "", say("not_me")}, "\n"))
	}
	return mail.Letter{To: to.Email, Subject: strings.Join(subjects, " / "), Text: strings.Join(parts, "\n\n—\n\n") + "\n"}
}

// base is the site's own address without a slash at the end.
func (s *site) base(r *http.Request) string {
	if s.PublicURL != "" {
		return s.PublicURL
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host
}
