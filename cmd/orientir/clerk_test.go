package main

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"orientir/handoff/console"
)

// clerk is somebody with every role who opens every page of the staff site, fills in every form that stands there, and knows which of them were
// taken: words that were refused are words that nobody has tried to keep or to show.
type clerk struct {
	*caller
	words words
	look  func(path string, got reply) // sees every answer

	door  *http.ServeMux    // knows the patterns
	sent  map[string]int    // kinds of forms, and how often
	taken map[string]bool   // patterns of addresses that took a form
	said  map[string]string // what others said at last
	late  []lateForm
	gone  map[lateForm]bool // that were sent
	over  map[string]bool   // chats and problems that have ended
	self  string            // the page of the clerk's own account, which an administrator's forms could close
}

// lateForm is one that ends something. It is filled in when its time comes, as the page has it then.
type lateForm struct{ page, fields, action, button string }

func newClerk(w *caller, account int64, words words, look func(string, reply)) *clerk {
	c := &clerk{caller: w, self: fmt.Sprintf("/console/people/%d", account), words: words, look: look, door: http.NewServeMux(), sent: map[string]int{}, taken: map[string]bool{}, said: map[string]string{}, over: map[string]bool{}, gone: map[lateForm]bool{}}
	for _, r := range console.Routes() {
		if !strings.HasPrefix(r.Pattern, http.MethodGet) {
			c.door.HandleFunc(r.Pattern, http.NotFound)
		}
	}
	return c
}

// mostSent is how often a form of one kind is sent: of the first the second is what others read, too.
const mostSent = 2

// ending are the addresses that end something, or after which a thing is another's.
var ending = regexp.MustCompile(`/(publish|send|close|return|block|drop|remove|withdraw|cancel|retire|merge|take-over|leave|decline|aside|split|transfer|reopen|restore|rules|recall|stop|lift)$|^/console/(chats|worklist)/\d+/(draft|sample|everyday-name|mend)$`)

// answersItself are the addresses whose forms are answered with a page, or with a file, and not by leading to one.
var answersItself = regexp.MustCompile(`^POST /console/(guides/\{slug\}/(try|preview)|transcripts/export)$`)

// unsent are the forms that the clerk leaves alone, and why.
var unsent = map[string]string{
	"POST /console/sign-in": "for who has no session", "POST /console/sign-in/code": "for who has no session", "POST /console/welcome": "for the first one of all", "POST /console/link": "for who has a link",
	"POST /console/sign-out": "ends the session", "POST /console/account/sessions/{id}/revoke": "ends the session", "POST /console/account/password": "ends the session; nothing of it is kept but a hash",
	"POST /console/account/second-step/confirm": "takes a code", "POST /console/account/second-step/codes": "takes a code", "POST /console/account/second-step/off": "takes a code",
	"POST /console/account/second-step": "begins what asks for a code", "POST /console/people/second-step": "would ask the clerk for a second step", "POST /console/language": "would change the language of all pages",
	"POST /console/guides/{slug}/check": "a script's, with the fields of /edit",
	"POST /console/people/{id}/active":  "would shut a colleague out",
	"POST /console/import":              "files are brought by themselves",
	"POST /console/chats/{id}/accept":   "a chat that is offered is declined",
}

// wordless are the forms that nobody types into. The clerk sends them where they stand; whether they are taken hangs on how things are.
// Every other form must be taken.
var wordless = strings.Fields(`
	chats/{id}/claim chats/{id}/busy chats/{id}/seen chats/{id}/join chats/{id}/leave chats/{id}/take-over chats/{id}/contact chats/{id}/return canned/{id}/remove
	libraries/{id}/confirm libraries/{id}/days/remove guides/{slug}/recall guides/{slug}/drop guides/{slug}/reopen guides/{slug}/merge guides/{slug}/history/{a}/restore
	import/{id} import/{id}/drop sources/checked sources/reviewed sources/accept sources/again worklist/{id}/mend worklist/{id}/reopen worklist/{id}/split guides/{slug}/replay guides/{slug}/replay/cancel
	news/{id}/withdraw news/{id}/try news/{id}/stop news/{id}/resume blocks/{id}/lift transcripts/export
	people/{id}/link people/{id}/second-step people/{id}/sessions hosts/remove groups groups/{id}/remove account/desk account/telegram account/telegram/remove`)

// round opens the pages that links lead to, from the first ones on, and sends their forms as it meets them.
func (c *clerk) round(most int, first []string) int {
	c.Helper()
	return c.crawl(most, first, func(path string, got reply) {
		c.look(path, got)
		for _, f := range forms(path, got.body) {
			for i, b := range f.buttons {
				// Of buttons that differ in what they say alone, the first.
				if !slices.ContainsFunc(f.buttons[:i], func(a formButton) bool { return a.action == b.action && a.name == b.name }) {
					c.meet(path, f, b)
				}
			}
		}
	})
}

// meet sends a form of a page by one of its buttons, or keeps it for later.
func (c *clerk) meet(page string, f form, b formButton) {
	c.Helper()
	pattern := c.patternOf(b.action)
	if _, leave := unsent[pattern]; leave || pattern == "" || b.action == c.self || strings.HasPrefix(b.action, c.self+"/") {
		return
	}
	if isWordless(pattern) && f.says() {
		c.Errorf("%s is no form without words:%s", pattern, fieldNames(f))
	}
	l := lateForm{page, fieldNames(f), b.action, b.name}
	if ending.MatchString(b.action) {
		if !slices.Contains(c.late, l) {
			c.late = append(c.late, l)
		}
		return
	}
	key := kindOf(b.action) + fieldNames(f) + " " + b.name
	if c.sent[key]++; c.sent[key] > mostSent {
		return
	}
	if f.demands() { // words in every field, and then what the fields ask for: that is taken
		c.send(f, b, false)
		c.again(l, true)
	} else {
		c.send(f, b, true)
	}
}

// send sends a form, and says whether it was taken.
func (c *clerk) send(f form, b formButton, polite bool) (taken bool) {
	c.Helper()
	pattern := c.patternOf(b.action)
	got := c.post(b.action, f.filled(b, c.words, polite))
	c.look(b.action, got)
	if taken = got.code == http.StatusSeeOther || got.code == http.StatusOK && answersItself.MatchString(pattern); taken {
		c.taken[pattern] = true
	} else if polite {
		c.said[pattern] = fmt.Sprint(b.action, ": ", got.code, " ", textsOf(got.body))
	}
	return taken
}

// again sends a form as its page has it now: the one with the same fields, or else, where there are more by now, the first that goes there.
func (c *clerk) again(l lateForm, polite bool) (taken bool) {
	c.Helper()
	page := c.get(l.page)
	c.look(l.page, page)
	all := forms(l.page, page.body)
	same := func(f form) bool { return fieldNames(f) == l.fields }
	for _, f := range slices.Concat(slices.DeleteFunc(slices.Clone(all), func(f form) bool { return !same(f) }), all) {
		if i := slices.IndexFunc(f.buttons, func(b formButton) bool { return b.action == l.action && b.name == l.button }); i >= 0 {
			return c.send(f, f.buttons[i], polite)
		}
	}
	return false
}

func isWordless(pattern string) bool {
	return slices.Contains(wordless, strings.TrimPrefix(pattern, "POST /console/"))
}

// ends sends the forms that end something, in an order in which none keeps another from being sent.
func (c *clerk) ends() {
	c.Helper()
	for _, so := range []string{`^/console/guides/[a-z-]+/return$`, `/send$`, `/publish$`, `^/console/(chats|worklist)/`, `^/console/(libraries|guides|news|canned|blocks)/`, `.`} {
		c.last(regexp.MustCompile(so))
	}
}

// last sends those of the late forms that end something so. A chat and a problem end in one way each, so that every way is tried with one of its own.
func (c *clerk) last(so *regexp.Regexp) {
	c.Helper()
	for _, l := range c.late {
		pattern, thing := c.patternOf(l.action), l.action[:strings.LastIndex(l.action, "/")]
		once := strings.HasPrefix(l.action, "/console/chats/") || strings.HasPrefix(l.action, "/console/worklist/")
		if !so.MatchString(l.action) || c.gone[l] || once && (c.over[thing] || c.taken[pattern] || isWordless(pattern)) {
			continue
		}
		c.gone[l] = true
		c.over[thing] = c.again(l, true) && once
	}
}

func (c *clerk) patternOf(action string) string {
	r, err := http.NewRequestWithContext(c.ctx, http.MethodPost, action, nil)
	c.must(err)
	_, pattern := c.door.Handler(r)
	return pattern
}

// allTaken holds the clerk to having had every form of the site taken.
func (c *clerk) allTaken() {
	c.Helper()
	routes := map[string]bool{}
	for _, r := range console.Routes() {
		if strings.HasPrefix(r.Pattern, http.MethodGet) {
			continue
		}
		routes[r.Pattern] = true
		if _, leave := unsent[r.Pattern]; !leave && !isWordless(r.Pattern) && !c.taken[r.Pattern] {
			c.Errorf("no form was taken by %s, which said at last: %.600s", r.Pattern, c.said[r.Pattern])
		}
	}
	for _, pattern := range slices.Concat(slices.Sorted(maps.Keys(unsent)), wordless) {
		if !routes[pattern] && !routes["POST /console/"+pattern] {
			c.Errorf("there is no %s", pattern)
		}
	}
}
