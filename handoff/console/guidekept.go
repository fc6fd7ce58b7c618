package console

import (
	"net/http"
	"regexp"
)

// guideKept carries what somebody typed while their session ended: the page holds it until they have signed in again.
type guideKept struct {
	frame
	Path   string
	Hidden []hiddenField
}

// mostKept is how many forms over maxForm are read at a time of those who aren't signed in: anybody may send one.
const mostKept = 4

// guideFormPath is where a guide's form is sent.
var guideFormPath = regexp.MustCompile(`^/console/guides/[a-z0-9-]{1,60}/edit$`)

// keepTyped shows what was typed into a guide's form to who isn't signed in any more, and says whether it was that form. Nothing is stored.
func (s *site) keepTyped(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost || wantsJSON(r) || !guideFormPath.MatchString(r.URL.Path) {
		return false
	}
	if r.PostForm == nil { // nobody has read it yet: it came from a browser that this program doesn't know
		most := int64(maxForm)
		select {
		case s.keeping <- struct{}{}:
			defer func() { <-s.keeping }()
			most = maxGuideForm
		default:
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
	}
	if r.ParseForm() != nil || len(r.PostForm) == 0 {
		return false
	}
	page := guideKept{frame: s.frame(w, r, "site"), Path: r.URL.Path}
	page.Title = page.F("kept_title")
	for _, n := range sortedKeys(r.PostForm) {
		for _, v := range r.PostForm[n] {
			page.Hidden = append(page.Hidden, hiddenField{n, v})
		}
	}
	if err := s.render(w, http.StatusUnauthorized, "guidekept", page); err != nil {
		s.Log.Error("page of a session's end failed", "error", err)
	}
	return true
}
