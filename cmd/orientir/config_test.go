package main

import (
	"strings"
	"testing"

	"orientir/retrieval/openai"
)

func TestLoadConfig(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		env    map[string]string
		faults []string // names that the error must mention; none: no error
	}{
		{name: "nothing is required", env: map[string]string{}},
		{name: "everything at once", env: map[string]string{
			"DATABASE_URL": "postgres://db/orientir", "REDIS_URL": "redis://r:6379/0", "ORIENTIR_ADDR": "127.0.0.1:9000",
			"ORIENTIR_PUBLIC_URL": "https://orientir.example.bg", "ORIENTIR_TRUSTED_PROXIES": "10.0.0.0/8, 192.168.1.1",
			"ORIENTIR_EMBED_ORIGINS": "https://www.example.bg,http://localhost:9999", "ORIENTIR_RATE_LIMITS": "off", "ORIENTIR_PPROF": "on", "ORIENTIR_LOG": "json", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Basic%20x", "ORIENTIR_OUTGOING_ALLOW": "intranet.example.bg,10.20.0.0/16 10.1.2.3:8443",
			"TELEGRAM_BOT_TOKEN": "1:abc", "TELEGRAM_WEBHOOK_SECRET": "s_3-cret",
			"OPENAI_BASE_URL": "http://127.0.0.1:8000/v1", "ORIENTIR_CHAT_MODEL": "m", "ORIENTIR_MODEL_TOKENS_PER_CONTACT": "0",
			"ORIENTIR_MODEL_TOKENS_PER_DAY": "5000000", "ORIENTIR_KEEP_CONVERSATIONS": "180", "ORIENTIR_KEEP_QUESTIONS": "30", "ORIENTIR_KEEP_AUDIT": "1825", "ORIENTIR_OPERATOR": "Община Враца", "ORIENTIR_MODEL_PRICE": "0.15/0.6 EUR"}},
		{name: "every fault is listed", env: map[string]string{
			"DATABASE_URL": "mysql://x", "REDIS_URL": "x", "ORIENTIR_ADDR": "8080", "ORIENTIR_PUBLIC_URL": "orientir.bg",
			"ORIENTIR_TRUSTED_PROXIES": "many", "ORIENTIR_EMBED_ORIGINS": "*", "ORIENTIR_RATE_LIMITS": "maybe", "ORIENTIR_LINK_CHECKS": "maybe", "ORIENTIR_PPROF": "maybe", "ORIENTIR_LOG": "xml", "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318", "OTEL_EXPORTER_OTLP_HEADERS": "secret", "ORIENTIR_OUTGOING_ALLOW": "10.20.0.0/99", "ORIENTIR_SECRET_KEY": "short", "SMTP_URL": "smtp://o:tayna@mail.example.bg",
			"TELEGRAM_BOT_TOKEN": "abc", "TELEGRAM_WEBHOOK_SECRET": "not allowed!", "ORIENTIR_CHAT_MODEL": "some-model",
			"ORIENTIR_MODEL_TOKENS_PER_CONTACT": "many", "ORIENTIR_MODEL_TOKENS_PER_DAY": "-1", "ORIENTIR_KEEP_CONVERSATIONS": "7", "ORIENTIR_KEEP_QUESTIONS": "forever", "ORIENTIR_KEEP_AUDIT": "365", "ORIENTIR_MODEL_PRICE": "0,15 EUR"},
			faults: []string{"DATABASE_URL", "REDIS_URL", "ORIENTIR_ADDR", "ORIENTIR_PUBLIC_URL", "ORIENTIR_TRUSTED_PROXIES",
				"ORIENTIR_EMBED_ORIGINS", "ORIENTIR_LINK_CHECKS", "ORIENTIR_PPROF", "ORIENTIR_LOG", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "ORIENTIR_OUTGOING_ALLOW", "ORIENTIR_RATE_LIMITS", "ORIENTIR_SECRET_KEY", "SMTP_URL", "TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "ORIENTIR_CHAT_MODEL",
				"ORIENTIR_MODEL_TOKENS_PER_CONTACT", "ORIENTIR_MODEL_TOKENS_PER_DAY", "ORIENTIR_MODEL_PRICE", "ORIENTIR_KEEP_CONVERSATIONS", "ORIENTIR_KEEP_QUESTIONS", "ORIENTIR_KEEP_AUDIT"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{"HOME": "/home/somebody"}
			for k, v := range c.env {
				env[k] = v
			}
			config, err := LoadConfig(func(k string) string { return env[k] })
			if len(c.faults) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				if config.DataDir == "" || config.PublicURL == nil {
					t.Errorf("defaults are missing: %+v", config)
				}
				return
			}
			if err == nil {
				t.Fatal("no error")
			}
			for _, name := range c.faults {
				if !strings.Contains(err.Error(), name) {
					t.Errorf("the error doesn't mention %s: %v", name, err)
				}
			}
		})
	}
}

func TestWebhookNeedsSecretAndHTTPS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ public, secret, want string }{
		{"https://orientir.example.bg", "s", "https://orientir.example.bg/telegram/webhook"},
		{"http://orientir.example.bg", "s", ""},
		{"https://orientir.example.bg", "", ""},
	} {
		config, err := LoadConfig(func(k string) string {
			return map[string]string{"ORIENTIR_PUBLIC_URL": c.public, "TELEGRAM_WEBHOOK_SECRET": c.secret, "HOME": "/home/somebody"}[k]
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := config.WebhookURL(); got != c.want {
			t.Errorf("%s with secret %q: webhook %q, want %q", c.public, c.secret, got, c.want)
		}
	}
}

func TestPriceOfAModel(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]openai.Price{
		"": {}, "0.15/0.6 EUR": {In: 0.15, Out: 0.6, Currency: "EUR"}, "0/2 USD": {Out: 2, Currency: "USD"},
	} {
		if got, err := price(value); err != nil || got != want {
			t.Errorf("%q is %+v, %v", value, got, err)
		}
	}
	for _, value := range []string{"0.15", "0.15/0.6", "1 EUR", "-1/2 EUR", "NaN/1 EUR", "1/2 EURO", "1/2/3 EUR"} {
		if got, err := price(value); err == nil {
			t.Errorf("%q is %+v", value, got)
		}
	}
}
