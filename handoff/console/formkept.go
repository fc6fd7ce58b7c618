package console

import (
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// formKept carries what somebody typed while their session ended, or while their role began to want a second step: the page holds it until they may
// send it again.
type formKept struct {
	frame
	Key    string // of its words: what is to be done first
	First  string // the page where that is done
	Path   string
	Hidden []hiddenField
}

// mostKept is how many forms over maxForm are read at a time of those who aren't signed in: anybody may send one.
const mostKept = 4

// guideFormPath is where a guide's form is sent.
var guideFormPath = regexp.MustCompile(`^/console/guides/[a-z0-9-]{1,60}/edit$`)

// hasSecrets says whether a form of a path may have passwords or codes, which no page shows again.
func hasSecrets(path string) bool {
	for _, prefix := range []string{"/console/sign-in", "/console/account/", "/console/link", "/console/welcome"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// hidden are the fields of a form that is carried along, without the proof of who sends it.
func hidden(form url.Values) (fields []hiddenField) {
	for _, name := range sortedKeys(form) {
		for _, value := range form[name] {
			if name != proofField {
				fields = append(fields, hiddenField{name, value})
			}
		}
	}
	return fields
}

// keepTyped shows what was typed into a form to who can't send it now, and says whether there was anything. Nothing is stored. first is the page where
// they go before they send it again, in another tab; key is of the words that say so.
func (s *site) keepTyped(w http.ResponseWriter, r *http.Request, key, first string) bool {
	if r.Method != http.MethodPost || asksAsScript(r) || hasSecrets(r.URL.Path) {
		return false
	}
	if r.PostForm == nil { // nobody has read it yet: it came from a browser that this program doesn't know
		most := int64(maxForm)
		if guideFormPath.MatchString(r.URL.Path) {
			select {
			case s.keeping <- struct{}{}:
				defer func() { <-s.keeping }()
				most = maxGuideForm
			default:
			}
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
	}
	if r.ParseForm() != nil {
		return false
	}
	page := formKept{frame: s.frame(w, r, "site"), Key: key, First: first, Path: r.URL.RequestURI(), Hidden: hidden(r.PostForm)}
	if len(page.Hidden) == 0 {
		return false
	}
	page.Title = page.F("kept_" + key)
	page.Nav, page.Back = nil, "" // whoever goes elsewhere loses it
	if err := s.render(w, http.StatusUnauthorized, "formkept", page); err != nil {
		s.Log.Error("page with what was typed failed", "path", r.URL.Path, "error", err)
	}
	return true
}

// resent gives what was typed to a page that asks to send it again; false where it was not read, is a file, or is not to be shown.
func resent(r *http.Request) ([]hiddenField, bool) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || r.PostForm == nil || kind == "multipart/form-data" || hasSecrets(r.URL.Path) {
		return nil, false
	}
	return hidden(r.PostForm), true
}
