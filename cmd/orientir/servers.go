package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"orientir/deploy/local"
	"orientir/deploy/postgres"
)

// awayPause lies between two looks for a database that is away.
const awayPause = time.Second

// awaiting runs a command again while its database is away, for wait at most: where all starts together the database comes last, and a network that
// lets in only whom it knows needs a moment to know a new pod.
func awaiting(wait *time.Duration, run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		deadline, told := time.Now().Add(*wait), ""
		for {
			err := run(c, args)
			if err == nil || !postgres.Away(err) || !time.Now().Before(deadline) {
				return err
			}
			if told != err.Error() {
				told = err.Error()
				fmt.Fprintln(c.ErrOrStderr(), told)
			}
			select {
			case <-c.Context().Done():
				return err
			case <-time.After(awayPause):
			}
		}
	}
}

func migrateCommand(env func(string) string) *cobra.Command {
	var wait time.Duration
	// open has migrated by the time the function runs.
	migrate := withProgram(env, func(ctx context.Context, c *cobra.Command, p *Program, _ []string) error {
		if current, err := postgres.SchemaCurrent(ctx, p.pool); err != nil {
			return err
		} else if !current {
			return errors.New("базата данни е от по-нова версия на програмата")
		}
		_, err := fmt.Fprintln(c.OutOrStdout(), "Базата данни е осъвременена.")
		return err
	})
	c := &cobra.Command{
		Use:   "migrate [--wait ВРЕМЕ]",
		Short: "Осъвременява базата данни; може да се пуска от няколко копия наведнъж",
		Long: `Осъвременява базата данни. Може да се пуска от няколко копия наведнъж. С --wait 10m чака дотогава база, до която още не се стига:
когато всичко тръгва заедно, програмата е готова веднага след нея.`,
		Args: takes(false),
		RunE: awaiting(&wait, migrate),
	}
	c.Flags().DurationVar(&wait, "wait", 0, "колко да чака база, до която още не се стига, например 10m")
	return c
}

func withServersCommand(env func(string) string) *cobra.Command {
	var scratch bool
	c := &cobra.Command{
		Use:   "with-servers [--scratch] КОМАНДА [АРГУМЕНТИ]…",
		Short: "Пуска команда с DATABASE_URL и REDIS_URL на частните сървъри",
		Long: `Пуска командата с DATABASE_URL и REDIS_URL в средата ѝ. Ако «orientir serve» работи, това са неговите
сървъри; иначе се пускат за времето на командата. Отказва, когато DATABASE_URL е зададен: тогава базата е друга. Пример: orientir with-servers sh -c 'psql "$DATABASE_URL"'`,
		Args: takes(true, "командата"),
		RunE: func(c *cobra.Command, args []string) (err error) {
			config, err := LoadConfig(env)
			if err != nil {
				return err
			}
			if config.DatabaseURL != "" && !scratch { // a backup of the private database would be one of nothing, and nobody would see it
				return errors.New("DATABASE_URL е зададен, а with-servers дава частната база: пуснете командата без with-servers или без DATABASE_URL")
			}
			options := local.Options{DataDir: config.DataDir, Log: newLog(os.Stderr, config.Log, true), NeedPostgres: true, NeedRedis: true, Scratch: scratch}
			if scratch {
				if options.DataDir, err = os.MkdirTemp("", "orientir-scratch-"); err != nil {
					return err
				}
				defer func() { err = errors.Join(err, os.RemoveAll(options.DataDir)) }()
				// Root's servers run as another user, who has to pass through.
				if err := os.Chmod(options.DataDir, 0o711); err != nil {
					return err
				}
			}
			servers, err := local.Attach(c.Context(), options)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, servers.Close()) }()
			child := exec.CommandContext(c.Context(), args[0], args[1:]...)
			child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
			child.Stdin, child.Stdout, child.Stderr = os.Stdin, c.OutOrStdout(), c.ErrOrStderr()
			child.Env = privateEnv(os.Environ(), servers.DatabaseURL, servers.RedisURL)
			var exit *exec.ExitError
			if err := child.Run(); errors.As(err, &exit) {
				return &exitStatus{exit.ExitCode()}
			} else if err != nil {
				return err
			}
			return nil
		},
	}
	c.Flags().BoolVar(&scratch, "scratch", false, "нови, празни и бързи сървъри, които изчезват след командата; за тестове")
	c.Flags().SetInterspersed(false)
	return c
}

// privateEnv is an environment in which everything that tells of a database or Redis tells of these two. What comes last counts.
func privateEnv(environ []string, database, redis string) []string {
	return append(environ, "DATABASE_URL="+database, "REDIS_URL="+redis, "DATABASE_URL_FILE=", "REDIS_URL_FILE=",
		"ORIENTIR_SEARCH_DATABASE_URL=", "ORIENTIR_SEARCH_DATABASE_URL_FILE=") // a standby of another database
}
