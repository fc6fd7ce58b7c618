package main

import (
	"strings"
	"testing"
)

// Whatever stands in the environment, the start says what is wrong with it, names the variable, and never tells a secret.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{"", "on", ":8080", "127.0.0.1:9464", "https://orientir.example.bg", "postgres://u:p@db/x", "10.0.0.0/8", "1:abc", "0.15/0.60 EUR", "smtp://o:tayna@mail.example.bg:587?from=x@y.bg", "smtps://%zz", "\x00", "../../etc", "https://[::1", "NaN/Inf EUR", "1e309", "::", "*"} {
		f.Add(seed)
	}
	names := []string{"DATABASE_URL", "REDIS_URL", "ORIENTIR_DATA_DIR", "ORIENTIR_ADDR", "ORIENTIR_METRICS_ADDR", "ORIENTIR_PUBLIC_URL", "ORIENTIR_TRUSTED_PROXIES", "ORIENTIR_EMBED_ORIGINS", "ORIENTIR_SECRET_KEY", "ORIENTIR_LINK_CHECKS",
		"ORIENTIR_RATE_LIMITS", "ORIENTIR_OUTGOING_ALLOW", "SMTP_URL", "TELEGRAM_API_URL", "TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "OPENAI_BASE_URL", "OPENAI_API_KEY", "ORIENTIR_CHAT_MODEL", "ORIENTIR_MODEL_TOKENS_PER_DAY", "ORIENTIR_MODEL_PRICE"}
	secret := map[string]bool{"ORIENTIR_SECRET_KEY": true, "SMTP_URL": true, "TELEGRAM_BOT_TOKEN": true, "TELEGRAM_WEBHOOK_SECRET": true, "DATABASE_URL": true, "REDIS_URL": true}
	f.Fuzz(func(t *testing.T, value string) {
		for _, name := range names {
			c, err := LoadConfig(func(asked string) string {
				if asked == name {
					return value
				}
				return map[string]string{"HOME": "/home/somebody", "OPENAI_API_KEY": "key"}[asked]
			})
			if err != nil {
				if !strings.Contains(err.Error(), name) && name != "ORIENTIR_CHAT_MODEL" {
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
