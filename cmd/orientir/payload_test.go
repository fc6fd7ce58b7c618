package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// payloads remembers what was planted where: each field has a mark of its own, which stands in the payload as text, and which must come
// out as text alone.
type payloads struct {
	where map[string]string // mark → the field it was planted in
	marks map[string]string // field → mark
	seen  map[string]bool   // marks that some page showed
}

func newPayloads() *payloads {
	return &payloads{where: map[string]string{}, marks: map[string]string{}, seen: map[string]bool{}}
}

// A mark is found in whatever it became.
var markForm = regexp.MustCompile(`zq[0-9]{3,4}x`)

// mark is that of a field; fields that differ in numbers and guides alone have the same.
func (p *payloads) mark(where string) string {
	where = numbersIn.ReplaceAllString(guideIn.ReplaceAllString(where, "/guides/x$1"), "0")
	m, ok := p.marks[where]
	if !ok {
		m = fmt.Sprintf("zq%03dx", len(p.where))
		p.where[m], p.marks[where] = where, m
	}
	return m
}

// attacks are what a payload holds of beside its mark, the strongest first: as many are taken as the field has room for. A piece is never cut.
var attacks = []string{
	`"'><img src=x onerror=alert(1)>`, `<script>alert(1)</script>`, `[x](javascript:alert(1))`, `<svg/onload=alert(1)>`, `</textarea></title></script><iframe src=//evil.example>`,
	`<b>x</b><a href="tg://user?id=1">x</a>`, "{{.}}${7*7}", "\u202e\u2066\u200b",
}

// text gives a payload for a field of so many characters.
func (p *payloads) text(where string, most int) string {
	out := p.mark(where)
	for _, a := range attacks {
		if len([]rune(out))+len([]rune(a)) <= most {
			out += a
		}
	}
	return out
}

// unclosed gives one without a whole tag, for readers that refuse markup.
func (p *payloads) unclosed(where string, most int) string {
	out := p.mark(where)
	for _, a := range []string{`"' onmouseover=alert(1)`, ` autofocus onfocus=alert(1)`, ` [x](javascript:alert(1))`, ` <img src=x onerror=alert(1)//`} {
		if len(out)+len(a) <= most {
			out += a
		}
	}
	return out
}

// inForms types payloads into the forms of the staff site. Where guides are written a whole tag is refused.
type inForms struct{ *payloads }

func (p inForms) text(where string, most int) string {
	if strings.HasPrefix(where, "/console/guides/") || strings.HasPrefix(where, "/console/local/") {
		return p.unclosed(where, most)
	}
	return p.payloads.text(where, most)
}

// address gives one that is a link.
func (p *payloads) address(where string) string { return "javascript:alert('" + p.mark(where) + "')" }

// unseen lists the fields whose mark no page showed.
func (p *payloads) unseen() (list []string) {
	for _, m := range slices.Sorted(maps.Keys(p.where)) {
		if !p.seen[m] {
			list = append(list, p.where[m])
		}
	}
	return list
}

// addressAttributes are the attributes that a browser takes for an address, or lists of them.
var addressAttributes = map[string]bool{
	"href": true, "src": true, "action": true, "formaction": true, "poster": true, "data": true, "background": true, "cite": true, "ping": true, "srcset": true, "manifest": true, "xlink:href": true,
}

// textAttributes are the attributes in which what somebody wrote may stand as text.
var textAttributes = map[string]bool{
	"value": true, "title": true, "alt": true, "placeholder": true, "content": true, "label": true, "aria-label": true, "aria-description": true,
}

// faultsOf holds a page to «nothing in it came from the payload but text».
func (p *payloads) faultsOf(page string) (faults []string) {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return []string{err.Error()}
	}
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for n := range doc.Descendants() {
		switch n.Type {
		case html.CommentNode:
			if markForm.MatchString(n.Data) {
				fault("a comment holds a mark: %q", n.Data)
			}
		case html.TextNode:
			p.see(n.Data)
			if parent := n.Parent; parent != nil && (parent.Data == "script" || parent.Data == "style") && !dataBlock(parent, n.Data) && strings.TrimSpace(n.Data) != "" {
				fault("an inline %s: %q", parent.Data, n.Data)
			}
		case html.ElementNode:
			if markForm.MatchString(n.Data) {
				fault("an element <%s>", n.Data)
			}
			for _, a := range n.Attr {
				p.attribute(n, a, fault)
			}
		}
	}
	return faults
}

func (p *payloads) see(text string) {
	for _, m := range markForm.FindAllString(text, -1) {
		p.seen[m] = true
	}
}

// dataBlock says whether a script is none: a block of data that no browser runs.
func dataBlock(n *html.Node, text string) bool {
	for _, a := range n.Attr {
		if a.Key == "type" && strings.HasSuffix(a.Val, "json") {
			return json.Valid([]byte(text))
		}
	}
	return false
}

func (p *payloads) attribute(n *html.Node, a html.Attribute, fault func(string, ...any)) {
	p.see(a.Val)
	switch {
	case markForm.MatchString(a.Key), strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc":
		fault("<%s> has the attribute %s=%q", n.Data, a.Key, a.Val)
	case addressAttributes[a.Key]:
		u, err := url.Parse(strings.Map(func(r rune) rune {
			if r <= ' ' {
				return -1
			}
			return r
		}, a.Val))
		switch {
		case err != nil:
			fault("<%s %s=%q> is no address", n.Data, a.Key, a.Val)
		case u.Scheme != "" && !slices.Contains([]string{"http", "https", "tel", "mailto"}, u.Scheme), strings.HasSuffix(u.Hostname(), "evil.example"), n.Data == "img" && u.Path == "x":
			fault("<%s %s=%q>", n.Data, a.Key, a.Val)
		}
	case markForm.MatchString(a.Val) && !textAttributes[a.Key] && !strings.HasPrefix(a.Key, "data-"):
		fault("<%s> has a mark in %s=%q", n.Data, a.Key, a.Val)
	}
}

// faultsIn holds any answer to what its type says.
func (p *payloads) faultsIn(contentType, body string) []string {
	kind, _, _ := strings.Cut(contentType, ";")
	switch kind {
	case "text/html":
		return p.faultsOf(body)
	case "application/json", "application/problem+json", "application/ld+json":
		if !json.Valid([]byte(body)) {
			return []string{"no JSON"}
		}
	case "application/xml", "application/atom+xml":
		for d := xml.NewDecoder(strings.NewReader(body)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return []string{err.Error()}
			}
			if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "img" || e.Name.Local == "script" || e.Name.Local == "svg") {
				return []string{"an element <" + e.Name.Local + ">"}
			}
		}
	case "text/csv":
		rows, err := csv.NewReader(bytes.NewReader([]byte(strings.TrimPrefix(body, "\ufeff")))).ReadAll()
		if err != nil {
			return []string{err.Error()}
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+@\t\r", rune(cell[0])) {
					return []string{fmt.Sprintf("the cell %q is a formula", cell)}
				}
			}
		}
	}
	return nil
}

// The check itself finds what it is there to find.
func TestPayloadsAreFound(t *testing.T) {
	t.Parallel()
	p := newPayloads()
	for name, page := range map[string]string{
		"an image": `<p>zq000x"><img src=x onerror=alert(1)>`, "a script": `<script>alert('zq000x')</script>`, "an event": `<p onclick="a()">`,
		"an attribute": `<input value="" zq000x="">`, "a link": `<a href="java&#10;script:alert(1)">`, "another scheme": `<a href="data:text/html,x">`, "a frame": `<iframe src=//evil.example>`,
		"a style": `<p style="x">`, "a comment": `<!-- zq000x -->`, "a tag": `<zq000x>`, "a class": `<p class="zq000x">`, "an id": `<p id=zq000x>`,
	} {
		if len(p.faultsOf(page)) == 0 {
			t.Errorf("%s passes", name)
		}
	}
	clean := `<p>zq001x&#34;&gt;&lt;img src=x onerror=alert(1)&gt;</p><input value="zq001x&#34;"><a href="/x?q=1">x</a><script type="application/ld+json">{"a":"zq001x"}</script><script src="/static/chat.js"></script>`
	if faults := p.faultsOf(clean); len(faults) > 0 || !p.seen["zq001x"] {
		t.Errorf("text: %v", faults)
	}
	for kind, body := range map[string]string{"application/json": `{"a":`, "application/atom+xml": `<feed><img src="x"/></feed>`, "text/csv": "a,b\n=1+1,2\n", "application/xml": "<a>&</a>"} {
		if len(p.faultsIn(kind, body)) == 0 {
			t.Errorf("%s passes", kind)
		}
	}
}
