package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"orientir/deploy/local"
	"orientir/handoff"
	"orientir/handoff/staff"
)

// secretFile holds the secret key of an installation that was given none, in the data directory.
const secretFile = "secret.key"

// vault is what seals the contacts that people leave. The key comes from the environment; with a private database it is made at the
// first start and kept in the data directory, for its owner alone. A database elsewhere may have several programs on it, which must
// share a key, so there it has to be given: without one, contacts are not kept, and nil is returned.
func (c Config) vault(log *slog.Logger) (*handoff.Vault, error) {
	if len(c.SecretKeys) > 0 {
		return handoff.NewVault(c.SecretKeys...)
	}
	if c.DatabaseURL != "" {
		log.Warn("people can't leave a phone to be called back: with DATABASE_URL that needs ORIENTIR_SECRET_KEY")
		return nil, nil
	}
	key, err := ownSecret(filepath.Join(c.DataDir, secretFile))
	if err != nil {
		return nil, err
	}
	return handoff.NewVault(key)
}

// tellAsleep says in the log where the rule that some roles need a second step can't be held to: without a key nobody could set one up.
func (p *Program) tellAsleep(ctx context.Context, accounts *staff.Store) {
	roles, err := accounts.SecondStepRoles(ctx, p.pool)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		p.log.Warn("whether the second step is asked of a role is not known", "err", err)
	case len(roles) > 0:
		p.log.Error("the second step is asked of roles, but nobody can set one up and who has one needs recovery codes: ORIENTIR_SECRET_KEY is missing", "roles", roles)
	}
}

// ownSecret reads the key of a file, and makes the file where there is none. One that others may read is refused.
func ownSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeSecret(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the secret key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("ключът %s се чете и от други потребители; направете го с права 0600", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret key: %w", err)
	}
	key, err := decodeSecret(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("ключът %s: %w", path, err)
	}
	return key, nil
}

// makeSecret makes a key and its file. The file appears whole or not at all; of two programs at once, the first one's stays.
func makeSecret(path string) ([]byte, error) {
	key := make([]byte, handoff.LeastSecret)
	_, _ = rand.Read(key)                                        // never fails (crypto/rand)
	f, err := os.CreateTemp(filepath.Dir(path), secretFile+".*") // 0600
	if err != nil {
		return nil, fmt.Errorf("make the secret key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintln(f, base64.StdEncoding.EncodeToString(key))
	if err = errors.Join(err, local.HandOver(f), f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("make the secret key: %w", err)
	}
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return ownSecret(path)
	} else if err != nil {
		return nil, fmt.Errorf("make the secret key: %w", err)
	}
	return key, nil
}

var errSecret = fmt.Errorf("трябва да е поне %d случайни байта в base64, например от «openssl rand -base64 32»", handoff.LeastSecret)

// decodeSecret reads a key in base64, of either alphabet.
func decodeSecret(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	key, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(key) < handoff.LeastSecret {
		return nil, errSecret
	}
	return key, nil
}
