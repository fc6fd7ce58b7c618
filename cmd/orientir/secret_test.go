package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretKeyIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), secretFile)
	first, err := ownSecret(path)
	if err != nil || len(first) != 32 {
		t.Fatal(len(first), err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info.Mode(), err)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Error("left behind:", left)
	}
	again, err := ownSecret(path)
	if err != nil || !bytes.Equal(first, again) {
		t.Error("the second start has another key", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ownSecret(path); err == nil {
		t.Error("a key that everybody reads was taken")
	}
	if err := os.WriteFile(path, []byte("c2hvcnQ=\n"), 0o600); err != nil || os.Chmod(path, 0o600) != nil {
		t.Fatal(err)
	}
	if _, err := ownSecret(path); err == nil {
		t.Error("a short key was taken")
	}
}

func TestContactsAreOffWithADatabaseElsewhereAndNoKey(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	v, err := Config{DatabaseURL: "postgres://elsewhere/x", DataDir: t.TempDir()}.vault(slog.New(slog.NewTextHandler(&log, nil)))
	if v != nil || err != nil || !strings.Contains(log.String(), "ORIENTIR_SECRET_KEY") {
		t.Error(v, err, log.String())
	}
	dir := t.TempDir()
	if v, err := (Config{DataDir: dir}).vault(slog.New(slog.DiscardHandler)); v == nil || err != nil {
		t.Error(v, err)
	}
	if _, err := os.Stat(filepath.Join(dir, secretFile)); err != nil {
		t.Error(err)
	}
	config, err := LoadConfig(func(name string) string {
		return map[string]string{"DATABASE_URL": "postgres://elsewhere/x", "ORIENTIR_SECRET_KEY": strings.Repeat("A", 43) + "=, " + strings.Repeat("B", 43)}[name]
	})
	if err != nil || len(config.SecretKeys) != 2 {
		t.Fatal(config.SecretKeys, err)
	}
	if v, err := config.vault(slog.New(slog.DiscardHandler)); v == nil || err != nil {
		t.Error(v, err)
	}
}
