package main

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Whatever stands in the environment, the start says what is wrong with it, names the variable, and never tells a secret.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{"", "on", ":8080", "127.0.0.1:9464", "https://orientir.example.bg", "postgres://u:p@db/x", "10.0.0.0/8", "1:abc", "0.15/0.60 EUR", "smtp://o:tayna@mail.example.bg:587?from=x@y.bg", "smtps://%zz", "\x00", "../../etc", "https://[::1", "NaN/Inf EUR", "1e309", "::", "*"} {
		f.Add(seed)
	}
	names, secret := settingNames(f), map[string]bool{}
	for _, name := range secretNames() {
		secret[name] = true
	}
	// What some settings need beside them, and where the fault of some is told.
	others := map[string]string{
		"HOME": "/home/somebody", "OPENAI_API_KEY": "key", "ORIENTIR_OIDC_ISSUER": "https://login.example.bg", "ORIENTIR_OIDC_CLIENT_ID": "orientir", "ORIENTIR_OIDC_CLIENT_SECRET": "client",
	}
	told := map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "OTEL_EXPORTER_OTLP_ENDPOINT", "HOME": "ORIENTIR_DATA_DIR", "XDG_DATA_HOME": "ORIENTIR_DATA_DIR", "OPENAI_API_KEY": "ORIENTIR_CHAT_MODEL"}
	f.Fuzz(func(t *testing.T, value string) {
		for _, name := range names {
			c, err := LoadConfig(func(asked string) string {
				if asked == name {
					return value
				}
				return others[asked]
			})
			if err != nil {
				if !strings.Contains(err.Error(), cmp.Or(told[name], name)) {
					t.Errorf("%s=%q: %v", name, value, err)
				}
				if secret[name] && len(value) > 12 && strings.Contains(err.Error(), value) {
					t.Errorf("the fault of %s tells it: %v", name, err)
				}
				continue
			}
			_ = c.WebhookURL()
			if c.PublicURL == nil || c.DataDir == "" || c.Addr == "" {
				t.Errorf("%s=%q: %+v", name, value, c)
			}
		}
	})
}

// The list of who was forgotten is read as it was written, or refused whole.
func FuzzForgotten(f *testing.F) {
	for _, seed := range []string{forgottenHeader + "\n1\t2026-11-22T10:00:00Z\t2026-11-23T10:00:00.000001Z\n", "1\t2\t3\n", "\n\n", "", "\xff\t\t", "-9223372036854775808\t0001-01-01T00:00:00Z\t9999-12-31T23:59:59.999999999+14:00\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		list, err := readForgotten(strings.NewReader(file))
		if err != nil {
			_ = err.Error()
			return
		}
		var written strings.Builder
		if err := writeForgotten(&written, list); err != nil {
			t.Fatal(err)
		}
		again, err := readForgotten(strings.NewReader(written.String()))
		if err != nil || len(again) != len(list) {
			t.Fatalf("%q is written as %q: %v", file, written.String(), err)
		}
		for i := range list {
			if again[i].Contact != list[i].Contact || !again[i].CreatedAt.Equal(list[i].CreatedAt) || !again[i].ForgottenAt.Equal(list[i].ForgottenAt) {
				t.Errorf("%+v is written and read as %+v", list[i], again[i])
			}
		}
	})
}

// settingNames are all variables that the settings are read from, by the settings' own source: a new one is among them.
func settingNames(tb testing.TB) (names []string) {
	tb.Helper()
	for _, file := range []string{"config.go", "secretfile.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`env\("([A-Z][A-Z0-9_]*)"\)|"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"`).FindAllStringSubmatch(string(source), -1) {
			if name := m[1] + m[2]; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, name := range secretNames() {
		names = append(names, name+"_FILE")
	}
	return names
}

// TestSettingNamesAreAll: the names that are fuzzed are those that LoadConfig asks for.
func TestSettingNamesAreAll(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	names := settingNames(t)
	for _, home := range []string{"", "/home/somebody"} {
		_, _ = LoadConfig(func(name string) string {
			asked[name] = true
			if name == "HOME" {
				return home
			}
			return ""
		})
	}
	for name := range asked {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not among the names that the source gives", name)
		}
	}
	if len(names) < 50 || len(asked) < 45 {
		t.Errorf("%d names, %d of them asked for: %q", len(names), len(asked), names)
	}
}
