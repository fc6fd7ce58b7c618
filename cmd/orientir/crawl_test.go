package main

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// form is a form of a page with what its fields hold.
type form struct {
	action string
	fields []formField
	button [2]string // name and value of the first one that sends it
}

type formField struct {
	name, kind, value string
	most              int // characters
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
				forms = append(forms, formOf(base, n))
			}
		}
	}
	return links, forms
}

func formOf(base *url.URL, n *html.Node) form {
	f := form{action: base.Path}
	if to, err := base.Parse(attr(n, "action")); err == nil {
		f.action = to.RequestURI()
	}
	for e := range n.Descendants() {
		if e.Type != html.ElementNode || attr(e, "name") == "" && e.Data != "button" {
			continue
		}
		field := formField{name: attr(e, "name"), kind: attr(e, "type"), value: attr(e, "value"), most: 5000}
		if n, err := strconv.Atoi(attr(e, "maxlength")); err == nil {
			field.most = n
		}
		switch e.Data {
		case "input":
			if (field.kind == "checkbox" || field.kind == "radio") && !has(e, "checked") || field.kind == "file" || field.kind == "submit" {
				continue
			}
			f.fields = append(f.fields, field)
		case "textarea":
			field.kind, field.value = "textarea", textOf(e)
			f.fields = append(f.fields, field)
		case "select":
			field.kind = "select"
			for i, o := range slices.Collect(options(e)) {
				if i == 0 || has(o, "selected") {
					field.value = attr(o, "value")
				}
			}
			f.fields = append(f.fields, field)
		case "button":
			if f.button[0] == "" && field.kind != "button" {
				f.button = [2]string{field.name, field.value}
			}
		}
	}
	return f
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

// filled gives the form's values with payloads wherever somebody types. With polite, fields that want an address of mail or of a page, a number or
// a date have what they want, so that the rest is taken; without, they too hold payloads.
func (f form) filled(p *payloads, polite bool) url.Values {
	values := url.Values{}
	path, _, _ := strings.Cut(f.action, "?")
	for _, field := range f.fields {
		where := path + " " + field.name
		switch field.kind {
		case "textarea", "text", "search", "":
			values.Add(field.name, p.text(where, field.most))
		case "url":
			if polite {
				values.Add(field.name, "https://mjs.bg/"+p.mark(where))
			} else {
				values.Add(field.name, p.address(where))
			}
		case "email":
			if polite {
				values.Add(field.name, p.mark(where)+"@example.bg")
			} else {
				values.Add(field.name, p.text(where, field.most))
			}
		case "tel":
			if polite {
				values.Add(field.name, "092 62 12 29")
			} else {
				values.Add(field.name, p.text(where, field.most))
			}
		default: // hidden, chosen, dates and numbers
			values.Add(field.name, field.value)
		}
	}
	if f.button[0] != "" {
		values.Add(f.button[0], f.button[1])
	}
	return values
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

// demands says whether fields want an address or a number, which a payload is none of.
func (f form) demands() bool {
	return slices.ContainsFunc(f.fields, func(field formField) bool { return slices.Contains([]string{"url", "email", "tel"}, field.kind) })
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
	return b.String() + " " + f.button[1]
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
