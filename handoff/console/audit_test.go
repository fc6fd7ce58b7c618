package console

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// auditDetails collects from the sources the names of what the audit log's entries tell: the keys of every map[string]any, and of what is
// put into one called detail. A key that the source does not spell out fails the test, for nobody could tell whether it has a phrase.
func auditDetails(t *testing.T) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	for _, pattern := range []string{"*.go", "../*.go", "../staff/*.go", "../group/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			key := func(e ast.Expr) {
				literal, ok := e.(*ast.BasicLit)
				if !ok {
					t.Errorf("%s: a detail whose name is put together at run time", set.Position(e.Pos()))
					return
				}
				word, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				keys[word] = true
			}
			maps := map[string]bool{"detail": true, "Detail": true} // what such maps are called here
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.AssignStmt:
					for i, left := range n.Lhs {
						if i < len(n.Rhs) && anyMap(n.Rhs[i]) {
							maps[lastName(left)] = true
						}
						if at, ok := left.(*ast.IndexExpr); ok && maps[lastName(at.X)] {
							key(at.Index)
						}
					}
				case *ast.CompositeLit:
					if anyMap(n) {
						for _, pair := range n.Elts {
							key(pair.(*ast.KeyValueExpr).Key)
						}
					}
				}
				return true
			})
		}
	}
	if len(keys) < 20 {
		t.Errorf("only %d details were found: the search is broken", len(keys))
	}
	return keys
}

// anyMap says whether an expression writes out a map[string]any.
func anyMap(e ast.Expr) bool {
	c, ok := e.(*ast.CompositeLit)
	if !ok {
		return false
	}
	m, ok := c.Type.(*ast.MapType)
	if !ok {
		return false
	}
	return lastName(m.Key) == "string" && lastName(m.Value) == "any"
}

// lastName is the name at the end of an expression: «Detail» of act.Detail.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// TestAuditNamesWhatItTells reads entries as the program writes them.
func TestAuditNamesWhatItTells(t *testing.T) {
	b := setup(t)
	boss := b.account(staff.Profile{Email: "s@example.bg", Name: "Ана", Roles: []staff.Role{staff.Supervisor}})
	maria := b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	account := "account:" + strconv.FormatInt(maria.ID, 10)
	library := "Регионална библиотека „Христо Ботев“ (гр. Враца)"
	for _, c := range []struct {
		verb, subject string
		detail        map[string]any
		want          []string
	}{
		{"ticket.reroute", "ticket:1", map[string]any{"from": "vratsa", "to": "", "why": "console.why_untaken"},
			[]string{"<dd>" + library + "</dd>", "<dd>Националният екип</dd>", "<dd>Никой не пое въпроса.</dd>"}},
		{"ticket.reroute", "ticket:2", map[string]any{"why": "console.why_neighbour"}, []string{i18n.T("bg", "console.why_neighbour")}},
		{"ticket.transfer", "ticket:1", map[string]any{"to": account}, []string{"<dt>До</dt><dd>Мария</dd>"}},
		{"ticket.contact", "ticket:1", map[string]any{"kind": "phone"}, []string{"<dt>Какъв контакт</dt><dd>телефон</dd>"}},
		{"ticket.close", "ticket:1", map[string]any{"outcome": "answered", "effort": 2, "guide": "fine"},
			[]string{"<dd>Отговорено</dd>", "<dd>" + i18n.T("bg", "console.effort_2") + "</dd>", "<dd>Беше наред</dd>"}},
		{"account.link", account, map[string]any{"purpose": staff.Reset}, []string{"<dd>забравена парола</dd>", `<span class="hint">Мария</span>`}},
		{"account.change", account, map[string]any{"libraries": []string{"vratsa", "gone"}}, []string{"<dd>" + library + ", gone</dd>"}},
		{"canned.add", "canned:1", map[string]any{"scope": "shared"}, []string{"<dd>за всички</dd>"}},
		{"library.change", "library:vratsa", map[string]any{"changes": []knowledge.Difference{{Field: "phone", Before: "092 1", After: "092 2"}, {Field: "site", After: "libvratsa.org"}}},
			[]string{`<span class="hint">` + library + "</span>", "<dd>Телефони: 092 1 → 092 2\nСайт: не е посочено → libvratsa.org</dd>"}},
		{"training.cancel", "training:1", map[string]any{"library": "vratsa", "topic": "Имейл", "word": "Няма ток."}, []string{"<dt>Какво казаха на записалите се</dt><dd>Няма ток.</dd>"}},
		{"transcript.search", "", map[string]any{"from": "2026-01-05", "words": 3, "outcome": "open"}, []string{"<dd>Още не е приключил</dd>", "<dd>5 януари 2026 г.</dd>", "<dd>3</dd>"}},
		{"ticket.block", "ticket:1", map[string]any{"until": "2026-01-06T10:00:00Z"}, []string{"<dd>" + i18n.T("bg", "console.date", 6, "януари", 2026) + ", " + i18n.T("bg", "console.clock", "12:00") + "</dd>"}},
	} {
		act := staff.Act{By: boss.ID, Verb: c.verb, Subject: c.subject, Detail: c.detail}
		if err := b.staff.Door(b.ctx, act, func(pgx.Tx, *staff.Act) error { return nil }); err != nil {
			t.Fatal(err)
		}
		page := b.as(boss).get("/console/audit")
		page.has(t, c.want...)
		page.lacks(t, "console.", "{&#34;", account)
	}
}
