package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := command(func(string) string { return "" })
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&out)
	err := c.Execute()
	return out.String(), err
}

func TestHelpIsBulgarian(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "serve", "ask", "eval", "check", "import", "export", "staff", "staff add", "staff reset-second-step", "mask", "migrate", "with-servers", "health", "forgotten", "forgotten export", "forgotten keep", "forgotten show", "forgotten replay"} {
		help, err := run(t, append(strings.Fields(name), "--help")...)
		if err != nil {
			t.Fatalf("%s --help: %v", name, err)
		}
		for _, english := range []string{"Usage", "Flags", "Commands", "help for", "Use \""} {
			if strings.Contains(help, english) {
				t.Errorf("%s --help says %q:\n%s", name, english, help)
			}
		}
	}
}

func TestWithServersGivesNoPrivateDatabaseInPlaceOfAnother(t *testing.T) {
	t.Parallel()
	c := command(func(name string) string {
		return map[string]string{"DATABASE_URL": "postgres://db.example.bg/orientir", "ORIENTIR_DATA_DIR": t.TempDir()}[name]
	})
	c.SetArgs([]string{"with-servers", "true"})
	c.SetOut(io.Discard)
	c.SetErr(io.Discard)
	if err := c.Execute(); err == nil || !strings.Contains(err.Error(), "DATABASE_URL е зададен") {
		t.Errorf("%v", err)
	}
}

func TestAWrongCommandLineIsRefusedInBulgarianBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"nonsense":                           `няма команда "nonsense"`,
		"staff nonsense":                     `няма команда "nonsense"`,
		"ask":                                "липсва въпросът",
		"eval":                               "липсва файлът",
		"eval --compare nowhere.json x.tsv":  "nowhere.json",
		"eval --compare x.json --misses y":   "--misses е излишно",
		"import places":                      "липсва файлът",
		"import":                             "липсва видът и файлът",
		"import nonsense x.csv":              `няма вид "nonsense"`,
		"export nonsense":                    `няма вид "nonsense"`,
		"export --format osm places":         `няма формат "osm" за places`,
		"check":                              "липсва видът",
		"check nonsense":                     `няма вид "nonsense"`,
		"mask x":                             `излишно е "x"`,
		"staff add --role librarian":         "липсва имейлът",
		"staff add a@example.bg":             "липсва --role",
		"staff add --role boss a@example.bg": `няма роля "boss"`,
		"ask --colour red a":                 "няма флаг --colour",
		"ask --audience everybody a":         "--audience е citizen или business",
		"staff add --role":                   "флагът --role иска стойност",
	} {
		_, err := run(t, strings.Fields(line)...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("orientir %s: %v, want %q", line, err, want)
		}
	}
}
