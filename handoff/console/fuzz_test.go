package console

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"orientir/knowledge"
)

// Where a sign-in leads is on the staff site, whatever the address says.
func FuzzOwnPath(f *testing.F) {
	for _, seed := range []string{"/console/queue", "//evil.example/console/", "/console/\\evil.example", "https://evil.example/console/", "/console/../../x", "/console//evil.example", "/\\/console/", "\t/console/", "/console/?next=//x", "/console/%2f%2fevil.example", "/console/\r\nSet-Cookie: a=b", "javascript:/console/"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://orientir.example/console/sign-in")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to string) {
		got := ownPath(to)
		at, err := base.Parse(got)
		if err != nil || at.Host != base.Host || at.Scheme != base.Scheme || !strings.HasPrefix(got, "/console/") || strings.ContainsAny(got, "\r\n\\") {
			t.Errorf("%q leads to %q", to, got)
		}
	})
}

// Whatever comes in place of the form in which guides are written, it becomes texts that stay within what came, or nothing.
func FuzzGuideForm(f *testing.F) {
	for _, seed := range []string{
		"text.bg.title=%D0%90&text.en.title=A&fees.amount=15%2C34&text.bg.fees=%D1%82%D0%B0%D0%BA%D1%81%D0%B0&text.bg.steps=a&text.bg.steps=&text.bg.steps=b&text.en.steps=x", "fees.amount=9999999%2C99&fees.amount=%D0%B1%D0%B5%D0%B7%D0%BF%D0%BB%D0%B0%D1%82%D0%BD%D0%BE&fees.amount=-1",
		"text.bg.names=a%0Ab%0D%0A%0Ac&text.bg.formerly=%00", "sources.seen=2026-13-45&sources.url=x.bg&local.municipality=%D0%92%D1%80%D0%B0%D1%86%D0%B0", "%zz", "a;b", "text.bg.title=%ff%fe&text.bg.steps=%0d",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		values, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		form := typed{values}
		texts := form.texts()
		bg := texts[knowledge.Bulgarian]
		for _, list := range []string{"exceptions", "steps", "needed", "deadlines", "good_to_know", "fees", "related", "apart", "local", "sources"} {
			for _, row := range form.rows(list) {
				for _, column := range columnsOf(list) {
					if strings.ContainsAny(form.at(column, row), "\r\n") {
						t.Errorf("two lines in one row of %s: %q", column, body)
					}
				}
			}
		}
		for _, fee := range bg.Fees {
			if fee.Cents < -1 || fee.Cents >= 1e9 {
				t.Errorf("a fee of %d cents in %q", fee.Cents, body)
			}
			if again, rest := amount(amountWords(fee.Cents)); fee.Cents >= 0 && (again != fee.Cents || rest != "") {
				t.Errorf("%d cents are written as %q and read as %d", fee.Cents, amountWords(fee.Cents), again)
			}
		}
		if data, err := json.Marshal(texts); err != nil || len(data) > 40*len(body)+4000 {
			t.Errorf("%d bytes become %d: %v", len(body), len(data), err)
		}
		for _, address := range []string{address(form.line("link")), ownPath(form.Get("back"))} {
			if bytes.ContainsAny([]byte(address), "\r\n") {
				t.Errorf("an address of two lines: %q", address)
			}
		}
		readDay(form.Get("review_by"))
		readMarks(form.Get("marks"))
	})
}
