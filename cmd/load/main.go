// Command load puts a load on the real program from a second process, and prints what it bore as a table and as JSON.
//
// It starts the program with private servers of its own (in --data, kept between runs, learned once) on a database that is fresh each time. It
// speaks to loopback alone, refuses every other address, is bounded in count and time, and stops by itself. deploy/bench load runs it all.
//
// It owns no table; nobody imports it. Operators who size a machine and whoever changes the program call it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := rootCommand().ExecuteContext(ctx); err != nil {
		if !errors.Is(err, context.Canceled) {
			fmt.Fprintln(os.Stderr, "load:", err)
		}
		os.Exit(1)
	}
}

// options are those of every load.
type options struct {
	program string
	data    string
	json    string
	profile string
	plain   bool
	limits  bool
}

func rootCommand() *cobra.Command {
	var o options
	root := &cobra.Command{Use: "load", Short: "Puts a load on the program and prints what it bore", SilenceUsage: true, SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return manyFiles() }}
	flags := root.PersistentFlags()
	flags.StringVar(&o.program, "program", ".build/orientir", "the program")
	flags.StringVar(&o.data, "data", "/var/tmp/orientir-load", "directory of the private servers; the first run learns in it for a minute, later ones reuse that")
	flags.StringVar(&o.json, "json", "", "file for the figures as JSON; none: they follow the tables")
	flags.StringVar(&o.profile, "profiles", "", "directory for the program's CPU, heap and allocation profiles")
	flags.BoolVar(&o.limits, "limits", true, "keep the program's limits of each address and person; people then come from many addresses")
	root.AddCommand(chatsCommand(&o), webhookCommand(&o), answersCommand(&o), desksCommand(&o), soakCommand(&o), sizingCommand(), plainCommand())
	return root
}

// manyFiles raises the number of files that this process may open to what the system allows.
func manyFiles() error {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return fmt.Errorf("read the limit of open files: %w", err)
	}
	files.Cur = files.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return fmt.Errorf("raise the limit of open files: %w", err)
	}
	return nil
}
