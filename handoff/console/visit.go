package console

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"orientir/bot/i18n"
	"orientir/bot/webchat"
	"orientir/handoff"
	"orientir/handoff/staff"
)

// The faults that have a page of their own.
var (
	errNotFound  = errors.New("no such page")
	errForbidden = errors.New("not allowed")
	errMalformed = errors.New("not a form")
)

const (
	cookieName   = "orientir_staff"
	languageName = "orientir_staff_language"
	halfName     = "orientir_staff_half"     // a sign-in that waits for its second step
	deviceName   = "orientir_staff_device"   // a browser in which somebody has signed in before
	providerName = "orientir_staff_provider" // a try to sign in with an outside provider
	maxForm      = 64 << 10                  // bytes
)

// visit is who is asking, and in which language they read.
type visit struct {
	account  staff.Account // the zero value: nobody has signed in
	session  staff.Session
	token    staff.Token
	language string
}

type visitKey struct{}

func visitOf(r *http.Request) visit {
	v, _ := r.Context().Value(visitKey{}).(visit)
	return v
}

// guarded finds out who asks, refuses those who may not, and turns errors into pages.
func (s *site) guarded(route route) http.Handler {
	crowd := s.crowds.of(route)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin") // a one-time link must not travel to another site
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "geolocation=(), camera=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if !s.admitted(route, w, r) {
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, s.mostBytes(route, r))
		wrong := parsed(r)
		s.among(crowd, w, r, func() { s.serve(route, w, r, wrong) })
	})
}

// serve answers a request whose form was read; wrong is what was wrong with that.
func (s *site) serve(route route, w http.ResponseWriter, r *http.Request, wrong error) {
	v, err := s.recognise(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	if !route.who.public {
		if v.account.ID == 0 {
			s.askToSignIn(w, r)
			return
		}
		if !route.who.allows(v.account.Roles...) {
			s.fail(w, r, errForbidden)
			return
		}
		// Without a key nobody could set it up, and nobody would get in to take the rule back.
		if v.account.SecondStepWanted && !v.account.SecondStep && s.Staff.SecondStepWorks() && !setsUp(r) {
			s.askToSetUp(w, r)
			return
		}
	}
	err = wrong
	if err == nil {
		err = route.handle(w, r)
	}
	if err != nil {
		s.fail(w, r, err)
	}
}

// parsed reads a form before anybody looks into it: of one that is too big, or that is none, no part must pass for the whole.
func parsed(r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	err := r.ParseForm() // leaves files alone: who takes them reads them
	if err != nil {
		r.Form, r.PostForm = url.Values{}, url.Values{}
	}
	var tooBig *http.MaxBytesError
	if err != nil && !errors.As(err, &tooBig) {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	return err
}

func (s *site) recognise(r *http.Request) (visit, error) {
	v := visit{language: s.language(r)}
	c, err := s.cookie(r, cookieName)
	if err != nil {
		return v, nil
	}
	session, account, ok, err := s.Staff.Session(r.Context(), staff.Token(c.Value))
	if err != nil {
		return v, err
	}
	if !ok {
		s.known.remove(staff.Token(c.Value))
		return v, nil
	}
	v.session, v.account, v.token = session, account, staff.Token(c.Value)
	s.known.add(v.token, account.Roles)
	return v, nil
}

// language is the one that this browser reads.
func (s *site) language(r *http.Request) string {
	if c, err := s.cookie(r, languageName); err == nil && c.Value == "en" {
		return "en"
	}
	return "bg"
}

// mostBytes is how many bytes a form may have. What is parsed before anybody has looked at who asks is big only for those who may send it; files are
// read by who takes them.
func (s *site) mostBytes(route route, r *http.Request) int64 {
	if route.pattern == "POST /console/import" {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "multipart/form-data" {
			return biggestUpload
		}
	}
	if strings.HasPrefix(r.URL.Path, "/console/guides/") && !route.who.public {
		if roles, ok := s.known.of(s.tokenOf(r, cookieName)); ok && route.who.allows(roles...) {
			return maxGuideForm
		}
	}
	return maxForm
}

func (s *site) askToSignIn(w http.ResponseWriter, r *http.Request) {
	if s.keepTyped(w, r, "out", "/console/sign-in?next=/console/account") {
		return
	}
	if asksAsScript(r) {
		w.WriteHeader(http.StatusUnauthorized) // it reloads the page, which then asks to sign in
		return
	}
	if r.Method != http.MethodGet {
		_ = seeOther(w, r, "/console/sign-in")
		return
	}
	to := "/console/sign-in"
	if r.URL.Path != "/console/" {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	_ = seeOther(w, r, to)
}

// asksAsScript says whether a page's script asks, which no other page can be shown to.
func asksAsScript(r *http.Request) bool {
	path := r.URL.Path
	return strings.HasSuffix(path, "/stream") || strings.HasSuffix(path, "/busy") || strings.HasSuffix(path, "/seen") || wantsJSON(r) && r.Method != http.MethodGet
}

// setsUp says whether a page is of those that an account without the second step that it must have may still use.
func setsUp(r *http.Request) bool {
	return r.URL.Path == "/console/sign-out" || r.URL.Path == secondStepPath || strings.HasPrefix(r.URL.Path, secondStepPath+"/")
}

func (s *site) askToSetUp(w http.ResponseWriter, r *http.Request) {
	if s.keepTyped(w, r, "step", secondStepPath) {
		return
	}
	if asksAsScript(r) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_ = seeOther(w, r, secondStepPath)
}

// notText are the codes with which the database refuses what is no text: bytes that are not UTF-8, NUL, NUL in JSON. No browser sends such a form by itself.
var notText = []string{"22021", "22P05"}

// faultPage tells of a fault.
type faultPage struct {
	frame
	Words  string
	Again  string // the address to try again; "": there is none
	Path   string // that Hidden is sent to again; "": nothing is
	Hidden []hiddenField
}

// fail shows an error as a page. What is not expected is logged, and shown without its words.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil { // the browser is gone, or the program is stopping
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	status, key := http.StatusInternalServerError, "error"
	var tooBig *http.MaxBytesError
	var refused *pgconn.PgError
	var many *staff.TooMany
	switch {
	case errors.Is(err, errMalformed), errors.As(err, &refused) && slices.Contains(notText, refused.Code):
		status, key = http.StatusBadRequest, "not_text"
	case errors.Is(err, errNotFound), errors.Is(err, handoff.ErrNotFound), errors.Is(err, staff.ErrNotFound):
		status, key = http.StatusNotFound, "not_found"
	case errors.Is(err, errForbidden):
		status, key = http.StatusForbidden, "forbidden"
	case errors.Is(err, handoff.ErrNotYours):
		status, key = http.StatusConflict, "not_yours"
	case errors.As(err, &many): // so many passwords are looked at that this one had no turn
		status, key = http.StatusTooManyRequests, "many"
		frame{}.tooMany(w, many)
	case errors.As(err, &tooBig):
		status, key = http.StatusRequestEntityTooLarge, "too_big"
	default:
		s.Log.ErrorContext(r.Context(), "staff page failed", "path", r.URL.Path, "account", visitOf(r).account.ID, "error", err)
	}
	page := faultPage{frame: s.frame(w, r, key+"_title"), Words: i18n.T(visitOf(r).language, "console."+key)}
	if err := s.render(w, status, "fault", page); err != nil {
		s.Log.Error("error page failed", "path", r.URL.Path, "error", err)
	}
}

// from says where a sign-in comes from.
func (s *site) from(r *http.Request) staff.From {
	return staff.From{Address: s.address(r), Agent: agent(r.UserAgent()), Old: visitOf(r).token, Device: s.tokenOf(r, deviceName)}
}

// tokenOf reads a token from a cookie; "" where there is none.
func (s *site) tokenOf(r *http.Request, name string) staff.Token {
	c, err := s.cookie(r, name)
	if err != nil {
		return ""
	}
	return staff.Token(c.Value)
}

// address is the client's own, as far as the proxies that we trust tell it.
func (s *site) address(r *http.Request) netip.Addr {
	address, ok := webchat.Caller(r, s.TrustedProxies)
	if !ok {
		return netip.IPv6Unspecified() // a unix socket: all callers count as one
	}
	return address
}

// agent puts a browser into two words, so that people know their sessions apart.
func agent(userAgent string) string {
	pick := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(userAgent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return "?"
	}
	browser := pick("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "SamsungBrowser/", "Samsung", "Chrome/", "Chrome", "Safari/", "Safari")
	system := pick("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	if browser == "?" && system == "?" {
		return ""
	}
	return browser + ", " + system
}

// cookie reads a cookie that setCookie wrote.
func (s *site) cookie(r *http.Request, name string) (*http.Cookie, error) {
	return r.Cookie(webchat.CookieName(name, s.secure))
}

func (s *site) setCookie(w http.ResponseWriter, name, value string, age int) {
	path := "/console/"
	if s.secure {
		path = "/" // its prefix asks for this path
	}
	http.SetCookie(w, &http.Cookie{
		Name: webchat.CookieName(name, s.secure), Value: value, Path: path, MaxAge: age,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}

func seeOther(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// ownPath gives a path of this site, or the start page for anything else.
func ownPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/console/") || strings.ContainsAny(to, "\\\r\n") {
		return "/console/"
	}
	return u.RequestURI()
}

// chooseLanguage remembers the language that somebody reads.
func (s *site) chooseLanguage(w http.ResponseWriter, r *http.Request) error {
	language := "bg"
	if r.PostFormValue("language") == "en" {
		language = "en"
	}
	s.setCookie(w, languageName, language, 365*24*3600)
	return seeOther(w, r, ownPath(r.PostFormValue("back")))
}
