package main

import (
	"maps"
	"net/http"
	"net/url"
	pathOf "path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// form is a form of a page with what its fields hold.
type form struct {
	action  string
	fields  []formField
	buttons []formButton // that send it; one without a name where it has none
}

// formButton is one that sends a form, perhaps to an address of its own.
type formButton struct{ action, name, value string }

type formField struct {
	name  string
	kind  string // the type of its element, or what it takes by its other attributes: "url", "tel", "number", "amount", "guide", "municipality", "slug"
	value string
	most  int  // characters
	ahead bool // a date that is not over
}

// words is what somebody types into forms.
type words interface {
	text(where string, most int) string // for a field of so many characters
	mark(where string) string           // a few letters or digits for a part of an address
}

// links and forms of a page, those of its own site.
func linksAndForms(at, page string) (links []string, forms []form) {
	base, err := url.Parse(at)
	if err != nil {
		return nil, nil
	}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil, nil
	}
	named, outside := map[string]int{}, []*html.Node{}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "a":
			if to, err := base.Parse(attr(n, "href")); err == nil && to.Host == "" && to.Scheme == "" {
				to.Fragment = ""
				links = append(links, to.String())
			}
		case "form":
			if strings.EqualFold(attr(n, "method"), "post") {
				named[attr(n, "id")] = len(forms)
				forms = append(forms, formOf(base, n))
			}
		case "button":
			if has(n, "form") {
				outside = append(outside, n)
			}
		}
	}
	for _, n := range outside {
		if i, ok := named[attr(n, "form")]; ok {
			forms[i].buttons = append(forms[i].buttons, buttonOf(base, forms[i].action, n))
		}
	}
	for i := range forms {
		if len(forms[i].buttons) == 0 {
			forms[i].buttons = []formButton{{action: forms[i].action}}
		}
	}
	return links, forms
}

func formOf(base *url.URL, n *html.Node) form {
	f := form{action: base.Path}
	if to, err := base.Parse(attr(n, "action")); err == nil && has(n, "action") {
		f.action = to.RequestURI()
	}
	chosen, offered := map[string]bool{}, map[string]string{} // names of boxes to tick: those that have one ticked, and the first one of each
	for e := range n.Descendants() {
		if e.Type != html.ElementNode || attr(e, "name") == "" && e.Data != "button" {
			continue
		}
		field := formField{name: attr(e, "name"), kind: kindOfField(e), value: attr(e, "value"), most: 5000, ahead: has(e, "min")}
		if n, err := strconv.Atoi(attr(e, "maxlength")); err == nil {
			field.most = n
		}
		if field.name == "unknown" { // who doesn't know the hours writes none
			continue
		}
		switch e.Data {
		case "input":
			switch field.kind {
			case "file", "submit":
				continue
			case "checkbox", "radio":
				if _, seen := offered[field.name]; !seen {
					offered[field.name] = field.value
				}
				if !has(e, "checked") {
					continue
				}
				chosen[field.name] = true
			}
			f.fields = append(f.fields, field)
		case "textarea":
			field.value = textOf(e)
			f.fields = append(f.fields, field)
		case "select":
			for o := range options(e) {
				if field.value == "" || has(o, "selected") && attr(o, "value") != "" {
					field.value = attr(o, "value")
				}
			}
			f.fields = append(f.fields, field)
		case "button":
			if attr(e, "type") != "button" {
				f.buttons = append(f.buttons, buttonOf(base, f.action, e))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(offered)) {
		if !chosen[name] {
			f.fields = append(f.fields, formField{name: name, kind: "checkbox", value: offered[name]})
		}
	}
	return f
}

func buttonOf(base *url.URL, action string, n *html.Node) formButton {
	if to, err := base.Parse(attr(n, "formaction")); err == nil && has(n, "formaction") {
		action = to.RequestURI()
	}
	return formButton{action, attr(n, "name"), attr(n, "value")}
}

// kindOfField is what a field takes.
func kindOfField(e *html.Node) string {
	if e.Data == "select" {
		return e.Data
	}
	switch mode := attr(e, "inputmode"); mode {
	case "url", "tel":
		return mode
	case "numeric":
		return "number"
	case "decimal":
		return "amount"
	}
	switch {
	case has(e, "data-guide"), strings.HasSuffix(attr(e, "name"), "-guide"), strings.HasSuffix(attr(e, "name"), "-guide-other"):
		return "guide"
	case attr(e, "list") == "municipalities":
		return "municipality"
	case attr(e, "name") == "slug" && attr(e, "type") == "":
		return "slug"
	case attr(e, "name") == "host" && attr(e, "type") == "":
		return "url"
	}
	return attr(e, "type")
}

func options(n *html.Node) func(func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		for e := range n.Descendants() {
			if e.Type == html.ElementNode && e.Data == "option" && !yield(e) {
				return
			}
		}
	}
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// filled gives the form's values, sent by one of its buttons, with words wherever somebody types. With polite, fields that want an address, a
// number or a date have what they want, so that the rest is taken; without, they too hold words.
func (f form) filled(b formButton, w words, polite bool) url.Values {
	values := url.Values{}
	path, _, _ := strings.Cut(b.action, "?")
	for _, field := range f.fields {
		where := path + " " + field.name
		if value, given := field.wants(path, len(values[field.name]), func() string { return w.mark(where) }); given && (polite || !slices.Contains(typed, field.kind)) {
			values.Add(field.name, value)
		} else {
			values.Add(field.name, w.text(where, field.most))
		}
	}
	if b.name != "" {
		values.Set(b.name, b.value)
	}
	return values
}

// typed are kinds of fields that a browser lets people type anything into, or that check what is typed only there.
var typed = []string{"url", "email", "tel", "number", "amount", "guide", "municipality", "slug"}

// demands says whether fields want an address or a number, which words are none of.
func (f form) demands() bool {
	return slices.ContainsFunc(f.fields, func(field formField) bool { return slices.Contains(typed, field.kind) })
}

// says says whether somebody writes in it what they like.
func (f form) says() bool {
	return slices.ContainsFunc(f.fields, func(field formField) bool { _, other := field.wants("", 0, func() string { return "" }); return !other })
}

// wants is what somebody who means well puts into a field that takes no words, the nth of its name; false for one that does.
func (field formField) wants(path string, n int, mark func() string) (value string, given bool) {
	or := func(value string) (string, bool) {
		if field.value != "" {
			value = field.value
		}
		return value, true
	}
	switch field.kind {
	case "", "text", "search":
		return "", false
	case "url":
		return "https://mjs.bg/" + mark(), true
	case "email":
		return mark() + "@example.bg", true
	case "tel":
		return "092 62 12 29", true
	case "password":
		return testPassword, true
	case "number":
		return or("1")
	case "amount":
		return "12.34", true
	case "municipality":
		if field.name == "municipality" { // what an editor's account is bounded to
			return or("")
		}
		return []string{"Враца", "Видин", "Монтана", "Плевен"}[n%4], true
	case "guide":
		switch {
		case field.name != "apart.slug" && !strings.HasSuffix(field.name, "-guide") && !strings.HasSuffix(field.name, "-guide-other"): // what words beside them are about
			return "", true
		case strings.Contains(path, "/vignette/"):
			return "criminal-record", true
		}
		return "vignette", true
	case "slug":
		return "made-" + pathOf.Base(path), true
	case "date":
		if strings.HasPrefix(path, "/console/news/") && field.name == "date" { // at once
			return or("")
		}
		day := time.Now()
		if field.ahead {
			day = day.AddDate(0, 0, 14)
		}
		return or(day.Format(time.DateOnly))
	case "time":
		if strings.HasPrefix(path, "/console/news/") {
			return or("")
		}
		for _, at := range [][2]string{{"pause-from", "12:00"}, {"pause-to", "12:30"}, {"closes", "17:00"}, {"to", "17:00"}} {
			if strings.HasSuffix(field.name, at[0]) {
				return or(at[1])
			}
		}
		return or("10:00")
	}
	return field.value, true
}

// mostAlike is how many pages are read whose addresses differ only in numbers, guides and what is asked for.
const mostAlike = 3

// kindOf is a path without its numbers and guides.
func kindOf(path string) string {
	return numbersIn.ReplaceAllString(guideIn.ReplaceAllString(path, "/guides/x$1"), "0")
}

// crawl reads pages from the first ones on, as far as links lead, most of them at most. What it passes over are streams, and files that are
// the same as others. look sees every answer.
func (w *caller) crawl(most int, first []string, look func(path string, got reply)) (visited int) {
	queue, known, alike := slices.Clone(first), map[string]bool{}, map[string]int{}
	for _, path := range queue {
		known[path] = true
	}
	for len(queue) > 0 && visited < most {
		path := queue[0]
		queue = queue[1:]
		got := w.get(path)
		visited++
		look(path, got)
		next := got.header.Get("Location")
		links, _ := linksAndForms(path, got.body)
		if got.code == http.StatusSeeOther && strings.HasPrefix(next, "/") {
			links = append(links, next)
		}
		for _, to := range links {
			p, query, _ := strings.Cut(to, "?")
			asks, _ := url.ParseQuery(query)
			kind := kindOf(p) + " " + strings.Join(slices.Sorted(maps.Keys(asks)), " ")
			if !known[to] && alike[kind] < mostAlike && !strings.HasSuffix(p, "/stream") && !strings.HasPrefix(p, "/static/") && !strings.HasPrefix(p, "/console/static/") {
				known[to] = true
				alike[kind]++
				queue = append(queue, to)
			}
		}
	}
	return visited
}

// guideIn is a guide's own part of an address: what is filled in for one guide need not be for the others.
var guideIn = regexp.MustCompile(`/guides/[a-z-]+(/|$)`)

var numbersIn = regexp.MustCompile(`[0-9]+`)

func forms(at, page string) []form {
	_, list := linksAndForms(at, page)
	return list
}

// fieldNames tell forms of one address apart.
func fieldNames(f form) string {
	var b strings.Builder
	for _, field := range f.fields {
		b.WriteString(" " + field.name)
	}
	return b.String()
}

// textsOf is what a page says, on few lines, for a test's complaint.
func textsOf(page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return page
	}
	text := strings.Join(strings.Fields(textOf(doc)), " ")
	return text[:min(len(text), 1500)]
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}
