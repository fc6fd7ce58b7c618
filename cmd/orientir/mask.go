package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"orientir/knowledge"
	"orientir/knowledge/privacy"
)

// longestLine is the most bytes of one line that mask takes.
const longestLine = 1 << 20

func maskCommand(env func(string) string) *cobra.Command {
	return &cobra.Command{
		Use:   "mask",
		Short: "Скрива личните номера в редовете от стандартния вход",
		Long: `Чете редове от стандартния вход и ги печата със скрити лични номера, както се пази всяко съобщение.
Телефоните и имейлите от упътванията и помощните точки остават: тези в базата, а където още няма база – тези,
с които идва програмата.`,
		Args: takes(false),
		RunE: func(c *cobra.Command, _ []string) (err error) {
			mask, done, err := masker(c.Context(), env)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, done()) }()
			lines := bufio.NewScanner(c.InOrStdin())
			lines.Buffer(nil, longestLine)
			out := bufio.NewWriter(c.OutOrStdout())
			for lines.Scan() {
				masked, err := mask(lines.Text())
				if err != nil {
					return err
				}
				fmt.Fprintln(out, masked)
			}
			if err := out.Flush(); err != nil {
				return err
			}
			return lines.Err()
		},
	}
}

// masker masks as the server does where there is a database to ask for what is public, and else with what ships: to mask a line no
// database is made.
func masker(ctx context.Context, env func(string) string) (mask func(string) (string, error), done func() error, err error) {
	config, err := LoadConfig(env)
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(filepath.Join(config.DataDir, "postgres")); config.DatabaseURL == "" && err != nil {
		public, err := knowledge.StarterContacts()
		if err != nil {
			return nil, nil, err
		}
		return func(line string) (string, error) {
			masked, _ := privacy.Mask(line, public)
			return masked, nil
		}, func() error { return nil }, nil
	}
	p, err := open(ctx, config, newLog(os.Stderr, config.Log, true), false)
	if err != nil {
		return nil, nil, err
	}
	return func(line string) (string, error) {
		masked, _, err := p.store.Mask(ctx, line)
		return masked, err
	}, p.Close, nil
}
