package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretsComeFromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, words string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(words), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	load := func(env map[string]string) (Config, error) {
		env["HOME"] = "/home/somebody"
		return LoadConfig(func(k string) string { return env[k] })
	}
	c, err := load(map[string]string{
		"DATABASE_URL_FILE": file("db", "postgres://o:tayna@db/orientir\n"), "REDIS_URL_FILE": file("redis", "redis://r:6379/0\r\n"),
		"ORIENTIR_SECRET_KEY_FILE": file("key", strings.Repeat("A", 43)+"=\n"), "SMTP_URL_FILE": file("smtp", "smtp://o%40example.bg:tayna@127.0.0.1:2525"),
		"TELEGRAM_BOT_TOKEN_FILE": file("bot", "1:abc\n"), "TELEGRAM_WEBHOOK_SECRET_FILE": file("hook", "s_3-cret\n"),
		"OPENAI_API_KEY_FILE": file("openai", " sk with spaces \n"), "ORIENTIR_OIDC_CLIENT_SECRET_FILE": file("oidc", "p:ss\n"),
		"OTEL_EXPORTER_OTLP_HEADERS_FILE": file("collector", "authorization=Basic%20tayna\n"),
		"ORIENTIR_OIDC_ISSUER":            "https://login.example.bg/realm", "ORIENTIR_OIDC_CLIENT_ID": "orientir", "ORIENTIR_PUBLIC_URL": "https://orientir.example.bg/",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.DatabaseURL != "postgres://o:tayna@db/orientir" || c.RedisURL != "redis://r:6379/0" || len(c.SecretKeys) != 1 || c.Mail == nil ||
		c.TelegramToken != "1:abc" || c.WebhookSecret != "s_3-cret" || c.OpenAIKey != " sk with spaces " || c.OIDC == nil || c.OIDC.ClientSecret != "p:ss" || c.TracesHeader.Get("Authorization") != "Basic tayna" {
		t.Errorf("%+v", c)
	}
	if want := "https://orientir.example.bg/console/sign-in/oidc/callback"; c.OIDC.ReturnURL != want {
		t.Errorf("people come back to %s, want %s", c.OIDC.ReturnURL, want)
	}
	for name, env := range map[string]map[string]string{
		"both":          {"OPENAI_API_KEY": "tayna", "OPENAI_API_KEY_FILE": file("tayna-both", "tayna")},
		"no such file":  {"OPENAI_API_KEY_FILE": filepath.Join(dir, "nowhere")},
		"empty":         {"OPENAI_API_KEY_FILE": file("empty", "\n")},
		"two lines":     {"OPENAI_API_KEY_FILE": file("two", "tayna\ntayna\n")},
		"a whole disk":  {"OPENAI_API_KEY_FILE": file("long", strings.Repeat("tayna", longestSecret))},
		"a directory":   {"OPENAI_API_KEY_FILE": dir},
		"not a browser": {"ORIENTIR_OIDC_ISSUER": "ftp://o:tayna@x", "ORIENTIR_OIDC_CLIENT_ID": "o", "ORIENTIR_OIDC_CLIENT_SECRET": "tayna"},
		"not encrypted": {"ORIENTIR_OIDC_ISSUER": "http://login.example.bg", "ORIENTIR_OIDC_CLIENT_ID": "o", "ORIENTIR_OIDC_CLIENT_SECRET": "tayna"},
		"half a client": {"ORIENTIR_OIDC_ISSUER": "https://login.example.bg", "ORIENTIR_OIDC_CLIENT_ID": "o"},
	} {
		_, err := load(env)
		if err == nil {
			t.Errorf("%s: no fault", name)
		} else if strings.Contains(strings.ReplaceAll(err.Error(), "tayna-both", ""), "tayna") {
			t.Errorf("%s: the fault tells the secret: %v", name, err)
		}
	}
	if c, err := load(map[string]string{"ORIENTIR_OIDC_ISSUER": "http://127.0.0.1:9998/", "ORIENTIR_OIDC_CLIENT_ID": "o", "ORIENTIR_OIDC_CLIENT_SECRET": "s"}); err != nil || c.OIDC == nil {
		t.Errorf("a provider on this machine: %v", err)
	}
}

// TestAChildOfWithServersSeesThePrivateServersAlone looks at what a command gets that is run with them.
func TestAChildOfWithServersSeesThePrivateServersAlone(t *testing.T) {
	t.Parallel()
	sees := map[string]string{}
	for _, pair := range privateEnv([]string{"PATH=/bin", "DATABASE_URL=a", "ORIENTIR_SEARCH_DATABASE_URL=a", "ORIENTIR_SEARCH_DATABASE_URL_FILE=a", "REDIS_URL_FILE=a", "DATABASE_URL_FILE=a"}, "postgres://own", "unix://own") {
		name, value, _ := strings.Cut(pair, "=")
		sees[name] = value
	}
	for name, want := range map[string]string{"PATH": "/bin", "DATABASE_URL": "postgres://own", "REDIS_URL": "unix://own", "DATABASE_URL_FILE": "", "REDIS_URL_FILE": "",
		"ORIENTIR_SEARCH_DATABASE_URL": "", "ORIENTIR_SEARCH_DATABASE_URL_FILE": ""} {
		if sees[name] != want {
			t.Errorf("%s is %q, want %q", name, sees[name], want)
		}
	}
}
