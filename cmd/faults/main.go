// Command faults hurts the running program in every way that the harness knows and prints what people saw of it.
//
//	go run ./cmd/faults --faults 1000
//
// It builds the program, starts two replicas of it with servers of their own on this machine, and exits with status 1 where a promise is
// broken. It needs what ./deploy/setup test installs; the file system that is filled up takes root, the database's clock libfaketime.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"orientir/cmd/faults/harness"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	kept, err := run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults: "+err.Error())
	}
	if err != nil || !kept {
		os.Exit(1)
	}
}

func run(ctx context.Context) (kept bool, err error) {
	var o harness.Options
	keep := false
	pflag.IntVar(&o.Faults, "faults", 1000, "how many faults are made")
	pflag.IntVar(&o.Chatters, "chatters", 12, "people on Telegram")
	pflag.IntVar(&o.Visitors, "visitors", 8, "people on the web page")
	pflag.DurationVar(&o.Time, "time", 2*time.Hour, "after which no fault begins any more")
	pflag.Uint64Var(&o.Seed, "seed", 1, "of the order of the faults")
	pflag.StringSliceVar(&o.Kinds, "kinds", nil, "those to choose from, of "+strings.Join(harness.Kinds(), ", "))
	pflag.StringVar(&o.Binary, "binary", "", "the program, built with -tags stepclock; built here where none is given")
	pflag.DurationVar(&o.ReadyWithin, "ready-within", 10*time.Second, "after the end of a fault the program is to answer again")
	pflag.DurationVar(&o.AllWithin, "all-within", time.Minute, "after the end of a fault everything that was asked before is to be answered")
	pflag.StringVar(&o.Prepared, "prepared", "", "directory that keeps the prepared database from one run to the next")
	pflag.BoolVar(&keep, "keep", false, "leave the files and the log behind")
	pflag.Parse()
	if o.Dir, err = os.MkdirTemp("/var/tmp", "orientir-faults-"); err != nil {
		return false, err
	}
	defer func() {
		if !keep {
			_ = os.RemoveAll(o.Dir)
		} else {
			fmt.Println("the files are in " + o.Dir)
		}
	}()
	if o.Binary == "" {
		o.Binary = filepath.Join(o.Dir, "orientir")
		if out, err := exec.CommandContext(ctx, "go", "build", "-tags", "stepclock", "-o", o.Binary, "orientir/cmd/orientir").CombinedOutput(); err != nil {
			return false, fmt.Errorf("build the program: %w\n%s", err, out)
		}
	}
	o.Out, o.Log = os.Stdout, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	report, err := harness.Run(ctx, o)
	if err != nil {
		return false, err
	}
	return len(report.Broken) == 0, report.Write(os.Stdout)
}
