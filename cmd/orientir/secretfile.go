package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// secretNames are the settings that may be a file instead, named by NAME_FILE: what is in the environment is seen by every child and often in logs.
func secretNames() []string {
	return []string{
		"DATABASE_URL", "ORIENTIR_SEARCH_DATABASE_URL", "REDIS_URL", "ORIENTIR_SECRET_KEY", "SMTP_URL", "TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "OPENAI_API_KEY",
		"ORIENTIR_OIDC_CLIENT_SECRET", "OTEL_EXPORTER_OTLP_HEADERS",
	}
}

// longestSecret is the most bytes of a secret's file.
const longestSecret = 64 << 10

// withFiles gives an environment in which secrets that are in files stand as if they were variables. fault is told what is wrong, never a value.
func withFiles(env func(string) string, fault func(name, format string, args ...any)) func(string) string {
	read := map[string]string{}
	for _, name := range secretNames() {
		path := env(name + "_FILE")
		if path == "" {
			continue
		}
		if env(name) != "" {
			fault(name+"_FILE", "зададена е и %s; оставете едната", name)
			continue
		}
		value, err := readSecretFile(path)
		if err != nil {
			fault(name+"_FILE", "%v", err)
			continue
		}
		read[name] = value
	}
	return func(name string) string {
		if value, ok := read[name]; ok {
			return value
		}
		return env(name)
	}
}

// readSecretFile reads one secret; the end of its line is no part of it.
func readSecretFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err // it names the path and the act
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, longestSecret+1))
	if err != nil {
		return "", err
	}
	value := strings.TrimRight(string(data), "\r\n")
	switch {
	case len(data) > longestSecret:
		return "", fmt.Errorf("%s е по-дълъг от %d байта", path, longestSecret)
	case value == "":
		return "", fmt.Errorf("%s е празен", path)
	case strings.ContainsAny(value, "\r\n\x00"):
		return "", fmt.Errorf("%s има повече от един ред", path)
	}
	return value, nil
}
