package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"orientir/deploy/outgoing"
	"orientir/deploy/redis"
	"orientir/handoff/mail"
	"orientir/handoff/oidc"
	"orientir/retrieval/openai"
)

// Config is what the environment says. This file is the only one that reads it.
type Config struct {
	DatabaseURL    string // "" starts a private PostgreSQL in DataDir
	SearchURL      string // of a standby that searches are taken to; "": the database itself
	RedisURL       string // "" starts a private Redis in DataDir
	DataDir        string
	Addr           string
	PublicURL      *url.URL // how people reach us; by default http://localhost and the port of Addr
	MetricsAddr    string
	TrustedProxies []netip.Prefix
	EmbedOrigins   []string // scheme://host[:port], those that may put the chat on their pages
	RateLimits     bool
	Log            string         // text or json: the form of the log
	Drain          time.Duration  // how long the server serves on after it was asked to stop
	LinkChecks     bool           // the guides' addresses are asked for, about once a week
	Profiles       bool           // the runtime's profiles beside the metrics
	MemoryLimit    string         // what the Go runtime reads itself; "" takes the control group's
	Outgoing       outgoing.Guard // where the program may connect to, beside the servers that stand in the settings
	SecretKeys     [][]byte       // the first seals, all open; none: one of its own in DataDir, with a private database

	Mail *mail.Server  // nil: no mail
	OIDC *oidc.Options // nil: nobody signs in with an outside provider

	Operator          string // who is responsible for the data, as people read it on /privacy; "": nobody is named
	OperatorContact   string
	KeepConversations int // days after the last message, on channels to which a person comes back
	KeepQuestions     int // days, for the words of questions that belong to nobody
	KeepAudit         int // days

	Traces       *url.URL    // of the collector, for POST; nil: nothing is traced
	TracesHeader http.Header // that it wants to see

	NotifySocket string        // where the service manager is told how we are; "" where it didn't ask
	Watchdog     time.Duration // within which it wants a sign of life; 0: none

	TelegramToken  string
	TelegramURL    string // "" is Telegram's own server
	WebhookSecret  string
	OpenAIKey      string
	OpenAIURL      string // "" is the library's default
	ChatModel      string // "" answers without a model
	EmbeddingModel string // "" embeds in-process

	TokensPerContact int64        // of a model, for one contact in a day; 0: no bound
	TokensPerDay     int64        // of a model, for all in a day; 0: no bound
	ModelPrice       openai.Price // for the metrics; no currency: costs are not counted
}

// WebhookURL is where Telegram posts updates, or "" where polling is the way: a webhook needs a secret and an https address.
func (c Config) WebhookURL() string {
	if c.WebhookSecret == "" || c.PublicURL == nil || c.PublicURL.Scheme != "https" {
		return ""
	}
	return c.PublicURL.JoinPath("telegram", "webhook").String()
}

// LoadConfig reads the environment and lists every value that makes no sense at once.
func LoadConfig(env func(string) string) (Config, error) {
	var faults []error
	fault := func(name, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
	}
	env = withFiles(env, fault)
	c := Config{
		DatabaseURL: env("DATABASE_URL"), SearchURL: env("ORIENTIR_SEARCH_DATABASE_URL"), RedisURL: env("REDIS_URL"),
		DataDir: env("ORIENTIR_DATA_DIR"), Addr: env("ORIENTIR_ADDR"), MetricsAddr: env("ORIENTIR_METRICS_ADDR"),
		TelegramToken: env("TELEGRAM_BOT_TOKEN"), TelegramURL: strings.TrimRight(env("TELEGRAM_API_URL"), "/"), WebhookSecret: env("TELEGRAM_WEBHOOK_SECRET"),
		OpenAIKey: env("OPENAI_API_KEY"), OpenAIURL: env("OPENAI_BASE_URL"), ChatModel: env("ORIENTIR_CHAT_MODEL"), EmbeddingModel: env("ORIENTIR_EMBEDDING_MODEL"),
		RateLimits: true, LinkChecks: true,
	}
	if c.DatabaseURL != "" && !hasScheme(c.DatabaseURL, "postgres", "postgresql") {
		fault("DATABASE_URL", "трябва да започва с postgres://")
	}
	if c.SearchURL != "" && !hasScheme(c.SearchURL, "postgres", "postgresql") {
		fault("ORIENTIR_SEARCH_DATABASE_URL", "трябва да започва с postgres://")
	}
	if c.RedisURL != "" && !redis.KnownScheme(c.RedisURL) {
		fault("REDIS_URL", "трябва да започва с redis://, rediss://, unix://, redis+sentinel:// или redis+cluster://")
	}
	if c.DataDir == "" {
		dir, err := defaultDataDir(env)
		if err != nil {
			fault("ORIENTIR_DATA_DIR", "няма къде да са данните: %v", err)
		}
		c.DataDir = dir
	} else if abs, err := filepath.Abs(c.DataDir); err != nil {
		fault("ORIENTIR_DATA_DIR", "%v", err)
	} else {
		c.DataDir = abs
	}
	if c.Addr == "" {
		c.Addr = ":8080"
	}
	port, err := portOf(c.Addr)
	if err != nil {
		fault("ORIENTIR_ADDR", "%q не е адрес като :8080 или 127.0.0.1:8080", c.Addr)
	}
	if c.MetricsAddr == "" {
		c.MetricsAddr = "127.0.0.1:9464"
	}
	if _, err := portOf(c.MetricsAddr); err != nil {
		fault("ORIENTIR_METRICS_ADDR", "%q не е адрес като 127.0.0.1:9464", c.MetricsAddr)
	}
	if v := env("ORIENTIR_PUBLIC_URL"); v != "" {
		u, err := url.Parse(v)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			fault("ORIENTIR_PUBLIC_URL", "%q не е адрес като https://orientir.example.bg", v)
		} else {
			c.PublicURL = u
		}
	} else {
		c.PublicURL = &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", port)}
	}
	for _, v := range list(env("ORIENTIR_TRUSTED_PROXIES")) {
		p, err := netip.ParsePrefix(v)
		if err != nil {
			if a, addrErr := netip.ParseAddr(v); addrErr == nil {
				p, err = a.Prefix(a.BitLen())
			}
		}
		if err != nil {
			fault("ORIENTIR_TRUSTED_PROXIES", "%q не е адрес или мрежа като 10.0.0.0/8", v)
			continue
		}
		c.TrustedProxies = append(c.TrustedProxies, p)
	}
	for _, v := range list(env("ORIENTIR_EMBED_ORIGINS")) {
		u, err := url.Parse(v)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" || strings.ContainsAny(u.Host, " ;,'*") {
			fault("ORIENTIR_EMBED_ORIGINS", "%q не е като https://www.example.bg", v)
			continue
		}
		c.EmbedOrigins = append(c.EmbedOrigins, u.Scheme+"://"+u.Host)
	}
	for _, v := range list(env("ORIENTIR_SECRET_KEY")) {
		key, err := decodeSecret(v)
		if err != nil {
			fault("ORIENTIR_SECRET_KEY", "%v", err) // never the value
			continue
		}
		c.SecretKeys = append(c.SecretKeys, key)
	}
	if c.Outgoing, err = outgoing.Parse(env("ORIENTIR_OUTGOING_ALLOW")); err != nil {
		fault("ORIENTIR_OUTGOING_ALLOW", "трябва да са имена, адреси или мрежи, например intranet.example.bg, 10.1.2.3:8443, 10.20.0.0/16: %v", err)
	}
	switch v := env("ORIENTIR_LOG"); v {
	case "", "text":
		c.Log = "text"
	case "json":
		c.Log = v
	default:
		fault("ORIENTIR_LOG", "%q не е text или json", v)
	}
	if v := env("ORIENTIR_DRAIN"); v != "" {
		seconds, err := strconv.Atoi(v)
		if err != nil || seconds < 0 || seconds > mostDrain {
			fault("ORIENTIR_DRAIN", "%q не е цяло число секунди от 0 до %d", v, mostDrain)
		}
		c.Drain = time.Duration(seconds) * time.Second
	}
	c.NotifySocket = env("NOTIFY_SOCKET")
	if v := env("WATCHDOG_USEC"); v != "" {
		usec, err := strconv.ParseInt(v, 10, 64)
		if err != nil || usec <= 0 {
			fault("WATCHDOG_USEC", "%q не е брой микросекунди", v)
		}
		c.Watchdog = time.Duration(usec) * time.Microsecond
	}
	switch v := env("ORIENTIR_LINK_CHECKS"); v {
	case "", "on":
	case "off":
		c.LinkChecks = false
	default:
		fault("ORIENTIR_LINK_CHECKS", "%q не е on или off", v)
	}
	switch v := env("ORIENTIR_PPROF"); v {
	case "", "off":
	case "on":
		c.Profiles = true
	default:
		fault("ORIENTIR_PPROF", "%q не е on или off", v)
	}
	c.MemoryLimit = env("GOMEMLIMIT")
	switch v := env("ORIENTIR_RATE_LIMITS"); v {
	case "", "on":
	case "off":
		c.RateLimits = false
	default:
		fault("ORIENTIR_RATE_LIMITS", "%q не е on или off", v)
	}
	traces := env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	if base := env("OTEL_EXPORTER_OTLP_ENDPOINT"); traces == "" && base != "" {
		traces = strings.TrimRight(base, "/") + "/v1/traces"
	}
	if traces != "" {
		u, err := url.Parse(traces)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			fault("OTEL_EXPORTER_OTLP_ENDPOINT", "не е адрес като http://collector:4318")
		} else {
			c.Traces = u
		}
	}
	c.TracesHeader = http.Header{}
	for _, v := range list(env("OTEL_EXPORTER_OTLP_HEADERS")) {
		name, value, ok := strings.Cut(v, "=")
		if text, err := url.PathUnescape(value); ok && err == nil && name != "" {
			c.TracesHeader.Set(name, text)
		} else {
			fault("OTEL_EXPORTER_OTLP_HEADERS", "не е като име=стойност,име=стойност") // never the value
		}
	}
	if v := env("SMTP_URL"); v != "" {
		server, err := mail.ParseURL(v)
		if err != nil {
			fault("SMTP_URL", "%v", err) // never the password
		}
		c.Mail = &server
	}
	if c.OIDC = oidcOptions(env, fault); c.OIDC != nil && c.PublicURL != nil {
		c.OIDC.ReturnURL = c.PublicURL.JoinPath("console", "sign-in", "oidc", "callback").String()
	}
	for _, named := range []struct{ name, value string }{{"TELEGRAM_API_URL", c.TelegramURL}, {"OPENAI_BASE_URL", c.OpenAIURL}} {
		if named.value != "" && !hasScheme(named.value, "http", "https") {
			fault(named.name, "трябва да започва с http:// или https://")
		}
	}
	if c.TelegramToken != "" && !strings.Contains(c.TelegramToken, ":") {
		fault("TELEGRAM_BOT_TOKEN", "не прилича на токен от BotFather (число:букви)")
	}
	if s := c.WebhookSecret; s != "" && !webhookSecretAllowed(s) {
		fault("TELEGRAM_WEBHOOK_SECRET", "може да има от 1 до 256 знака A-Z, a-z, 0-9, _ и -")
	}
	if (c.ChatModel != "" || c.EmbeddingModel != "") && c.OpenAIKey == "" && c.OpenAIURL == "" {
		fault("ORIENTIR_CHAT_MODEL, ORIENTIR_EMBEDDING_MODEL", "модел без сървър: задайте OPENAI_BASE_URL или OPENAI_API_KEY")
	}
	c.Operator, c.OperatorContact = strings.TrimSpace(env("ORIENTIR_OPERATOR")), strings.TrimSpace(env("ORIENTIR_OPERATOR_CONTACT"))
	for _, days := range []struct {
		name                  string
		into                  *int
		standard, least, most int
	}{
		{"ORIENTIR_KEEP_CONVERSATIONS", &c.KeepConversations, defaultKeepConversations, 30, 3650},
		{"ORIENTIR_KEEP_QUESTIONS", &c.KeepQuestions, defaultKeepQuestions, 30, 3650},
		{"ORIENTIR_KEEP_AUDIT", &c.KeepAudit, defaultKeepAudit, 366, 3650},
	} {
		n, err := amount(env(days.name), int64(days.standard))
		if err != nil || n < int64(days.least) || n > int64(days.most) {
			fault(days.name, "%q не е брой дни от %d до %d", env(days.name), days.least, days.most)
		}
		*days.into = int(n)
	}
	if c.TokensPerContact, err = amount(env("ORIENTIR_MODEL_TOKENS_PER_CONTACT"), defaultTokensPerContact); err != nil {
		fault("ORIENTIR_MODEL_TOKENS_PER_CONTACT", "%v", err)
	}
	if c.TokensPerDay, err = amount(env("ORIENTIR_MODEL_TOKENS_PER_DAY"), defaultTokensPerDay); err != nil {
		fault("ORIENTIR_MODEL_TOKENS_PER_DAY", "%v", err)
	}
	if c.ModelPrice, err = price(env("ORIENTIR_MODEL_PRICE")); err != nil {
		fault("ORIENTIR_MODEL_PRICE", "%v", err)
	}
	return c, errors.Join(faults...)
}

// mostDrain is how many seconds a replica may take to be taken out of use; what starts and stops replicas kills those that take longer.
const mostDrain = 600

// oidcOptions reads the provider with which staff may sign in; nil where none is set.
func oidcOptions(env func(string) string, fault func(name, format string, args ...any)) *oidc.Options {
	o := oidc.Options{
		Issuer: env("ORIENTIR_OIDC_ISSUER"), ClientID: env("ORIENTIR_OIDC_CLIENT_ID"), ClientSecret: env("ORIENTIR_OIDC_CLIENT_SECRET"), Name: env("ORIENTIR_OIDC_NAME"),
	}
	if o.Issuer == "" && o.ClientID == "" && o.ClientSecret == "" && o.Name == "" {
		return nil
	}
	if o.ClientID == "" {
		fault("ORIENTIR_OIDC_CLIENT_ID", "липсва; доставчикът го дава при регистрация")
	}
	if o.ClientSecret == "" {
		fault("ORIENTIR_OIDC_CLIENT_SECRET", "липсва; доставчикът го дава при регистрация")
	}
	if utf8.RuneCountInString(o.Name) > 60 {
		fault("ORIENTIR_OIDC_NAME", "е по-дълго от 60 знака")
	}
	u, err := url.Parse(o.Issuer)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "", u.Scheme != "https" && u.Scheme != "http":
		fault("ORIENTIR_OIDC_ISSUER", "не е адрес като https://login.example.bg") // it may hold a password
	case u.Scheme == "http" && !thisMachine(u.Hostname()):
		fault("ORIENTIR_OIDC_ISSUER", "трябва да започва с https://")
	}
	return &o
}

// thisMachine says whether a host is this machine itself, to which nothing travels through a network.
func thisMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// For how many days data is kept. What people ask follows the year; what failed is looked at within a month; who did what may be asked for years later.
const (
	defaultKeepConversations = 365
	defaultKeepQuestions     = 90
	defaultKeepAudit         = 3 * 365
)

// A written answer takes some 2,500 tokens with its guide, an understood question 600.
const (
	defaultTokensPerContact = 60_000
	defaultTokensPerDay     = 3_000_000
)

func amount(v string, standard int64) (int64, error) {
	if v == "" {
		return standard, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q не е цяло число от 0 нагоре", v)
	}
	return n, nil
}

// price reads «0.15/0.60 EUR»: of a million tokens in, of a million out, and the currency.
func price(v string) (p openai.Price, err error) {
	if v == "" {
		return p, nil
	}
	wrong := fmt.Errorf("%q не е като «0.15/0.60 EUR»", v)
	amounts, currency, ok := strings.Cut(strings.TrimSpace(v), " ")
	in, out, both := strings.Cut(amounts, "/")
	if p.Currency = strings.TrimSpace(currency); !ok || !both || len(p.Currency) != 3 {
		return openai.Price{}, wrong
	}
	for _, part := range []struct {
		text string
		into *float64
	}{{in, &p.In}, {out, &p.Out}} {
		if *part.into, err = strconv.ParseFloat(part.text, 64); err != nil || !(*part.into >= 0 && *part.into < 1e6) {
			return openai.Price{}, wrong
		}
	}
	return p, nil
}

// webhookSecretAllowed holds the secret to what Telegram's setWebhook takes (core.telegram.org/bots/api#setwebhook).
func webhookSecretAllowed(s string) bool {
	if len(s) > 256 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' {
			return false
		}
	}
	return true
}

func defaultDataDir(env func(string) string) (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/orientir", nil
	}
	if dir := env("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "orientir"), nil
	}
	home := env("HOME")
	if home == "" {
		return "", errors.New("HOME е празно")
	}
	return filepath.Join(home, ".local", "share", "orientir"), nil
}

func hasScheme(v string, schemes ...string) bool {
	u, err := url.Parse(v)
	if err != nil {
		return false
	}
	for _, s := range schemes {
		if u.Scheme == s {
			return true
		}
	}
	return false
}

func portOf(addr string) (string, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return "", err
	}
	return port, nil
}

func list(v string) []string {
	return strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
}
